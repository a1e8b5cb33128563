"""Work, counted: lines that run in the library and in what it generated, and bytes that are looked at."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from typing_extensions import override


def lines_of(work: Callable[[], object]) -> int:
    """Return how many lines of the library, generated ones included, *work* runs."""
    count = 0

    def local(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return local

    def each(frame: FrameType, event: str, argument: Any) -> Any:
        return local if "jackfield" in frame.f_code.co_filename or "construct" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(each)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


class Counting(bytearray):
    """Counts how many of its bytes are copied or looked through."""

    looked_at = 0

    @override
    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        self.looked_at += len(found) if isinstance(key, slice) else 1
        return found

    def __bytes__(self) -> bytes:
        self.looked_at += len(self)
        return bytes(memoryview(self))

    @override
    def find(self, sub: Any, start: Any = 0, end: Any = None, /) -> int:
        stop = len(self) if end is None else end
        at = super().find(sub, start, stop)
        self.looked_at += (stop if at < 0 else at) - start
        return at
