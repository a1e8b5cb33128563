"""A stream connection as a blocking handler holds it.

Everything read passes one inbox, so that lines, exact counts, messages and plain reads can be mixed. A wait for
a first byte is bounded by ``Limits.idle``; from a first byte on the whole operation is, by ``Limits.message``.
"""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, Generic, Literal, Never, TypeAlias, final, overload

from typing_extensions import TypeVar

from ..addresses import Address, from_system
from ..core import Inbox
from ..errors import CompositionError, Truncated
from ..interfaces import Buffer, Driver, Facet, Limits, Negotiation, Traffic
from ..messages import Message, codec_for
from ._closing import Closing
from ._file import ConnectionFile
from ._layered_socket import LayeredSocket, Stream
from ._negotiating import drive_negotiation
from ._timed_socket import TimedSocket
from ._traffic import traffic_of

FacetsT = TypeVar("FacetsT")
FacetT = TypeVar("FacetT", bound=Facet)
MessageT = TypeVar("MessageT", bound=Message)
FacetsT_contra = TypeVar("FacetsT_contra", contravariant=True, default=Never)
StageT_co = TypeVar("StageT_co", covariant=True, default=object)
RawFacetsT = TypeVar("RawFacetsT", default=Never)

_LIMITS: Final = Limits()
_CHUNK: Final = 64 * 1024
"""Bytes asked of the system at a time: what Linux hands out in one call on loopback, and no more to keep."""
_DISCARD: Final = 64 * 1024
"""Bytes of unread input that a lingering close takes; who sends more than that meets a reset."""


@final
class Unread:
    """The stage of a connection of which nothing was read or negotiated yet."""


@final
class Connection(Generic[FacetsT_contra, StageT_co]):
    """A connected stream socket with what was learned of its peer.

    The first type parameter names the facets that acceptors promise, the second the stage: `RawConnection` is
    a ``Connection`` nothing was read of, which an acceptor may ask for. A type checker spells a plain
    ``Connection`` out as ``Connection[Never, object]``.

    One thread receives and one sends at a time. Any call may raise DeadlineExceeded, ConnectionLost,
    ClosedError or an OSError of the system; each unblocks when the peer acts, at its deadline, and when the
    server cuts the connection. After ConnectionLost, or DeadlineExceeded out of a send, close it.
    """

    __slots__ = (
        "_closing",
        "_draining",
        "_driver",
        "_facets",
        "_farewell",
        "_file",
        "_inbox",
        "_io",
        "_local",
        "_negotiation",
        "_severed",
        "_told",
        "_traffic",
        "_waiting",
        "limits",
    )

    def __init__(
        self, sock: socket.socket, peer: Address, *, local: Address | None = None, limits: Limits | None = None
    ) -> None:
        """Take over *sock*, a connected stream socket; *local* is asked of the system where it is not given."""
        self._io: Stream = TimedSocket(sock, peer)
        self._inbox = Inbox()
        self._closing = Closing()
        self._facets: dict[type, Facet] = {}
        self._file: ConnectionFile | None = None
        self._local = local
        self._driver: Driver | None = None
        self._negotiation: Negotiation[Facet] | None = None
        self._farewell: Callable[[], bytes] | None = None
        self._waiting = False
        self._draining = False
        self._severed = False
        self._told = -1
        self._traffic: Traffic | None = None
        self.limits: Limits = _LIMITS if limits is None else limits
        """What the peer may cost us; the server sets its own."""

    # ------------------------------------------------------------------ who

    @property
    def peer(self) -> Address:
        """The other side."""
        return self._io.peer

    @property
    def local(self) -> Address:
        """Our side."""
        if self._local is None:
            self._local = from_system(self._io.sock.getsockname())
        return self._local

    @property
    def framed(self) -> Literal[False]:
        """False: a stream has to be cut into messages."""
        return False

    @property
    def driver(self) -> Driver:
        """Who drives a session over this connection; raises CompositionError where a handler holds it itself."""
        if self._driver is None:
            raise CompositionError(f"nobody drives a session over the connection with {self.peer}")
        return self._driver

    def driven_by(self, driver: Driver, /) -> None:
        """Note who drives a session over this; whoever does calls it before the session is made."""
        self._driver = driver

    @property
    def draining(self) -> bool:
        """Whether the server waits for no further message of this peer."""
        return self._draining

    @property
    def severed(self) -> bool:
        """Whether the server has cut the connection."""
        return self._severed

    def facet(self, kind: type[FacetsT_contra], /) -> Facet | None:
        """Return what was learned under *kind*; ``kind.of(connection)`` is the typed way."""
        return self._facets.get(kind)

    @overload
    def learn(self: Connection[FacetsT, Unread], facet: FacetT, /) -> Connection[FacetsT | FacetT, Unread]: ...
    @overload
    def learn(self: Connection[FacetsT, object], facet: FacetT, /) -> Connection[FacetsT | FacetT, object]: ...
    def learn(self, facet: Facet, /) -> object:
        """Attach *facet*, in place of an earlier one of its class; return this connection, typed with it."""
        self._facets[type(facet)] = facet
        return self

    # ------------------------------------------------------------------ talking first

    @overload
    def negotiate(
        self: Connection[FacetsT, Unread], negotiation: Negotiation[FacetT], /
    ) -> Connection[FacetsT | FacetT, Unread]: ...
    @overload
    def negotiate(
        self: Connection[FacetsT, object], negotiation: Negotiation[FacetT], /
    ) -> Connection[FacetsT | FacetT, object]: ...
    def negotiate(self, negotiation: Negotiation[Facet], /) -> object:
        """Have *negotiation* made before the next step; return this connection, typed with what will be learned.

        For acceptors, as the last thing they do: whoever drives the connection makes it, under
        ``Limits.handshake``, and takes the connection through its further steps then.
        """
        self._negotiation = negotiation
        return self

    @property
    def negotiation(self) -> Negotiation[Facet] | None:
        """What has to be talked about before the connection may go on; None where nothing has."""
        return self._negotiation

    def agree(self) -> bool:
        """Take over the facet and the peer that the negotiation gave; False where it refused.

        Raises what the negotiation blames the peer for.
        """
        negotiation, self._negotiation = self._negotiation, None
        if negotiation is None:
            return True
        if negotiation.fault is not None:
            raise negotiation.fault
        if negotiation.refused:
            return False
        self._facets[type(negotiation.facet)] = negotiation.facet
        if negotiation.peer is not None:
            self._io.peer = negotiation.peer
        if negotiation.layer is not None:
            self._farewell = negotiation.layer.close
        return True

    def talk(self, begun: float | None = None, /) -> bool:
        """Drive the negotiation to its end, blocking; from then on everything passes through its layer.

        ``Limits.handshake`` counts from the monotonic time *begun*, or from now. Raises DeadlineExceeded,
        ConnectionLost and what the negotiation blames the peer for.
        """
        negotiation = self._negotiation
        if negotiation is None:
            return True
        drive_negotiation(self._io, self._inbox.take(len(self._inbox)), negotiation, self.limits, begun)
        agreed, self._farewell = self.agree(), None
        if negotiation.layer is None:
            self._inbox.append(negotiation.rest())
        else:
            self._io = LayeredSocket(self._io, negotiation.layer, negotiation.rest())
        return agreed

    # ------------------------------------------------------------------ receiving

    def receive(self, limit: int = _CHUNK, /) -> bytes:
        """Return what is there, at least one byte and at most *limit*; b"" at the end of input.

        Waits ``Limits.idle`` seconds for a first byte.
        """
        if self._inbox:
            return self._inbox.take(limit)
        return self._first(limit)

    def receive_into(self, buffer: bytearray | memoryview, /, *, begun: float | None = None) -> int:
        """Fill the front of *buffer* with what is there; return its size in bytes, 0 at the end of input.

        *begun* is the monotonic time at which an unfinished message began: then ``Limits.message`` counts
        from there, else ``Limits.idle`` from now.
        """
        if self._inbox:
            taken = self._inbox.take(len(buffer))
            buffer[: len(taken)] = taken
            return len(taken)
        if begun is not None:
            return self._io.receive_into(buffer, "message", self.limits.message, begun)
        try:
            return self._io.receive_into(buffer, "idle", self.limits.idle, self._before_first_byte())
        finally:
            self._waiting = False

    def receive_talk(self, buffer: bytearray, begun: float, /) -> int:
        """Fill the front of *buffer* as `receive_into`, for a driver whose session negotiates.

        ``Limits.handshake`` counts from the monotonic time *begun*.
        """
        return self._io.receive_into(buffer, "handshake", self.limits.handshake, begun)

    def receive_exactly(self, size: int, /) -> bytes:
        """Return just *size* bytes.

        Raises Truncated where the input ends before; what did arrive can still be received.
        """
        begun = self._begun()
        while len(self._inbox) < size:
            if not self._more(begun):
                raise Truncated(len(self._inbox), size)
            begun = begun or time.monotonic()
        return self._inbox.take(size)

    def receive_until(self, delimiter: bytes, /, *, limit: int = _CHUNK) -> bytes:
        """Return the bytes up to the next *delimiter*, itself included: *limit* at most.

        Raises FrameTooLarge where the delimiter is not among the first *limit* bytes, Truncated where the
        input ends before it; in both cases what did arrive can still be received.
        """
        line = self._until(delimiter, limit)
        if not line.endswith(delimiter):
            self._inbox.append(line)
            raise Truncated(len(line), len(line) + len(delimiter))
        return line

    def receive_message(self, kind: type[MessageT], /, *, maximum: int) -> MessageT:
        """Return the next message, which has to be a *kind* of *maximum* bytes at most.

        The message's own schema says where it ends. Raises DeclarationError for a schema that cannot (one
        that takes all there is), FrameTooLarge, DecodeError, and Truncated where the input ends inside it or
        before it. What was read of a wrong message is gone: close the connection.
        """
        codec = codec_for(kind)
        framer = codec.framer(maximum=maximum)
        begun, needed = self._begun(), 1
        while (there := len(self._inbox)) < needed or (needed := framer.measure(self._inbox.data, 0, there)) > there:
            if not self._more(begun):
                raise Truncated(there, needed)
            begun = begun or time.monotonic()
        return codec.parse(self._inbox.take(needed))

    def lines(self, *, limit: int = _CHUNK) -> Iterator[bytes]:
        r"""Yield lines, each with its ``\n``, until the input ends; a last one without an end is given as it is.

        Raises FrameTooLarge for a line above *limit* bytes.
        """
        while line := self._until(b"\n", limit):
            yield line

    # ------------------------------------------------------------------ sending

    def send(self, data: Buffer | Message, /) -> None:
        """Send all of *data*, bytes or a message, waiting while the peer is slow: ``Limits.write`` seconds.

        If it raises, any part may have been sent and there is no way to know which: close the connection.
        EncodeError, for a message that its schema cannot carry, is raised before anything is sent.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            data = codec_for(type(data)).build(data)
        if len(data):
            self._io.send(data, self.limits.write)

    def send_eof(self) -> None:
        """Say that nothing more will be sent; receiving goes on."""
        self._io.shut(socket.SHUT_WR)

    # ------------------------------------------------------------------ files, deadlines, the way out

    @property
    def rfile(self) -> io.BufferedReader:
        """The input as a buffered file; from its first use on read from it alone."""
        return self._files().reader

    @property
    def wfile(self) -> io.RawIOBase:
        """The output as an unbuffered file: each write sends all of its data."""
        return self._files()

    @contextmanager
    def deadline(self, seconds: float, /) -> Generator[None]:
        """Within the ``with`` block, raise DeadlineExceeded from whatever would go on for longer than *seconds*.

        Counted from here over everything in the block. The limits hold beside it, and so does a deadline
        around it: the earliest counts.
        """
        outer = self._io.until
        until = (time.monotonic() + seconds, seconds)
        self._io.until = until if outer is None else min(outer, until)
        try:
            yield
        finally:
            self._io.until = outer

    @property
    def socket(self) -> socket.socket:
        """The socket itself: the way out. What was received already and not asked for is not in it."""
        return self._io.sock

    # ------------------------------------------------------------------ the end

    def close(self) -> None:
        """Close it now; idempotent. The server does so by itself when the handler returns.

        Input that nobody read is taken for ``Limits.linger`` seconds at most, since it would turn what was
        sent last into a reset (RFC 1122, 4.2.2.13).
        """
        if self._closing.begin():
            self.take_leave()
            self._io.end(_DISCARD, self.limits.linger)
            self.count()
            self._io.close()

    def take_leave(self) -> None:
        """Say what a layer says at its end, if it can be said at once; for drivers, before they close. Idempotent."""
        if self._farewell is not None:
            self._io.say(self._farewell())

    def abandon(self) -> None:
        """Close it now, whatever is unread: for a driver that has taken that already, or must not wait. Idempotent."""
        if self._closing.begin():
            self.count()
            self._io.close()

    @property
    def traffic(self) -> Traffic | None:
        """What it has carried so far, or had when it was closed; None where the system does not count."""
        return self._traffic or traffic_of(self._io.sock)

    def count(self) -> None:
        """Keep what it has carried, before the socket is closed; for drivers whose loop closes it."""
        if self._io.sock.fileno() >= 0:
            self._traffic = traffic_of(self._io.sock)

    def on_close(self, call: Callable[[], None], /) -> None:
        """Have *call* called once, when the server is done with the connection."""
        self._closing.add(call)

    def drain(self) -> None:
        """Wait for no further message: an idle connection sees the end of its input now, others after this one.

        What has arrived already can still be read (shutdown(2), SHUT_RD).
        """
        self._draining = True
        if self._waiting:
            self._io.shut(socket.SHUT_RD)
        self._wake()

    def cut(self) -> None:
        """Shut both directions, which wakes and fails whatever blocks on the connection."""
        self._severed = True
        self._io.shut(socket.SHUT_RDWR)
        self._wake()

    def descriptors(self) -> Iterable[int]:
        """Return its socket's descriptor, -1 once closed."""
        return (self._io.sock.fileno(),)

    def inherit(self, told: int, /) -> None:
        """In a forked child: leave the `on_close` calls so far to the parent, and drain when *told* is readable."""
        self._told = told
        self._closing.forget()

    def finish(self, why: Exception | None, /) -> None:
        """Close it and make the `on_close` calls; idempotent."""
        self.close()
        self._closing.finish()

    # ------------------------------------------------------------------ inside

    def _before_first_byte(self) -> float | None:
        """Begin a wait that a drain may end; return when it began, where part of it is over.

        The order matters: `drain` sets its flag first and then looks at ours.
        """
        self._waiting = True
        begun = None
        if self._told >= 0 and not self._draining:
            begun = time.monotonic()
            self._draining = self._io.wait_beside(self._told, self.limits.idle, begun)
        if self._draining:
            self._io.shut(socket.SHUT_RD)
        return begun

    def _wake(self) -> None:
        """Have whoever drives a session look at what has changed."""
        if self._driver is not None:
            self._driver.wake()

    def _first(self, limit: int) -> bytes:
        try:
            return self._io.receive(limit, "idle", self.limits.idle, self._before_first_byte())
        finally:
            self._waiting = False

    def _begun(self) -> float | None:
        return time.monotonic() if self._inbox else None

    def _more(self, begun: float | None) -> bool:
        """Read what is there into the inbox; False at the end of input."""
        if begun is None:
            data = self._first(_CHUNK)
        else:
            data = self._io.receive(_CHUNK, "message", self.limits.message, begun)
        self._inbox.append(data)
        return bool(data)

    def _until(self, delimiter: bytes, limit: int) -> bytes:
        """Return the bytes up to *delimiter*, or all that came where the input ends before it."""
        begun = self._begun()
        while not (size := self._inbox.find(delimiter, limit)):
            if not self._more(begun):
                return self._inbox.take(limit)
            begun = begun or time.monotonic()
        return self._inbox.take(size)

    def _files(self) -> ConnectionFile:
        if self._file is None:
            self._file = ConnectionFile(self)
        return self._file


RawConnection: TypeAlias = Connection[RawFacetsT, Unread]
"""A connection of which nothing was read or negotiated yet: what a stream listener hands out."""
