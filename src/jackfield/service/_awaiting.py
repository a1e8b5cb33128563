"""Coroutine handlers: what is awaited of them, and how an asynchronous generator is let go of."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import final

from ..interfaces import AsyncDriver
from ._conversation import Awaited, Series


async def called(handler: Callable[..., object], arguments: tuple[object, ...]) -> object:
    """Await what *handler* returns; raises what it raises, and TypeError where that is nothing to await."""
    returned: object = await handler(*arguments)  # type: ignore[misc]  # which is what its registration asked for
    return returned


@final
class Awaiting:
    """An asynchronous generator that is asked for one reply at a time, each in a task of its own."""

    __slots__ = ("_asked", "_driver", "_over", "_replies")

    def __init__(self, replies: AsyncGenerator[object, None], driver: AsyncDriver) -> None:
        self._replies = replies
        self._driver = driver
        self._asked = False
        self._over = False

    def series(self, take: Callable[[Callable[[], object]], tuple[bytes | None, bool]]) -> Series:
        """Give what is to be awaited for each reply; *take* makes a reply of it, and says whether more may come.

        Closing this closes the generator, which may take its time: at once where it stands at a ``yield``, and where it
        is being waited for when that has been cancelled.
        """
        more = True

        def finish(outcome: Callable[[], object]) -> bytes | None:
            nonlocal more
            reply, more = take(outcome)
            return reply

        try:
            while more:
                yield Awaited(self._next, finish)
        finally:
            self._over = True
            if not self._asked:
                self._driver.start(self._replies.aclose(), _told)

    async def _next(self) -> object:
        """Return the next reply, None where there is none."""
        self._asked = True
        try:
            return await anext(self._replies, None)
        finally:
            self._asked = False
            if self._over:
                await self._replies.aclose()


def _told(outcome: Callable[[], object]) -> None:
    """Raise what the generator's clean-up raised, for the loop's exception handler: nobody else waits for it."""
    outcome()
