"""A datagram as a coroutine handler holds it."""

from __future__ import annotations

from typing import Generic, Literal, Never, final

from typing_extensions import TypeVar

from ..addresses import Address
from ..interfaces import Buffer, Driver, Facet, Limits
from ..messages import Message
from ._datagram import Datagram

FacetsT_contra = TypeVar("FacetsT_contra", contravariant=True, default=Never)


@final
class AsyncDatagram(Generic[FacetsT_contra]):
    """One datagram that came in, for coroutines; `Datagram` in another tense."""

    __slots__ = ("_datagram",)

    def __init__(self, datagram: Datagram[FacetsT_contra]) -> None:
        """Hold *datagram*."""
        self._datagram = datagram

    @property
    def payload(self) -> bytes:
        """What came; b"" is a datagram, too."""
        return self._datagram.payload

    @property
    def peer(self) -> Address:
        """Who sent it."""
        return self._datagram.peer

    @property
    def local(self) -> Address:
        """Where it was sent to."""
        return self._datagram.local

    @property
    def framed(self) -> Literal[True]:
        """True: a datagram is one whole message."""
        return True

    @property
    def limits(self) -> Limits:
        """What the peer may cost us."""
        return self._datagram.limits

    @property
    def driver(self) -> Driver:
        """Raises CompositionError: a coroutine holds the datagram itself."""
        return self._datagram.driver

    def facet(self, kind: type[FacetsT_contra], /) -> Facet | None:
        """Return what was learned under *kind*; ``kind.of(datagram)`` is the typed way."""
        return self._datagram.facet(kind)

    async def reply(self, data: Buffer | Message, /) -> None:
        """Send one datagram back, from `local`: bytes or a message. May be called any number of times.

        Never waits. Raises Overloaded where the system has no room for it now, EncodeError for a message that
        its schema cannot carry, and OSError as ``sendto(2)`` gives it (too large, unreachable); nothing was
        sent then.
        """
        self._datagram.reply(data)
