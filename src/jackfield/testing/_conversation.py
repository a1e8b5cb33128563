"""A conversation over a stream in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import final

from ..addresses import Address
from ..client import Client, FrameInbox, Matching
from ..connections import name_of
from ..errors import ClosedError, CompositionError, ConnectionLost
from ..interfaces import Facet, Limits, Session, makes_sessions
from ..service import Wire
from ._line import MemoryLine
from ._pipe import ConversationPipe
from ._requests import MemoryStream


@final
class Conversation:
    """One session, fed by a test that plays the peer, the system, and the clock.

    Time stands still until `advance`. Handlers run within the call that feeds them, on the test's thread; what
    they raise costs the session, as when served, and is the `error` then.
    """

    def __init__(
        self,
        handler: Callable[[MemoryStream], Session],
        *,
        limits: Limits | None = None,
        facets: Iterable[Facet] = (),
        peer: Address | None = None,
    ) -> None:
        """Begin a conversation with *handler*: a service, a `stream_handler`, or a session factory.

        *facets* are what acceptors would have learned, *peer* is who it is with. Raises CompositionError for a
        handler that makes no sessions, and what making one raises.
        """
        if not makes_sessions(handler):
            raise CompositionError(f"{name_of(handler)} makes no sessions: it cannot be tested without a connection")
        self._limits = Limits() if limits is None else limits
        self._line = MemoryLine(name_of(handler))
        request = MemoryStream(self._line, limits=self._limits, facets=facets, peer=peer)
        self._peer = request.peer
        self._line.begin(handler(request), self._limits)

    # ------------------------------------------------------------------ the peer

    def send(self, data: bytes, /) -> bytes:
        """Have *data* arrive, and return what the peer gets by then, as `receive` does.

        Raises ClosedError where the conversation is over, or the peer has said that nothing more comes.
        """
        if self._line.closed or self._line.ending:
            raise ClosedError("the conversation")
        self._line.arriving += data
        return self.receive()

    def end(self) -> bytes:
        """Say that nothing more comes, and return what the peer gets by then."""
        self._line.ending = True
        return self.receive()

    def receive(self) -> bytes:
        """Return what the peer has got since it was asked last, pushes among it; b"" where that is nothing."""
        self._line.go_on()
        got = bytes(self._line.sent)
        self._line.sent.clear()
        return got

    def stall(self) -> None:
        """Take nothing more of what is sent, as a peer does that stopped reading; `read_on` ends it."""
        self._line.stalled = True

    def read_on(self) -> bytes:
        """Take what is sent again, and return it."""
        self._line.stalled = False
        return self.receive()

    def client(self, wire: Wire, /, *, pushed: Iterable[type] = ()) -> Client:
        """Return a client of *wire* that talks over this conversation; see `connect`.

        It never waits: where a reply is not there, its call ends as one whose deadline is over.
        """
        kinds = tuple(pushed)
        matching = Matching(wire, kinds)
        pipe = ConversationPipe(self, self._peer, wire.wrap, FrameInbox(matching.framer))
        return Client(matching, pipe, 1.0, retries=0, listens=bool(kinds))

    # ------------------------------------------------------------------ the server, and its clock

    def advance(self, seconds: float, /) -> bytes:
        """Let *seconds* pass; deadlines on the way are met. Return what the peer gets by then.

        Raises ValueError where time would go back.
        """
        if not seconds >= 0:
            raise ValueError(f"time goes forward, not by {seconds}")
        line, until = self._line, self._line.now + seconds
        line.go_on()
        while not line.closed and (due := line.flow.due(line.now)) is not None and due <= until:
            line.now = max(line.now, due)
            line.flow.expired(line.now)
            line.go_on()
        line.now = until
        return self.receive()

    def drain(self) -> bytes:
        """Have the server drain: no next message is waited for. Return what the peer gets by then."""
        self._line.go_on()
        self._line.flow.draining = True
        self._line.wake()
        return self.receive()

    def cut(self, reason: str = "reset by the peer") -> None:
        """Break the connection."""
        self._line.flow.fail(ConnectionLost(self._peer, reason), self._line.now)

    # ------------------------------------------------------------------ what has become of it

    @property
    def now(self) -> float:
        """Seconds since the conversation began."""
        return self._line.now

    @property
    def status(self) -> int:
        """The session's status: `READY`, or bits of `PARTIAL`, `MORE`, `WAITING`, `CLOSING`."""
        return self._line.session.status

    @property
    def reading(self) -> bool:
        """Whether input is taken: not while replies wait above the high water mark, nor while a call is out."""
        return self._line.reading

    @property
    def unsent(self) -> int:
        """Bytes of replies that a stalled peer has not taken."""
        return self._line.unsent

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return self._line.closed

    @property
    def error(self) -> Exception | None:
        """Whose fault the end was, and which; None for an orderly one, and before the end."""
        return self._line.why
