"""Who is at the other end of a Unix socket: the kernel knows."""

from __future__ import annotations

import socket
import struct
from typing import Final, final

from typing_extensions import TypeVar

from ..connections import Credentials, RawConnection

FacetsT = TypeVar("FacetsT")

_UCRED: Final = struct.Struct("@iII")
"""struct ucred: process, user, group (unix(7))."""


@final
class PeerCredentials:
    """Learns `Credentials` of each connection; refuses those that are not over a Unix socket, where there are none."""

    __slots__ = ()

    def __call__(self, connection: RawConnection[FacetsT], /) -> RawConnection[FacetsT | Credentials] | None:
        """Return *connection* with what the kernel says of its peer."""
        sock = connection.socket
        if sock.family is not socket.AF_UNIX:
            return None
        pid, uid, gid = _UCRED.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
        return connection.learn(Credentials(pid=pid, uid=uid, gid=gid))
