"""From an address to a client."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from ..addresses import from_system
from ..connections import Connection
from ..errors import CompositionError, ConnectionLost
from ..interfaces import Limits
from ..service import Wire
from ._client import Client
from ._pipes import DatagramPipe, Pipe, StreamPipe


def connect(wire: Wire, url: str, /, *, deadline: float = 10.0) -> Client:
    """Return a client of *wire* at *url*: ``tcp://host:port`` or ``udp://host:port``, IPv6 in brackets.

    *deadline*, in seconds, bounds connecting, and each call that is not given its own. Raises CompositionError for
    a URL of another form, and for a stream where the wire has no frame; ConnectionLost where nobody answers.
    """
    scheme, host, port = _parsed(url)
    try:
        return Client(wire, _PIPES[scheme](wire, host, port, deadline), deadline)
    except OSError as error:
        raise ConnectionLost(url, error.strerror or str(error)) from error


def _parsed(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError as error:
        raise CompositionError(f"{url!r} is no address: {error}") from error
    if scheme not in _PIPES or not host or not port or parts.path:
        raise CompositionError(f"{url!r} is no address of the form tcp://host:port or udp://host:port")
    return scheme, host, port


def _over_tcp(wire: Wire, host: str, port: int, deadline: float) -> Pipe:
    if wire.frame is None:
        raise CompositionError("this wire has no frame to cut a stream by: it is for datagrams only")
    sock = socket.create_connection((host, port), timeout=deadline)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        unlimited = Limits(idle=None, message=None, write=None)  # each call sets a deadline of its own
        return StreamPipe(Connection(sock, from_system(sock.getpeername()), limits=unlimited), wire.frame)
    except BaseException:
        sock.close()
        raise


def _over_udp(wire: Wire, host: str, port: int, deadline: float) -> Pipe:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.connect(address)
        return DatagramPipe(sock, from_system(sock.getpeername()))
    except BaseException:
        sock.close()
        raise


_PIPES = {"tcp": _over_tcp, "udp": _over_udp}
