"""Threads that are ours to join: daemons, so that a handler which never returns cannot keep a program alive."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
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
        self._threads.add(thread)
        try:
            thread.start()
        except BaseException:
            self._threads.discard(thread)
            raise

    def join(self, seconds: float | None = _JOIN_SECONDS) -> None:
        """Wait until all have ended, but for the calling thread, or *seconds* are over; None: wait for ever."""
        until = None if seconds is None else time.monotonic() + seconds
        for thread in self._threads - {threading.current_thread()}:
            thread.join(None if until is None else max(0.0, until - time.monotonic()))
