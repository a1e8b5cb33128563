"""Packets: a header, any message as the body, and perhaps a trailer."""

from __future__ import annotations

from typing import Any, Generic, Protocol, Self

from typing_extensions import TypeVar

from ..errors import CompositionError

BodyT_co = TypeVar("BodyT_co", covariant=True, default=Any)


class Carrying(Protocol):
    """What a packet came with: the context of a service whose wire has one."""

    @property
    def packet(self) -> object:
        """The packet that the request came in; None where its wire has none."""
        ...


class Packet(Generic[BodyT_co]):
    """Base of a message that carries another: ``class Frame(Packet)``, with a field ``body: Body``.

    Its tag, if it has one, is its body's. ``Packet[Login]``, in annotations, is one whose body is known.
    """

    __slots__ = ()

    @classmethod
    def of(cls, context: Carrying, /) -> Self:
        """Return the packet, whole and typed, that the request of *context* came in.

        Raises CompositionError where the request came in none of this class: its wire has another packet.
        """
        found = context.packet
        if not isinstance(found, cls):
            raise CompositionError(f"the request came in no {cls.__name__}, but in {found!r}")
        return found
