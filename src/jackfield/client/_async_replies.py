"""A stream of replies, as the task that asked for it reads it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Generic, Self, TypeAlias, TypeVar, final

from ..errors import CompositionError
from ._matching import Asking

ItemT = TypeVar("ItemT")
LastT = TypeVar("LastT")
Waiting: TypeAlias = Callable[[Asking[ItemT, LastT], float], Coroutine[object, None, None]]


@final
class AsyncReplyStream(Generic[ItemT, LastT]):
    """The items that answer a `StreamRequest`, each read when it is asked for; then `last` is the last reply.

    ``async with client.call(Count(3)) as items:`` closes it in any case. What is still to come of a closed one is
    dropped as it comes.
    """

    __slots__ = ("_ask", "_asking", "_close", "_seconds", "_wait")

    def __init__(
        self,
        ask: Callable[[], Coroutine[object, None, Asking[ItemT, LastT]]],
        wait: Waiting[ItemT, LastT],
        close: Callable[[Asking[ItemT, LastT]], None],
        seconds: float,
    ) -> None:
        """Send the request by *ask*, *wait* for something to come, *seconds* at most, and *close* what is unread."""
        self._ask = ask
        self._wait = wait
        self._close = close
        self._seconds = seconds
        self._asking: Asking[ItemT, LastT] | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ItemT:
        asking = self._asking
        if asking is None:
            asking = self._asking = await self._ask()
        if not asking.replies and not asking.done and not asking.abandoned:
            await self._wait(asking, self._seconds)
        if not asking.replies:
            raise StopAsyncIteration
        return asking.replies.popleft()

    @property
    def last(self) -> LastT:
        """The reply that ended it; raises CompositionError while it has not been read to its end."""
        asking = self._asking
        if asking is None or not asking.done or asking.replies or asking.last is None:
            raise CompositionError("a stream of replies has its last one at its end, and that was not read yet")
        return asking.last

    async def aclose(self) -> None:
        """Read no further. Idempotent."""
        if self._asking is not None:
            self._close(self._asking)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None, /
    ) -> None:
        await self.aclose()
