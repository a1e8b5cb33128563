"""One thread for all connections: an event loop of our own, for generated handlers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, final

from typing_extensions import TypeVar

from ..interfaces import Gate, Session, SessionDispatcher
from ._crew import Crew
from ._turns import Turns

RequestT = TypeVar("RequestT")


@final
class EventLoop:
    """Drives all sessions on the thread that serves; a handler that takes long keeps all others waiting.

    When serving has ended, connections under way go on on a thread of their own, until they end or the server is
    drained or closed.
    """

    __slots__ = ("_crew", "_ends", "_executor")

    def __init__(self, executor: Executor | None = None) -> None:
        """Make offloaded calls on *executor*, which stays the caller's; without one the loop's thread makes them."""
        self._executor = executor
        self._crew = Crew("jackfield-loop")
        self._ends: list[Callable[[], None]] = []

    def drive(self, gate: Gate[RequestT], sessions: Callable[[RequestT], Session], /) -> None:
        """Drive a session for each of the gate's requests until the gate ends.

        Raises what the gate raises, and what is no Exception out of a handler; those inside go on all the same.
        """
        run = Turns(gate, sessions, self._executor)
        self._ends.append(run.close)
        try:
            run.serve()
        finally:
            if run.inside:
                self._crew.start(run.finish, lambda: self._ends.remove(run.close))
            else:
                self._ends.remove(run.close)
                run.release()

    def close(self) -> None:
        """End those who linger, and join the threads that go on, for a second at most."""
        for end in list(self._ends):
            end()
        self._crew.join()


if TYPE_CHECKING:
    _dispatcher: type[SessionDispatcher] = EventLoop
