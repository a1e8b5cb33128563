"""A stream connection as a coroutine handler holds it: `Connection` in another tense, with the same limits.

What asyncio has to do stands behind a `Pipe`, so that nobody imports asyncio who does not use it.
"""

from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from typing import Final, Generic, Literal, Never, Protocol, final

from typing_extensions import TypeVar

from ..addresses import Address
from ..core import Inbox, Wait, time_left
from ..errors import HandshakeFailed, Truncated
from ..interfaces import Buffer, Driver, Facet, Layer, Limits, Negotiation
from ..messages import Message, codec_for
from ._connection import Connection

MessageT = TypeVar("MessageT", bound=Message)
FacetsT_contra = TypeVar("FacetsT_contra", contravariant=True, default=Never)

_CHUNK: Final = 64 * 1024
"""Bytes that a receive gives at most, unless told otherwise."""


class Pipe(Protocol):
    """What moves the bytes."""

    inbox: Inbox
    """What has arrived and was not asked for yet."""

    async def more(self, wait: Wait, first: bool, /) -> bool:
        """Wait until more is in the inbox; False at the end of input. *first*: a drain may end this wait."""
        ...

    async def send(self, data: Buffer, wait: Wait, /) -> None:
        """Send all of *data*."""
        ...

    def go_through(self, layer: Layer | None, waiting: bytes, /) -> None:
        """Pass everything through *layer* from now on; *waiting* has come in already."""
        ...

    def send_eof(self) -> None:
        """Say that nothing more will be sent. Never raises."""
        ...

    async def close(self) -> None:
        """Close, after taking what is unread. Idempotent; never raises."""
        ...


@final
class AsyncConnection(Generic[FacetsT_contra]):
    """A connected stream with what was learned of its peer, for coroutines.

    One task receives and one sends at a time. Any coroutine may raise DeadlineExceeded, ConnectionLost or ClosedError;
    each ends when the peer acts, at its deadline, and when the server cuts the connection. After ConnectionLost,
    after DeadlineExceeded out of a send, and after a send that was cancelled, close it. A receive that is cancelled
    loses nothing.
    """

    __slots__ = ("_connection", "_opened", "_pipe", "_until")

    def __init__(self, connection: Connection[FacetsT_contra], pipe: Pipe) -> None:
        """Hold *connection*, whose bytes go through *pipe* from now on."""
        self._connection = connection
        self._pipe = pipe
        self._opened = time.monotonic()
        self._until: tuple[float, float] | None = None

    # ------------------------------------------------------------------ who

    @property
    def peer(self) -> Address:
        """The other side."""
        return self._connection.peer

    @property
    def local(self) -> Address:
        """Our side."""
        return self._connection.local

    @property
    def framed(self) -> Literal[False]:
        """False: a stream has to be cut into messages."""
        return False

    @property
    def limits(self) -> Limits:
        """What the peer may cost us."""
        return self._connection.limits

    @property
    def driver(self) -> Driver:
        """Who moves the connection's bytes."""
        return self._connection.driver

    @property
    def connection(self) -> Connection[FacetsT_contra]:
        """What this holds, for whoever serves it: its bytes are the loop's."""
        return self._connection

    def facet(self, kind: type[FacetsT_contra], /) -> Facet | None:
        """Return what was learned under *kind*; ``kind.of(connection)`` is the typed way."""
        return self._connection.facet(kind)

    @property
    def socket(self) -> socket.socket:
        """The socket itself, for its options: what it receives and sends is the loop's."""
        return self._connection.socket

    async def talk(self) -> bool:
        """Make the negotiation that an acceptor asked for; False where there is none. For whoever serves it.

        Within ``Limits.handshake`` for all negotiations together. What follows passes through its layer. Raises
        DeadlineExceeded, ConnectionLost, and HandshakeFailed where the input ends before.
        """
        negotiation = self._connection.negotiation
        if negotiation is None:
            return False
        while not (negotiation.done or negotiation.refused or negotiation.fault is not None):
            await self._talk_on(negotiation)
        if negotiation.done:
            self._pipe.go_through(negotiation.layer, negotiation.rest())
        return True

    # ------------------------------------------------------------------ receiving

    async def receive(self, limit: int = _CHUNK, /) -> bytes:
        """Return what is there, at least one byte and at most *limit*; b"" at the end of input.

        Waits ``Limits.idle`` seconds for a first byte.
        """
        if not self._pipe.inbox:
            await self._more(None)
        return self._pipe.inbox.take(limit)

    async def receive_exactly(self, size: int, /) -> bytes:
        """Return just *size* bytes.

        Raises Truncated where the input ends before; what did arrive can still be received.
        """
        inbox, begun = self._pipe.inbox, self._begun()
        while len(inbox) < size:
            if not await self._more(begun):
                raise Truncated(len(inbox), size)
            begun = begun or time.monotonic()
        return inbox.take(size)

    async def receive_until(self, delimiter: bytes, /, *, limit: int = _CHUNK) -> bytes:
        """Return the bytes up to the next *delimiter*, itself included: *limit* at most.

        Raises FrameTooLarge where the delimiter is not among the first *limit* bytes, Truncated where the
        input ends before it; in both cases what did arrive can still be received.
        """
        line = await self._until_delimiter(delimiter, limit)
        if not line.endswith(delimiter):
            self._pipe.inbox.append(line)
            raise Truncated(len(line), len(line) + len(delimiter))
        return line

    async def receive_message(self, kind: type[MessageT], /, *, maximum: int) -> MessageT:
        """Return the next message, which has to be a *kind* of *maximum* bytes at most.

        The message's own schema says where it ends. Raises DeclarationError for a schema that cannot (one
        that takes all there is), FrameTooLarge, DecodeError, and Truncated where the input ends inside it or
        before it. What was read of a wrong message is gone: close the connection.
        """
        codec = codec_for(kind)
        framer = codec.framer(maximum=maximum)
        inbox, begun, needed = self._pipe.inbox, self._begun(), 1
        while (there := len(inbox)) < needed or (needed := framer.measure(inbox.data, 0, there)) > there:
            if not await self._more(begun):
                raise Truncated(there, needed)
            begun = begun or time.monotonic()
        return codec.parse(inbox.take(needed))

    async def lines(self, *, limit: int = _CHUNK) -> AsyncIterator[bytes]:
        r"""Yield lines, each with its ``\n``, until the input ends; a last one without an end is given as it is.

        Raises FrameTooLarge for a line above *limit* bytes.
        """
        while line := await self._until_delimiter(b"\n", limit):
            yield line

    # ------------------------------------------------------------------ sending

    async def send(self, data: Buffer | Message, /) -> None:
        """Send all of *data*, bytes or a message, waiting while the peer is slow: ``Limits.write`` seconds.

        If it raises, any part may have been sent and there is no way to know which: close the connection.
        EncodeError, for a message that its schema cannot carry, is raised before anything is sent.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            data = codec_for(type(data)).build(data)
        if len(data):
            now = time.monotonic()
            await self._pipe.send(data, time_left(now, "write", self.limits.write, now, self._until))

    async def send_eof(self) -> None:
        """Say that nothing more will be sent; receiving goes on."""
        self._pipe.send_eof()

    # ------------------------------------------------------------------ deadlines, the end

    @contextmanager
    def deadline(self, seconds: float, /) -> Generator[None]:
        """Within the ``with`` block, raise DeadlineExceeded from whatever would go on for longer than *seconds*.

        Counted from here over everything in the block that waits for the peer. The limits hold beside it, and so
        does a deadline around it: the earliest counts.
        """
        outer = self._until
        until = (time.monotonic() + seconds, seconds)
        self._until = until if outer is None else min(outer, until)
        try:
            yield
        finally:
            self._until = outer

    async def close(self) -> None:
        """Close it now; idempotent. The server does so by itself when the handler returns.

        Input that nobody read is taken for ``Limits.linger`` seconds at most, since it would turn what was
        sent last into a reset (RFC 1122, 4.2.2.13).
        """
        await self._pipe.close()

    # ------------------------------------------------------------------ inside

    async def _talk_on(self, negotiation: Negotiation[Facet]) -> None:
        """Take the negotiation one step further: say what is due, and wait for an answer."""
        now, inbox = time.monotonic(), self._pipe.inbox
        if due := negotiation.receive(inbox.take(len(inbox))):
            await self._pipe.send(due, time_left(now, "write", self.limits.write, now, None))
        if negotiation.done or negotiation.refused or negotiation.fault is not None or inbox:
            return
        if not await self._pipe.more(time_left(now, "handshake", self.limits.handshake, self._opened, None), False):
            raise HandshakeFailed("the peer left before it was done")

    def _begun(self) -> float | None:
        return time.monotonic() if self._pipe.inbox else None

    async def _more(self, begun: float | None) -> bool:
        """Wait for more input; False at the end of input."""
        now = time.monotonic()
        if begun is None:
            wait = time_left(now, "idle", self.limits.idle, now, self._until)
        else:
            wait = time_left(now, "message", self.limits.message, begun, self._until)
        return await self._pipe.more(wait, begun is None)

    async def _until_delimiter(self, delimiter: bytes, limit: int) -> bytes:
        """Return the bytes up to *delimiter*, or all that came where the input ends before it."""
        inbox, begun = self._pipe.inbox, self._begun()
        while not (size := inbox.find(delimiter, limit)):
            if not await self._more(begun):
                return inbox.take(limit)
            begun = begun or time.monotonic()
        return inbox.take(size)
