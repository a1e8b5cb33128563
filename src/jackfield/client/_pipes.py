"""How payloads travel: framed over a stream, or each in a datagram of its own."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, Protocol, final

from ..addresses import Address, UnixAddress
from ..connections import Connection
from ..errors import ConnectionLost, DeadlineExceeded, EncodeError
from ..service import Frame

_LARGEST: Final = 65_536
"""Bytes: above any datagram that IP carries."""
_STALE: Final = 1000
"""Datagrams dropped in front of a request, at most: a peer that floods must not keep it from leaving."""


class Pipe(Protocol):
    """A way for payloads to the server and back."""

    keeps_order: bool
    """Whether a reply that comes late would be taken for a later request's."""

    def send(self, payload: bytes, seconds: float, /) -> None:
        """Send *payload*; raises EncodeError before anything left, else ConnectionLost or DeadlineExceeded."""
        ...

    def receive(self, seconds: float, /) -> bytes:
        """Return the next payload; raises ConnectionLost, DeadlineExceeded, FrameTooLarge or DecodeError."""
        ...

    def close(self) -> None:
        """Let go of the socket. Idempotent."""
        ...


@final
class StreamPipe:
    """Frames over a connection."""

    keeps_order = True

    def __init__(self, connection: Connection, frame: Frame) -> None:
        self._connection = connection
        self._frame = frame
        self._framer = frame.framer()
        self._inbox = bytearray()

    def send(self, payload: bytes, seconds: float, /) -> None:
        """Send *payload* as a frame."""
        framed = self._frame.wrap(payload)
        with self._connection.deadline(seconds):
            self._connection.send(framed)

    def receive(self, seconds: float, /) -> bytes:
        """Return the payload of the next frame."""
        with self._connection.deadline(seconds):
            needed = 1
            while len(self._inbox) < needed or (needed := self._measured()) > len(self._inbox):
                data = self._connection.receive(_LARGEST)
                if not data:
                    raise ConnectionLost(self._connection.peer, "closed by the server")
                self._inbox += data
        payload = bytes(self._inbox[self._framer.head : needed - self._framer.tail])
        del self._inbox[:needed]
        return payload

    def close(self) -> None:
        """Close the connection; cut first, which wakes a call that waits on another thread."""
        self._connection.cut()
        self._connection.close()

    def _measured(self) -> int:
        return self._framer.measure(self._inbox, 0, len(self._inbox))


@final
class DatagramPipe:
    """A datagram for each payload, over a connected socket."""

    keeps_order = False

    def __init__(self, sock: socket.socket, peer: Address) -> None:
        self._sock = sock
        self._peer = peer

    def send(self, payload: bytes, seconds: float, /) -> None:
        """Send *payload*, and forget what came too late for an earlier call."""
        with _translated(self._peer, seconds):
            self._forget()
            self._sock.settimeout(seconds)
            try:
                self._sock.send(payload)
            except OSError as error:
                if error.errno != errno.EMSGSIZE:
                    raise
                raise EncodeError("datagram", None, f"{len(payload)} bytes are too many for one") from error

    def receive(self, seconds: float, /) -> bytes:
        """Return the next datagram."""
        with _translated(self._peer, seconds):
            self._sock.settimeout(seconds)
            return self._sock.recv(self._size_of_next())

    def _size_of_next(self) -> int:
        """Return room for the next datagram; between Unix sockets the sender's settings alone bound it, so it waits."""
        if not isinstance(self._peer, UnixAddress):
            return _LARGEST
        return max(1, self._sock.recv_into(bytearray(1), 1, socket.MSG_PEEK | socket.MSG_TRUNC))

    def _forget(self) -> None:
        self._sock.setblocking(False)
        for _ in range(_STALE):
            try:
                self._sock.recv(_LARGEST)
            except BlockingIOError:
                return
            except ConnectionError:
                pass  # an ICMP error for an earlier request, udp(7)

    def close(self) -> None:
        """Close the socket; shut first, which wakes a call that waits on another thread."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()


@contextmanager
def _translated(peer: Address, seconds: float) -> Generator[None]:
    try:
        yield
    except TimeoutError as error:
        raise DeadlineExceeded("reply", seconds) from error
    except OSError as error:
        raise ConnectionLost(peer, error.strerror or type(error).__name__) from error


def time_left(until: float, seconds: float) -> float:
    """Return what is left until the monotonic time *until*; raises DeadlineExceeded where nothing is."""
    left = until - time.monotonic()
    if left <= 0:
        raise DeadlineExceeded("reply", seconds)
    return left


if TYPE_CHECKING:
    _pipes: tuple[type[Pipe], ...] = (StreamPipe, DatagramPipe)
