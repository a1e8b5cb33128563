"""The words of the language: what a field is on the wire.

A word stands in an annotation, ``Annotated[bytes, Prefixed(U8)]``; most have an alias in ``_fields``. A word
alone says nothing about Python types: which go together is checked where a class is declared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeAlias, TypeVar, final, get_args

import attrs
from typing_extensions import TypeForm, override

from ..errors import DeclarationError, DecodeError, EncodeError
from ..interfaces import Buffer

T = TypeVar("T")
S = TypeVar("S")


@final
@attrs.frozen
class Number:
    """An integer of a fixed size."""

    name: str
    size: int
    """Bytes."""
    signed: bool
    little: bool

    @property
    def lowest(self) -> int:
        """The smallest value that it can carry."""
        return -(1 << self.size * 8 - 1) if self.signed else 0

    @property
    def highest(self) -> int:
        """The largest value that it can carry."""
        return (1 << self.size * 8 - self.signed) - 1

    def parse(self, buffer: Buffer, offset: int = 0, /) -> int:
        """Return the number at *offset*; raises DecodeError where *buffer* ends before it does."""
        data = buffer[offset : offset + self.size]
        if len(data) < self.size:
            raise DecodeError(self.name, None, offset, f"needs {self.size} bytes, has {len(data)}")
        return int.from_bytes(data, "little" if self.little else "big", signed=self.signed)

    def build(self, value: int, /) -> bytes:
        """Return *value* as it stands on the wire; raises EncodeError where it does not fit."""
        if not self.lowest <= value <= self.highest:
            raise EncodeError(self.name, None, f"{value} is not in {self.lowest}..{self.highest}")
        return value.to_bytes(self.size, "little" if self.little else "big", signed=self.signed)


@final
@attrs.frozen
class Float:
    """A binary floating-point number (IEEE 754) of 4 or 8 bytes."""

    name: str
    size: int
    little: bool


@final
@attrs.frozen
class Boolean:
    """One byte; any but 0 is True, and True is written as 1."""


@final
@attrs.frozen
class Bits:
    """An unsigned number of *width* bits, or with ``bool`` one bit; neighbours are packed, most significant first.

    Bit fields that stand together have to fill whole bytes.
    """

    width: int

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.width <= 64:
            raise DeclarationError("Bits", None, f"a width is 1 to 64 bits, not {self.width}")


@final
@attrs.frozen
class Fixed:
    """Bytes of just so many; text of so many bytes, padded with NULs; a tuple or list of so many elements."""

    size: int

    def __attrs_post_init__(self) -> None:
        if self.size < 0:
            raise DeclarationError("Fixed", None, f"a size is 0 or more, not {self.size}")


@final
@attrs.frozen
class Varint:
    """An unsigned number in groups of seven bits, the lowest first; the top bit says that another group follows.

    As protobuf, MQTT and construct's ``VarInt`` have it. It carries what 64 bits can, in 10 bytes at most; a peer
    may use more groups than it needs, we never do.
    """


@final
@attrs.frozen
class Terminated:
    """Bytes, text: all up to *mark*, which they cannot contain. Int: decimal digits up to it.

    Tuple, list: elements until *mark* stands where the next would begin. The mark is read and not kept.
    """

    mark: bytes = b"\0"

    def __attrs_post_init__(self) -> None:
        _check_mark(self.mark)


@final
class Prefixed:
    """Bytes, text: their length in bytes in front. Tuple, list: their count. Anything else: its size in bytes."""

    __slots__ = ("number", "plus")

    def __init__(self, number: TypeForm[int], /, *, plus: int = 0) -> None:
        """Put *number* in front, an integer such as ``U8``; it holds the length, count or size plus *plus*."""
        self.number: Integer = integer_of(number)
        self.plus: int = plus

    @override
    def __repr__(self) -> str:
        return f"Prefixed({self.number!r}, plus={self.plus})"


@final
@attrs.frozen
class UntilEnd:
    """As much as the message has, or the size in front of it says; nothing can follow."""


@final
class Tagged:
    """One of several messages, told apart by their tags: ``Annotated[Add | Log | Unknown, Tagged(U8)]``."""

    __slots__ = ("number",)

    def __init__(self, number: TypeForm[int], /) -> None:
        """Put the tag right in front, as *number*: an integer such as ``U8``."""
        self.number: Integer = integer_of(number)

    @override
    def __repr__(self) -> str:
        return f"Tagged({self.number!r})"


@final
class Adapt(Generic[T, S]):
    """A value that stands on the wire as another: ``Annotated[date, Adapt(U32, decode=..., encode=...)]``."""

    __slots__ = ("decode", "encode", "schema")

    def __init__(self, schema: TypeForm[S], /, *, decode: Callable[[S], T], encode: Callable[[T], S]) -> None:
        """Read *schema* and *decode* it; *encode* gives back what *schema* writes.

        What *decode* raises is a DecodeError, what *encode* raises an EncodeError, with it as ``__cause__``.
        """
        self.schema: object = schema
        self.decode: Callable[[Any], T] = decode
        self.encode: Callable[[T], Any] = encode


@final
class Custom(Generic[T]):
    """A value that is read and written by hand, where the language ends."""

    __slots__ = ("read", "write")

    def __init__(self, *, read: Callable[[bytes, int], tuple[T, int]], write: Callable[[T, bytes], bytes]) -> None:
        """Give two functions.

        *read* takes the whole message and an offset in it, and returns the value and the offset behind it.
        *write* takes the value and the bytes of the message in front of it, and returns what follows them. What
        *read* raises is a DecodeError, what *write* raises an EncodeError, with it as ``__cause__``. A stream
        cannot be cut by it: where the value ends is known only when all of it is there.
        """
        self.read: Callable[[bytes, int], tuple[T, int]] = read
        self.write: Callable[[T, bytes], bytes] = write


@final
@attrs.frozen
class Carried:
    """What a packet carries: another message, told by its tag."""


Word: TypeAlias = (
    Number
    | Varint
    | Float
    | Boolean
    | Bits
    | Fixed
    | Prefixed
    | Terminated
    | UntilEnd
    | Tagged
    | Adapt[Any, Any]
    | Custom[Any]
    | Carried
)
"""What may stand beside a type in ``Annotated``; any construct may, too."""

Integer: TypeAlias = Number | Varint | Terminated
"""What can stand in front of something and count it; a `Terminated` one in decimal digits."""


def _check_mark(mark: object) -> None:
    if not isinstance(mark, bytes) or not mark:
        raise DeclarationError("Terminated", None, f"a mark is one byte or more, not {mark!r}")


def number_of(form: TypeForm[int], /) -> Number:
    """Return the number that *form* is: ``U8``, say, or any other alias of an integer of fixed size.

    Raises DeclarationError for anything else.
    """
    for word in get_args(form)[1:]:
        if isinstance(word, Number):
            return word
    raise DeclarationError("number", None, f"{form!r} is no integer of a fixed size, such as U8 or U32le")


def integer_of(form: TypeForm[int], /) -> Integer:
    """Return how the integer *form* stands on the wire: of a fixed size, a ``VarInt``, or decimal digits.

    Raises DeclarationError for anything else.
    """
    arguments = get_args(form)
    if arguments and arguments[0] is int:
        for word in arguments[1:]:
            if isinstance(word, (Number, Varint, Terminated)):
                return word
    raise DeclarationError("number", None, f"{form!r} is no integer, such as U8, VarInt or Decimal")
