"""A blocking stream socket whose every operation ends in time.

The kernel's own timeout for receiving (SO_RCVTIMEO, socket(7)) bounds one system call and is set only when it
changes; what is sent is tried at once and waited for only where it does not fit. So an ordinary request costs two
system calls and no third. A call's timeout does not bound an operation: a peer that dribbles restarts it with each
byte. Hence the clock after every partial success. (SO_SNDTIMEO does not even bound a call: a Unix stream socket
starts it anew for every part of a large send.)
"""

from __future__ import annotations

import math
import select
import socket
import struct
import time
from contextlib import suppress
from typing import final

from ..addresses import Address
from ..core import Wait, peer_is_gone, time_left
from ..errors import ClosedError, ConnectionLost, DeadlineExceeded
from ..interfaces import Buffer


def _timeout_option(seconds: float | None) -> bytes:
    """Return *seconds* as setsockopt wants it; 0 stands for never, so a wait is a microsecond at least."""
    if seconds is None:
        return struct.pack("@ll", 0, 0)
    whole = int(seconds)
    return struct.pack("@ll", whole, max(1, int((seconds - whole) * 1_000_000)))


@final
class TimedSocket:
    """Owns *sock*; one thread receives and one sends at a time, any thread may `shut` it."""

    __slots__ = ("_receive_limit", "_sock", "_wait", "peer", "until")

    def __init__(self, sock: socket.socket, peer: Address) -> None:
        sock.setblocking(True)
        self._sock = sock
        self._receive_limit: float | None = None
        self._wait: Wait | None = None
        self.peer = peer
        self.until: tuple[float, float] | None = None
        """A deadline of the caller's: (point in monotonic time, seconds it was set to)."""

    @property
    def sock(self) -> socket.socket:
        """The socket itself."""
        return self._sock

    def receive(self, limit: int, reason: str, allowed: float | None, begun: float | None) -> bytes:
        """Return up to *limit* bytes, b"" at the end of input; raises as `receive_into`."""
        try:
            self._arm_receive(reason, allowed, begun)
            return self._sock.recv(limit)
        except OSError as error:
            raise self._translate(error, reason, allowed) from error

    def receive_into(
        self, buffer: bytearray | memoryview, reason: str, allowed: float | None, begun: float | None
    ) -> int:
        """Fill the front of *buffer* with what is there and return its size; 0 at the end of input.

        Waits *allowed* seconds, counted from *begun* where an operation is under way already. Raises
        DeadlineExceeded, ConnectionLost, ClosedError, or another OSError as it is. `shut` unblocks it.
        """
        try:
            self._arm_receive(reason, allowed, begun)
            return self._sock.recv_into(buffer)
        except OSError as error:
            raise self._translate(error, reason, allowed) from error

    def wait_beside(self, other: int, allowed: float | None, begun: float) -> bool:
        """Wait until there is something to receive, or descriptor *other* is readable; return whether that is.

        Where neither is after *allowed* seconds from *begun*, what is received next finds that out.
        """
        ready = select.poll()
        ready.register(self._sock.fileno(), select.POLLIN)
        ready.register(other, select.POLLIN)
        left = time_left(begun, "idle", allowed, begun, self.until).seconds
        return other in dict(ready.poll(None if left is None else math.ceil(left * 1000)))

    def send(self, data: Buffer, allowed: float | None) -> None:
        """Send all of *data* within *allowed* seconds.

        If it raises (as `receive_into` does), any part of *data* may have left, and there is no way to know
        which: the stream is of no use any more.
        """
        try:
            if self.until is not None:
                time_left(now := time.monotonic(), "write", None, now, self.until)
            size = data.nbytes if isinstance(data, memoryview) else len(data)
            sent = self._send_now(data)
            if sent < size:
                self._send_rest(memoryview(data).cast("B")[sent:], allowed)
        except OSError as error:
            raise self._translate(error, "write", allowed) from error

    def say(self, data: bytes) -> None:
        """Send what the system takes of *data* at once; the rest is lost. Never raises."""
        with suppress(OSError):
            self._sock.send(data, socket.MSG_DONTWAIT)

    def end(self, limit: int, seconds: float | None) -> None:
        """Say that nothing more comes, then drop unread input: up to *limit* bytes, for *seconds* at most.

        The peer is told by a shutdown, since closing tells it nothing while a forked child, or its parent, has
        the socket too. Returns at once where nothing is unread. Never raises.
        """
        begun, buffer = time.monotonic(), bytearray(4096)
        with suppress(OSError):
            taken = self._unread(buffer)
            self._sock.shutdown(socket.SHUT_WR)
            while taken and (limit := limit - taken) > 0:
                left = None if seconds is None else begun + seconds - time.monotonic()
                if left is not None and left <= 0:
                    return
                self._set_receive(left)
                taken = self._sock.recv_into(buffer)

    def _unread(self, buffer: bytearray) -> int:
        try:
            return self._sock.recv_into(buffer, 0, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0

    def shut(self, how: int) -> None:
        """Shut down receiving, sending or both (``socket.SHUT_*``); wakes what blocks on it. Never raises."""
        with suppress(OSError):
            self._sock.shutdown(how)

    def close(self) -> None:
        """Close the socket; idempotent, never raises."""
        try:
            self._sock.close()
        except OSError:
            return

    def _arm_receive(self, reason: str, allowed: float | None, begun: float | None) -> None:
        seconds, self._wait = allowed, None
        if begun is not None or self.until is not None:
            now = time.monotonic()
            self._wait = time_left(now, reason, allowed, now if begun is None else begun, self.until)
            seconds = self._wait.seconds
        if seconds != self._receive_limit:
            self._set_receive(seconds)

    def _send_now(self, data: Buffer) -> int:
        try:
            return self._sock.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0

    def _send_rest(self, rest: memoryview, allowed: float | None) -> None:
        begun = time.monotonic()
        writable = select.poll()
        writable.register(self._sock.fileno(), select.POLLOUT)
        while rest:
            left = time_left(time.monotonic(), "write", allowed, begun, self.until).seconds
            writable.poll(None if left is None else math.ceil(left * 1000))
            rest = rest[self._send_now(rest) :]

    def _set_receive(self, seconds: float | None) -> None:
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeout_option(seconds))
        self._receive_limit = seconds

    def _translate(self, error: OSError, reason: str, allowed: float | None) -> Exception:
        if isinstance(error, BlockingIOError):
            # What ran out is what was waited for: asking the clock again could find the point in time not yet there.
            return DeadlineExceeded(reason, allowed or 0.0) if self._wait is None else self._wait.exceeded()
        if self._sock.fileno() < 0:
            return ClosedError("the connection")
        if peer_is_gone(error):
            return ConnectionLost(self.peer, error.strerror or type(error).__name__)
        return error
