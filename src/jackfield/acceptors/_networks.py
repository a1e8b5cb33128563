"""Access by network. IPv4 addresses mapped into IPv6 are compared as the IPv4 addresses they are."""

from __future__ import annotations

import ipaddress
from typing import TypeAlias, final

from typing_extensions import TypeVar

from ..addresses import Address, host_of
from ..interfaces import Located

LocatedT = TypeVar("LocatedT", bound=Located)
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def _parse(networks: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(network) for network in networks)


def inside(address: Address, networks: tuple[Network, ...]) -> bool | None:
    """Return whether *address* is in one of *networks*; None where it is no address of a network at all."""
    host = host_of(address)
    return None if host is None else any(host in network for network in networks)


@final
class Allow:
    """Lets in who comes from one of the networks, and nobody else.

    A peer without a numeric address (a Unix socket, memory) comes from no network and is refused.
    """

    __slots__ = ("_networks",)

    def __init__(self, *networks: str) -> None:
        """Allow *networks*, such as ``"10.0.0.0/8"``, ``"2001:db8::/32"`` or ``"127.0.0.1"``.

        Raises ValueError for what is no network, or has bits set behind its prefix.
        """
        self._networks = _parse(networks)

    def __call__(self, request: LocatedT, /) -> LocatedT | None:
        """Return *request* where it may enter."""
        return request if inside(request.peer, self._networks) else None


@final
class Deny:
    """Refuses who comes from one of the networks, and lets in everybody else."""

    __slots__ = ("_networks",)

    def __init__(self, *networks: str) -> None:
        """Deny *networks*, spelt as for `Allow`; raises ValueError as it does."""
        self._networks = _parse(networks)

    def __call__(self, request: LocatedT, /) -> LocatedT | None:
        """Return *request* where it may enter."""
        return None if inside(request.peer, self._networks) else request
