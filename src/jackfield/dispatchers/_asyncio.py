"""asyncio, or a loop that is like it (uvloop's): coroutine handlers, and generated ones."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, final

from typing_extensions import TypeVar

from ..interfaces import Async, AsyncDispatcher, AsyncSessionDispatcher, Gate, Session, SessionDispatcher
from ._crew import Crew

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from ._running import Run

RequestT = TypeVar("RequestT")


@final
class Asyncio:
    """Serves in an asyncio loop: in one of its own for `Server.serve_forever`, in the running one for `Server.serve`.

    It accepts by itself, so that policy, steps and limits are the server's. When serving has ended, requests under
    way go on: in the application's loop, or where the loop was its own, on a thread of their own.
    """

    __slots__ = ("_crew", "_executor", "_loop", "_runs")

    def __init__(
        self, loop: Callable[[], AbstractEventLoop] | None = None, *, executor: Executor | None = None
    ) -> None:
        """Make loops of its own by *loop*: ``uvloop.new_event_loop``, say; None is asyncio's.

        Offloaded calls are made on *executor*, which stays the caller's; without one the loop's thread makes them.
        """
        self._loop = loop
        self._executor = executor
        self._crew = Crew("jackfield-asyncio")
        self._runs: list[Run] = []

    def drive(self, gate: Gate[RequestT], sessions: Callable[[RequestT], Session], /) -> None:
        """Drive a session for each of the gate's requests, in a loop of its own."""
        self.run(self.drive_async(gate, sessions))

    async def drive_async(self, gate: Gate[RequestT], sessions: Callable[[RequestT], Session], /) -> None:
        """Drive a session for each of the gate's requests, in the running loop, until the gate ends."""
        from ._running import RunningSessions  # noqa: PLC0415

        await self._serve(RunningSessions(gate, sessions, self._executor))

    async def serve_async(self, gate: Gate[RequestT], handler: Callable[..., Async], /) -> None:
        """Run *handler* for each of the gate's requests, in the running loop, until the gate ends.

        It is called with an `AsyncConnection` or an `AsyncDatagram`, each call in a task of its own. Raises what
        the gate raises.
        """
        from ._running import RunningHandlers  # noqa: PLC0415

        await self._serve(RunningHandlers(gate, handler))

    def run(self, main: Async, /) -> None:
        """Run *main*, which serves, in a loop of its own; raises what it raises.

        Requests under way by then go on in that loop, on another thread.
        """
        import asyncio  # noqa: PLC0415

        loop = asyncio.new_event_loop() if self._loop is None else self._loop()
        before = list(self._runs)
        serving = loop.create_task(main)
        try:
            loop.run_until_complete(serving)
        finally:
            if not serving.done():  # KeyboardInterrupt, say: the others may go on
                serving.cancel()
                with suppress(asyncio.CancelledError):
                    loop.run_until_complete(serving)
            left = [run for run in self._runs if run not in before and run.inside]
            if left:
                self._crew.start(partial(_finish, loop, left))
            else:
                _close(loop)

    def close(self) -> None:
        """End serving, abort those who linger, and join the threads that go on, for a second at most."""
        for run in list(self._runs):
            run.close()
        self._crew.join()

    async def _serve(self, run: Run) -> None:
        self._runs = [one for one in self._runs if one.inside]
        self._runs.append(run)
        await run.serve()


def _finish(loop: AbstractEventLoop, runs: list[Run]) -> None:
    """Go on in *loop*, on a thread of its own, until nobody is inside, and close it."""
    try:
        for run in runs:
            loop.run_until_complete(run.finish())
    finally:
        _close(loop)


def _close(loop: AbstractEventLoop) -> None:
    """Close *loop* as ``asyncio.run`` does: what runs in it is cancelled."""
    import asyncio  # noqa: PLC0415

    try:
        for task in asyncio.all_tasks(loop):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                loop.run_until_complete(task)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


if TYPE_CHECKING:
    _sessions: type[SessionDispatcher] = Asyncio
    _coroutines: type[AsyncDispatcher] = Asyncio
    _running: type[AsyncSessionDispatcher] = Asyncio
