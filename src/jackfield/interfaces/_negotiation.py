"""Talking before a connection is all that its handler was promised: a TLS handshake, a PROXY header."""

from __future__ import annotations

from typing import Protocol

from typing_extensions import TypeVar

from ..addresses import Address
from ..errors import PeerError
from ._peered import Facet

FacetT_co = TypeVar("FacetT_co", bound=Facet, covariant=True)


class Layer(Protocol):
    """Turns bytes into bytes, both ways, between a connection and whoever reads and writes it; owns no socket.

    One thread at a time may call it. Its peer's faults are told by `fault`, never raised.
    """

    ended: bool
    """Whether the peer has said, inside the layer, that nothing more comes."""
    fault: PeerError | None
    """What the peer did wrong; nothing more comes out of the layer then."""

    @property
    def partial(self) -> bool:
        """Whether something has begun to come in that says nothing before it is complete (a record of TLS)."""
        ...

    def receive(self, data: bytes, /) -> bytes:
        """Take what came in and return what it says; b"" is no end: `ended` is."""
        ...

    def send(self, data: bytes, /) -> bytes:
        """Return the bytes that are due to the peer: those that say *data*, and what the layer itself has to say.

        ``send(b"")`` asks for the latter alone. After `close` it returns b"".
        """
        ...

    def close(self) -> bytes:
        """Return the bytes that say that nothing more comes, b"" where they were returned before. Idempotent."""
        ...


class Negotiation(Protocol[FacetT_co]):
    """One talk with one peer, for `Connection.negotiate`; owns no socket, thread or clock.

    Whoever drives the connection calls `receive`, first with b"", then with what came in, until `done` is true,
    or `fault` or `refused` say that it will not be; each time what is returned is sent. It is bounded in time by
    ``Limits.handshake`` and has to bound by itself what it keeps.
    """

    done: bool
    """Whether it has come to its end: `facet`, `peer` and `layer` hold."""
    refused: bool
    """Whether the connection is to be closed though nobody did anything wrong."""
    fault: PeerError | None
    """What the peer did wrong; the connection is to be closed when what was returned last is sent."""
    peer: Address | None
    """Who is at the other end, as far as is known now; None: as before."""
    layer: Layer | None
    """What everything that follows passes through; None: as it is."""

    @property
    def facet(self) -> FacetT_co:
        """What was learned; only when `done`."""
        ...

    def receive(self, data: bytes, /) -> bytes:
        """Take what came in, b"" to begin, and return what is to be sent. Never raises for a peer's fault."""
        ...

    def rest(self) -> bytes:
        """Return what was taken beyond the end, once: it belongs to what follows."""
        ...
