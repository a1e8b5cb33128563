"""Threads that are ours to join: daemons, so that a handler which never returns cannot keep a program alive."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Final, final

_JOIN_SECONDS: Final = 1.0
"""For all together: handlers whose connections were cut need no longer, and others are left behind."""


@final
class Crew:
    """The threads that are at work."""

    __slots__ = ("_name", "_threads")

    def __init__(self, name: str) -> None:
        self._name = name
        self._threads: set[threading.Thread] = set()

    def __len__(self) -> int:
        return len(self._threads)

    def start(self, work: Callable[[], None], then: Callable[[], None] | None = None) -> None:
        """Run *work* on a thread of its own, and *then* when that thread no longer counts.

        Raises RuntimeError where the system has no thread left; nothing is called then.
        """

        def run() -> None:
            try:
                work()
            finally:
                self._threads.discard(thread)
                if then is not None:
                    then()

        thread = threading.Thread(target=run, name=self._name, daemon=True)
        start_thread(thread, self._threads.add, self._threads.discard)

    def join(self, seconds: float | None = _JOIN_SECONDS) -> None:
        """Wait until all have ended, but for the calling thread, or *seconds* are over; None: wait for ever."""
        join_threads(self._threads - {threading.current_thread()}, seconds)


def start_thread(
    thread: threading.Thread, keep: Callable[[threading.Thread], None], drop: Callable[[threading.Thread], None]
) -> None:
    """Have *thread* kept, then start it, so that whoever joins misses none.

    Raises RuntimeError where the system has no thread left; it is dropped again then, since it cannot be joined.
    """
    keep(thread)
    try:
        thread.start()
    except BaseException:
        drop(thread)
        raise


def join_threads(threads: Iterable[threading.Thread], seconds: float | None) -> bool:
    """Wait until all of *threads* have ended, *seconds* for all together; return whether they have.

    None waits for ever.
    """
    until = None if seconds is None else time.monotonic() + seconds
    ended = True
    for thread in threads:
        thread.join(None if until is None else max(0.0, until - time.monotonic()))
        ended = ended and not thread.is_alive()
    return ended
