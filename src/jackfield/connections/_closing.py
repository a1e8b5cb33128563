"""The end of a request: closed once, and then its calls, in reverse order, each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import final


@final
class Closing:
    """Remembers what is to be called; list operations are atomic, so several threads may end a request."""

    __slots__ = ("_calls", "_open")

    def __init__(self) -> None:
        self._calls: list[Callable[[], None]] = []
        self._open = [True]

    def add(self, call: Callable[[], None]) -> None:
        """Have *call* called at the end."""
        self._calls.append(call)

    def forget(self) -> None:
        """Drop what was registered so far: in a forked child those calls are the parent's to make."""
        self._calls.clear()

    def begin(self) -> bool:
        """Return True the first time, False ever after."""
        if not self._open:
            return False
        try:
            return self._open.pop()
        except IndexError:  # another thread was quicker
            return False

    def finish(self) -> None:
        """Make the calls that were not made yet."""
        while self._calls:
            try:
                call = self._calls.pop()
            except IndexError:
                return
            call()
