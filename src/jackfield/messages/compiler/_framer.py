"""The framer of a conversation: drives the generated walk over a message, which keeps its place.

The walk yields the size that it needs to go on and returns the size of the whole, so that a message costs linear
work however it trickles in.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeAlias, final

from ...errors import DecodeError, FrameTooLarge
from ...interfaces import Buffer
from ._locate import decode_error, locate
from ._runtime import Fault, decimal, varint

Walk: TypeAlias = Generator[int, None, int]
"""Yields offsets that input has to reach, returns the offset behind what was walked over."""


@final
class Window:
    """What has arrived of the message so far."""

    __slots__ = ("buffer", "size", "start")

    def __init__(self) -> None:
        self.buffer: Buffer = b""
        self.start = 0
        self.size = 0

    def bytes_at(self, begin: int, end: int) -> bytes:
        """Return the bytes from *begin* to *end* of the message."""
        return bytes(self.buffer[self.start + begin : self.start + end])

    def find(self, mark: bytes, begin: int) -> int:
        """Return where *mark* stands from *begin* on, -1 where it does not; nothing behind it is looked at."""
        if isinstance(self.buffer, memoryview):
            chunk = 64
            while begin + len(mark) <= self.size:
                place = self.bytes_at(begin, min(self.size, begin + chunk)).find(mark)
                if place >= 0:
                    return begin + place
                begin, chunk = max(begin, begin + chunk - len(mark) + 1), 2 * chunk
            return -1
        place = self.buffer.find(mark, self.start + begin, self.start + self.size)
        return place if place < 0 else place - self.start


def find_mark(window: Window, begin: int, mark: bytes, step: bool, tail: int) -> Walk:
    """Walk to *mark*, looking at each byte once; return where it stands."""
    size, at = len(mark), begin
    while True:
        place = window.find(mark, at)
        while place >= 0 and step and (place - begin) % size:
            place = window.find(mark, place + 1)
        if place >= 0:
            return place
        at = max(at, window.size - size + 1)
        yield max(window.size + 1, begin + size) + tail


def walk_varint(
    window: Window, begin: int, most: int, strict: bool, tail: int
) -> Generator[int, None, tuple[int, int]]:
    """Walk over a variable-length integer of *most* bytes at most; return it, and the offset behind it."""
    for size in range(1, most + 1):
        while window.size < begin + size:
            yield begin + size + tail
        if window.buffer[window.start + begin + size - 1] < 128:
            break
    data = window.bytes_at(begin, min(begin + most, window.size))
    number, size = varint(data, 0, len(data), strict)
    return number, begin + size


def walk_decimal(
    window: Window, begin: int, mark: bytes, digits: int, tail: int
) -> Generator[int, None, tuple[int, int]]:
    """Walk over a number in digits up to *mark*; return it, and the offset behind the mark."""
    at = begin
    while True:
        while window.size <= at:
            yield max(at + 1, begin + 1 + len(mark)) + tail
        byte = window.buffer[window.start + at]
        if not (48 <= byte <= 57 or (byte == 45 and at == begin)) or at - begin > digits:
            break
        at += 1
    while window.size < at + len(mark):
        if mark[: window.size - at] != window.bytes_at(at, window.size):
            break
        yield at + len(mark) + tail
    end = min(at + len(mark), window.size)
    if window.bytes_at(at, end) != mark:
        raise Fault("StringError", f"{window.bytes_at(begin, end)!r} is no number", begin)
    number, size = decimal(window.bytes_at(begin, end), 0, end - begin, mark, digits)
    return number, begin + size


def walk_by_parsing(parse_from: Callable[[bytes, int], tuple[object, int]]) -> Callable[[Window], Walk]:
    """Return a walk that parses again whenever what was missing has come: where only a parser can tell the end."""

    def walk(window: Window) -> Walk:
        while True:
            data = window.bytes_at(0, window.size)
            try:
                return parse_from(data, 0)[1]
            except Exception as error:
                needed = locate(error).needed
                if needed is None or needed <= len(data):
                    raise
            yield needed

    return walk


@final
class SchemaFramer:
    """The framer of one conversation, cutting messages by their own schema."""

    head = 0
    tail = 0

    def __init__(self, name: str, raw: bool, walk: Callable[[Window], Walk], maximum: int) -> None:
        self._name = name
        self._raw = raw
        self._over = walk
        self._maximum = maximum
        self._window = Window()
        self._walk: Walk | None = None

    def measure(self, buffer: Buffer, start: int, end: int, /) -> int:
        """Return the size of the message at *start*, or a lower bound of it above what is there."""
        window = self._window
        window.buffer, window.start, window.size = buffer, start, end - start
        if self._walk is None:
            self._walk = self._over(window)
        try:
            needed = next(self._walk)
        except StopIteration as stop:
            return self._within(int(stop.value), over=True)
        except Exception as error:
            self._walk = None
            raise decode_error(self._name, self._raw, error, 0) from error.__cause__
        finally:
            window.buffer = b""
        return self._within(needed, over=False)

    def _within(self, size: int, *, over: bool) -> int:
        if over or size > self._maximum:
            self._walk = None
        if size > self._maximum:
            raise FrameTooLarge(size, self._maximum)
        if size == 0:
            raise DecodeError(self._name, None, 0, "takes no bytes, and a stream could hold any number of them")
        return size
