"""What a session's factory is given in a test: a request without a transport."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Literal, Never, final

from ..addresses import Address, MemoryAddress
from ..interfaces import Buffer, Driver, Facet, Framed, Limits, Streamed

_PEER: Final = MemoryAddress(1)
_LOCAL: Final = MemoryAddress(2)


@final
class MemoryStream:
    """A stream of which there is only what a test feeds; fits every factory that asks for no `Connection`."""

    __slots__ = ("_driver", "_facets", "limits", "local", "peer")

    def __init__(self, driver: Driver, *, limits: Limits, facets: Iterable[Facet], peer: Address | None) -> None:
        self._driver = driver
        self._facets = {type(facet): facet for facet in facets}
        self.limits: Limits = limits
        """What the peer may cost us."""
        self.peer: Address = _PEER if peer is None else peer
        """The other side."""
        self.local: Address = _LOCAL
        """Our side."""

    @property
    def framed(self) -> Literal[False]:
        """False: a stream has to be cut into messages."""
        return False

    @property
    def driver(self) -> Driver:
        """The test's transport."""
        return self._driver

    def facet(self, kind: type[Facet], /) -> Facet | None:
        """Return the facet of *kind* that the test gave."""
        return self._facets.get(kind)


@final
class MemoryDatagram:
    """A datagram that a test sent; fits every factory that asks for no `Datagram`."""

    __slots__ = ("_driver", "_facets", "_reply", "limits", "local", "peer")

    def __init__(
        self,
        driver: Driver,
        reply: Callable[[Buffer], None],
        *,
        limits: Limits,
        facets: Iterable[Facet],
        peer: Address | None,
    ) -> None:
        self._driver = driver
        self._reply = reply
        self._facets = {type(facet): facet for facet in facets}
        self.limits: Limits = limits
        """What the peer may cost us."""
        self.peer: Address = _PEER if peer is None else peer
        """Who sent it."""
        self.local: Address = _LOCAL
        """Where it was sent to."""

    @property
    def framed(self) -> Literal[True]:
        """True: a datagram is one whole message."""
        return True

    @property
    def driver(self) -> Driver:
        """The test's transport."""
        return self._driver

    def reply(self, data: Buffer, /) -> None:
        """Send one datagram back."""
        self._reply(data)

    def facet(self, kind: type[Facet], /) -> Facet | None:
        """Return the facet of *kind* that the test gave."""
        return self._facets.get(kind)


if TYPE_CHECKING:
    _stream: type[Streamed[Never]] = MemoryStream
    _datagram: type[Framed[Never]] = MemoryDatagram
