"""UDP, over IPv4, IPv6, or both on one socket."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, final

from ..addresses import Address
from ..connections import Datagram, Incoming
from ..interfaces import Answer, DatagramListener, Dropped
from ._batches import Batches, calls
from ._binding import bound_socket
from ._one_by_one import OneByOne
from ._port import Port


@final
class UdpListener:
    """Hands out datagrams from a bound datagram socket, UDP or Unix, which it owns, or answers them in place.

    One thread at a time may accept or exchange.
    """

    __slots__ = ("_batches", "_exchanger", "_port", "_release")

    def __init__(
        self,
        sock: socket.socket,
        release: Callable[[], None] | None = None,
        *,
        maximum: int | None = None,
        batches: bool = True,
    ) -> None:
        """Take over *sock*, which is bound; *release* is called once, just before it is closed.

        A datagram above *maximum* bytes is dropped and told as truncated; None takes whatever its transport
        carries. With *batches* an `exchange` over UDP uses recvmmsg(2) and sendmmsg(2) where the platform has them.
        Raises ValueError for a maximum below 1; *sock* stays the caller's then.
        """
        if maximum is not None and maximum < 1:
            raise ValueError(f"maximum must be at least 1, not {maximum}")
        self._release = release
        self._port = Port(sock, maximum)
        self._batches = batches
        self._exchanger: OneByOne | Batches | None = None

    @property
    def address(self) -> Address:
        """Where it receives."""
        return self._port.address

    def on_drop(self, call: Callable[[Dropped], None], /) -> None:
        """Have *call* called for what is given up."""
        self._port.dropped = call

    def fileno(self) -> int:
        """Return the socket's descriptor, -1 once closed."""
        return self._port.sock.fileno()

    def accept(self) -> Datagram | None:
        """Return a datagram that waits, whole, or None; raises OSError as recvmsg(2) gives it.

        What is no whole datagram, or comes from port 0, is dropped and told; the next call may have more.
        """
        received = self._port.receive()
        if received is None:
            return None
        size, sender = received
        return Datagram.between(bytes(self._port.view[:size]), sender) if self._port.admits(size, sender) else None

    def exchange(self, answer: Answer[Datagram], /) -> int:
        """Receive what is there now, 64 datagrams at most, have each answered, send, and return their number."""
        if self._exchanger is None:
            self._exchanger = self._best_exchanger()
        return self._exchanger.exchange(answer)

    def close(self) -> None:
        """Stop receiving; replies to what was handed out can no longer be sent."""
        release, self._release = self._release, None
        if release is not None:
            release()
        self._port.sock.close()

    def _best_exchanger(self) -> OneByOne | Batches:
        """A Unix datagram has no size that slots could be made for, so those come one by one."""
        found = None if self._port.unix or not self._batches else calls()
        return OneByOne(self._port) if found is None else Batches(self._port, *found)


def udp(host: str, port: int, *, reuse_port: bool = False, maximum: int | None = None) -> Incoming[Datagram]:
    """Receive UDP datagrams on *host* and *port*; "" is every interface, IPv4 and IPv6 on one socket.

    Port 0 takes a free one, which ``address`` tells. A datagram above *maximum* bytes is dropped and told as truncated;
    without one the largest that UDP carries comes whole (65,507 bytes over IPv4, 65,527 over IPv6). Raises OSError
    where the host cannot be resolved or the port not be bound, and ValueError for a maximum below 1; nothing stays
    open then.
    """
    sock = bound_socket(host, port, socket.SOCK_DGRAM, reuse_port=reuse_port)
    try:
        return Incoming(UdpListener(sock, maximum=maximum))
    except BaseException:
        sock.close()
        raise


if TYPE_CHECKING:
    _listener: type[DatagramListener[Datagram]] = UdpListener
