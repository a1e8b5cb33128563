"""Sockets that somebody else bound: a parent process, a service manager, a test."""

from __future__ import annotations

import socket
from typing import Literal, overload

from ..connections import Datagram, Incoming, RawConnection
from ..errors import CompositionError
from ._tcp import TcpListener
from ._udp import UdpListener


@overload
def adopt(sock: socket.socket, /, *, datagrams: Literal[False] = False) -> Incoming[RawConnection]: ...
@overload
def adopt(sock: socket.socket, /, *, datagrams: Literal[True]) -> Incoming[Datagram]: ...
def adopt(sock: socket.socket, /, *, datagrams: bool = False) -> Incoming[RawConnection] | Incoming[Datagram]:
    """Take over *sock*, a stream socket that listens, or with *datagrams* a datagram socket that is bound.

    Raises CompositionError for a socket of the other kind, or one that does not listen; it stays the caller's.
    """
    kind = socket.SOCK_DGRAM if datagrams else socket.SOCK_STREAM
    if sock.type is not kind:
        raise CompositionError(f"a {sock.type.name} socket was to be adopted as {kind.name}")
    if datagrams:
        return Incoming(UdpListener(sock))
    if not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise CompositionError("the socket to be adopted does not listen: call listen() on it first")
    return Incoming(TcpListener(sock))
