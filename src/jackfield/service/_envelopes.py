"""Where the tag stands that tells messages apart: in front, or nowhere, since there is but one kind of message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, final

import attrs

from ..errors import DeclarationError, DecodeError, EncodeError, FrameTooLarge, UnknownMessage
from ..interfaces import Buffer, Framer
from ..messages import Codec, Number, TagValue, size_of, tag_of

Key: TypeAlias = object
"""A tag as a wire tells it from others: hashable, and of no other meaning outside its envelope."""
FindCodec: TypeAlias = Callable[[Key], "Codec[object] | None"]
"""Gives the codec of what stands under a tag, None where nothing is known under it."""


@final
@attrs.frozen(eq=False)
class Opened:
    """A payload, taken apart."""

    key: Key
    body: bytes
    """What the message is parsed from."""
    packet: object = None
    """What stands around the message, where packets do."""


class Envelope(Protocol):
    """How a message and its tag make a payload; a value, shared by all that speak a wire."""

    def key_of(self, value: TagValue | None, cls: type, /) -> Key:
        """Return the key of the tag *value* of *cls*; raises DeclarationError for a tag that cannot stand here."""
        ...

    def spoken(self, key: Key, /) -> TagValue | None:
        """Return the tag as it was declared; None where there is none."""
        ...

    def open(self, payload: bytes, /) -> Opened:
        """Take *payload* apart; raises DecodeError."""
        ...

    def seal(self, key: Key, codec: Codec[object], message: object, packet: object, /) -> bytes:
        """Return the payload of *message* in answer to what came in *packet*, None of which there may be.

        Raises EncodeError.
        """
        ...

    def framer(self, find: FindCodec, maximum: int, /) -> Framer:
        """Return what cuts a stream of bare payloads of *maximum* bytes, by the schemas that *find* knows."""
        ...


def tag_value(cls: type, asked: TagValue | None, /) -> TagValue | None:
    """Return the tag of *cls*, which may depend on, or be, the one of the request that it answers: *asked*.

    Raises DeclarationError for a tag that is a function where there is no request's, or that comes to no tag.
    """
    own = tag_of(cls)
    if not callable(own):
        return asked if own is None else own
    if not isinstance(asked, int):
        raise DeclarationError(cls.__name__, None, f"its tag is made of its request's, a number, and that is {asked!r}")
    made: object = own(asked)
    if not isinstance(made, int):
        raise DeclarationError(cls.__name__, None, f"its tag for a request of {asked!r} is {made!r}, no number")
    return made


@final
class Untagged:
    """A message alone."""

    def key_of(self, value: TagValue | None, cls: type, /) -> Key:
        """Return the one key that there is."""
        return b""

    def spoken(self, key: Key, /) -> None:
        """Return None: there is no tag."""

    def open(self, payload: bytes, /) -> Opened:
        """Return *payload* as it is."""
        return Opened(b"", payload)

    def seal(self, key: Key, codec: Codec[object], message: object, packet: object, /) -> bytes:
        """Return *message* alone."""
        return codec.build(message)

    def framer(self, find: FindCodec, maximum: int, /) -> Framer:
        """Return the framer of the one kind of message."""
        codec = find(b"")
        if codec is None:
            raise DeclarationError("SelfFramed", None, "cuts a stream by its messages, and there is none")
        return codec.framer(maximum=maximum)


@final
class InFront:
    """A number in front of the message. Its key is the number as it stands on the wire."""

    def __init__(self, number: Number) -> None:
        self._number = number

    @property
    def number(self) -> Number:
        """The number in front."""
        return self._number

    def key_of(self, value: TagValue | None, cls: type, /) -> Key:
        """Return *value* as it stands on the wire."""
        if value is None:
            raise DeclarationError(cls.__name__, None, "has no tag, and its wire tells messages apart by one")
        if not isinstance(value, int):
            raise DeclarationError(cls.__name__, None, f"the tag {value!r} is no {self._number.name}")
        try:
            return self._number.build(value)
        except EncodeError as error:
            raise DeclarationError(cls.__name__, None, f"the tag {error.reason}") from error

    def spoken(self, key: Key, /) -> int:
        """Return the number that *key* is."""
        return self._number.parse(_bytes(key))

    def open(self, payload: bytes, /) -> Opened:
        """Return what stands behind the number."""
        size = self._number.size
        if len(payload) < size:
            raise DecodeError("tag", None, 0, f"needs {size} bytes, has {len(payload)}")
        return Opened(payload[:size], payload[size:])

    def seal(self, key: Key, codec: Codec[object], message: object, packet: object, /) -> bytes:
        """Return *message* behind the number."""
        return _bytes(key) + codec.build(message)

    def framer(self, find: FindCodec, maximum: int, /) -> Framer:
        """Return a framer that looks at the number first."""
        return _TaggedFramer(self._number, find, maximum)


@final
class _NothingFramer:
    """Cuts a message of no bytes, which needs a tag in front of it to be seen."""

    head = 0
    tail = 0

    def measure(self, buffer: Buffer, start: int, end: int, /) -> int:
        """Return 0: nothing more is needed."""
        return 0


_NOTHING: Final = _NothingFramer()


@final
class _TaggedFramer:
    """Cuts messages with a number in front, each by the schema that its number stands for."""

    __slots__ = ("_find", "_inner", "_inners", "_maximum", "_number", "head", "tail")

    def __init__(self, number: Number, find: FindCodec, maximum: int) -> None:
        self._number = number
        self._find = find
        self._maximum = maximum
        self._inner: Framer | None = None
        self._inners: dict[Codec[object], Framer] = {}
        self.head = 0
        self.tail = 0

    def measure(self, buffer: Buffer, start: int, end: int, /) -> int:
        """Return the size of the message with its number, or a lower bound of it above what is there.

        Raises UnknownMessage for a number that stands for nothing: who knows where that would end?
        """
        size = self._number.size
        if end - start < size:
            return size
        inner = self._inner or self._of(bytes(buffer[start : start + size]))
        self._inner = None
        try:
            needed = size + inner.measure(buffer, start + size, end)
        except FrameTooLarge as error:
            raise FrameTooLarge(size + error.size, self._maximum) from error
        if needed > end - start:
            self._inner = inner
        return needed

    def _of(self, tag: bytes) -> Framer:
        codec = self._find(tag)  # of a client that depends on what it asked for
        if codec is None:
            raise UnknownMessage(self._number.parse(tag), b"")
        framer = self._inners.get(codec)
        if framer is None:
            maximum = self._maximum - self._number.size
            framer = self._inners[codec] = _NOTHING if size_of(codec) == 0 else codec.framer(maximum=maximum)
        return framer


def _bytes(key: Key) -> bytes:
    match key:
        case bytes():
            return key
        case _:
            raise AssertionError("the key of a number in front is bytes")


if TYPE_CHECKING:
    _envelopes: tuple[type[Envelope], ...] = (Untagged, InFront)
