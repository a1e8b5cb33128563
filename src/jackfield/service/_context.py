"""What a handler may know of the conversation its request came in."""

from __future__ import annotations

from typing import Generic, Never, final

from typing_extensions import TypeVar

from ..addresses import Address
from ..interfaces import Driver, Facet, Limits, Peered

StateT_co = TypeVar("StateT_co", covariant=True, default=None)
FacetsT_contra = TypeVar("FacetsT_contra", contravariant=True, default=Never)


@final
class Context(Generic[StateT_co, FacetsT_contra]):
    """The conversation: who is at the other end, and what the service remembers of it.

    One for each connection, and for each datagram one of its own.
    """

    __slots__ = ("_request", "_state")

    def __init__(self, request: Peered[FacetsT_contra], state: StateT_co) -> None:
        self._request = request
        self._state = state

    @property
    def peer(self) -> Address:
        """The other side."""
        return self._request.peer

    @property
    def local(self) -> Address:
        """Our side."""
        return self._request.local

    @property
    def framed(self) -> bool:
        """Whether the request came in a datagram."""
        return self._request.framed

    @property
    def limits(self) -> Limits:
        """What the peer may cost us."""
        return self._request.limits

    @property
    def driver(self) -> Driver:
        """Who drives the session."""
        return self._request.driver

    @property
    def state(self) -> StateT_co:
        """What the service's ``state`` factory made for this conversation."""
        return self._state

    def facet(self, kind: type[FacetsT_contra], /) -> Facet | None:
        """Return what was learned under *kind*; ``kind.of(context)`` is the typed way."""
        return self._request.facet(kind)
