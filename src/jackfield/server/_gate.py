"""The gate: what dispatchers serve from.

It waits for the listener and for being woken, applies the accept policy, walks requests through their
acceptors, keeps the table of who is being served and tells the observer. It runs no handler's code but in
`handle`, and starts no thread.
"""

from __future__ import annotations

import logging
import selectors
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeGuard, final

from typing_extensions import TypeVar

from ..connections import Incoming, Lookout, Waker, close_on_fork, let_go, name_of
from ..core import PAUSE_SECONDS, Verdict, blame, judge_accept_error
from ..errors import CompositionError
from ..interfaces import (
    Accepted,
    AcceptFailed,
    Closed,
    DatagramListener,
    Elsewhere,
    Event,
    Failed,
    Gate,
    Handled,
    Limits,
    Located,
    MessageObserver,
    Opened,
    Paused,
    Phase,
    Refused,
    Session,
    Ticket,
    Tracer,
)
from ._child import leave_at_sigterm
from ._exchange import answering
from ._table import Entry, Table
from ._tracing import Tracing

RequestT = TypeVar("RequestT", bound=Accepted)
AnyT = TypeVar("AnyT")


@final
class ServerGate(Generic[RequestT]):
    """The gate of one server; it outlives each run of serving."""

    def __init__(self, incoming: Incoming[RequestT], limits: Limits, observer: Callable[[Event], None]) -> None:
        self._incoming = incoming
        self._limits = limits
        self._observer = observer
        self._message_observer = observer if isinstance(observer, MessageObserver) else None
        self._phase = Phase.STOPPING
        self._budget: int | None = None
        self._until: float | None = None
        self._passed: list[Entry[RequestT]] = []
        self._talking: dict[int, Entry[RequestT]] = {}
        """By the identities of the request as it arrived and as it is."""
        self._accept_one = incoming.path.walk(self, self._pass)
        self._arrived: Accepted | None = None
        self._changed = Waker()
        self.draining = threading.RLock()
        """Held by whoever drains: one at a time, and nothing that a drain waits for is closed under it."""
        self._lookout = Lookout(incoming)
        if isinstance(incoming.path.source, DatagramListener):
            incoming.path.source.on_drop(self.tell)
        self._paused_until = 0.0
        self.closed = False
        self.table: Table[RequestT] = Table()
        self._leaving: dict[int, Entry[RequestT]] = {}
        """Requests that are over and linger, by the identity of their ticket."""
        self.answering = False
        """Whether datagrams are being answered by the batch: a drain waits for the end of it."""
        self.served = 0
        """How many requests were handed out so far."""
        self._forked = False
        close_on_fork(self)

    # ------------------------------------------------------------------ a run

    def begin(self, budget: int | None = None, until: float | None = None) -> None:
        """Start handing out requests: *budget* at most, and none after the monotonic time *until*."""
        self._budget, self._until = budget, until
        self._phase = Phase.SERVING

    def end(self, phase: Phase = Phase.STOPPING) -> None:
        """Stop handing out requests; whoever waits is woken. Any thread, any time."""
        self._phase = phase
        self._lookout.wake()

    def close(self) -> None:
        """Let go of what waiting needs, and end a drain's wait. Idempotent; no dispatcher may be waiting."""
        self.closed = True
        self._changed.wake()
        with self.draining:
            self._changed.close()
        self._lookout.close()

    # ------------------------------------------------------------------ for dispatchers

    @property
    def limits(self) -> Limits:
        """The server's limits."""
        return self._limits

    @property
    def phase(self) -> Phase:
        """What is going on."""
        return self._phase

    @property
    def datagrams(self) -> bool:
        """Whether the requests are datagrams."""
        return isinstance(self._incoming.path.source, DatagramListener)

    def filenos(self) -> tuple[int, int]:
        """Return the listener's descriptor and the waker's."""
        return self._incoming.fileno(), self._lookout.fileno()

    @property
    def ended(self) -> bool:
        """Whether this run is over."""
        return self._phase is not Phase.SERVING or self._budget == 0 or self._left() == 0

    def outlook(self) -> tuple[bool, float | None]:
        """Return whether to wait for the listener, and for how many seconds at most to wait."""
        self._lookout.clear()
        pause = self._pausing()
        waits = [seconds for seconds in (self._left(), pause if pause > 0 else None) if seconds is not None]
        return pause <= 0, min(waits, default=None)

    def __iter__(self) -> Iterator[Entry[RequestT]]:
        """Wait for requests, one by one, until the run ends."""
        while self._phase is Phase.SERVING and self._budget != 0:
            entry = self.accept()
            if entry is not None:
                yield entry
            elif not self._wait():
                return

    def accept(self) -> Entry[RequestT] | None:
        """Return a request that passed every acceptor, or None where none is there now."""
        if self._budget == 0 or self._pausing() > 0:
            return None
        while not self._passed:
            if not self._try_accept():
                return None
        entry = self._passed.pop()
        if self._budget is not None:
            self._budget -= 1
        return self._hand_out(entry)

    def exchanging(self, sessions: Callable[[RequestT], Session], /) -> Callable[[], int] | None:
        """Return what answers the datagrams that are there; None where requests have to be accepted one by one."""
        listener = self._incoming.path.bare
        if self._budget is not None or not isinstance(listener, DatagramListener):
            return None
        return partial(self._exchange, partial(listener.exchange, answering(sessions, self)))

    def repeat(self, turn: Callable[[], int], /) -> None:
        """Call *turn* whenever something is there, until the run ends."""
        while self._phase is Phase.SERVING and self._wait():
            turn()

    def handle(self, handler: Callable[[AnyT], None], ticket: Ticket[AnyT], /) -> None:
        """Live the whole life of a request: call the handler, report, close, give back."""
        why: Exception | None = None
        self.handling(True)
        try:
            handler(ticket.request)
        except Exception as error:
            why = blame(error, name_of(handler))
        finally:
            self.handling(False)
            self.done(ticket, why)

    def handling(self, begins: bool, /) -> None:
        """Note that the calling thread begins, or ends, to handle requests."""
        self.table.handling(begins)

    def leave(self, ticket: Ticket[object], why: Exception | None, /) -> None:
        """Report that a request is over; `done` closes and gives back."""
        entry = self.table.remove(ticket)
        if entry is not None:
            self._leaving[id(ticket)] = entry
            self._report(entry, why)
            self._note_change()

    def done(self, ticket: Ticket[object], why: Exception | None, /) -> None:
        """End a request: report unless that is done, close, give back."""
        entry = self.table.remove(ticket)
        if entry is not None:
            self._report(entry, why)
        else:
            entry = self._leaving.pop(id(ticket), None)
        if entry is not None:
            self._end(entry, why)

    def refuse(self, ticket: Ticket[object], by: str, /) -> None:
        """Tell of a refusal that another process reports."""
        entry = self.table.find(ticket)
        if entry is not None:
            self.tell(Refused(peer=entry.request.peer, local=entry.request.local, by=by))

    def lend(self, ticket: Ticket[object], to: Elsewhere, /) -> None:
        """Note that another process serves the request now."""
        entry = self.table.find(ticket)
        if entry is not None:
            entry.elsewhere = to
            if self._phase is Phase.DRAINING:
                to.drain()

    def inherit(self, ticket: Ticket[object], tell: Callable[[Event], None], told: int, /) -> None:
        """Become the gate of a forked child, which serves *ticket* alone."""
        self._forked, self._observer = True, tell
        entry = self.table.find(ticket)
        if entry is not None:
            request = entry.request
            # A datagram is answered from the socket that it came to.
            let_go({*request.descriptors(), self._incoming.fileno() if request.framed else -1})
            entry.inherit(told)
        leave_at_sigterm()

    def watch(self, descriptor: int, call: Callable[[], None], /) -> None:
        """Have *call* called whenever *descriptor* is readable, by whoever waits."""
        self._lookout.watch(descriptor, call)

    def unwatch(self, descriptor: int, /) -> None:
        """Forget *descriptor*."""
        self._lookout.unwatch(descriptor)

    def full(self, test: Callable[[], bool], /) -> None:
        """Wait while *test* is true and the run goes on."""
        while self._phase is Phase.SERVING and self._budget != 0 and test():
            if not self._wait(for_requests=False):
                self._budget = 0  # the run's time is over, and nobody had a slot

    def wake(self) -> None:
        """Make a waiting gate look again."""
        self._lookout.wake()

    # ------------------------------------------------------------------ for the steps (a `Desk`)

    def arrived(self, request: Accepted, /) -> None:
        """Note that *request* came in."""
        request.limits = self._limits
        self._arrived = request

    def refused(self, arrived: Accepted, request: Accepted, by: str, error: Exception | None, /) -> None:
        """Report what a step refused, and close it; what was handed out already its dispatcher ends."""
        if error is not None:
            self.tell(Failed(peer=request.peer, local=request.local, error=blame(error, by)))
        self.tell(Refused(peer=request.peer, local=request.local, by=by))
        if (entry := self._talking.get(id(arrived))) is not None:
            entry.refused = True
            return
        request.finish(error)
        arrived.finish(error)

    def talks(self, arrived: Accepted, request: Accepted, rest: Callable[[], None], /) -> None:
        """Hand out, or go on with, a request that talks before its further steps."""
        if self._promised(request):
            entry = self._entry(arrived, request)
            entry.rest = rest
            self._talking[id(arrived)] = self._talking[id(request)] = entry

    # ------------------------------------------------------------------ for handlers, once a talk is over

    def settle(self, request: RequestT, begun: float | None = None) -> RequestT | None:
        """Take *request*, when it has talked, through its further steps; None where it is refused.

        With *begun* it talks here, blocking, within ``Limits.handshake`` from there; without it has. It may have to
        talk again. Raises what the negotiation blames the peer for, and what waiting for it raises.
        """
        entry = self._talking[id(request)]
        rest, entry.rest = entry.rest, None
        if not (request.agree() if begun is None else request.talk(begun)) or rest is None:
            return None
        rest()
        return None if entry.refused else entry.request

    # ------------------------------------------------------------------ for the server

    def not_in_a_child(self) -> None:
        """Raise CompositionError in a forked child, whose copy of the server is of no use."""
        if self._forked:
            raise CompositionError(
                "a forked child cannot reach its parent's server; end the handler, or signal the parent"
            )

    def descriptors(self) -> Iterable[int]:
        """Return what a forked child must not keep."""
        if not self.closed:
            yield from self._changed.descriptors()
        for entry in self.table.entries():
            yield from entry.request.descriptors()
        if self._arrived is not None:
            yield from self._arrived.descriptors()

    def tell(self, event: Event) -> None:
        """Tell the observer; what it raises is logged and goes no further."""
        try:
            self._observer(event)
        except Exception:
            logging.getLogger("jackfield").exception("the observer failed on %r", event)

    @property
    def observes_messages(self) -> bool:
        """Whether the observer asks for each message."""
        return self._message_observer is not None

    def tracer(self, request: Located) -> Tracer:
        """Return whom to tell of each message of *request*."""
        return Tracing(request, self._handled)

    def _handled(self, message: Handled) -> None:
        try:
            if self._message_observer is not None:
                self._message_observer.handled(message)
        except Exception:
            logging.getLogger("jackfield").exception("the observer failed on %r", message)

    def failed(self, ends: Located, error: Exception, handler: object) -> None:
        """Tell that the handling of what came from *ends* ended by *error*."""
        self.tell(Failed(peer=ends.peer, local=ends.local, error=blame(error, name_of(handler))))

    def wait_for_change(self, seconds: float | None, door: bool) -> None:
        """Wait until a request has ended, with *door* somebody knocks, or *seconds* are over; one thread drains."""
        with selectors.DefaultSelector() as selector, suppress(ValueError):  # closed in the meantime: no wait
            selector.register(self._changed, selectors.EVENT_READ)
            if door:
                selector.register(self._incoming, selectors.EVENT_READ)
            selector.select(seconds)
        self._changed.clear()

    def turn_away(self) -> bool:
        """Refuse one connection that is there now; False where none is. Raises OSError as ``accept`` does."""
        request = self._incoming.path.source.accept()
        if request is None:
            return False
        self.refused(request, request, "draining", None)
        return True

    # ------------------------------------------------------------------ inside

    def _try_accept(self) -> bool:
        """Take one request through the steps; False where nothing was there, or nothing can be had now."""
        try:
            return self._accept_one()
        except OSError as error:
            return self._survives(error)

    def _survives(self, error: OSError) -> bool:
        """Apply the accept policy; return whether there may be more at once. Raises *error* where it is fatal."""
        if self._phase is not Phase.SERVING:
            return False
        match judge_accept_error(error):
            case Verdict.NOTHING:
                return False
            case Verdict.LOST:
                self.tell(AcceptFailed(local=self._incoming.address, error=error))
                return True
            case Verdict.PAUSE:
                self._paused_until = time.monotonic() + PAUSE_SECONDS
                self.tell(Paused(local=self._incoming.address, error=error, seconds=PAUSE_SECONDS))
                return False
            case Verdict.FATAL:
                raise error

    def _pass(self, arrived: Accepted, request: RequestT) -> None:
        """Note that *request*, which *arrived* as that, has passed its steps."""
        self._entry(arrived, request)

    def _entry(self, arrived: Accepted, request: RequestT) -> Entry[RequestT]:
        """Return the entry of what *arrived*, as *request* now; a new one waits to be handed out."""
        entry = self._talking.get(id(arrived))
        if entry is None:
            entry = Entry(arrived, request, time.monotonic())
            self._passed.append(entry)
        entry.request = request
        return entry

    def _promised(self, request: Accepted) -> TypeGuard[RequestT]:
        """Take *request* for what the handler was promised: it will be, when it has talked; `settle` sees to that."""
        return True

    def _exchange(self, exchange: Callable[[], int]) -> int:
        if self._pausing() > 0:
            return 0
        self.answering = True
        try:
            count = exchange()
        except OSError as error:
            self._survives(error)
            return 0
        finally:
            self.answering = False
            self._note_change()
        self.served += count
        return count

    def _hand_out(self, entry: Entry[RequestT]) -> Entry[RequestT]:
        request = entry.request
        self.table.add(entry)
        self.served += 1
        if not request.framed:
            self.tell(Opened(peer=request.peer, local=request.local))
        if self._phase is Phase.DRAINING:
            request.drain()
        return entry

    def _report(self, entry: Entry[RequestT], why: Exception | None) -> None:
        if why is not None:
            request = entry.request
            self.tell(Failed(peer=request.peer, local=request.local, error=blame(why, "the server")))

    def _end(self, entry: Entry[RequestT], why: Exception | None) -> None:
        request = entry.request
        entry.finish(why)
        if self._talking:
            for key in (id(entry.arrived), id(request)):
                self._talking.pop(key, None)
        if not request.framed:
            seconds, traffic = time.monotonic() - entry.opened_at, request.traffic
            self.tell(Closed(peer=request.peer, local=request.local, seconds=seconds, traffic=traffic))
        self._note_change()

    def _note_change(self) -> None:
        if self._phase is not Phase.SERVING:
            self._changed.wake()

    def _left(self) -> float | None:
        """Return for how many seconds the run goes on at most; None: for ever."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    def _pausing(self) -> float:
        return self._paused_until - time.monotonic() if self._paused_until else 0.0

    def _wait(self, for_requests: bool = True) -> bool:
        """Wait for the listener, the waker or the end of a pause; False once the run's time is over."""
        left, pause = self._left(), self._pausing()
        if left == 0:
            return False
        waits = [seconds for seconds in (left, pause if pause > 0 and for_requests else None) if seconds is not None]
        self._lookout.wait(min(waits, default=None), listening=for_requests and pause <= 0)
        return True


if TYPE_CHECKING:
    _gate: type[Gate[Accepted]] = ServerGate[Accepted]
