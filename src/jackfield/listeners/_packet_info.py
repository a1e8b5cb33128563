"""Which of our addresses a datagram was sent to, and answering from that one: ip(7) IP_PKTINFO, RFC 3542 section 6.

A socket that is bound to one address needs none of this. One that is bound to all of them would have its replies leave
from whatever address the route prefers, and a client that is connected to another never sees them.
"""

from __future__ import annotations

import socket
import struct
import sys
from typing import Final, TypeAlias

Control: TypeAlias = list[tuple[int, int, bytes]]
"""Ancillary data as recvmsg(2) and sendmsg(2) have it: level, type, data."""

V4: Final = (socket.IPPROTO_IP, getattr(socket, "IP_PKTINFO", 8 if sys.platform == "linux" else -1))
"""Level and type; the number is Linux's, and the socket module of Python 3.13 has no name for it."""
V6: Final = (socket.IPPROTO_IPV6, getattr(socket, "IPV6_PKTINFO", -1))
_V4_INFO: Final = struct.Struct("@i4s4s")
"""Interface, the address of ours to answer from, the address that the datagram bore."""
_V6_INFO: Final = struct.Struct("@16sI")
"""The address that the datagram bore, interface."""
ROOM: Final = 64
"""Bytes that hold either, with its header."""


def ask(sock: socket.socket) -> bool:
    """Have the system tell where each datagram was sent to, where *sock* is bound to all addresses; return whether."""
    if sock.family is socket.AF_INET and sock.getsockname()[0] == "0.0.0.0" and V4[1] >= 0:
        sock.setsockopt(V4[0], V4[1], 1)
    elif sock.family is socket.AF_INET6 and sock.getsockname()[0] == "::" and V6[1] >= 0:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        return False
    return True


def host_in(control: Control) -> str | None:
    """Return the address that the datagram was sent to, None where the system did not say."""
    for level, kind, data in control:
        if (level, kind) == V4:
            return socket.inet_ntop(socket.AF_INET, _V4_INFO.unpack_from(data)[2])
        if (level, kind) == V6:
            return socket.inet_ntop(socket.AF_INET6, _V6_INFO.unpack_from(data)[0])
    return None


def way_back(control: Control) -> Control:
    """Return the ancillary data that has a reply leave from where its request was sent to.

    It leaves by whatever interface the route takes, but to a link-local address by the one that the request came in
    by. Nothing leaves from a multicast address: the system picks one then.
    """
    for level, kind, data in control:
        if (level, kind) == V4:
            _, ours, _ = _V4_INFO.unpack_from(data)
            return [(level, kind, _V4_INFO.pack(0, ours, bytes(4)))]
        if (level, kind) == V6 and data[0] != 0xFF:
            address, interface = _V6_INFO.unpack_from(data)
            return [(level, kind, _V6_INFO.pack(address, interface if data[0] == 0xFE else 0))]
    return []
