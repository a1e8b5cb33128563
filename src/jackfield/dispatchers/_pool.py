"""A fixed number of threads, of which one at a time waits for the next request.

Leader and followers: whoever holds the lead waits, accepts, hands the lead on and handles what it accepted. No
queue stands in between, so nothing is accepted that nobody has time for.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, final

from typing_extensions import TypeVar

from ..interfaces import Dispatcher, Gate, Ticket
from ._crew import Crew

RequestT = TypeVar("RequestT")


@final
class ThreadPool:
    """Handles requests on a fixed number of threads; who comes while all are busy waits in the backlog."""

    __slots__ = ("_crew", "_size")

    def __init__(self, size: int = 8) -> None:
        """Use *size* threads: 2 to 8 for short requests, as many as clients for long ones (each holds a thread).

        Raises ValueError for a size below 1.
        """
        if size < 1:
            raise ValueError(f"a pool needs at least 1 thread, not {size}")
        self._size = size
        self._crew = Crew("jackfield-worker")

    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        """Let the workers serve until the gate ends, and wait for those that are free by then."""
        work = _Work(gate, handler)
        for _ in range(self._size):
            self._crew.start(work.run)
        work.ended.wait()
        if work.error is not None:
            raise work.error

    def close(self) -> None:
        """Join the workers, for a few seconds at most."""
        self._crew.join()


@final
class _Work(Generic[RequestT]):
    """What the workers of one run share."""

    def __init__(self, gate: Gate[RequestT], handler: Callable[[RequestT], None]) -> None:
        self._gate = gate
        self._handler = handler
        self._tickets = iter(gate)
        self._lead = threading.Lock()
        self.ended = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        """Be a worker: lead, then handle, until there is nothing to lead to."""
        while (ticket := self._next()) is not None:
            try:
                self._gate.handle(self._handler, ticket)
            except BaseException:
                # What ends the thread of a `Threads` handler must not make the pool smaller.
                threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))

    def _next(self) -> Ticket[RequestT] | None:
        try:
            with self._lead:
                ticket = next(self._tickets, None)
        except BaseException as error:
            self.error, ticket = error, None
        if ticket is None:
            self.ended.set()
        return ticket


if TYPE_CHECKING:
    _dispatcher: type[Dispatcher] = ThreadPool
