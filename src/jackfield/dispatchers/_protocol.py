"""A connection's session in a running asyncio loop: an asyncio protocol in front, a `Flow` behind.

Only `Asyncio` imports this, when it is used, since importing asyncio costs more than all the rest.
"""

from __future__ import annotations

import asyncio
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, final

from typing_extensions import override

from ..connections import Connection, prepared
from ..core import Flow, Line, lost
from ..errors import ConnectionLost
from ..interfaces import AsyncDriver, AsyncOf, Buffer, Session, Ticket
from ._host import Host, Woken

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")

_DISCARD: Final = 64 * 1024
"""Bytes of unread input that a lingering close takes; who sends more than that meets a reset."""


class ProtocolHost(Host, Protocol):
    """What serves connections in a running loop. All but `soon` is for the loop's own thread."""

    def schedule(self, line: StreamProtocol, due: float | None, /) -> None:
        """Call the line's `expire` at *due*, or before; None: no more than it is called already."""
        ...

    def blame(self, error: Exception, /) -> Exception:
        """Return *error* as a failure of the handler, where it is no other."""
        ...

    def leave(self, line: StreamProtocol, why: Exception | None, /) -> None:
        """Note that the line's conversation is over, while the line lingers."""
        ...

    def done(self, line: StreamProtocol, why: Exception | None, /) -> None:
        """Let go of a line; once for each."""
        ...


# The base is asyncio's own condition for what it calls back.
@final
class StreamProtocol(asyncio.Protocol):
    """One connection whose session is driven by what asyncio reports."""

    __slots__ = (
        "_full",
        "_host",
        "_listening",
        "_plain",
        "_queued",
        "_receive",
        "_session",
        "_taken",
        "_transport",
        "_why",
        "connection",
        "flow",
        "ticket",
    )

    flow: Flow
    _transport: asyncio.Transport

    def __init__(self, host: ProtocolHost, ticket: Ticket[object], connection: Connection) -> None:
        self._host = host
        self._full = False
        self._listening = True
        self._plain = False
        self._queued = True
        self._session: Session | None = None
        self._taken = 0
        self._why: Exception | None = None
        self.connection = connection
        self.ticket = ticket

    def begin(self, session: Session) -> None:
        """Take *session*, before there is a transport."""
        self._session = session
        self._receive: Callable[[Buffer, int], bytes] = session.receive
        self.flow = Flow(session, self, self.connection.limits, time.monotonic())

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
        """Have the call made on the dispatcher's executor, or here."""
        self._host.submit(call, argument, done)

    def start(self, work: AsyncOf[ResultT], done: Callable[[Callable[[], ResultT]], None], /) -> Callable[[], None]:
        """Have *work* awaited in a task."""
        return self._host.start(work, done)

    # ------------------------------------------------------------------ what asyncio reports

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = prepared(transport)
        self._queued = False
        self._attempt(self._look)

    @override
    def data_received(self, data: bytes) -> None:
        size = len(data)
        if not self._plain:
            self._attempt(lambda: self._take(data, size))
            return
        try:
            reply = self._receive(data, size)
            if reply:
                self._transport.write(reply)
            if not self._full and not self.flow.session.status:
                self.flow.active = time.monotonic()
                return
        except Exception as error:
            self.flow.fail(self._host.blame(error), time.monotonic())
        except BaseException:
            self.flow.fail(None, time.monotonic())
            raise
        self._attempt(lambda: self.flow.took(size, time.monotonic()))

    @override
    def eof_received(self) -> bool:
        self._attempt(lambda: self._take(b"", 0))
        return True

    @override
    def pause_writing(self) -> None:
        self._full = True

    @override
    def resume_writing(self) -> None:
        self._full = False
        self._attempt(lambda: self.flow.sent(time.monotonic()))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.flow.over:
            error = lost(exc, self.connection.peer) if isinstance(exc, OSError) else exc
            self.flow.fail(error or ConnectionLost(self.connection.peer, "closed"), time.monotonic())
        self._host.done(self, self._why)

    # ------------------------------------------------------------------ what else happens

    def attend(self) -> None:
        """Look at what the session has to say, and whether the server drains or cuts the connection."""
        self._queued = False
        if self.flow.over:
            if self.connection.severed:
                self._transport.abort()
            return
        self._attempt(self._look)

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def unmade(self, error: OSError) -> None:
        """End a connection that the loop could not take."""
        assert self._session is not None
        self._session.close(error)
        self._host.done(self, lost(error, self.connection.peer))

    def expire(self) -> None:
        """End the connection if a deadline has passed, also that of lingering."""
        self._attempt(self._expire)

    # ------------------------------------------------------------------ a line, for the flow

    @property
    def unsent(self) -> int:
        """Bytes that the system has not taken yet."""
        return self._transport.get_write_buffer_size()

    def send(self, data: bytes, /) -> None:
        """Send what goes at once; asyncio keeps the rest."""
        self._transport.write(data)

    def listen(self, on: bool, /) -> None:
        """Have input reported, or not."""
        if on is not self._listening:
            self._listening = on
            if on:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def quiet(self) -> bool:
        """Return whether nothing has arrived that was not reported yet."""
        poll = select.poll()
        poll.register(self.connection.socket.fileno(), select.POLLIN)
        return not poll.poll(0)

    def later(self) -> None:
        """Be attended to in the next turn."""
        self.wake()

    def end(self, why: Exception | None, linger: bool, /) -> None:
        """End the connection; with *linger* take what is unread first, lest it turn our last reply into a reset."""
        assert self._session is not None
        try:
            self._session.close(why)
        except Exception as error:
            why = error if why is None else why
        why = self._session.fault if why is None else why  # closing may find one
        self._why = why
        if not self.unsent:
            self.connection.take_leave()
        if linger and not self.connection.severed and not self.quiet():
            with suppress(OSError):
                self.connection.socket.shutdown(socket.SHUT_WR)
            self.listen(True)
            self._host.leave(self, why)
        elif self.unsent:
            self._transport.abort()
        else:
            self._transport.close()

    # ------------------------------------------------------------------ inside

    def _take(self, data: bytes, size: int) -> None:
        if self.flow.over:
            self._taken += size
            if not size or self._taken >= _DISCARD:
                self._transport.abort()
            return
        reply = self._receive(data, size)
        if reply:
            self.flow.send(reply)
        self.flow.took(size, time.monotonic())

    def _look(self) -> None:
        if self.connection.draining:
            self.flow.draining = True
        if self.connection.severed and not self.flow.reading:
            self.flow.fail(ConnectionLost(self.connection.peer, "cut by the server"), time.monotonic())
        else:
            self.flow.wake(time.monotonic())

    def _expire(self) -> None:
        if self.flow.expired(time.monotonic()):
            self._transport.abort()

    def _attempt(self, step: Callable[[], None]) -> None:
        """Take a step that is out of the ordinary, and note what comes next."""
        try:
            step()
        except Exception as error:
            self.flow.fail(self._host.blame(error), time.monotonic())
        except BaseException:
            self.flow.fail(None, time.monotonic())
            raise
        self._plain = self.flow.plain and not self._full
        self._host.schedule(self, self.flow.due(time.monotonic()))


if TYPE_CHECKING:
    _line: type[Line] = StreamProtocol
    _driver: type[AsyncDriver] = StreamProtocol
    _woken: type[Woken] = StreamProtocol
