"""Where an endpoint is: values, no sockets.

An address is immutable, comparable and printable. How the system spells it (a tuple, a path, bytes with a
leading NUL) is known to `from_system` alone.
"""

from __future__ import annotations

import ipaddress
from typing import Final, TypeAlias, final

import attrs
from typing_extensions import override

_MAPPED: Final = "::ffff:"


def unmapped(host: str, /) -> str:
    """Return *host*, as IPv4 where it is an IPv4 address mapped into IPv6; without a scope suffix."""
    bare = host.partition("%")[0]
    if not bare.startswith(_MAPPED):
        return bare
    inner = ipaddress.IPv6Address(bare).ipv4_mapped
    return bare if inner is None else str(inner)


@final
@attrs.frozen
class InternetAddress:
    """An IPv4 or IPv6 endpoint."""

    host: str = attrs.field(converter=unmapped)
    """A numeric address, without a scope suffix; an IPv4 address mapped into IPv6 (RFC 4291, 2.5.5.2) is unmapped."""
    port: int
    """0 to 65535; 0 where none is known yet."""
    flow: int = 0
    scope: int = 0

    @override
    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@final
@attrs.frozen
class UnixAddress:
    """A Unix domain endpoint; a client that has not bound itself has no name."""

    path: str | bytes
    """A path, or bytes with a leading NUL for a name in the abstract space (unix(7)); empty: unnamed."""

    @override
    def __str__(self) -> str:
        if isinstance(self.path, bytes):
            return "@" + self.path[1:].decode("ascii", "backslashreplace")
        return self.path or "unnamed"


@final
@attrs.frozen
class MemoryAddress:
    """An endpoint inside this process or its children, told apart by number."""

    number: int

    @override
    def __str__(self) -> str:
        return f"memory:{self.number}"


Address: TypeAlias = InternetAddress | UnixAddress | MemoryAddress
"""Any endpoint."""

Host: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
"""A parsed numeric host, for comparing it with networks."""


def host_of(address: Address, /) -> Host | None:
    """Return the numeric host of *address*, or None where it has none (a Unix socket, memory)."""
    if not isinstance(address, InternetAddress):
        return None
    return ipaddress.ip_address(address.host)


def from_system(name: object, /) -> Address:
    """Return the address that the system spelt as *name* (``getsockname``, ``accept``, ``recvfrom``).

    Raises ValueError for a spelling that belongs to no known family.
    """
    match name:
        case (str(host), int(port)):
            return InternetAddress(host, port)
        case (str(host), int(port), int(flow), int(scope)):
            return InternetAddress(host, port, flow, scope)
        case str() | bytes():
            return UnixAddress(name)
        case None:
            return UnixAddress("")
        case _:
            raise ValueError(f"no known kind of address: {name!r}")
