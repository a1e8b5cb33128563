"""Who is at the other end, and what has been learned of them.

A facet is something that an acceptor learned (the client's certificate, the address in front of a proxy). It
travels in the contravariant type parameter of the request: a handler of ``Connection[Secured]`` only fits behind
an acceptor that promises `Secured`, and facets add up in any order.
"""

from __future__ import annotations

from typing import Literal, Never, Protocol, Self, TypeGuard

from typing_extensions import TypeVar, override

from ..addresses import Address
from ..errors import CompositionError
from ._driver import Driver
from ._session import Buffer
from ._values import Limits

FacetsT = TypeVar("FacetsT")
FacetsT_contra = TypeVar("FacetsT_contra", contravariant=True, default=Never)


class Facet:
    """Something an acceptor learned: the base of its class. Its instances are values."""

    __slots__ = ()

    @classmethod
    def of(cls, subject: Peered[Self], /) -> Self:
        """Return what was learned; a static error where no acceptor promised it.

        Raises CompositionError where the promise was not kept: an acceptor let a request through without
        the facet that its signature announces.
        """
        found = subject.facet(cls)
        if not isinstance(found, cls):
            raise CompositionError(f"no acceptor learned {cls.__name__} of {subject.peer}")
        return found


class Located(Protocol):
    """Has two ends."""

    @property
    def peer(self) -> Address:
        """The other side; behind a PROXY header the client, not the proxy."""
        ...

    @property
    def local(self) -> Address:
        """Our side: where the peer connected, or sent the datagram, to."""
        ...


class Peered(Located, Protocol[FacetsT_contra]):
    """Common to connections, datagrams and contexts: what sessions and facets ask of them."""

    @property
    def framed(self) -> bool:
        """Whether what arrives is one whole message (a datagram), not a piece of a stream."""
        ...

    @property
    def limits(self) -> Limits:
        """What the peer may cost us."""
        ...

    @property
    def driver(self) -> Driver:
        """Who drives the session over this request; raises CompositionError where none is driven."""
        ...

    def facet(self, kind: type[FacetsT_contra], /) -> Facet | None:
        """Return what was learned under *kind*; use ``kind.of(request)``, which is typed."""
        ...


class Streamed(Peered[FacetsT_contra], Protocol[FacetsT_contra]):
    """A request that is a stream: what arrives has to be cut into messages."""

    @property
    @override
    def framed(self) -> Literal[False]:
        """False."""
        ...


class Framed(Peered[FacetsT_contra], Protocol[FacetsT_contra]):
    """A request that is one whole message: a datagram."""

    @property
    @override
    def framed(self) -> Literal[True]:
        """True."""
        ...

    def reply(self, data: Buffer, /) -> None:
        """Send one datagram back; never waits. Any thread, also when its session is over.

        Raises Overloaded where the system has no room for it now, and OSError as ``sendto(2)`` gives it.
        """
        ...


def is_datagram(request: Peered[FacetsT], /) -> TypeGuard[Framed[FacetsT]]:
    """Return whether *request* is one whole message, which can be replied to by itself."""
    return request.framed
