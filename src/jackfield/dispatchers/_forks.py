"""A forked child for each request.

The parent keeps its copy of the connection while the child serves it: what is shut on one copy is shut on both, so
a drain and a cut reach a child that waits for its peer. A child counts, for limits and drains, until it is reaped.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, final

from typing_extensions import TypeVar

from ..core import pack_report, unpack_report
from ..errors import ChildFailed, CompositionError, JackfieldError, Overloaded
from ..interfaces import Dispatcher, Elsewhere, Event, Failed, Gate, Refused, Ticket
from ._children import Child, Children, Ended, Line
from ._crew import Crew

RequestT = TypeVar("RequestT")


@final
class Forks:
    """Handles each request in a forked child, up to a limit; above it nothing is accepted.

    What a handler changes in memory stays in its child, its server among it: `Server.shutdown` raises
    CompositionError there. What it prints and logs is written out, its failure reaches the server's observer.

    A child has but the thread that forked it, so a lock that another thread held stays locked in it (Python
    3.12 and later warn of that, fork(2) too): serve from the program's only thread, by `Server.serve_forever`,
    where handlers share locks with other threads.
    """

    __slots__ = ("_children", "_crew", "_jobs", "_limit", "_waiting")

    def __init__(self, limit: int = 40) -> None:
        """Have at most *limit* children at once.

        Raises ValueError for a limit below 1, CompositionError on a system without ``fork``.
        """
        if limit < 1:
            raise ValueError(f"limit must be at least 1, not {limit}")
        if not hasattr(os, "fork"):
            raise CompositionError("Forks needs a system that can fork")
        self._limit = limit
        self._children = Children()
        self._crew = Crew("jackfield-reaper")
        self._jobs: set[_Job] = set()
        self._waiting: list[Callable[[], None]] = []

    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        """Fork a child for each of the gate's requests; a request that gets none is closed and reported.

        Children that outlive the run have a thread each that waits for them; so they are reaped at once, too.
        """
        try:
            self._wait_for_a_slot(gate)
            for ticket in gate:
                self._start(gate, handler, ticket)
                self._wait_for_a_slot(gate)
        finally:
            for job in [job for job in self._jobs if job.is_watched_by(gate)]:
                job.unwatch()
                with suppress(RuntimeError):  # no thread to be had: `close` reaps
                    self._crew.start(job.see_out)

    def close(self) -> None:
        """Wait for the children, a second at most, have who is left terminate, kill them, and reap them all."""
        self._crew.join()
        for job in list(self._jobs):
            job.terminate()
        self._crew.join()
        for job in list(self._jobs):
            job.kill()
            job.see_out()

    def _start(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], ticket: Ticket[RequestT]) -> None:
        life = _Life(gate, handler, ticket)
        try:
            child = self._children.start(life.prepare, life.work)
        except OSError as error:
            overloaded = Overloaded("children", len(self._children))
            overloaded.__cause__ = error
            gate.done(ticket, overloaded)
            return
        job = _Job(gate, ticket, child, self._over)
        self._jobs.add(job)
        job.watch()
        gate.lend(ticket, job)

    def _over(self, job: _Job) -> Ended | None:
        """Reap a job's child; return how it ended to the one caller who is to tell."""
        ended = self._children.reap(job.child)
        if ended is not None:
            self._jobs.discard(job)
            for wake in list(self._waiting):
                wake()
        return ended

    def _wait_for_a_slot(self, gate: Gate[RequestT]) -> None:
        self._waiting.append(gate.wake)
        gate.full(lambda: len(self._children) >= self._limit)
        self._waiting.remove(gate.wake)


@final
class _Life(Generic[RequestT]):
    """What a child does."""

    def __init__(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], ticket: Ticket[RequestT]) -> None:
        self._gate = gate
        self._handler = handler
        self._ticket = ticket
        self._fault: JackfieldError | None = None
        self._refused_by: str | None = None

    def prepare(self, line: Line) -> None:
        """Let go of what is the parent's."""
        self._gate.inherit(self._ticket, self._tell, line.fileno())

    def work(self, line: Line) -> int:
        """Live the request's life, report how it ended, and return the child's exit status."""
        try:
            self._gate.handle(self._handler, self._ticket)
        finally:
            line.report(pack_report(self._fault, self._refused_by))
        return 0 if self._fault is None else 1

    def _tell(self, event: Event) -> None:
        if isinstance(event, Failed):
            self._fault = event.error
        elif isinstance(event, Refused):  # by a step behind one that talks
            self._refused_by = event.by


@final
class _Job:
    """A request and the child that serves it, as the parent sees them."""

    def __init__(
        self, gate: Gate[object], ticket: Ticket[object], child: Child, over: Callable[[_Job], Ended | None]
    ) -> None:
        self.child = child
        self._gate = gate
        self._ticket = ticket
        self._over = over
        self._watched = False

    # ------------------------------------------------------------------ told by the server

    def drain(self) -> None:
        self.child.ask()

    def terminate(self) -> None:
        self.child.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.child.send_signal(signal.SIGKILL)

    # ------------------------------------------------------------------ reaping

    def is_watched_by(self, gate: Gate[object]) -> bool:
        return self._watched and self._gate is gate

    def watch(self) -> None:
        """Have the gate look after the child."""
        self._gate.watch(self.child.fileno(), self._look)
        self._watched = True

    def unwatch(self) -> None:
        self._gate.unwatch(self.child.fileno())
        self._watched = False

    def see_out(self) -> None:
        """Wait for the child, reap it and tell how it ended; returns at once where somebody else has."""
        if self._watched:
            self.unwatch()
        while self.child.fileno() >= 0:
            self.child.wait()
            self._reap()

    def _look(self) -> None:
        self.unwatch()  # before its descriptor is closed
        self._reap()
        if self.child.fileno() >= 0:
            self.watch()

    def _reap(self) -> None:
        ended = self._over(self)
        if ended is not None:
            fault, refused_by = unpack_report(ended.report) if ended.report else (_fault_of(ended), None)
            if refused_by is not None:
                self._gate.refuse(self._ticket, refused_by)
            self._gate.done(self._ticket, fault)


def _fault_of(ended: Ended) -> JackfieldError | None:
    """Return what the end of a child without a report tells; one that left with status 0 had its reasons."""
    if not ended.status:
        return None
    if ended.status > 0:
        return ChildFailed(f"the child ended with status {ended.status}", ended.status)
    return ChildFailed(f"the child was killed by {signal.Signals(-ended.status).name}", ended.status)


if TYPE_CHECKING:
    _dispatcher: type[Dispatcher] = Forks
    _elsewhere: type[Elsewhere] = _Job
