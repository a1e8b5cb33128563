"""How payloads travel: framed over a stream, or each in a datagram of its own."""

from __future__ import annotations

import errno
import select
import socket
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, Protocol, final

from ..addresses import Address
from ..errors import ConnectionLost, DeadlineExceeded, EncodeError
from ._inbox import FrameInbox
from ._matching import Arrival

_LARGEST: Final = 65_536
"""Bytes: above any datagram that IP carries."""
_STALE: Final = 1000
"""Datagrams dropped in front of a request, at most: a peer that floods must not keep it from leaving."""


class Pipe(Protocol):
    """A way for payloads to the server and back. One thread sends and one receives at a time, side by side."""

    keeps_order: bool
    """Whether replies come in the order of their requests, each once: a stream does, datagrams do not."""

    def send(self, payloads: list[bytes], until: float | None, /) -> None:
        """Send *payloads* until the monotonic time *until*.

        Raises EncodeError before anything left, else ConnectionLost or DeadlineExceeded.
        """
        ...

    def receive(self, until: float | None, /) -> Arrival:
        """Return what comes next; raises ConnectionLost, DeadlineExceeded and whatever its framer does.

        After DeadlineExceeded it can be asked again, and goes on where it was.
        """
        ...

    def renew(self, *, stale: bool) -> None:
        """Forget what came unasked; where something *stale* may still come, see that it comes to nobody."""
        ...

    def shut(self) -> None:
        """Wake whoever sends or receives, which then raises ConnectionLost. Any thread; idempotent."""
        ...

    def close(self) -> None:
        """Let go of the socket; nobody may be sending or receiving. Idempotent."""
        ...


@final
class StreamPipe:
    """Frames over a connected socket."""

    keeps_order = True

    def __init__(self, sock: socket.socket, peer: Address, wrap: Callable[[bytes], bytes], inbox: FrameInbox) -> None:
        """Take over *sock*; *wrap* frames what leaves, *inbox* cuts what comes."""
        sock.setblocking(False)
        self._sock = sock
        self._peer = peer
        self._wrap = wrap
        self._inbox = inbox

    def send(self, payloads: list[bytes], until: float | None, /) -> None:
        """Send *payloads*, each as a frame."""
        with memoryview(b"".join(map(self._wrap, payloads))) as data, _translated(self._peer):
            sent = 0
            while sent < len(data):
                try:
                    sent += self._sock.send(data[sent:])
                except BlockingIOError:
                    _wait(self._sock, select.POLLOUT, until)

    def receive(self, until: float | None, /) -> Arrival:
        """Return the next frame."""
        while (arrival := self._inbox.next()) is None:
            self._inbox.append(self._some(until))
        return arrival

    def renew(self, *, stale: bool) -> None:
        """Do nothing: a stream loses nothing, and repeats nothing."""

    def shut(self) -> None:
        """Shut both directions."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        self._sock.close()

    def _some(self, until: float | None) -> bytes:
        with _translated(self._peer):
            while True:
                _wait(self._sock, select.POLLIN, until)
                with suppress(BlockingIOError):
                    data = self._sock.recv(_LARGEST)
                    break
        if not data:
            raise ConnectionLost(self._peer, "closed by the server")
        return data


@final
class DatagramPipe:
    """A datagram for each payload, over a connected socket."""

    keeps_order = False

    def __init__(self, make: Callable[[], socket.socket], peer: Address) -> None:
        """Send to *peer* by a socket that *make* connects to it, and that does not block."""
        self._make = make
        self._peer = peer
        self._sock = make()
        self._shut = False

    def send(self, payloads: list[bytes], until: float | None, /) -> None:
        """Send *payloads*."""
        with _translated(self._peer):
            for payload in payloads:
                self._send(payload, until)

    def receive(self, until: float | None, /) -> Arrival:
        """Return the next datagram."""
        with _translated(self._peer):
            while True:
                _wait(self._sock, select.POLLIN, until)
                if self._shut:  # poll(2) says ready then, for ever, and recv(2) that nothing is there
                    raise ConnectionLost(self._peer, "closed here")
                with suppress(BlockingIOError):
                    payload = self._sock.recv(_LARGEST)
                    return Arrival(payload, payload)

    def renew(self, *, stale: bool) -> None:
        """Drop what came twice, or send from another port from now on: what is stale goes to the one before."""
        with _translated(self._peer):
            if not stale:
                self._forget()
                return
            sock = self._make()
        self._sock.close()
        self._sock = sock

    def shut(self) -> None:
        """Shut both directions."""
        self._shut = True
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def _forget(self) -> None:
        for _ in range(_STALE):
            try:
                self._sock.recv(_LARGEST)
            except BlockingIOError:
                return
            except ConnectionError:
                pass  # an ICMP error for an earlier request, udp(7)

    def _send(self, payload: bytes, until: float | None) -> None:
        while True:
            try:
                self._sock.send(payload)
                return
            except BlockingIOError:
                _wait(self._sock, select.POLLOUT, until)
            except OSError as error:
                if error.errno != errno.EMSGSIZE:
                    raise
                raise EncodeError("datagram", None, f"{len(payload)} bytes are too many for one") from error


def _wait(sock: socket.socket, event: int, until: float | None) -> None:
    """Wait until *sock* is ready; raises TimeoutError after *until*."""
    poll = select.poll()
    poll.register(sock, event)
    left = None if until is None else max(0.0, until - time.monotonic()) * 1000
    if not poll.poll(left):
        raise TimeoutError


@contextmanager
def _translated(peer: Address) -> Generator[None]:
    try:
        yield
    except TimeoutError as error:
        raise DeadlineExceeded("reply", 0.0) from error
    except (OSError, ValueError) as error:  # ValueError: closed meanwhile, and so without a descriptor
        reason = error.strerror if isinstance(error, OSError) else None
        raise ConnectionLost(peer, reason or type(error).__name__) from error


if TYPE_CHECKING:
    _pipes: tuple[type[Pipe], ...] = (StreamPipe, DatagramPipe)
