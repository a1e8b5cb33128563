"""Listener, acceptor, dispatcher, gate, handler, observer: who promises what to whom."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any, Protocol, TypeAlias, runtime_checkable

from typing_extensions import TypeVar

from ..addresses import Address
from ._driver import Driver
from ._events import Event, Handled
from ._negotiation import Negotiation
from ._peered import Facet, Located
from ._session import Session
from ._values import Limits, Phase, Traffic

RequestT = TypeVar("RequestT")
RequestT_co = TypeVar("RequestT_co", covariant=True)
RequestT_contra = TypeVar("RequestT_contra", contravariant=True)
NewT_co = TypeVar("NewT_co", covariant=True)

Async: TypeAlias = Coroutine[Any, Any, None]
"""What a coroutine function returns that returns nothing: the result of a coroutine handler."""


class Accepted(Located, Protocol):
    """What a listener hands out, as the server keeps it: a connection or a datagram."""

    limits: Limits
    """Set by the gate before anything else sees the request."""

    @property
    def framed(self) -> bool:
        """Whether it is one whole message (a datagram): these come and go without `Opened` and `Closed`."""
        ...

    @property
    def negotiation(self) -> Negotiation[Facet] | None:
        """What has to be talked about before the request may go on; None where nothing has."""
        ...

    def agree(self) -> bool:
        """Take over what the negotiation came to (facet, peer) and return True; False where it refused.

        Raises what the negotiation blames the peer for. There is no negotiation from then on.
        """
        ...

    def talk(self, begun: float | None = None, /) -> bool:
        """Drive the negotiation to its end, blocking, and `agree`; all that follows passes through its layer.

        ``Limits.handshake`` counts from the monotonic time *begun*, or from now. Raises DeadlineExceeded,
        ConnectionLost and what the negotiation blames the peer for: close the request then.
        """
        ...

    def driven_by(self, driver: Driver, /) -> None:
        """Note who drives a session over the request; called before the session is made."""
        ...

    def on_close(self, call: Callable[[], None], /) -> None:
        """Have *call* called once, when the server is done with the request: that is how a limit gives back.

        Calls run in the reverse order of their registration, on whatever thread ends the request.
        """
        ...

    def drain(self) -> None:
        """Be told that the server drains: wait for no next message. Any thread; never blocks, never raises."""
        ...

    def cut(self) -> None:
        """Wake whatever blocks on the request, which then fails. Any thread; never blocks, never raises."""
        ...

    @property
    def traffic(self) -> Traffic | None:
        """What it has carried so far, or had when it was closed; None where nobody counts."""
        ...

    def descriptors(self) -> Iterable[int]:
        """Return the descriptors that are its own: a forked child lets go of those of other requests."""
        ...

    def inherit(self, told: int, /) -> None:
        """Begin to live in a forked child, beside the parent's copy.

        The `on_close` calls so far are the parent's; the server drains when descriptor *told* becomes readable.
        """
        ...

    def finish(self, why: Exception | None, /) -> None:
        """End it: close what it holds, then make the `on_close` calls. Idempotent; never raises."""
        ...


class Listener(Protocol[RequestT_co]):
    """An endpoint that is bound already and hands out what comes in."""

    @property
    def address(self) -> Address:
        """Where it listens; port 0 is resolved."""
        ...

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when `accept` has something; -1 once closed."""
        ...

    def accept(self) -> RequestT_co | None:
        """Return what is there now, or None where nothing is. Never blocks.

        Raises OSError as ``accept(2)`` gives it; the gate decides what becomes of it (one table in ``core``).
        After a failure the listener can be asked again.
        """
        ...

    def close(self) -> None:
        """Stop listening. Idempotent; what was handed out already lives on."""
        ...


class Acceptor(Protocol[RequestT_contra, NewT_co]):
    """A step between listener and handler: refine the request, or refuse it."""

    def __call__(self, request: RequestT_contra, /) -> NewT_co | None:
        """Return the request, refined perhaps, or None to refuse it.

        Called from whatever thread accepts, so it must be safe to call from several; must not block. The
        server closes what was refused. An exception refuses too, and is reported as a handler's would be.
        """
        ...


class Handler(Protocol[RequestT_contra]):
    """What is done with a request: any callable of one argument."""

    def __call__(self, request: RequestT_contra, /) -> None:
        """Serve *request*; the server closes it on return. An exception closes it too and is reported once."""
        ...


class Observer(Protocol):
    """Whoever wants to know what the server does."""

    def __call__(self, event: Event, /) -> None:
        """Take note of *event*; called from any thread, in the middle of work, so be quick and do not block.

        An exception is logged and goes no further.
        """
        ...


@runtime_checkable
class MessageObserver(Protocol):
    """An observer that also wants to know of each message; that costs several times what a message costs without.

    Messages of an `AsyncService` are not told of.
    """

    def __call__(self, event: Event, /) -> None:
        """Take note of *event*, as any `Observer`."""
        ...

    def handled(self, message: Handled, /) -> None:
        """Take note of *message*, as of an event. Under ``Forks`` called in the child, whose memory is its own."""
        ...


class Ticket(Protocol[RequestT_co]):
    """A request that the gate handed out. A dispatcher passes it on and need not look into it.

    It is no bare request, so that a request which has to talk before its last steps (TLS) can be handed out
    before it is all that the handler was promised.
    """

    @property
    def request(self) -> RequestT_co:
        """The request, as it left the last step."""
        ...


class Elsewhere(Protocol):
    """Another process that serves a request: a forked child. Any thread may call; none blocks or raises."""

    def drain(self) -> None:
        """Be told that the server drains: wait for no next message."""
        ...

    def terminate(self) -> None:
        """Be asked to end, for still being there when the request was cut a while ago."""
        ...

    def kill(self) -> None:
        """Be ended, for not having ended by itself."""
        ...


class Gate(Protocol[RequestT_co]):
    """What a dispatcher serves from: the server's side, so that a dispatcher is a few lines.

    Waiting and waking, accept policy, acceptors, the table of live requests, drain and events are all behind
    it. The simplest dispatcher is ``for ticket in gate: gate.handle(handler, ticket)``.
    """

    @property
    def limits(self) -> Limits:
        """The server's limits."""
        ...

    @property
    def phase(self) -> Phase:
        """What is going on; only in SERVING requests are handed out."""
        ...

    def filenos(self) -> tuple[int, int]:
        """Return the listener's descriptor and the waker's, for a dispatcher that waits by itself."""
        ...

    @property
    def ended(self) -> bool:
        """Whether this run is over; a dispatcher that waits by itself looks when it was woken, and after `accept`."""
        ...

    def outlook(self) -> tuple[bool, float | None]:
        """Return how to wait: whether for the listener, too (accepting may pause), and for how many seconds at most.

        None is for ever. To be asked anew when these are over, when the waker was readable (it is no longer then),
        and when the listener was, but `accept` gave nothing.
        """
        ...

    def __iter__(self) -> Iterator[Ticket[RequestT_co]]:
        """Wait for requests that passed every acceptor, one by one, until serving ends.

        One thread at a time may wait. `Server.shutdown`, a drain and closing unblock it at once. Raises what
        the accept policy calls fatal.
        """
        ...

    def accept(self) -> Ticket[RequestT_co] | None:
        """Return a request that passed every acceptor, or None where none is there now; never waits."""
        ...

    def exchanging(self, sessions: Callable[[RequestT_co], Session], /) -> Callable[[], int] | None:
        """Return what answers the datagrams that are there, each by a session of its own, and returns their number.

        None where the gate's requests have to be accepted one by one: they are no datagrams, acceptors stand in
        front, or the run is to serve a single one. What is returned never waits; it applies the accept policy and
        tells the observer as `accept` and `handle` do, and raises what `accept` raises, and what is no Exception.
        """
        ...

    def repeat(self, turn: Callable[[], int], /) -> None:
        """Call *turn* whenever something is there, until serving ends; raises what *turn* raises.

        One thread at a time may wait; what unblocks it is what ends the iteration over the gate.
        """
        ...

    def handle(self, handler: Callable[[RequestT], None], ticket: Ticket[RequestT], /) -> None:
        """Live the whole life of a blocking request: call *handler*, report how it ended, close, give back.

        Raises only what is no Exception (KeyboardInterrupt, SystemExit), after the request is closed.
        """
        ...

    def handling(self, begins: bool, /) -> None:
        """Note that the calling thread begins, or ends, to handle requests, so that nobody waits there for them."""
        ...

    def leave(self, ticket: Ticket[object], why: Exception | None, /) -> None:
        """Report that a request is over, as `done` does, while what it holds lingers; `done` follows. Any thread."""
        ...

    def refuse(self, ticket: Ticket[object], by: str, /) -> None:
        """Note that a step named *by* refused a request that was handed out, where another process has walked it.

        `done` is still to be called.
        """
        ...

    def done(self, ticket: Ticket[object], why: Exception | None, /) -> None:
        """End a request without `handle`: what `handle` does after the handler. Idempotent; any thread."""
        ...

    def lend(self, ticket: Ticket[object], to: Elsewhere, /) -> None:
        """Note that another process serves the request now; call `done` when that process is gone."""
        ...

    def inherit(self, ticket: Ticket[object], tell: Callable[[Event], None], told: int, /) -> None:
        """In a forked child: keep what *ticket* needs, and let go of everything else that is the parent's.

        From here on `handle` serves the request here; *tell* is told, not the parent's observer. The request
        drains when descriptor *told* becomes readable, and SIGTERM ends its handler.
        """
        ...

    def watch(self, descriptor: int, call: Callable[[], None], /) -> None:
        """While a thread waits in the gate, have it call *call* whenever *descriptor* is readable.

        For the thread that serves, as `unwatch` is.
        """
        ...

    def unwatch(self, descriptor: int, /) -> None:
        """Forget a watched descriptor, before it is closed."""
        ...

    def full(self, test: Callable[[], bool], /) -> None:
        """Wait while *test* is true and requests would be handed out; tested again at every `wake` and watched call."""
        ...

    def wake(self) -> None:
        """Make a waiting gate look again: a slot is free. Any thread; idempotent; never blocks."""
        ...


@runtime_checkable
class Dispatcher(Protocol):
    """Where and when blocking handlers run."""

    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        """Hand the gate's requests to *handler*; returns when the gate ends, be handlers still at work.

        Raises what the gate raises, and what is no Exception out of a handler that ran on this thread.
        """
        ...

    def close(self) -> None:
        """Join what still runs, briefly; called after the live requests were cut. Idempotent."""
        ...


@runtime_checkable
class Exchanger(Protocol):
    """A dispatcher that can have datagrams answered where it waits: one which handles on the thread that serves."""

    def exchange(self, gate: Gate[RequestT], turn: Callable[[], int], /) -> None:
        """Have the gate repeat *turn*; returns when the gate ends."""
        ...


@runtime_checkable
class SessionDispatcher(Protocol):
    """Where and when sessions are driven, for dispatchers that do their I/O themselves."""

    def drive(self, gate: Gate[RequestT], sessions: Callable[[RequestT], Session], /) -> None:
        """Drive a session for each of the gate's requests; returns when the gate ends."""
        ...

    def close(self) -> None:
        """Let go of what is left. Idempotent."""
        ...


@runtime_checkable
class AsyncDispatcher(Protocol):
    """Where and when coroutine handlers run."""

    async def serve_async(self, gate: Gate[RequestT], handler: Callable[..., Async], /) -> None:
        """Run *handler* for each of the gate's requests, in the running loop, until the gate ends.

        It is called with an `AsyncConnection` or an `AsyncDatagram`. Raises what the gate raises; handlers may be
        under way still. Being cancelled ends it as the gate does.
        """
        ...

    def run(self, main: Async, /) -> None:
        """Run *main*, which serves, in a loop of its own, for who has none running."""
        ...

    def close(self) -> None:
        """End serving before the gate's descriptors are closed, and let go of what is left. Any thread. Idempotent."""
        ...


@runtime_checkable
class AsyncSessionDispatcher(Protocol):
    """Where and when sessions are driven in a loop that runs already."""

    async def drive_async(self, gate: Gate[RequestT], sessions: Callable[[RequestT], Session], /) -> None:
        """Drive a session for each of the gate's requests, in the running loop, until the gate ends."""
        ...

    def close(self) -> None:
        """End serving before the gate's descriptors are closed, and let go of what is left. Any thread. Idempotent."""
        ...


@runtime_checkable
class AsyncSessions(Protocol[RequestT_contra]):
    """A coroutine handler that is driven as a session, whose calls are awaited: `AsyncService`."""

    def awaiting(self, request: RequestT_contra, /) -> Session:
        """Return a session for *request*; raises CompositionError where its driver awaits nothing."""
        ...
