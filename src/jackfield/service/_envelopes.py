"""Where the tag stands that tells messages apart: in front, in a header that they inherit, in a packet, or nowhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, final

import attrs

from ..errors import DeclarationError, DecodeError, EncodeError, FrameTooLarge, UnknownMessage
from ..interfaces import Buffer, Framer
from ..messages import (
    Codec,
    Number,
    TagValue,
    Unknown,
    body_field,
    carry_echoes,
    codec_for,
    echo_fields,
    echoes_of,
    has_tag_field,
    head_size,
    header_of,
    new_packet,
    number_echoes,
    size_of,
    tag_of,
    tag_reader,
)

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

    def prepare(self) -> None:
        """Compile what opening and sealing need, beside the messages' own codecs."""
        ...

    def open(self, payload: bytes, /) -> Opened:
        """Take *payload* apart; raises DecodeError."""
        ...

    def around(self, opened: Opened, message: object, /) -> object:
        """Return what the reply to *message*, which *opened* came to, takes over from: `seal` is given it."""
        ...

    def seal(self, key: Key, codec: Codec[object], message: object, around: object, /) -> bytes:
        """Return the payload of *message*.

        *around* is what the request came with, a number for what nobody asked for, or None. Raises EncodeError.
        """
        ...

    def carries_echoes(self, cls: type, /) -> bool:
        """Return whether a message of *cls* travels with echo fields."""
        ...

    def echoes(self, opened: Opened, message: object, /) -> tuple[object, ...]:
        """Return what the echo fields hold, of *message* or around it; () where there are none."""
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


def codec_with(cls: type, tag: TagValue | None, /) -> Codec[object]:
    """Return the codec of *cls*, which has *tag* in a field of its header where it has none of its own."""
    own = tag_of(cls)
    if has_tag_field(cls) and (own is None or callable(own)) and tag is not None:
        return codec_for(cls, tag=tag)
    return codec_for(cls)


@final
class Alone:
    """A message with nothing around it. Its tag is a field of the header that all inherit, or there is none.

    Which of both it is, the first message says that is to travel by the wire.
    """

    def __init__(self) -> None:
        self._header: type | None = None
        self._tag_of: Callable[[bytes], TagValue] | None = None

    @property
    def tagged(self) -> bool:
        """Whether messages have a header with their tag."""
        return self._header is not None

    def key_of(self, value: TagValue | None, cls: type, /) -> Key:
        """Return the tag itself, or the one key that there is where messages have none."""
        if not has_tag_field(cls):
            if self._header is not None:
                raise DeclarationError(cls.__name__, None, f"does not inherit its tag from {self._header.__name__}")
            return b""
        if self._header is None:
            self._header, self._tag_of = header_of(cls), tag_reader(header_of(cls))
        if header_of(cls) is not self._header:
            raise DeclarationError(cls.__name__, None, f"does not inherit its tag from {self._header.__name__}")
        if value is None:
            raise DeclarationError(cls.__name__, None, "has no tag, and its wire tells messages apart by one")
        return value

    def spoken(self, key: Key, /) -> TagValue | None:
        """Return the tag that *key* is."""
        return _value(key) if self._header is not None else None

    def prepare(self) -> None:
        """Do nothing: nothing is compiled."""

    def open(self, payload: bytes, /) -> Opened:
        """Return *payload* as it is, with its tag; raises DecodeError where it ends before that."""
        return Opened(b"" if self._tag_of is None else self._tag_of(payload), payload)

    def around(self, opened: Opened, message: object, /) -> object:
        """Return the request: a reply takes the echo fields of its header over."""
        return message

    def seal(self, key: Key, codec: Codec[object], message: object, around: object, /) -> bytes:
        """Return *message* alone, with the echo fields of its header set."""
        if isinstance(around, int):
            number_echoes(message, around)
        elif around is not None:
            carry_echoes(around, message)
        return codec.build(message)

    def carries_echoes(self, cls: type, /) -> bool:
        """Return whether its header has echo fields."""
        return bool(echo_fields(cls))

    def echoes(self, opened: Opened, message: object, /) -> tuple[object, ...]:
        """Return those of the header."""
        return echoes_of(message)

    def framer(self, find: FindCodec, maximum: int, /) -> Framer:
        """Return the framer of the one kind of message, or one that looks at the header first."""
        if self._header is not None and self._tag_of is not None:
            return _TaggedFramer(self, find, maximum, head=head_size(self._header), skip=0, read=self._tag_of)
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

    def prepare(self) -> None:
        """Do nothing: nothing is compiled."""

    def open(self, payload: bytes, /) -> Opened:
        """Return what stands behind the number."""
        size = self._number.size
        if len(payload) < size:
            raise DecodeError("tag", None, 0, f"needs {size} bytes, has {len(payload)}")
        return Opened(payload[:size], payload[size:])

    def around(self, opened: Opened, message: object, /) -> None:
        """Return None: a number says nothing of where it came from."""

    def seal(self, key: Key, codec: Codec[object], message: object, around: object, /) -> bytes:
        """Return *message* behind the number."""
        return _bytes(key) + codec.build(message)

    def carries_echoes(self, cls: type, /) -> bool:
        """Return False."""
        return False

    def echoes(self, opened: Opened, message: object, /) -> tuple[object, ...]:
        """Return ()."""
        return ()

    def framer(self, find: FindCodec, maximum: int, /) -> Framer:
        """Return a framer that looks at the number first."""
        size = self._number.size
        return _TaggedFramer(self, find, maximum, head=size, skip=size, read=bytes)


@final
class InPacket:
    """A packet around the message, with the tag among its fields."""

    def __init__(self, packet: type) -> None:
        """Put messages into packets of a class; raises DeclarationError where it is none."""
        self._packet = packet
        self._body = body_field(packet)
        self._codec: Codec[object] = codec_for(packet)

    def key_of(self, value: TagValue | None, cls: type, /) -> Key:
        """Return the tag itself, or the one key that there is where the packet has none."""
        if not has_tag_field(self._packet):
            return b""
        if value is None:
            raise DeclarationError(cls.__name__, None, "has no tag, and its packet tells messages apart by one")
        return value

    def spoken(self, key: Key, /) -> TagValue | None:
        """Return the tag that *key* is."""
        return _value(key) if has_tag_field(self._packet) else None

    def prepare(self) -> None:
        """Compile the packet's codec."""
        self._codec.prepare()

    def open(self, payload: bytes, /) -> Opened:
        """Return the body, and the packet around it; raises DecodeError where *payload* is no packet."""
        packet = self._codec.parse(payload)
        body: Unknown = getattr(packet, self._body)
        return Opened(body.tag if has_tag_field(self._packet) else b"", body.payload, packet)

    def around(self, opened: Opened, message: object, /) -> object:
        """Return the packet, whole now: with the request as its body."""
        setattr(opened.packet, self._body, message)
        return opened.packet

    def seal(self, key: Key, codec: Codec[object], message: object, around: object, /) -> bytes:
        """Return a new packet around *message*: echo fields taken over, all else by default or derived."""
        tag = _value(key)
        packet = new_packet(self._packet, self._body, Unknown(b"" if tag is None else tag, codec.build(message)))
        if isinstance(around, int):
            number_echoes(packet, around)
        elif around is not None:
            carry_echoes(around, packet)
        return self._codec.build(packet)

    def carries_echoes(self, cls: type, /) -> bool:
        """Return whether the packet has echo fields."""
        return bool(echo_fields(self._packet))

    def echoes(self, opened: Opened, message: object, /) -> tuple[object, ...]:
        """Return those of the packet."""
        return echoes_of(opened.packet)

    def framer(self, find: FindCodec, maximum: int, /) -> Framer:
        """Return the packet's own framer."""
        return self._codec.framer(maximum=maximum)


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
    """Cuts messages by their own schemas, each by the one that the tag at its begin stands for."""

    __slots__ = ("_envelope", "_find", "_head", "_inner", "_inners", "_maximum", "_read", "_skip", "head", "tail")

    def __init__(
        self,
        envelope: Envelope,
        find: FindCodec,
        maximum: int,
        *,
        head: int | None,
        skip: int,
        read: Callable[[bytes], Key],
    ) -> None:
        """Read a tag from the first *head* bytes, of which the message has not the first *skip*.

        Without *head* its size is seen when there is enough for *read*.
        """
        self._envelope = envelope
        self._find = find
        self._maximum = maximum
        self._head = head
        self._skip = skip
        self._read = read
        self._inner: Framer | None = None
        self._inners: dict[Codec[object], Framer] = {}
        self.head = 0
        self.tail = 0

    def measure(self, buffer: Buffer, start: int, end: int, /) -> int:
        """Return the size of the message with its tag, or a lower bound of it above what is there.

        Raises UnknownMessage for a tag that stands for nothing: who knows where that would end?
        """
        inner, head, skip = self._inner, self._head, self._skip
        if inner is None:
            if head is not None and end - start < head:
                return head
            inner = self._of(bytes(buffer[start : end if head is None else start + head]))
            if inner is None:
                return end - start + 1
        self._inner = None
        try:
            needed = skip + inner.measure(buffer, start + skip, end)
        except FrameTooLarge as error:
            raise FrameTooLarge(skip + error.size, self._maximum) from error
        if needed > end - start:
            self._inner = inner
        return needed

    def _of(self, head: bytes) -> Framer | None:
        try:
            key = self._read(head)
        except DecodeError:
            if self._head is not None or len(head) >= self._maximum:
                raise
            return None  # of a header of no fixed size, more may be to come
        codec = self._find(key)  # of a client that depends on what it asked for
        if codec is None:
            raise UnknownMessage(self._envelope.spoken(key), b"")
        framer = self._inners.get(codec)
        if framer is None:
            maximum = self._maximum - self._skip
            framer = self._inners[codec] = _NOTHING if size_of(codec) == 0 else codec.framer(maximum=maximum)
        return framer


def _value(key: Key) -> TagValue | None:
    match key:
        case b"":
            return None
        case int() | bytes() | tuple():
            return key
        case _:
            raise AssertionError("the key of a header's tag is the tag")


def _bytes(key: Key) -> bytes:
    match key:
        case bytes():
            return key
        case _:
            raise AssertionError("the key of a number in front is bytes")


if TYPE_CHECKING:
    _envelopes: tuple[type[Envelope], ...] = (Alone, InFront, InPacket)
