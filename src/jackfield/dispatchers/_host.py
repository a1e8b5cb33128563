"""What a request in a loop needs of the loop, be it ours or asyncio's; and the executor that calls go to."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Protocol, TypeVar

from ..core import call_here, failure
from ..interfaces import Answerer, AsyncOf, Gate, Session

RequestT = TypeVar("RequestT")
ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")


class Woken(Protocol):
    """Something that a loop looks at when it was asked to."""

    def attend(self) -> None:
        """Look at what has changed; on the loop's thread. Never raises."""
        ...


class Host(Protocol):
    """A loop, as the drivers in it see it."""

    def soon(self, woken: Woken, /) -> None:
        """Have *woken* attended to in the next turn. Any thread; never blocks, never raises."""
        ...

    def submit(
        self,
        call: Callable[[ArgumentT], ResultT],
        argument: ArgumentT,
        done: Callable[[Callable[[], ResultT]], None],
        /,
    ) -> None:
        """Keep the promise of ``Driver.submit``."""
        ...

    def start(self, work: AsyncOf[ResultT], done: Callable[[Callable[[], ResultT]], None], /) -> Callable[[], None]:
        """Keep the promise of ``AsyncDriver.start``."""
        ...


def batches(
    gate: Gate[RequestT], sessions: Callable[[RequestT], Session], executor: Executor | None
) -> Callable[[], int] | None:
    """Return what answers datagrams by the batch, without a request for each; None where others might wait for it.

    It is for handlers that answer by themselves: a session of somebody's own might wait for a call, and an executor is
    there to be given calls.
    """
    if executor is None and isinstance(inspect.unwrap(sessions), Answerer):
        return gate.exchanging(sessions)
    return None


def call_on(
    executor: Executor | None,
    call: Callable[[ArgumentT], ResultT],
    argument: ArgumentT,
    done: Callable[[Callable[[], ResultT]], None],
) -> None:
    """Run ``call(argument)`` on *executor*, or here where there is none; *done* gets the outcome."""
    if executor is None:
        call_here(call, argument, done)
        return
    try:
        future = executor.submit(call, argument)
    except Exception as error:  # shut down, or broken: the outcome of this call
        done(failure(error))
    else:
        future.add_done_callback(lambda ended: done(ended.result))
