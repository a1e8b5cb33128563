"""A thread for each request."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, final

from typing_extensions import TypeVar

from ..errors import Overloaded
from ..interfaces import Dispatcher, Gate
from ._crew import Crew

RequestT = TypeVar("RequestT")


@final
class Threads:
    """Handles each request on a thread of its own, up to a limit; above it nothing is accepted."""

    __slots__ = ("_crew", "_limit", "_waiting")

    def __init__(self, limit: int = 256) -> None:
        """Run at most *limit* handlers at once. Raises ValueError for a limit below 1."""
        if limit < 1:
            raise ValueError(f"limit must be at least 1, not {limit}")
        self._limit = limit
        self._crew = Crew("jackfield-handler")
        self._waiting = False

    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        """Start a thread for each of the gate's requests; a request that gets none is closed and reported."""
        self._wait_for_a_slot(gate)
        for ticket in gate:
            try:
                self._crew.start(partial(gate.handle, handler, ticket), partial(self._ended, gate.wake))
            except RuntimeError as error:
                overloaded = Overloaded("threads", len(self._crew))
                overloaded.__cause__ = error
                gate.done(ticket, overloaded)
            self._wait_for_a_slot(gate)

    def close(self) -> None:
        """Join the threads, for a few seconds at most."""
        self._crew.join()

    def _wait_for_a_slot(self, gate: Gate[RequestT]) -> None:
        """The order matters: a thread that ends looks at the flag after it stopped counting."""
        self._waiting = True
        gate.full(lambda: len(self._crew) >= self._limit)
        self._waiting = False

    def _ended(self, wake: Callable[[], None]) -> None:
        if self._waiting:
            wake()


if TYPE_CHECKING:
    _dispatcher: type[Dispatcher] = Threads
