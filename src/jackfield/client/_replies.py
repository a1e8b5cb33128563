"""A stream of replies, as whoever asked for it reads it."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Generic, Self, TypeVar, final

from ..errors import CompositionError
from ._matching import Asking

ItemT_co = TypeVar("ItemT_co", covariant=True)
LastT_co = TypeVar("LastT_co", covariant=True)


@final
class ReplyStream(Generic[ItemT_co, LastT_co]):
    """The items that answer a `StreamRequest`, each read when it is asked for; then `last` is the last reply.

    ``with client.call(Count(3)) as items:`` closes it in any case. What is still to come of a closed one is dropped as
    it comes, before the reply to the next request.
    """

    __slots__ = ("_asking", "_close", "_wait")

    def __init__(self, asking: Asking[ItemT_co, LastT_co], wait: Callable[[], None], close: Callable[[], None]) -> None:
        """Read what *asking* comes to; *wait* waits for something to come, *close* for nothing any more."""
        self._asking = asking
        self._wait = wait
        self._close = close

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ItemT_co:
        asking = self._asking
        if not asking.replies and not asking.done and not asking.abandoned:
            self._wait()
        if not asking.replies:
            self._close()
            raise StopIteration
        return asking.replies.popleft()

    @property
    def last(self) -> LastT_co:
        """The reply that ended it; raises CompositionError while it has not been read to its end."""
        last = self._asking.last
        if not self._asking.done or self._asking.replies or last is None:
            raise CompositionError("a stream of replies has its last one at its end, and that was not read yet")
        return last

    def close(self) -> None:
        """Read no further, and give the turn to others. Idempotent."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None, /
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()
