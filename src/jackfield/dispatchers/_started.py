"""What is awaited for a session: a task that ends by itself, or is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar, final

from ..core import failure
from ..errors import HandlerFailed

ResultT = TypeVar("ResultT")


@final
class Started(Generic[ResultT]):
    """A task, and who is told what it came to."""

    __slots__ = ("_cancelled", "_done", "task")

    def __init__(self, task: asyncio.Task[ResultT], done: Callable[[Callable[[], ResultT]], None]) -> None:
        self.task = task
        self._done = done
        self._cancelled = False
        task.add_done_callback(self._ended)

    def cancel(self) -> None:
        """Cancel it; nobody is told any more."""
        self._cancelled = True
        self.task.cancel()

    def _ended(self, task: asyncio.Task[ResultT]) -> None:
        if self._cancelled:
            self._report(task)
        elif task.cancelled():  # by itself, or by the application: its handler has failed
            self._done(failure(HandlerFailed("a task that was cancelled")))
        else:
            self._done(task.result)

    def _report(self, task: asyncio.Task[ResultT]) -> None:
        """Tell the loop what was raised in spite of having been cancelled."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            what = {"message": "a handler failed when its conversation was over", "exception": error, "task": task}
            task.get_loop().call_exception_handler(what)
