"""From an address to a client."""

from __future__ import annotations

import socket
from typing import Final
from urllib.parse import urlsplit

from ..addresses import from_system
from ..connections import Connection
from ..errors import CompositionError, ConnectionLost
from ..interfaces import Limits
from ..service import Frame, SelfFramed, Wire
from ._client import Client
from ._pipes import DatagramPipe, Pipe, StreamPipe

_UNLIMITED: Final = Limits(idle=None, message=None, write=None)
"""For the connection, since each call sets a deadline of its own."""


def connect(wire: Wire, url: str, /, *, deadline: float = 10.0) -> Client:
    """Return a client of *wire* at *url*: ``tcp://host:port`` or ``udp://host:port``, IPv6 in brackets.

    Unix sockets are ``unix:///path`` and, for datagrams, ``unixgram:///path``, or ``unix://@name`` for an abstract
    name; the path stands there as it is, without escapes. So ``f"tcp://{server.address}"`` is a server's URL, and so on
    for each scheme.

    *deadline*, in seconds, bounds connecting, and each call that is not given its own. Raises CompositionError for
    a URL of another form, and for a stream where the wire has no frame; ConnectionLost where nobody answers.
    """
    try:
        return Client(wire, _pipe(wire, url, deadline), deadline)
    except OSError as error:
        raise ConnectionLost(url, error.strerror or str(error)) from error


def _pipe(wire: Wire, url: str, deadline: float) -> Pipe:
    scheme, _, name = url.partition("://")
    if scheme in _UNIX_PIPES:
        return _UNIX_PIPES[scheme](wire, _unix_name(url, name), deadline)
    scheme, host, port = _parsed(url)
    return _PIPES[scheme](wire, host, port, deadline)


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
    if scheme not in _PIPES or not host or not port or parts.path:
        raise CompositionError(f"{url!r} is no address of the form tcp://host:port or udp://host:port")
    return scheme, host, port


def _frame(wire: Wire) -> Frame:
    if wire.frame is None or isinstance(wire.frame, SelfFramed):
        raise CompositionError("this wire has no frame to cut a stream by: it is for datagrams only")
    return wire.frame


def _over_tcp(wire: Wire, host: str, port: int, deadline: float) -> Pipe:
    frame = _frame(wire)
    sock = socket.create_connection((host, port), timeout=deadline)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return StreamPipe(Connection(sock, from_system(sock.getpeername()), limits=_UNLIMITED), frame)
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


def _over_unix(wire: Wire, name: str, deadline: float) -> Pipe:
    frame = _frame(wire)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(deadline)
        sock.connect(name)
        return StreamPipe(Connection(sock, from_system(sock.getpeername()), limits=_UNLIMITED), frame)
    except BaseException:
        sock.close()
        raise


def _over_unixgram(wire: Wire, name: str, deadline: float) -> Pipe:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        sock.bind("")  # who has no name cannot be answered; Linux gives an abstract one, unix(7)
        sock.connect(name)
        return DatagramPipe(sock, from_system(sock.getpeername()))
    except BaseException:
        sock.close()
        raise


_PIPES: Final = {"tcp": _over_tcp, "udp": _over_udp}
_UNIX_PIPES: Final = {"unix": _over_unix, "unixgram": _over_unixgram}
