"""Who drives a session, as the session sees it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")

AsyncOf: TypeAlias = Coroutine[Any, Any, ResultT]
"""What a coroutine function returns that comes to something."""


class Driver(Protocol):
    """Moves bytes between one request and its session. A session's factory finds it as ``request.driver``."""

    def wake(self) -> None:
        """Have ``session.resume`` called soon, and what it returns sent.

        Any thread; idempotent: several wakes may make one ``resume``. Never blocks and never raises; may be called
        from within the session, and before there is one. After ``session.close`` it does nothing.
        """
        ...

    def submit(
        self,
        call: Callable[[ArgumentT], ResultT],
        argument: ArgumentT,
        done: Callable[[Callable[[], ResultT]], None],
        /,
    ) -> None:
        """Run ``call(argument)`` elsewhere, and call *done* once with its outcome, on any thread.

        It runs on the dispatcher's executor; where there is none it runs here and now, and *done* was called
        when this returns. The outcome is a function that returns what the call returned, or raises what it (or
        the executor in its place) raised. *done* must neither block nor raise; it keeps the outcome for the
        session and calls `wake`. It is called even where the session has been closed meanwhile.
        """
        ...


@runtime_checkable
class AsyncDriver(Driver, Protocol):
    """A driver in an asyncio loop."""

    def start(self, work: AsyncOf[ResultT], done: Callable[[Callable[[], ResultT]], None], /) -> Callable[[], None]:
        """Await *work* in a task of its own, and call *done* once with its outcome, as `submit` does; return a cancel.

        The loop's thread. Where *work* was cancelled, by what is returned here, *done* is not called any more, and
        what *work* still raises goes to the loop's exception handler. Raises CompositionError where nothing can be
        awaited.
        """
        ...
