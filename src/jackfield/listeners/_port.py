"""A bound datagram socket: receiving one whole datagram, and answering from where it was sent to."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, final

from ..addresses import Address, InternetAddress, from_system
from ..connections import Ends
from ..core import peer_is_gone
from ..errors import ConnectionLost, EncodeError, JackfieldError, Overloaded, Truncated, Unanswerable
from ..interfaces import Buffer, Dropped, Located
from ._packet_info import ROOM, Control, ask, host_in, way_back

LARGEST_UDP: Final = 65_527
"""Bytes: the 16-bit length field less the header's 8 (RFC 768); over IPv4 that has its own header in it, 65,507."""
_LARGEST_UNIX: Final = 16 * 1024 * 1024
"""Bytes: far above what senders may set as their send buffer, which is what bounds a Unix datagram (unix(7))."""
_TELL_SIZE: Final = socket.MSG_TRUNC if sys.platform == "linux" else 0
"""Have recv(2) return a datagram's size even where that is more than the room for it."""

Name: TypeAlias = tuple[object, ...] | str | bytes | None
"""An address as the system spells it."""


@final
class Port:
    """A socket, which it owns, and what is known of receiving from it and sending by it."""

    __slots__ = ("_buffer", "_info", "_unix", "_v6", "address", "dropped", "maximum", "sock", "view")

    def __init__(self, sock: socket.socket, maximum: int | None) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.address = from_system(sock.getsockname())
        self._unix = sock.family is socket.AF_UNIX
        self._v6 = sock.family is socket.AF_INET6
        self.maximum = maximum or (_LARGEST_UNIX if self._unix else LARGEST_UDP)
        """Bytes of the largest datagram that is taken."""
        self.dropped: Callable[[Dropped], None] = _nobody
        self._info = ask(sock)
        self._make_room(min(self.maximum, LARGEST_UDP))

    @property
    def info(self) -> bool:
        """Whether the system tells where each datagram was sent to."""
        return self._info

    @property
    def v6(self) -> bool:
        """Whether its addresses are IPv6's, be it IPv4 mapped into them."""
        return self._v6

    @property
    def unix(self) -> bool:
        """Whether it is a Unix socket."""
        return self._unix

    def receive(self) -> tuple[int, Sender] | None:
        """Put what waits into `view` and return its size and sender, None where nothing does; ask `admits` then.

        Raises OSError as recvmsg(2) gives it.
        """
        try:
            if self._unix:
                self._make_room_for_next()
            if self._info:
                size, control, _, name = self.sock.recvmsg_into([self._buffer], ROOM, _TELL_SIZE)
            else:
                size, name = self.sock.recvfrom_into(self._buffer, 0, _TELL_SIZE)
                control = []
        except BlockingIOError:
            return None
        return size, Sender(self, name, control)

    def admits(self, size: int, sender: Sender) -> bool:
        """Return whether a datagram can be handled; one that cannot is told as dropped."""
        if size > self.maximum:
            self.give_up("datagram", sender, Truncated(self.maximum, size))
        elif sender.has_no_port:
            self.give_up("datagram", sender, Unanswerable(sender.peer))
        else:
            return True
        return False

    def send(self, data: Buffer, name: Name, control: Control, peer: Address) -> None:
        """Send *data* as one datagram to *name*, from where *control* says that its request was sent to."""
        if not name:
            raise Unanswerable(peer)
        try:
            try:
                self._send(data, name, control)
            except ConnectionRefusedError:
                if self._unix:
                    raise
                self._send(data, name, control)  # the error was an earlier datagram's, udp(7), and is gone now
        except OSError as error:
            raise unsent(error, peer, memoryview(data).nbytes) from error

    def give_up(self, what: Literal["datagram", "reply"], ends: Located, error: JackfieldError | OSError) -> None:
        """Tell that a datagram or a reply was given up."""
        self.dropped(Dropped(peer=ends.peer, local=ends.local, what=what, error=error))

    def local(self, control: Control) -> Address:
        """Return where a datagram with *control* was sent to."""
        host = host_in(control)
        if host is None or not isinstance(self.address, InternetAddress):
            return self.address
        return InternetAddress(host, self.address.port)

    def _send(self, data: Buffer, name: tuple[object, ...] | str | bytes, control: Control) -> None:
        if control:
            self.sock.sendmsg([data], way_back(control), 0, name)
        else:
            self.sock.sendto(data, name)

    def _make_room_for_next(self) -> None:
        """Between Unix sockets the sender's settings alone bound a datagram, so it is asked for its size first."""
        size = self.sock.recv_into(self._buffer, 1, socket.MSG_PEEK | _TELL_SIZE)
        if len(self._buffer) <= size <= self.maximum:
            self._make_room(size)

    def _make_room(self, size: int) -> None:
        self._buffer = bytearray(size + 1)  # where the system does not tell a size, one byte more does
        self.view = memoryview(self._buffer)


@final
class Sender:
    """The ends of a datagram that came to a port, in the system's spelling until somebody asks."""

    __slots__ = ("_control", "_local", "_name", "_peer", "_port")

    def __init__(self, port: Port, name: Name, control: Control) -> None:
        self._port = port
        self._name = name
        self._control = control
        self._peer: Address | None = None
        self._local: Address | None = None

    @property
    def peer(self) -> Address:
        """Who sent it."""
        if self._peer is None:
            self._peer = from_system(self._name)
        return self._peer

    @property
    def local(self) -> Address:
        """Where it was sent to."""
        if self._local is None:
            self._local = self._port.local(self._control)
        return self._local

    @property
    def has_no_port(self) -> bool:
        """Whether it claims to come from port 0, which is nobody's (RFC 768: no port to reply to)."""
        return isinstance(self._name, tuple) and self._name[1] == 0

    def send(self, data: Buffer, /) -> None:
        """Send one datagram back."""
        self._port.send(data, self._name, self._control, self.peer)

    def offer(self, data: Buffer, /) -> None:
        """Send one datagram back, or drop and tell it."""
        try:
            self.send(data)
        except (JackfieldError, OSError) as error:
            self._port.give_up("reply", self, error)


def unsent(error: OSError, peer: Address, size: int) -> JackfieldError | OSError:
    """Return what *error* means for a datagram of *size* bytes that was to be sent to *peer*."""
    if isinstance(error, BlockingIOError) or error.errno == errno.ENOBUFS:
        return Overloaded("bytes that the system takes for sending", size)
    if error.errno == errno.EMSGSIZE:
        return EncodeError("datagram", None, f"{size} bytes are too many for one")
    if peer_is_gone(error) or error.errno in (errno.ECONNREFUSED, errno.ENOENT):
        return ConnectionLost(peer, error.strerror or type(error).__name__)
    return error


def _nobody(dropped: Dropped) -> None:
    """Be told where nobody wants to know."""


if TYPE_CHECKING:
    _sender: type[Ends] = Sender
