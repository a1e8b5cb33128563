"""TCP, over IPv4, IPv6, or both on one socket."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, final

from ..addresses import Address, InternetAddress, from_system
from ..connections import Connection, Incoming, RawConnection
from ..interfaces import Listener
from ._binding import bound_socket


@final
class TcpListener:
    """Accepts connections from a listening stream socket, TCP or other, which it owns."""

    __slots__ = ("_address", "_local", "_release", "_sock")

    def __init__(self, sock: socket.socket, release: Callable[[], None] | None = None) -> None:
        """Take over *sock*, which is bound and listens; *release* is called once, just before it is closed."""
        self._release = release
        sock.setblocking(False)
        self._sock = sock
        self._address = from_system(sock.getsockname())
        self._local = None if _is_everywhere(self._address) else self._address
        """Where connections come in, as far as it is the same for all of them."""

    @property
    def address(self) -> Address:
        """Where it listens."""
        return self._address

    def fileno(self) -> int:
        """Return the listening socket's descriptor, -1 once closed."""
        return self._sock.fileno()

    def accept(self) -> RawConnection | None:
        """Return a connection out of the backlog, or None; raises OSError as the system gives it."""
        try:
            sock, peer = self._sock.accept()
        except BlockingIOError:
            return None
        try:
            return Connection(sock, from_system(peer), local=self._local)
        except BaseException:
            sock.close()
            raise

    def close(self) -> None:
        """Stop listening; connections in the backlog are reset by the system."""
        release, self._release = self._release, None
        if release is not None:
            release()
        self._sock.close()


def tcp(host: str, port: int, *, backlog: int = 1024, reuse_port: bool = False) -> Incoming[RawConnection]:
    """Listen on *host* and *port* for TCP connections; "" is every interface, IPv4 and IPv6 on one socket.

    Port 0 takes a free one, which ``address`` tells. *backlog* connections may wait to be accepted (the system
    may allow fewer: listen(2)). *reuse_port* lets several processes listen on the same port.

    Raises OSError where the host cannot be resolved or the port not be bound; nothing stays open then.
    """
    sock = bound_socket(host, port, socket.SOCK_STREAM, reuse_port=reuse_port)
    try:
        sock.listen(backlog)
        # Inherited by what is accepted (Linux), which saves a call for each connection: replies leave at once.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Incoming(TcpListener(sock))
    except BaseException:
        sock.close()
        raise


def _is_everywhere(address: Address) -> bool:
    """Return whether a listener at *address* takes what is sent to any address of this host."""
    return isinstance(address, InternetAddress) and address.host in ("0.0.0.0", "::")


if TYPE_CHECKING:
    _listener: type[Listener[RawConnection]] = TcpListener
