"""Where a URL leads, and sockets that lead there."""

from __future__ import annotations

import socket
from typing import Final, TypeAlias, final
from urllib.parse import urlsplit

import attrs

from ..addresses import Address, from_system
from ..errors import CompositionError
from ..service import Wire

_INTERNET: Final = ("tcp", "udp")
_UNIX: Final = ("unix", "unixgram")
SystemAddress: TypeAlias = str | tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
"""What ``connect(2)`` takes, as the socket module spells it."""


@final
@attrs.frozen(kw_only=True)
class Target:
    """Where a URL leads."""

    scheme: str
    host: str
    """Of the Unix schemes the socket's name."""
    port: int

    @classmethod
    def of(cls, url: str) -> Target:
        """Take *url* apart; raises CompositionError for what is no address."""
        scheme, _, name = url.partition("://")
        if scheme in _UNIX:
            return cls(scheme=scheme, host=_unix_name(url, name), port=0)
        scheme, host, port = _parsed(url)
        return cls(scheme=scheme, host=host, port=port)

    @property
    def keeps_order(self) -> bool:
        """Whether it is a stream."""
        return self.scheme in ("tcp", "unix")

    def check(self, wire: Wire, retries: int) -> None:
        """Raise CompositionError where *wire*, or sending again, does not go with it."""
        if self.keeps_order and (wire.frame is None or wire.replies.frame is None):
            raise CompositionError("this wire has no frame to cut a stream by: it is for datagrams only")
        if retries < 0 or (self.keeps_order and retries):
            raise CompositionError(f"{retries} retries: a stream loses nothing, so only datagrams are sent again")

    def stream(self, deadline: float) -> socket.socket:
        """Return a connected stream socket; raises OSError."""
        if self.scheme == "tcp":
            sock = socket.create_connection((self.host, self.port), timeout=deadline)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(deadline)
            sock.connect(self.host)
        except BaseException:
            sock.close()
            raise
        return sock

    def resolved(self) -> Resolved:
        """Return where its datagrams go; raises OSError."""
        if self.scheme == "unixgram":
            return Resolved(family=socket.AF_UNIX, address=self.host)
        family, _, _, _, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM)[0]
        return Resolved(family=family, address=address)


@final
@attrs.frozen(kw_only=True)
class Resolved:
    """Where datagrams go, without a name to look up any more."""

    family: socket.AddressFamily
    address: SystemAddress

    @property
    def peer(self) -> Address:
        """The same, for people and programs."""
        return from_system(self.address)

    def connected(self) -> socket.socket:
        """Return a socket of its own port, or name, that is connected there; raises OSError."""
        sock = socket.socket(self.family, socket.SOCK_DGRAM)
        try:
            if self.family == socket.AF_UNIX:
                sock.bind("")  # who has no name cannot be answered; Linux gives an abstract one, unix(7)
            sock.setblocking(False)
            sock.connect(self.address)
        except BaseException:
            sock.close()
            raise
        return sock


def _unix_name(url: str, name: str) -> str:
    if not name.startswith(("/", "@")) or "\0" in name:
        raise CompositionError(f"{url!r} is no address of the form unix:///path or unix://@name")
    return "\0" + name[1:] if name.startswith("@") else name


def _parsed(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError as error:
        raise CompositionError(f"{url!r} is no address: {error}") from error
    if scheme not in _INTERNET or not host or not port or parts.path:
        raise CompositionError(f"{url!r} is no address of the form tcp://host:port or udp://host:port")
    return scheme, host, port
