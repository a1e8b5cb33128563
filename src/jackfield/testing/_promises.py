"""What parts promise, as far as it can be seen from outside, and how a check says which promise was broken."""

from __future__ import annotations

import enum
import os
import queue
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Final, TypeVar, final

import attrs
from typing_extensions import override

from ..interfaces import Accepted

ResultT = TypeVar("ResultT")
RequestT = TypeVar("RequestT", bound=Accepted)

PATIENCE: Final = 10.0
"""Seconds until what should happen soon counts as never."""
_LOOK_SECONDS: Final = 0.002


@final
class Promise(enum.Enum):
    """A sentence of a contract in `jackfield.interfaces` that a check can see kept or broken."""

    # Listener
    ADDRESS_STAYS = "address is the same from when the listener is made on"
    ACCEPT_NEVER_BLOCKS = "accept() never blocks: it returns None where nothing is there"
    READABLE_WHEN_SOMEBODY_COMES = "fileno() becomes readable when accept() has something"
    ACCEPT_GIVES_WHAT_IS_THERE = "accept() returns what is there"
    EACH_ONCE = "accept() hands out each request once, and no other"
    ENDS_ARE_KNOWN = "a request's peer is who sent it"
    FINISH_CALLS_BACK_ONCE = "finish() makes the on_close calls once, in the reverse order of their registration"
    FINISH_ENDS_IT = "finish() closes the connection: its peer sees the end"
    CLOSE_IS_IDEMPOTENT = "close() may be called twice"
    CLOSED_HAS_NO_DESCRIPTOR = "after close() fileno() is -1, and the descriptor is let go of"
    HANDED_OUT_LIVES_ON = "what was handed out lives on when the listener is closed"

    # Acceptor
    STEP_NEVER_BLOCKS = "a step never waits for its peer: one that has to talk returns connection.negotiate(...)"
    STEP_NEVER_RAISES = "a step lets through what it should, and does not raise"
    STEP_READS_NOTHING = "a step takes nothing of what the peer sent"
    STEP_CLOSES_NOTHING = "a step leaves the request open: what is refused, the server closes"
    STEP_GIVES_BACK = "what a step took for a request it gives back in on_close"
    STEP_IS_SAFE_FROM_SEVERAL_THREADS = "a step may be called from several threads at a time"
    NEGOTIATION_IS_ITS_OWN = "each request has a negotiation of its own"
    NEGOTIATION_NEVER_RAISES = "a negotiation never raises for its peer's fault: it sets fault"
    NEGOTIATION_IS_BOUNDED = "a negotiation bounds what it keeps of what its peer sends"

    # Dispatcher
    EACH_IS_SERVED = "each of the gate's requests is served"
    FAILURE_COSTS_ITS_REQUEST_ALONE = "a handler's failure costs its request alone, and is told once"
    EACH_IS_ENDED = "each request is ended: gate.handle or gate.done"
    RETURNS_WHEN_THE_GATE_ENDS = "serving returns when the gate ends"
    NOTHING_BEHIND_THE_END = "nothing is accepted when serving has ended"
    SERVES_AGAIN = "it can serve again after it has ended"
    DRAIN_REACHES_EVERYBODY = "a drain ends who is idle at once"
    RAISES_WHAT_THE_GATE_RAISES = "serving raises what the gate raises"
    CLOSE_LEAVES_NOTHING = "close() returns soon, and leaves no thread, child or descriptor"

    # Session
    NEVER_RAISES = "receive(), resume() and close() never raise, not for a peer's fault either"
    RETURNS_BYTES = "receive() and resume() return bytes"
    BUFFER_IS_THE_DRIVERS = "the buffer is the driver's, valid during the call, and its first bytes alone count"
    REPLIES_ARE_THE_SAME_HOWEVER_CUT = "the replies are the same bytes however the input is cut"
    STATUS_IS_TRUE = "the status says what is pending: a fault is CLOSING, an unfinished message PARTIAL"
    RETURNS_ARE_BOUNDED = "one call returns at most about Limits.unsent bytes, and then says MORE"
    RESUME_FINDS_NOTHING = "resume() returns nothing where nothing waits"
    SHARES_NOTHING = "conversations of one factory share nothing"


@attrs.define(eq=False)
class BrokenPromise(AssertionError):
    """A part does not keep its contract."""

    promise: Promise
    """Which sentence of the contract."""
    part: str
    """The name of the part that was checked."""
    found: str
    """What was seen in its place."""

    @override
    def __str__(self) -> str:
        return f"{self.part}: {self.promise.value}; {self.found}"


@final
class Checklist:
    """Checks of one part; each raises BrokenPromise."""

    def __init__(self, part: str, patience: float) -> None:
        self._part = part
        self.patience: float = patience
        """Seconds until what should happen soon counts as never."""

    def broken(self, promise: Promise, found: str) -> BrokenPromise:
        """Return the error for *promise*, in whose place *found* was seen."""
        return BrokenPromise(promise, self._part, found)

    def holds(self, promise: Promise, true: bool, found: str) -> None:
        """Raise for *promise* unless it is *true*."""
        if not true:
            raise self.broken(promise, found)

    def comes_true(self, promise: Promise, condition: Callable[[], bool], found: Callable[[], str]) -> None:
        """Wait until *condition* is true; raise for *promise* where it never is."""
        until = time.monotonic() + self.patience
        while not condition():
            if time.monotonic() > until:
                raise self.broken(promise, found())
            threading.Event().wait(_LOOK_SECONDS)

    def returns(
        self, promise: Promise, call: Callable[[], ResultT], what: str, *, raising: Promise | None = None
    ) -> ResultT:
        """Return what *call* returns, called on a thread of its own; raise for *promise* where it does not in time.

        What it raises is the promise's end, too, or that of *raising*.
        """
        outcomes: queue.SimpleQueue[tuple[ResultT] | Exception] = queue.SimpleQueue()

        def run() -> None:
            try:
                outcomes.put((call(),))
            except Exception as error:
                outcomes.put(error)

        threading.Thread(target=run, name="jackfield-check", daemon=True).start()
        try:
            outcome = outcomes.get(timeout=self.patience)
        except queue.Empty:
            raise self.broken(promise, f"{what} did not return in {self.patience} s") from None
        if isinstance(outcome, Exception):
            raise self.broken(promise if raising is None else raising, f"{what} raised {outcome!r}") from outcome
        return outcome[0]


@contextmanager
def closing(request: RequestT) -> Generator[RequestT]:
    """End *request* behind the ``with`` block, whatever was found."""
    try:
        yield request
    finally:
        with suppress(Exception):  # a part that is broken was told by then
            request.finish(None)


@final
@attrs.frozen
class Held:
    """What this process holds of the system, to be compared with what it holds later."""

    descriptors: int
    """How many are open; 0 where the system does not tell."""
    threads: frozenset[threading.Thread]
    """Those that run, but for a check's own."""
    children: frozenset[str]
    """The pids of those that run, or were not reaped; none where the system does not tell."""

    @staticmethod
    def now() -> Held:
        """Return what is held now."""
        own = {thread for thread in threading.enumerate() if thread.name == "jackfield-check"}
        return Held(_descriptors(), frozenset(threading.enumerate()) - own, _children())

    def more_than(self, before: Held) -> str:
        """Return what of this was not held *before*, in words; "" for nothing."""
        words = [f"thread {thread.name}" for thread in self.threads - before.threads]
        words += [f"child {pid}" for pid in self.children - before.children]
        if self.descriptors > before.descriptors:
            words.append(f"{self.descriptors - before.descriptors} descriptors")
        return ", ".join(words)


def _descriptors() -> int:
    with suppress(OSError):
        return len(os.listdir("/dev/fd"))
    return 0


def _children() -> frozenset[str]:
    pids: set[str] = set()
    with suppress(OSError):
        for task in os.listdir("/proc/self/task"):
            with suppress(OSError), open(f"/proc/self/task/{task}/children") as children:
                pids.update(children.read().split())
    return frozenset(pids)
