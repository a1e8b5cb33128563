"""A stream socket with a layer over it (TLS), for whoever reads and writes it blocking; see `TimedSocket`."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Final, Protocol, final

from ..addresses import Address
from ..errors import ConnectionLost
from ..interfaces import Buffer, Layer
from ._timed_socket import TimedSocket

_CHUNK: Final = 64 * 1024


class Stream(Protocol):
    """What a connection reads and writes: a `TimedSocket`, or one with a layer over it."""

    @property
    def peer(self) -> Address:
        """The other side."""
        ...

    @peer.setter
    def peer(self, peer: Address, /) -> None: ...

    @property
    def until(self) -> tuple[float, float] | None:
        """A deadline of the caller's: (point in monotonic time, seconds it was set to)."""
        ...

    @until.setter
    def until(self, until: tuple[float, float] | None, /) -> None: ...

    @property
    def sock(self) -> socket.socket:
        """The socket at the bottom."""
        ...

    def receive(self, limit: int, reason: str, allowed: float | None, begun: float | None) -> bytes:
        """Return up to *limit* bytes, b"" at the end of input."""
        ...

    def receive_into(
        self, buffer: bytearray | memoryview, reason: str, allowed: float | None, begun: float | None
    ) -> int:
        """Fill the front of *buffer* with what is there and return its size; 0 at the end of input."""
        ...

    def send(self, data: Buffer, allowed: float | None) -> None:
        """Send all of *data* within *allowed* seconds."""
        ...

    def wait_beside(self, other: int, allowed: float | None, begun: float) -> bool:
        """Wait until there is something to receive, or descriptor *other* is readable; return whether that is."""
        ...

    def say(self, data: bytes) -> None:
        """Send what the system takes of *data* at once."""
        ...

    def end(self, limit: int, seconds: float | None) -> None:
        """Say that nothing more comes, then drop unread input."""
        ...

    def shut(self, how: int) -> None:
        """Shut down receiving, sending or both."""
        ...

    def close(self) -> None:
        """Close the socket."""
        ...


@final
class LayeredSocket:
    """Passes everything through *layer*; one thread receives and one sends at a time, any thread may `shut` it."""

    __slots__ = ("_inbox", "_io", "_layer", "_saying", "_turn")

    def __init__(self, io: Stream, layer: Layer, waiting: bytes) -> None:
        """Take over *io*; *waiting* has come in already."""
        self._io = io
        self._layer = layer
        self._turn = threading.Lock()
        """Whoever holds it has the layer, for as long as it takes to turn bytes into bytes."""
        self._saying = threading.Lock()
        """Whoever holds it sends: records have to leave in the order in which they were made."""
        self._inbox = bytearray(layer.receive(waiting))

    @property
    def peer(self) -> Address:
        """The other side."""
        return self._io.peer

    @peer.setter
    def peer(self, peer: Address) -> None:
        self._io.peer = peer

    @property
    def until(self) -> tuple[float, float] | None:
        """A deadline of the caller's."""
        return self._io.until

    @until.setter
    def until(self, until: tuple[float, float] | None) -> None:
        self._io.until = until

    @property
    def sock(self) -> socket.socket:
        """The socket at the bottom: what is read from it is not for people."""
        return self._io.sock

    def receive(self, limit: int, reason: str, allowed: float | None, begun: float | None) -> bytes:
        """Return up to *limit* bytes, b"" at the end of input; raises as `receive_into`."""
        self._fill(reason, allowed, begun)
        taken = bytes(memoryview(self._inbox)[:limit])
        del self._inbox[:limit]
        return taken

    def receive_into(
        self, buffer: bytearray | memoryview, reason: str, allowed: float | None, begun: float | None
    ) -> int:
        """Fill the front of *buffer*, as `TimedSocket` does.

        Raises ConnectionLost where the input ends without the layer's word, so that what was cut short is not
        taken for what is whole.
        """
        taken = self.receive(len(buffer), reason, allowed, begun)
        buffer[: len(taken)] = taken
        return len(taken)

    def send(self, data: Buffer, allowed: float | None) -> None:
        """Send all of *data*, and what the layer has to say besides."""
        with self._saying:
            with self._turn:
                due = self._layer.send(bytes(data))
            self._io.send(due, allowed)

    def wait_beside(self, other: int, allowed: float | None, begun: float) -> bool:
        """Wait as `TimedSocket` does; what the layer has read already is something to receive."""
        return not self._inbox and not self._layer.ended and self._io.wait_beside(other, allowed, begun)

    def say(self, data: bytes) -> None:
        """Send what the system takes of *data* at once, as it is: it went through the layer already."""
        self._io.say(data)

    def end(self, limit: int, seconds: float | None) -> None:
        """Say that nothing more comes, if it can be said at once; then drop unread input."""
        self._take_leave()
        self._io.end(limit, seconds)

    def shut(self, how: int) -> None:
        """Shut down receiving, sending or both; the layer's word goes before the end of what is sent."""
        if how == socket.SHUT_WR:
            self._take_leave()
        self._io.shut(how)

    def close(self) -> None:
        """Close the socket; idempotent, never raises."""
        self._io.close()

    def _fill(self, reason: str, allowed: float | None, begun: float | None) -> None:
        """Wait until there is something to take, or nothing will be."""
        while not self._inbox and not self._layer.ended:
            if self._layer.fault is not None:
                raise self._layer.fault
            data = self._io.receive(_CHUNK, reason, allowed, begun)
            if not data:
                raise ConnectionLost(self.peer, "the stream ended without a word of its layer's: it may be cut short")
            # Records that say nothing yet must not begin the wait anew: a dribble of them would stretch it.
            begun = time.monotonic() if begun is None else begun
            with self._turn:
                self._inbox += self._layer.receive(data)
            self._answer(allowed)

    def _take_leave(self) -> None:
        """Say that nothing more comes, unless somebody sends just now, or there is no room for it."""
        if self._saying.acquire(blocking=False):
            try:
                with self._turn:
                    due = self._layer.close()
                self._io.say(due)
            finally:
                self._saying.release()

    def _answer(self, allowed: float | None) -> None:
        """Send what the layer has to say by itself; where somebody sends just now, it leaves with what is sent next."""
        if self._saying.acquire(blocking=False):
            try:
                with self._turn:
                    due = self._layer.send(b"")
                if due:
                    self._io.send(due, allowed)
            finally:
                self._saying.release()


if TYPE_CHECKING:
    _streams: tuple[type[Stream], ...] = (TimedSocket, LayeredSocket)
