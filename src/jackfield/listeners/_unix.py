"""Unix sockets: paths in the file system, and names in Linux's abstract space."""

from __future__ import annotations

import os
import socket

from ..connections import Datagram, Incoming, RawConnection
from ._claim import claim
from ._tcp import TcpListener
from ._udp import UdpListener


def unix_stream(
    path: str | bytes | os.PathLike[str], *, mode: int | None = None, backlog: int = 1024
) -> Incoming[RawConnection]:
    """Listen for connections on the Unix socket *path*; one that begins with NUL is an abstract name (Linux).

    The socket file has *mode* from the first moment: 0o600, our own user alone, unless told otherwise (connecting
    takes the right to write). One that was left behind, so that nobody is there, is replaced, be it that several
    servers start at once. Closing removes the file where it is still ours. *backlog* as in `tcp`.

    Raises AddressUnusable, with what is there left as it is, where somebody listens already, where *path* is no
    socket, or is too long (unix(7): 107 bytes on Linux); CompositionError for a *mode* of an abstract name, which
    has none; OSError as bind(2) gives it. Nothing stays open, and no file stays behind.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        release = claim(sock, path, mode)
        try:
            sock.listen(backlog)
            return Incoming(TcpListener(sock, release))
        except BaseException:
            release()
            raise
    except BaseException:
        sock.close()
        raise


def unix_datagram(
    path: str | bytes | os.PathLike[str], *, mode: int | None = None, maximum: int | None = None
) -> Incoming[Datagram]:
    """Receive datagrams on the Unix socket *path*; all else as for `unix_stream`.

    A datagram above *maximum* bytes is dropped and told as truncated; without one whatever the senders' settings let
    through comes whole, up to 16 MiB. A sender that has bound no address has no name (``UnixAddress("")``) and cannot
    be answered: replies to it raise Unanswerable. Raises ValueError for a maximum below 1, too.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        release = claim(sock, path, mode)
        try:
            return Incoming(UdpListener(sock, release, maximum=maximum))
        except BaseException:
            release()
            raise
    except BaseException:
        sock.close()
        raise
