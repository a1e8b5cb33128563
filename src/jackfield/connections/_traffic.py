"""How many bytes a connection has carried: the system has counted them, so that nobody else needs to."""

from __future__ import annotations

import socket
import struct
import sys
from typing import Final

from ..interfaces import Traffic

_INFO: Final = struct.Struct("=B127xQ64xQQ")
"""The front of struct tcp_info (linux/tcp.h, Linux 4.19): state, bytes received, and sent, and of these sent again."""
_ENDED: Final = frozenset((6, 7, 8, 9, 11))
"""States (net/tcp_states.h) in which the peer's end has come, which the system counts as a byte: TIME_WAIT and on."""


def traffic_of(sock: socket.socket) -> Traffic | None:
    """Return what *sock* has carried so far; None where the system does not count it: no TCP, or no such Linux."""
    if sys.platform != "linux":
        return None
    try:
        told = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
    except OSError:
        return None
    if len(told) < _INFO.size:
        return None
    state, received, sent, again = _INFO.unpack(told)
    return Traffic(received=max(0, received - (state in _ENDED)), sent=sent - again)
