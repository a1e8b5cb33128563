"""The words of the language: what a field is on the wire.

A word stands in an annotation, ``Annotated[bytes, Prefixed(U8)]``; most have an alias in ``_fields``. A word
alone says nothing about Python types: which go together is checked where a class is declared.
"""

from __future__ import annotations

from typing import TypeAlias, final, get_args

import attrs
from typing_extensions import TypeForm

from ..errors import DeclarationError, DecodeError, EncodeError
from ..interfaces import Buffer


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
class Prefixed:
    """Bytes, text: their length in bytes in front. Tuple, list: their count. Anything else: its size in bytes."""

    __slots__ = ("number", "plus")

    def __init__(self, number: TypeForm[int], /, *, plus: int = 0) -> None:
        """Put *number* in front, an integer such as ``U8``; it holds the length, count or size plus *plus*."""
        self.number: Number = number_of(number)
        self.plus: int = plus


@final
@attrs.frozen
class UntilEnd:
    """As much as the message has, or the size in front of it says; nothing can follow."""


Word: TypeAlias = Number | Float | Boolean | Bits | Fixed | Prefixed | UntilEnd
"""What may stand beside a type in ``Annotated``; any construct may, too."""


def number_of(form: TypeForm[int], /) -> Number:
    """Return the number that *form* is: ``U8``, say, or any other alias of an integer of fixed size.

    Raises DeclarationError for anything else.
    """
    for word in get_args(form)[1:]:
        if isinstance(word, Number):
            return word
    raise DeclarationError("number", None, f"{form!r} is no integer of a fixed size, such as U8 or U32le")
