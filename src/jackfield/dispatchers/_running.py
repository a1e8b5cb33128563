"""Serving in a running asyncio loop: sessions by protocols, and coroutine handlers by tasks.

Only `Asyncio` imports this, when it is used.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar, final

from ..connections import AsyncDatagram, Connection, Datagram, hold, name_of
from ..core import Wheel, blame, tick_for
from ..errors import CompositionError
from ..interfaces import Async, AsyncOf, Gate, Session, Ticket
from ._datagrams import DatagramHost, DatagramLine
from ._door import Door
from ._host import Woken, batches, call_on
from ._protocol import ProtocolHost, StreamProtocol
from ._started import Started

RequestT = TypeVar("RequestT")
ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")

_DATAGRAMS: Final = 1024
"""Datagrams whose handlers may run at a time; above it those that come are left to the system."""


class Run(Protocol):
    """One run of serving in a loop."""

    @property
    def inside(self) -> bool:
        """Whether anybody is left to be served."""
        ...

    async def serve(self) -> None:
        """Serve until the gate has ended, be there requests under way; raises what the gate raises."""
        ...

    async def finish(self) -> None:
        """Go on until nobody is inside."""
        ...

    def close(self) -> None:
        """End serving, and those who linger. Any thread."""
        ...


@final
class Inside:
    """Who is being served, and waiting until nobody is."""

    __slots__ = ("_empty", "_members")

    def __init__(self) -> None:
        self._members: set[object] = set()
        self._empty: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._members)

    def add(self, member: object) -> None:
        """Count *member* in."""
        self._members.add(member)

    def remove(self, member: object) -> bool:
        """Count *member* out; return whether it was in."""
        if member not in self._members:
            return False
        self._members.remove(member)
        if not self._members and self._empty is not None and not self._empty.done():
            self._empty.set_result(None)
        return True

    async def wait(self) -> None:
        """Wait until nobody is inside."""
        if self._members:
            self._empty = asyncio.get_running_loop().create_future()
            await self._empty


@final
class RunningSessions(Generic[RequestT]):
    """Drives a session for each request, in the loop that runs where it is made."""

    def __init__(
        self, gate: Gate[RequestT], sessions: Callable[[RequestT], Session], executor: Executor | None
    ) -> None:
        self._gate = gate
        self._sessions = sessions
        self._name = name_of(sessions)
        self._executor = executor
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._door = Door(gate, self._open, batches(gate, sessions, executor))
        self._inside = Inside()
        self._lines: set[StreamProtocol] = set()
        self._datagrams = 0
        self._opening: set[asyncio.Task[None]] = set()
        self._wheel: Wheel[StreamProtocol] = Wheel(tick_for(gate.limits))
        self._timer: asyncio.TimerHandle | None = None
        self._next = 0.0
        """When the timer rings."""

    # ------------------------------------------------------------------ a run

    @property
    def inside(self) -> bool:
        """Whether anybody is left to be served."""
        return bool(self._inside)

    async def serve(self) -> None:
        """Serve until the gate has ended."""
        await self._door.serve()

    async def finish(self) -> None:
        """Go on until nobody is inside."""
        self._thread = threading.get_ident()
        self._gate.handling(True)
        try:
            await self._inside.wait()
        finally:
            self._gate.handling(False)

    def close(self) -> None:
        """End serving, and those who linger. Any thread."""
        self._door.close()
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._end_lingering)

    def _end_lingering(self) -> None:
        for line in list(self._lines):
            if line.flow.over:
                line.abort()

    # ------------------------------------------------------------------ requests

    def _open(self, ticket: Ticket[RequestT]) -> None:
        """Make a session for a request and begin to drive it."""
        request = ticket.request
        try:
            if isinstance(request, Connection):
                self._open_stream(ticket, request)
            elif isinstance(request, Datagram):
                self._open_datagram(ticket, request)
            else:
                what = f"{self._name} makes sessions, and {type(request).__name__} is nothing to drive one over"
                raise CompositionError(what)
        except Exception as error:
            if isinstance(request, Connection):
                request.abandon()
            self._gate.done(ticket, blame(error, self._name))

    def _open_stream(self, ticket: Ticket[RequestT], connection: Connection) -> None:
        line = StreamProtocol(self, ticket, connection)
        connection.driven_by(line)
        connection.socket.setblocking(False)
        line.begin(self._sessions(ticket.request))
        self._lines.add(line)
        self._inside.add(line)
        task = self._loop.create_task(self._connect(line))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _connect(self, line: StreamProtocol) -> None:
        """Hand a connection to the loop, which reports to the line from then on."""
        try:
            await self._loop.connect_accepted_socket(lambda: line, line.connection.socket)
        except OSError as error:
            line.unmade(error)

    def _open_datagram(self, ticket: Ticket[RequestT], datagram: Datagram) -> None:
        line = DatagramLine(self, ticket, datagram)
        datagram.driven_by(line)
        session = self._sessions(ticket.request)
        self._inside.add(line)
        self._count(1)
        line.begin(session)

    def _ring(self) -> None:
        """Look at those whose deadline may have come."""
        now = time.monotonic()
        self._timer = None
        for line in self._wheel.turn(now):
            line.flow.slot = 0
            line.expire()
        self._wait(now)

    def _wait(self, now: float) -> None:
        """Have the timer ring when it has to; not at all where nobody is inside."""
        seconds = self._wheel.wait(now)
        if self._timer is not None and (seconds is None or now + seconds < self._next):
            self._timer.cancel()
            self._timer = None
        if self._timer is None and seconds is not None:
            self._next = now + seconds
            self._timer = self._loop.call_later(seconds, self._ring)

    # ------------------------------------------------------------------ for lines (a host of protocols and datagrams)

    def soon(self, woken: Woken, /) -> None:
        """Have *woken* attended to in the next turn. Any thread."""
        if threading.get_ident() == self._thread:
            self._loop.call_soon(woken.attend)
        else:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(woken.attend)

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
        """Await *work* in a task; the run does not end before it."""
        started = Started(self._loop.create_task(work), done)
        self._inside.add(started)
        started.task.add_done_callback(lambda task: self._inside.remove(started))
        return started.cancel

    def schedule(self, line: StreamProtocol, due: float | None, /) -> None:
        """Have the line looked at by *due*."""
        if due is not None and line in self._lines:
            slot = self._wheel.enter(line, line.flow.slot, due)
            if slot != line.flow.slot:
                line.flow.slot = slot
                self._wait(time.monotonic())

    def blame(self, error: Exception, /) -> Exception:
        """Return *error* as a failure of the handler, where it is no other."""
        return blame(error, self._name)

    def leave(self, line: StreamProtocol, why: Exception | None, /) -> None:
        """Note that the line's conversation is over, while it lingers."""
        self._gate.leave(line.ticket, why)

    def done(self, line: StreamProtocol, why: Exception | None, /) -> None:
        """Let go of a line."""
        if line not in self._lines:
            return
        self._lines.remove(line)
        self._wheel.remove(line, line.flow.slot)
        if not self._lines:
            self._wait(time.monotonic())
        line.connection.abandon()
        self._gate.done(line.ticket, why)
        self._inside.remove(line)

    def answered(self, line: DatagramLine, why: Exception | None, /) -> None:
        """Let go of a datagram."""
        self._gate.done(line.ticket, None if why is None else blame(why, self._name))
        self._inside.remove(line)
        self._count(-1)

    def _count(self, change: int) -> None:
        """Count a datagram in or out; those that come while there are enough are left to the system."""
        self._datagrams += change
        self._door.full(self._datagrams >= _DATAGRAMS)


@final
class RunningHandlers(Generic[RequestT]):
    """Runs a coroutine for each request, in the loop that runs where it is made."""

    def __init__(self, gate: Gate[RequestT], handler: Callable[..., Async]) -> None:
        self._gate = gate
        self._handler = handler
        self._name = name_of(handler)
        self._loop = asyncio.get_running_loop()
        self._door = Door(gate, self._open)
        self._inside = Inside()
        self._datagrams = 0

    @property
    def inside(self) -> bool:
        """Whether any coroutine is under way."""
        return bool(self._inside)

    async def serve(self) -> None:
        """Serve until the gate has ended."""
        await self._door.serve()

    async def finish(self) -> None:
        """Go on until no coroutine is under way."""
        self._gate.handling(True)
        try:
            await self._inside.wait()
        finally:
            self._gate.handling(False)

    def close(self) -> None:
        """End serving. Any thread."""
        self._door.close()

    def _open(self, ticket: Ticket[RequestT]) -> None:
        """Start a coroutine for a request."""
        if isinstance(ticket.request, Datagram):
            self._count(1)
        task = self._loop.create_task(self._handle(ticket))
        self._inside.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Count a coroutine out; what came out of it, if anything did, has ended the loop and is raised there."""
        self._inside.remove(task)
        if not task.cancelled():
            task.exception()

    async def _handle(self, ticket: Ticket[RequestT]) -> None:
        request = ticket.request
        if isinstance(request, Connection):
            await self._handle_stream(ticket, request)
        elif isinstance(request, Datagram):
            await self._handle_datagram(ticket, request)
        else:
            what = f"{self._name} is a coroutine function, and {type(request).__name__} is nothing to call one with"
            self._gate.done(ticket, CompositionError(what))

    async def _handle_stream(self, ticket: Ticket[RequestT], connection: Connection) -> None:
        """Live the whole life of a connection."""
        why: Exception | None = None
        try:
            held = await hold(connection)
            try:
                await self._handler(held)
            finally:
                await held.close()
        except Exception as error:
            why = blame(error, self._name)
        finally:
            connection.abandon()
            self._gate.done(ticket, why)

    async def _handle_datagram(self, ticket: Ticket[RequestT], datagram: Datagram) -> None:
        why: Exception | None = None
        try:
            await self._handler(AsyncDatagram(datagram))
        except Exception as error:
            why = blame(error, self._name)
        finally:
            self._count(-1)
            self._gate.done(ticket, why)

    def _count(self, change: int) -> None:
        """Count a datagram in or out; those that come while there are enough are left to the system."""
        self._datagrams += change
        self._door.full(self._datagrams >= _DATAGRAMS)


if TYPE_CHECKING:
    _protocol_host: type[ProtocolHost] = RunningSessions[object]
    _datagram_host: type[DatagramHost] = RunningSessions[object]
    _runs: tuple[type[Run], ...] = (RunningSessions[object], RunningHandlers[object])
