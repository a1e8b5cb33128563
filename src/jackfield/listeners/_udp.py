"""UDP, over IPv4, IPv6, or both on one socket."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, final

from ..addresses import Address, from_system
from ..connections import Datagram, Incoming
from ..errors import Overloaded, Unanswerable
from ..interfaces import Buffer, Listener
from ._binding import bound_socket

_LARGEST: Final = 65_536
"""Bytes: above any UDP datagram without jumbograms (RFC 768: the length field has 16 bits), so none is cut."""


@final
class UdpListener:
    """Hands out datagrams from a bound datagram socket, which it owns."""

    __slots__ = ("_address", "_release", "_sock")

    def __init__(self, sock: socket.socket, release: Callable[[], None] | None = None) -> None:
        """Take over *sock*, which is bound; *release* is called once, just before it is closed."""
        self._release = release
        sock.setblocking(False)
        self._sock = sock
        self._address = from_system(sock.getsockname())

    @property
    def address(self) -> Address:
        """Where it receives."""
        return self._address

    def fileno(self) -> int:
        """Return the socket's descriptor, -1 once closed."""
        return self._sock.fileno()

    def accept(self) -> Datagram | None:
        """Return a datagram that waits, whole, or None; raises OSError as recvfrom(2) gives it."""
        try:
            payload, name = self._sock.recvfrom(_LARGEST)
        except BlockingIOError:
            return None

        peer = from_system(name)

        def reply(data: Buffer) -> None:
            if not name:
                raise Unanswerable(peer)
            try:
                self._sock.sendto(data, name)
            except BlockingIOError as error:
                raise Overloaded("bytes that the system takes for sending", len(data)) from error

        return Datagram(payload, peer=peer, local=self._address, reply=reply)

    def close(self) -> None:
        """Stop receiving; replies to what was handed out can no longer be sent."""
        release, self._release = self._release, None
        if release is not None:
            release()
        self._sock.close()


def udp(host: str, port: int, *, reuse_port: bool = False) -> Incoming[Datagram]:
    """Receive UDP datagrams on *host* and *port*; "" is every interface, IPv4 and IPv6 on one socket.

    Port 0 takes a free one, which ``address`` tells. Raises OSError where the host cannot be resolved or the
    port not be bound; nothing stays open then.
    """
    return Incoming(UdpListener(bound_socket(host, port, socket.SOCK_DGRAM, reuse_port=reuse_port)))


if TYPE_CHECKING:
    _listener: type[Listener[Datagram]] = UdpListener
