"""How payloads travel under asyncio, or any loop that takes its place. The only file of the client that imports it."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final, final

from typing_extensions import override

from ..addresses import from_system
from ..errors import ConnectionLost, EncodeError, JackfieldError
from ._async_client import AsyncPipe, Bell, LoopTools
from ._inbox import FrameInbox
from ._matching import Arrival
from ._target import Resolved, Target

_LARGEST: Final = 65_507
"""Bytes that a UDP datagram over IPv4 carries at most."""


async def open_pipe(target: Target, wrap: Callable[[bytes], bytes], inbox: FrameInbox, deadline: float) -> AsyncPipe:
    """Return a pipe to *target*; raises OSError, TimeoutError after *deadline* seconds among them."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(deadline):
        if not target.keeps_order:
            resolved = await loop.run_in_executor(None, target.resolved)
            datagrams = AsyncDatagramPipe(resolved)
            await datagrams.renew()
            return datagrams
        stream = AsyncStreamPipe(wrap, inbox, target.host)
        if target.scheme == "tcp":
            transport, _ = await loop.create_connection(lambda: stream, target.host, target.port)
        else:
            transport, _ = await loop.create_unix_connection(lambda: stream, target.host)
        stream.attach(transport)
        return stream


@final
class AsyncStreamPipe(asyncio.Protocol):
    """Frames over a connection. Derived, since asyncio's functions are typed so."""

    keeps_order = True

    def __init__(self, wrap: Callable[[bytes], bytes], inbox: FrameInbox, peer: object) -> None:
        self._wrap = wrap
        self._inbox = inbox
        self._peer = peer
        self._transport: asyncio.Transport | None = None
        self._arrived: Callable[[Arrival], None] | None = None
        self._lost: Callable[[JackfieldError], None] | None = None
        self._why: JackfieldError | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._paused = False

    # ------------------------------------------------------------------ for the loop

    @override
    def data_received(self, data: bytes) -> None:
        self._inbox.append(data)
        self._hand_on()

    @override
    def eof_received(self) -> None:
        self._end(ConnectionLost(self._peer, "closed by the server"))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        reason = "closed by the server" if exc is None else str(exc)
        lost = ConnectionLost(self._peer, reason)
        lost.__cause__ = exc
        self._end(lost)

    @override
    def pause_writing(self) -> None:
        self._writable.clear()

    @override
    def resume_writing(self) -> None:
        self._writable.set()

    # ------------------------------------------------------------------ for the client

    def attach(self, transport: asyncio.Transport) -> None:
        """Use *transport*. Its class is each loop's own, so that `connection_made` could not tell it."""
        self._transport = transport
        self._peer = from_system(transport.get_extra_info("peername"))

    def listen(self, arrived: Callable[[Arrival], None], lost: Callable[[JackfieldError], None], /) -> None:
        """Give what comes to *arrived*, what came already at once."""
        self._arrived, self._lost = arrived, lost
        self._hand_on()
        if self._why is not None:
            lost(self._why)

    def write(self, payloads: list[bytes], /) -> None:
        """Send *payloads*, each as a frame."""
        data = b"".join(map(self._wrap, payloads))
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def drain(self) -> None:
        """Wait until the transport has room."""
        await self._writable.wait()

    def pause(self, paused: bool, /) -> None:
        """Stop reading, or go on."""
        if paused is self._paused or self._transport is None or self._transport.is_closing():
            return
        self._paused = paused
        if paused:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()
            self._hand_on()

    async def renew(self) -> None:
        """Do nothing: a stream loses nothing, and repeats nothing."""

    def close(self) -> None:
        """Close the connection."""
        self._writable.set()
        if self._transport is not None:
            self._transport.close()

    # ------------------------------------------------------------------ inside

    def _hand_on(self) -> None:
        """Give every complete frame to whoever listens, unless reading is paused."""
        if self._arrived is None:
            return
        try:
            while not self._paused and (arrival := self._inbox.next()) is not None:
                self._arrived(arrival)
        except JackfieldError as error:
            self._end(error)

    def _end(self, why: JackfieldError) -> None:
        self._why = self._why or why
        self._writable.set()
        if self._lost is not None:
            self._lost(self._why)


@final
class AsyncDatagramPipe:
    """A datagram for each payload, from one port until it is renewed."""

    keeps_order = False

    def __init__(self, target: Resolved) -> None:
        """Send to *target*; has to be renewed before its first use."""
        self._target = target
        self._transport: asyncio.DatagramTransport | None = None
        self._arrived: Callable[[Arrival], None] | None = None
        self._lost: Callable[[JackfieldError], None] | None = None

    def listen(self, arrived: Callable[[Arrival], None], lost: Callable[[JackfieldError], None], /) -> None:
        """Give what comes to *arrived*; nothing was asked for so far, so nothing has come."""
        self._arrived, self._lost = arrived, lost

    def write(self, payloads: list[bytes], /) -> None:
        """Send *payloads*."""
        for payload in payloads:
            if len(payload) > _LARGEST:
                raise EncodeError("datagram", None, f"{len(payload)} bytes are too many for one")
            if self._transport is not None:
                self._transport.sendto(payload)

    async def drain(self) -> None:
        """Do nothing: a request is one datagram."""

    def pause(self, paused: bool, /) -> None:
        """Do nothing: what nobody reads the system would drop."""

    async def renew(self) -> None:
        """Send from another port from now on: what comes late, or twice, goes to the one before."""
        self.close()
        loop = asyncio.get_running_loop()
        try:
            sock = self._target.connected()
            transport, _ = await loop.create_datagram_endpoint(lambda: _Port(self), sock=sock)
        except OSError as error:
            raise ConnectionLost(self._target.peer, error.strerror or str(error)) from error
        self._transport = transport

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()

    def came(self, payload: bytes, port: asyncio.BaseTransport | None) -> None:
        """Hand on a datagram that came to *port*, if that is the one of now."""
        if port is self._transport and self._arrived is not None:
            self._arrived(Arrival(payload, payload))

    def failed(self, error: Exception) -> None:
        """Tell that the system refused something."""
        lost: JackfieldError = ConnectionLost(self._target.peer, str(error))
        if isinstance(error, OSError):
            lost = ConnectionLost(self._target.peer, error.strerror or str(error))
            if error.errno == errno.EMSGSIZE:
                lost = EncodeError("datagram", None, "has too many bytes for one")
        lost.__cause__ = error
        if self._lost is not None:
            self._lost(lost)


@final
class _Port(asyncio.DatagramProtocol):
    """One socket of a datagram pipe. Derived, since asyncio's functions are typed so."""

    def __init__(self, pipe: AsyncDatagramPipe) -> None:
        self._pipe = pipe
        self._transport: asyncio.BaseTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    @override
    def datagram_received(self, data: bytes, addr: object) -> None:
        self._pipe.came(data, self._transport)

    @override
    def error_received(self, exc: Exception) -> None:
        self._pipe.failed(exc)


@final
class AsyncioTools:
    """What a client waits with."""

    def bell(self) -> Bell:
        """Return an event."""
        return asyncio.Event()

    def turn(self) -> AbstractAsyncContextManager[object]:
        """Return a lock."""
        return asyncio.Lock()

    def within(self, seconds: float | None, /) -> AbstractAsyncContextManager[object]:
        """Return a timeout."""
        return asyncio.timeout(seconds)

    def time(self) -> float:
        """Return the loop's time."""
        return asyncio.get_running_loop().time()


if TYPE_CHECKING:
    _pipes: tuple[type[AsyncPipe], ...] = (AsyncStreamPipe, AsyncDatagramPipe)
    _tools: type[LoopTools] = AsyncioTools
