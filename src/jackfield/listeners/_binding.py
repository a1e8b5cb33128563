"""Which family and address a host and port mean, and a socket bound to them."""

from __future__ import annotations

import socket
from contextlib import suppress


def bound_socket(host: str, port: int, kind: socket.SocketKind, *, reuse_port: bool = False) -> socket.socket:
    """Return a new socket of *kind* bound to *host* and *port*; where host is "", to all interfaces of both families.

    Raises OSError as ``getaddrinfo``, ``socket`` and ``bind`` give it; nothing stays open then.
    """
    if not host:
        return _bound_everywhere(port, kind, reuse_port)
    found = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)
    family, _, protocol, _, address = found[0]
    return _bound(socket.socket(family, kind, protocol), address, reuse_port, dual=False)


def _bound_everywhere(port: int, kind: socket.SocketKind, reuse_port: bool) -> socket.socket:
    if socket.has_dualstack_ipv6():
        return _bound(socket.socket(socket.AF_INET6, kind), ("::", port), reuse_port, dual=True)
    return _bound(socket.socket(socket.AF_INET, kind), ("0.0.0.0", port), reuse_port, dual=False)


def _bound(sock: socket.socket, address: tuple[object, ...], reuse_port: bool, *, dual: bool) -> socket.socket:
    try:
        if sock.family is socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not dual)
        if sock.type is socket.SOCK_STREAM and hasattr(socket, "SO_REUSEADDR"):
            # A restart must not wait for the last connections' TIME_WAIT (RFC 9293, 3.6.1).
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(address)
    except BaseException:
        with suppress(OSError):
            sock.close()
        raise
    return sock
