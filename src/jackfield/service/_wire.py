"""What both ends agree on: how a stream is cut, and where the tag stands."""

from __future__ import annotations

from typing import final

from typing_extensions import TypeForm

from ..errors import CompositionError
from ..interfaces import Framer
from ..messages import Number, TagValue, number_of
from ._envelopes import Envelope, FindCodec, InFront, Key, Untagged, tag_value
from ._frames import Frame, SelfFramed


@final
class Wire:
    """An agreement between a service and its clients; immutable, and no end's property."""

    __slots__ = ("envelope", "frame", "replies", "tag")

    def __init__(
        self,
        *,
        frame: Frame | SelfFramed | None = None,
        tag: TypeForm[int] | None = None,
        reply: Wire | None = None,
    ) -> None:
        """Cut streams by *frame*, and tell messages apart by a *tag* in front of each (``U8``, say).

        Without a frame the wire is for datagrams only, without a tag it carries one kind of request. *reply* is the
        wire of replies and pushes where it is another. Raises DeclarationError for a tag that is no number.
        """
        self.frame: Frame | SelfFramed | None = frame
        self.tag: Number | None = None if tag is None else number_of(tag)
        self.envelope: Envelope = Untagged() if self.tag is None else InFront(self.tag)
        self.replies: Wire = self if reply is None else reply
        """What replies and pushes travel by: this wire, or another."""

    def key_of(self, cls: type, /, *, asked: TagValue | None = None) -> Key:
        """Return by what a message of *cls* is told from others, where it answers a request with the tag *asked*.

        Raises DeclarationError for a tag that cannot stand on this wire.
        """
        return self.envelope.key_of(tag_value(cls, asked), cls)

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
