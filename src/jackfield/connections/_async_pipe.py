"""The asyncio side of an `AsyncConnection`: one protocol, which waits for nothing that its limits do not bound.

Imported when it is first used, since importing asyncio costs more than all the rest.
"""

from __future__ import annotations

import asyncio
import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar, final

from typing_extensions import override

from ..core import Inbox, Wait, call_here, lost
from ..errors import ClosedError, ConnectionLost
from ..interfaces import Buffer, Driver, Layer
from ._async_connection import AsyncConnection, Pipe
from ._connection import Connection
from ._transports import prepared

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")
FacetsT = TypeVar("FacetsT")
StageT = TypeVar("StageT")

_HELD: Final = 64 * 1024
"""Bytes of input that may wait for the handler; above it nothing more is read."""
_DISCARD: Final = 64 * 1024
"""Bytes of unread input that a close takes; who sends more than that meets a reset."""


async def hold_in_loop(connection: Connection[FacetsT]) -> AsyncConnection[FacetsT]:
    """Hand *connection* to the running loop; from now on its bytes go through what is returned.

    Raises OSError where the loop cannot take it; the connection stays the caller's then.
    """
    pipe = AsyncPipe(connection)
    connection.driven_by(pipe)
    connection.socket.setblocking(False)
    await asyncio.get_running_loop().connect_accepted_socket(lambda: pipe, connection.socket)
    return AsyncConnection(connection, pipe)


# The base is asyncio's own condition for what it calls back.
@final
class AsyncPipe(asyncio.Protocol):
    """Moves one connection's bytes, in the loop that ran when it was made."""

    _transport: asyncio.Transport

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self.inbox: Inbox = Inbox()
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._first = False
        self._held = False
        self._full = False
        self._ended = False
        self._discarding = -1
        self._closing = False
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._error: Exception | None = None
        self._layers: list[Layer] = []
        self._fault: Exception | None = None
        """What a layer blames the peer for."""

    # ------------------------------------------------------------------ a pipe

    async def more(self, wait: Wait, first: bool, /) -> bool:
        """Wait until more is in the inbox; False at the end of input."""
        before = len(self.inbox)
        if not self._ended:
            self._check()
            self._first = first
            self._end_if_draining()
            if self._held:
                self._held = False
                self._transport.resume_reading()
            self._reader = self._loop.create_future()
            try:
                await self._within(wait, self._reader)
            finally:
                self._reader, self._first = None, False
        if len(self.inbox) == before:
            if self._fault is not None:
                raise self._fault
            if not self._ended:
                self._check()
        return len(self.inbox) > before

    async def send(self, data: Buffer, wait: Wait, /) -> None:
        """Send all of *data*."""
        self._check()
        self._write(data, len(self._layers))
        if self._full:
            self._writer = self._loop.create_future()
            try:
                await self._within(wait, self._writer)
            finally:
                self._writer = None
            self._check()

    def go_through(self, layer: Layer | None, waiting: bytes, /) -> None:
        """Pass everything through *layer* from now on; *waiting* has come in already."""
        if layer is not None:
            self._layers.append(layer)
        if waiting:
            self._take(waiting, len(self._layers) - (layer is not None))

    def send_eof(self) -> None:
        """Say that nothing more will be sent."""
        self._take_leave()
        with suppress(OSError):
            self._connection.socket.shutdown(socket.SHUT_WR)

    async def close(self) -> None:
        """Close, after taking what is unread."""
        if not self._closing:
            self._closing = True
            if self._full:
                self._transport.abort()
            elif not self._gone.done():
                self._take_leave()
                if not self._ended and self._unread():
                    await self._discard()
            self._transport.close()
        await asyncio.shield(self._gone)

    # ------------------------------------------------------------------ a driver, so that drain and cut are heard

    def wake(self) -> None:
        """Look whether the server drains or cuts the connection. Any thread."""
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._look)

    def submit(
        self,
        call: Callable[[ArgumentT], ResultT],
        argument: ArgumentT,
        done: Callable[[Callable[[], ResultT]], None],
        /,
    ) -> None:
        """Make the call here."""
        call_here(call, argument, done)

    # ------------------------------------------------------------------ what asyncio reports

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = prepared(transport)
        self._look()

    @override
    def data_received(self, data: bytes) -> None:
        if self._discarding >= 0:
            self._discarding += len(data)
            if self._discarding >= _DISCARD:
                self._transport.abort()
            return
        self._take(data, 0)
        if len(self.inbox) >= _HELD and self._reader is None:
            self._held = True
            self._transport.pause_reading()

    @override
    def eof_received(self) -> bool:
        if self._fault is None and not all(layer.ended for layer in self._layers):
            self._fault = ConnectionLost(
                self._connection.peer, "the stream ended without a word of its layer's: it may be cut short"
            )
        self._ended = True
        _release(self._reader)
        return True

    @override
    def pause_writing(self) -> None:
        self._full = True

    @override
    def resume_writing(self) -> None:
        self._full = False
        _release(self._writer)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        peer = self._connection.peer
        self._connection.count()
        if self._closing and exc is None:
            self._error = ClosedError("the connection")
        else:
            self._error = lost(exc, peer) if isinstance(exc, OSError) else exc or ConnectionLost(peer, "cut")
        self._gone.set_result(None)
        _release(self._reader)
        _release(self._writer)

    # ------------------------------------------------------------------ layers, from the wire inwards

    def _take(self, data: bytes, depth: int) -> None:
        """Take what came in and has passed the first *depth* layers already."""
        for number, layer in enumerate(self._layers[depth:], depth):
            data = layer.receive(data)
            if due := layer.send(b""):
                self._write(due, number)
            self._ended = self._ended or layer.ended
            self._fault = self._fault or layer.fault
        if data:
            self.inbox.append(data)
        if data or self._ended or self._fault is not None:
            _release(self._reader)

    def _write(self, data: Buffer, depth: int) -> None:
        """Have *data*, which is due from inside the layer number *depth*, leave through those around it."""
        for layer in reversed(self._layers[:depth]):
            data = layer.send(bytes(data))
        self._transport.write(data)

    def _take_leave(self) -> None:
        """Say what layers say at the end."""
        if not self._gone.done():
            for number in reversed(range(len(self._layers))):
                if due := self._layers[number].close():
                    self._write(due, number)

    # ------------------------------------------------------------------ inside

    def _check(self) -> None:
        if self._error is not None:
            raise self._error
        if self._closing:
            raise ClosedError("the connection")

    async def _within(self, wait: Wait, what: asyncio.Future[None]) -> None:
        """Wait for *what*, no longer than *wait* says."""
        if wait.seconds is None:
            await what
            return

        def expire() -> None:
            if not what.done():
                what.set_exception(wait.exceeded())

        timer = self._loop.call_later(wait.seconds, expire)
        try:
            await what
        finally:
            timer.cancel()

    def _look(self) -> None:
        if self._connection.severed:
            self._transport.abort()
        self._end_if_draining()

    def _end_if_draining(self) -> None:
        """End a wait for a first byte where the server drains; what has arrived can still be read."""
        if self._connection.draining and self._first:
            with suppress(OSError):
                self._connection.socket.shutdown(socket.SHUT_RD)

    def _unread(self) -> bool:
        poll = select.poll()
        poll.register(self._connection.socket.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    async def _discard(self) -> None:
        self._discarding = 0
        self.send_eof()
        self._reader = self._loop.create_future()
        self._transport.resume_reading()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._reader, self._connection.limits.linger)


def _release(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


if TYPE_CHECKING:
    _pipe: type[Pipe] = AsyncPipe
    _driver: type[Driver] = AsyncPipe
