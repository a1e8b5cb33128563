"""What an event loop holds of a request: the socket's side of a flow, and its session's driver."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, final

from ..connections import Connection
from ..core import Flow, Line, lost
from ..errors import ConnectionLost
from ..interfaces import Buffer, Driver, Session, Ticket
from ._host import Host, Woken
from ._readiness import READABLE, WRITABLE

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")

_DISCARD: Final = 64 * 1024
"""Bytes of unread input that a lingering close takes; who sends more than that meets a reset."""


class StreamHost(Host, Protocol):
    """A loop that waits for sockets. All but `soon` is for its own thread."""

    now: float
    """The monotonic time at which this turn began."""

    def expect(self, line: StreamLine, mask: int, /) -> None:
        """Wait for *mask* on the line's descriptor from now on."""
        ...

    def leave(self, line: StreamLine, why: Exception | None, /) -> None:
        """Note that the line's conversation is over, while the line lingers."""
        ...

    def done(self, line: StreamLine, why: Exception | None, /) -> None:
        """Let go of a line; once for each."""
        ...


@final
class StreamLine:
    """One connection in an event loop."""

    __slots__ = (
        "_host",
        "_mask",
        "_queued",
        "_taken",
        "_unsent",
        "connection",
        "fd",
        "flow",
        "receive",
        "session",
        "sock",
        "special",
        "ticket",
    )

    session: Session
    flow: Flow
    receive: Callable[[Buffer, int], bytes]

    def __init__(self, host: StreamHost, ticket: Ticket[object], connection: Connection) -> None:
        self._host = host
        self._mask = READABLE
        self._queued = False
        self._taken = -1
        self._unsent: bytearray | None = None
        self.ticket = ticket
        self.connection = connection
        self.sock: socket.socket = connection.socket
        self.sock.setblocking(False)
        self.fd: int = self.sock.fileno()
        self.special = False
        """Whether input needs more than being read and answered; see `note`."""

    def begin(self, session: Session) -> None:
        """Take *session*, and send what it has to say first."""
        self.session = session
        self.receive = session.receive
        self.flow = Flow(session, self, self.connection.limits, self._host.now)
        self._taken = 0
        if self.connection.draining or self.connection.severed:
            self.wake()  # who told us before there was a session to look at told nobody
        if session.status:
            self.flow.go_on(self._host.now)

    # ------------------------------------------------------------------ a driver, for the session

    def wake(self) -> None:
        """Have the loop attend to the session, once for several wakes."""
        if not self._queued:
            self._queued = True
            self._host.soon(self)

    def submit(
        self,
        call: Callable[[ArgumentT], ResultT],
        argument: ArgumentT,
        done: Callable[[Callable[[], ResultT]], None],
        /,
    ) -> None:
        """Have the call made on the loop's executor, or here."""
        self._host.submit(call, argument, done)

    # ------------------------------------------------------------------ events

    def attend(self) -> None:
        """Look at what the session has to say, and whether the server drains or cuts the connection."""
        self._queued = False
        if self._taken < 0 or self.flow.over:  # there was never a session, or there is none any more
            return
        if self.connection.draining:
            self.flow.draining = True
        if self.connection.severed and not self.flow.reading:
            self.flow.fail(ConnectionLost(self.connection.peer, "cut by the server"), self._host.now)
        else:
            self.flow.wake(self._host.now)

    def happened(self, mask: int, buffer: bytearray) -> None:
        """Deal with an event that is not just input for a session with nothing else to do."""
        if self.flow.over:
            self._discard(buffer)
            return
        if mask & WRITABLE and self._unsent and not self._flush():
            return
        if not mask & ~WRITABLE:
            return
        if self.flow.reading:
            self.read(buffer)
        elif mask & ~(READABLE | WRITABLE) and self._hung_up():
            self.flow.fail(ConnectionLost(self.connection.peer, "hung up"), self._host.now)

    def read(self, buffer: bytearray) -> None:
        """Read once, feed the session, send what it returns, and go on from there."""
        try:
            size = self.sock.recv_into(buffer)
        except BlockingIOError:
            return
        except OSError as error:
            self.broke(error)
            return
        reply = self.receive(buffer, size)
        if reply:
            self.flow.send(reply)
        self.flow.took(size, self._host.now)

    def broke(self, error: OSError) -> None:
        """End a connection that the system says is broken."""
        self.flow.fail(lost(error, self.connection.peer), self._host.now)

    def note(self) -> float | None:
        """Note whether the next input is special; return when the next deadline is. To be called after each event."""
        self.special = self._unsent is not None or not self.flow.plain
        return self.flow.due(self._host.now)

    # ------------------------------------------------------------------ a line, for the flow

    @property
    def unsent(self) -> int:
        """Bytes that the system has not taken yet."""
        return len(self._unsent) if self._unsent else 0

    def send(self, data: bytes, /) -> None:
        """Send what goes at once, keep the rest."""
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self.broke(error)
            return
        if sent != len(data):
            self.keep(data, sent)

    def keep(self, data: bytes, sent: int, /) -> None:
        """Keep what is left of *data* behind its first *sent* bytes, and send it when the peer reads on."""
        self._unsent = bytearray(memoryview(data)[sent:])
        self._expect(self._mask | WRITABLE)

    def listen(self, on: bool, /) -> None:
        """Wait for input, or do not."""
        self._expect(self._mask | READABLE if on else self._mask & ~READABLE)

    def quiet(self) -> bool:
        """Return whether nothing has arrived that was not read yet."""
        poll = select.poll()
        poll.register(self.fd, READABLE)
        return not poll.poll(0)

    def later(self) -> None:
        """Be attended to in the next turn."""
        self.wake()

    def end(self, why: Exception | None, linger: bool, /) -> None:
        """End the connection; with *linger* take what is unread first, lest it turn our last reply into a reset."""
        self._unsent = None
        try:
            self.session.close(why)
        except Exception as error:
            why = error if why is None else why
        why = self.session.fault if why is None else why  # closing may find one
        self.connection.take_leave()
        if linger and not self.connection.severed and not self.quiet():
            with suppress(OSError):
                self.connection.socket.shutdown(socket.SHUT_WR)
            self._expect(READABLE)
            self._host.leave(self, why)
        else:
            self._host.done(self, why)

    # ------------------------------------------------------------------ inside

    def _expect(self, mask: int) -> None:
        if mask != self._mask:
            self._mask = mask
            self._host.expect(self, mask)

    def _flush(self) -> bool:
        """Send what goes now of what is unsent; False where the connection did not survive it."""
        assert self._unsent is not None
        try:
            sent = self.sock.send(self._unsent)
        except BlockingIOError:
            return True
        except OSError as error:
            self.broke(error)
            return False
        del self._unsent[:sent]
        if not self._unsent:
            self._unsent = None
            self._expect(self._mask & ~WRITABLE)
        self.flow.sent(self._host.now)
        return not self.flow.over

    def _discard(self, buffer: bytearray) -> None:
        """Take unread input, and close when it ends or is too much."""
        try:
            size = self.sock.recv_into(buffer)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        self._taken += size
        if not size or self._taken >= _DISCARD:
            self._host.done(self, None)

    def _hung_up(self) -> bool:
        """Return whether neither side can say anything more. An event may be about an earlier owner of our number."""
        poll = select.poll()
        poll.register(self.fd, 0)
        return bool(poll.poll(0))


if TYPE_CHECKING:
    _line: type[Line] = StreamLine
    _driver: type[Driver] = StreamLine
    _woken: type[Woken] = StreamLine
