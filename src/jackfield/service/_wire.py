"""What both ends agree on: how a stream is cut, and where the tag stands."""

from __future__ import annotations

from typing import final

from typing_extensions import TypeForm

from ..errors import CompositionError, DeclarationError
from ..interfaces import Framer
from ..messages import Number, Packet, TagValue, codec_for, number_of
from ._envelopes import Alone, Envelope, FindCodec, InFront, InPacket, Key, tag_value
from ._frames import Frame, SelfFramed


@final
class Wire:
    """An agreement between a service and its clients; immutable, and no end's property."""

    __slots__ = ("envelope", "frame", "packet", "replies", "tag")

    def __init__(
        self,
        *,
        frame: Frame | SelfFramed | None = None,
        tag: TypeForm[int] | None = None,
        packet: type[Packet] | None = None,
        reply: type[Packet] | Wire | None = None,
    ) -> None:
        """Cut streams by *frame*, and tell messages apart by a tag.

        It stands in one of three places: as a number in front of each message (*tag*, ``U8``, say), in the *packet*
        around it, or in a field ``tag()`` of a header that all messages inherit. Without any of them the wire carries
        one kind of request; without a frame it is for datagrams only. *reply* is the packet, or the wire, of replies
        and pushes where it is another.

        Raises DeclarationError for a tag that is no number, a packet that is none, or both; and for a packet that does
        not say where it ends where nothing else does.
        """
        self.frame: Frame | SelfFramed | None = frame
        self.tag: Number | None = None if tag is None else number_of(tag)
        self.packet: type[Packet] | None = packet
        self.envelope: Envelope = _envelope(self.tag, packet)
        self.replies: Wire = self._wire_of(reply)
        """What replies and pushes travel by: this wire, or another."""
        if packet is not None and isinstance(frame, SelfFramed):
            codec_for(packet).check_framing()

    def key_of(self, cls: type, /, *, asked: TagValue | None = None) -> Key:
        """Return by what a message of *cls* is told from others, where it answers a request with the tag *asked*.

        Raises DeclarationError for a tag that cannot stand on this wire.
        """
        return self.envelope.key_of(tag_value(cls, asked), cls)

    def _wire_of(self, reply: type[Packet] | Wire | None) -> Wire:
        if reply is None:
            return self if not isinstance(self.envelope, Alone) else self._back()
        return reply if isinstance(reply, Wire) else Wire(frame=self.frame, packet=reply)

    def _back(self) -> Wire:
        """Return the way back where messages are alone: replies may inherit their tag from another header."""
        back = Wire.__new__(Wire)
        back.frame, back.tag, back.packet, back.envelope, back.replies = self.frame, None, None, Alone(), back
        return back

    def framer(self, find: FindCodec, /) -> Framer:
        """Return what cuts one conversation; *find* knows the codecs of what may come.

        Raises CompositionError where the wire has no frame.
        """
        match self.frame:
            case None:
                raise CompositionError("this wire has no frame to cut a stream by: it is for datagrams only")
            case SelfFramed(maximum=maximum):
                return self.envelope.framer(find, maximum)
            case frame:
                return frame.framer()

    def wrap(self, payload: bytes, /) -> bytes:
        """Return *payload* as it stands in a stream; raises EncodeError where it is above the frame's maximum."""
        return payload if self.frame is None else self.frame.wrap(payload)


def _envelope(tag: Number | None, packet: type[Packet] | None) -> Envelope:
    if packet is not None and tag is not None:
        raise DeclarationError("Wire", "tag", "stands in front, or in the packet, and not in both")
    if packet is not None:
        return InPacket(packet)
    return Alone() if tag is None else InFront(tag)
