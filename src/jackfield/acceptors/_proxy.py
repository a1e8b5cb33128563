"""Connections that a proxy passes on, and the header by which it says for whom."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING, final

from typing_extensions import TypeVar

from ..addresses import Address
from ..connections import Proxied, RawConnection
from ..core import ProxyHeader, read_proxy_header
from ..errors import PeerError, ProxyHeaderError
from ..interfaces import Layer, Negotiation
from ._networks import Network, inside

FacetsT = TypeVar("FacetsT")


@final
class ProxyProtocol:
    """Reads the PROXY header, of version 1 or 2, that each connection has to begin with.

    Behind it ``connection.peer`` is the client, and `Proxied` tells the rest. The header's own address is believed
    where the connection comes from a *trusted* network, and from nowhere else: everybody else is closed at once,
    with a ProxyHeaderError, header or not. (A listener that takes both proxied and direct connections would let
    anybody choose their address: use two.) A connection of the proxy's own, to see whether we are well (LOCAL), is
    closed without a word.

    Connections over Unix sockets and in memory come from no network: name them with *local*.
    """

    __slots__ = ("_local", "_networks")

    def __init__(self, *, trusted: Iterable[str], local: bool = False) -> None:
        """Trust the networks in *trusted* (``"10.0.0.0/8"``, ``"127.0.0.1"``), and with *local* those without one.

        Raises ValueError for what is no network, and TypeError for a plain string.
        """
        if isinstance(trusted, str):
            raise TypeError(f'trusted takes several networks: trusted=["{trusted}"]')
        self._networks: tuple[Network, ...] = tuple(map(ipaddress.ip_network, trusted))
        self._local = local

    def __call__(self, connection: RawConnection[FacetsT], /) -> RawConnection[FacetsT | Proxied]:
        """Have the header read by whoever drives *connection*, before its next step."""
        return connection.negotiate(_Reading(connection.peer, self._trusts(connection.peer)))

    def _trusts(self, peer: Address) -> bool:
        found = inside(peer, self._networks)
        return self._local if found is None else found


@final
class _Reading:
    """One header."""

    def __init__(self, proxy: Address, trusted: bool) -> None:
        self._proxy = proxy
        self._data = bytearray()
        self._facet: Proxied | None = None
        self.done = False
        self.refused = False
        self.fault: PeerError | None = None if trusted else ProxyHeaderError("comes from no trusted network")
        self.peer: Address | None = None
        self.layer: Layer | None = None

    @property
    def facet(self) -> Proxied:
        """What the header says."""
        if self._facet is None:
            raise AssertionError("a header that was read says something")
        return self._facet

    def receive(self, data: bytes, /) -> bytes:
        """Take what came in; nothing is ever sent."""
        self._data += data
        try:
            found = read_proxy_header(self._data) if self._data else None
        except ProxyHeaderError as error:
            self.fault = error
        else:
            if found is not None:
                self._take(*found)
        return b""

    def rest(self) -> bytes:
        """Return what came behind the header."""
        rest = bytes(self._data)
        self._data.clear()
        return rest

    def _take(self, header: ProxyHeader, size: int) -> None:
        del self._data[:size]
        self.done, self.refused = not header.local, header.local
        self.peer = header.source
        self._facet = Proxied(
            proxy=self._proxy,
            client=self._proxy if header.source is None else header.source,
            destination=header.destination,
            version=header.version,
            authority=header.authority,
            alpn=header.alpn,
            unique_id=header.unique_id,
            namespace=header.namespace,
            tls=header.tls,
            others=header.others,
        )


if TYPE_CHECKING:
    _negotiation: type[Negotiation[Proxied]] = _Reading
