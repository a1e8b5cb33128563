"""The event loop: one thread, one table of descriptors, one buffer that all connections are read into.

An ordinary request costs two system calls, a receive and a send, and its share of one wait for all. Nothing is
registered or changed for it, no clock is read but once a turn, and a deadline is one store. What is out of the
ordinary (a partial send, an unfinished message, an end) goes the longer way through the connection's `Flow`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Generic, TypeVar, final

from ..connections import Connection, Datagram, Waker, close_on_fork, name_of
from ..core import Wheel, blame, tick_for
from ..errors import CompositionError
from ..interfaces import AsyncOf, Gate, Session, Ticket
from ._datagrams import DatagramHost, DatagramLine
from ._host import Woken, batches, call_on
from ._lines import StreamHost, StreamLine
from ._readiness import READABLE, readiness

RequestT = TypeVar("RequestT")
ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")

_BUFFER_SIZE: Final = 64 * 1024
"""Bytes read at a time: what a burst of requests fits into."""
_ADMITTED: Final = 64
"""Datagrams that are taken in a row before those inside have their turn."""


@final
class Turns(Generic[RequestT]):
    """One run of an event loop; it can go on for those inside when its gate has ended, on another thread."""

    def __init__(
        self, gate: Gate[RequestT], sessions: Callable[[RequestT], Session], executor: Executor | None
    ) -> None:
        self._gate = gate
        self._sessions = sessions
        self._name = name_of(sessions)
        self._executor = executor
        self._lines: dict[int, StreamLine] = {}
        self._datagrams: set[DatagramLine] = set()
        """Those that were not answered at once."""
        self._ready = readiness()
        self._listener = self._gate_waker = -1
        self._listening = False
        self._waker = Waker()
        self._woken: deque[Woken] = deque()
        self._batch: Callable[[], int] | None = None
        """What answers datagrams, where that is done by the batch."""
        self._asleep = False
        self._wheel: Wheel[StreamLine] = Wheel(tick_for(gate.limits))
        self._serving = True
        self._over = False
        self._closing = False
        self._released = False
        self._until: float | None = None
        """When to look at the gate again, though nothing happens."""
        self.now = time.monotonic()
        self._ready.register(self._waker.fileno(), READABLE)
        close_on_fork(self)

    def descriptors(self) -> tuple[int, ...]:
        """Return what a forked child has no business with."""
        return () if self._released else (self._ready.fileno(), *self._waker.descriptors())

    # ------------------------------------------------------------------ a run

    def serve(self) -> None:
        """Serve until the gate has ended, be there connections inside; raises what the gate raises."""
        self._listener, self._gate_waker = self._gate.filenos()
        self._ready.register(self._gate_waker, READABLE)
        self._ready.register(self._listener, 0)
        self._batch = batches(self._gate, self._sessions, self._executor)
        try:
            self._look()
            self._run()
        finally:
            for fd in (self._gate_waker, self._listener):
                with suppress(OSError):  # closed meanwhile
                    self._ready.unregister(fd)
            self._serving, self._until = False, None

    def finish(self) -> None:
        """Go on until nobody is inside, then let go of everything."""
        self._gate.handling(True)
        try:
            self._over = not self.inside
            self._run()
        finally:
            self._gate.handling(False)
            self.release()

    @property
    def inside(self) -> bool:
        """Whether anybody is left to be served."""
        return bool(self._lines or self._datagrams)

    def release(self) -> None:
        """Let go of what waiting needs."""
        self._released = True
        self._ready.close()
        self._waker.close()

    def close(self) -> None:
        """End those who linger: nobody waits for them any more. Any thread."""
        self._closing = True
        self._waker.wake()

    def _run(self) -> None:
        """Wait, and deal with all that has happened, until it is over."""
        poll, get, buffer = self._ready.poll, self._lines.get, bytearray(_BUFFER_SIZE)
        while not self._over:
            events = poll(self._wait())
            self._asleep = False
            now = self.now = time.monotonic()
            for fd, mask in events:
                line = get(fd)
                if line is None:
                    self._other(fd)
                    continue
                size, reply = -1, b""
                try:
                    if mask != READABLE or line.special:
                        line.happened(mask, buffer)
                    else:
                        size = line.sock.recv_into(buffer)
                        reply = line.receive(buffer, size)
                        if reply and (sent := line.sock.send(reply)) != len(reply):
                            line.keep(reply, sent)
                        elif size and not line.session.status:
                            line.flow.active = now
                            continue
                        line.flow.took(size, now)
                except BlockingIOError:
                    if reply:
                        line.keep(reply, 0)
                        line.flow.took(size, now)
                except OSError as error:
                    line.broke(error)
                except Exception as error:
                    self._fail(line, error)
                except BaseException:
                    line.flow.fail(None, now)
                    raise
                self._schedule(line)
            if self._woken:
                self._attend()
            for line in self._wheel.turn(now):
                self._expire(line)
            if self._closing or (self._until is not None and now >= self._until):
                self._look()

    # ------------------------------------------------------------------ waiting

    def _wait(self) -> float | None:
        """Return for how long to wait. The order matters: who wakes us queues first and looks at the flag then."""
        self._asleep = True
        if self._woken:
            return 0
        wait = self._wheel.wait(self.now)
        if self._until is None:
            return wait
        left = max(0.0, self._until - self.now)
        return left if wait is None else min(left, wait)

    def _other(self, fd: int) -> None:
        """Deal with an event that is no connection's."""
        if fd == self._listener:
            self._admit()
        elif fd == self._gate_waker:
            self._look()
        elif fd == self._waker.fileno():
            self._waker.clear()

    def _look(self) -> None:
        """Look at what the gate wants."""
        if self._closing:
            for line in [line for line in self._lines.values() if line.flow.over]:
                self.done(line, None)
        if not self._serving:
            return
        self._over = self._gate.ended
        listening, seconds = self._gate.outlook()
        self._until = None if seconds is None else self.now + seconds
        if listening is not self._listening:
            self._listening = listening
            self._ready.modify(self._listener, READABLE if listening else 0)

    def _schedule(self, line: StreamLine) -> None:
        """Have the line's next deadline looked at; one that moves on is found out when the old one has come."""
        if self._lines.get(line.fd) is line and (due := line.note()) is not None:
            line.flow.slot = self._wheel.enter(line, line.flow.slot, due)

    def _expire(self, line: StreamLine) -> None:
        line.flow.slot = 0
        try:
            if line.flow.expired(self.now):
                self.done(line, None)
        except Exception as error:
            self._fail(line, error)
        self._schedule(line)

    # ------------------------------------------------------------------ requests

    def _admit(self) -> None:
        """Take in who is at the door: one connection, or a number of datagrams.

        A door that nobody else stands at costs a failing call to find that out, which is more than being told again
        if somebody does.
        """
        if self._batch is not None:
            if not self._batch():
                self._look()
            return
        for count in range(_ADMITTED):
            ticket = self._gate.accept()
            if ticket is None:
                if not count:
                    self._look()
                break
            self._open(ticket)
            if isinstance(ticket.request, Connection):
                break
        self._over = self._gate.ended

    def _open(self, ticket: Ticket[RequestT]) -> None:
        """Make a session for a request and begin to drive it."""
        request = ticket.request
        if isinstance(request, Connection):
            self._open_stream(ticket, request)
        elif isinstance(request, Datagram):
            self._open_datagram(ticket, request)
        else:
            what = f"{self._name} makes sessions, and {type(request).__name__} is nothing to drive one over"
            self._gate.done(ticket, CompositionError(what))

    def _open_stream(self, ticket: Ticket[RequestT], connection: Connection) -> None:
        try:
            line = StreamLine(self, ticket, connection)
            connection.driven_by(line)
            session = self._sessions(ticket.request)
            self._ready.register(line.fd, READABLE)
        except Exception as error:
            connection.abandon()
            self._gate.done(ticket, blame(error, self._name))
            return
        self._lines[line.fd] = line
        try:
            line.begin(session)
        except Exception as error:
            self._fail(line, error)
        self._schedule(line)

    def _open_datagram(self, ticket: Ticket[RequestT], datagram: Datagram) -> None:
        line = DatagramLine(self, ticket, datagram)
        datagram.driven_by(line)
        try:
            session = self._sessions(ticket.request)
        except Exception as error:
            self._gate.done(ticket, blame(error, self._name))
            return
        self._datagrams.add(line)
        line.begin(session)

    def _attend(self) -> None:
        """Attend to those who were woken until now; who is woken by that has the next turn."""
        for _ in range(len(self._woken)):
            woken = self._woken.popleft()
            woken.attend()
            if isinstance(woken, StreamLine):
                self._schedule(woken)

    def _fail(self, line: StreamLine, error: Exception) -> None:
        line.flow.fail(blame(error, self._name), self.now)

    # ------------------------------------------------------------------ for lines (a `StreamHost`, a `DatagramHost`)

    def soon(self, woken: Woken, /) -> None:
        """Have *woken* attended to in the next turn. Any thread."""
        self._woken.append(woken)
        if self._asleep:
            self._asleep = False
            self._waker.wake()

    def submit(
        self,
        call: Callable[[ArgumentT], ResultT],
        argument: ArgumentT,
        done: Callable[[Callable[[], ResultT]], None],
        /,
    ) -> None:
        """Have the call made on the executor, or here where there is none."""
        call_on(self._executor, call, argument, done)

    def start(self, work: AsyncOf[ResultT], done: Callable[[Callable[[], ResultT]], None], /) -> Callable[[], None]:
        """Refuse; raises CompositionError."""
        work.close()
        raise CompositionError("EventLoop awaits nothing")

    def expect(self, line: StreamLine, mask: int, /) -> None:
        """Wait for *mask* on the line's descriptor from now on."""
        self._ready.modify(line.fd, mask)

    def leave(self, line: StreamLine, why: Exception | None, /) -> None:
        """Note that the line's conversation is over, while it lingers."""
        self._gate.leave(line.ticket, why)

    def done(self, line: StreamLine, why: Exception | None, /) -> None:
        """Let go of a line. Idempotent."""
        if self._lines.pop(line.fd, None) is None:
            return
        self._wheel.remove(line, line.flow.slot)
        self._ready.unregister(line.fd)
        line.connection.abandon()
        self._gate.done(line.ticket, why)
        self._leave_if_empty()

    def answered(self, line: DatagramLine, why: Exception | None, /) -> None:
        """Let go of a datagram."""
        self._datagrams.discard(line)
        self._gate.done(line.ticket, None if why is None else blame(why, self._name))
        self._leave_if_empty()

    def _leave_if_empty(self) -> None:
        if not self._serving and not self.inside:
            self._over = True


if TYPE_CHECKING:
    _stream_host: type[StreamHost] = Turns[object]
    _datagram_host: type[DatagramHost] = Turns[object]
