"""What has arrived over a stream, cut into frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from ..interfaces import Framer
from ._matching import Arrival


@final
class FrameInbox:
    """Input of a stream, and the next frame of it; an unfinished one is measured again only when enough is there."""

    __slots__ = ("_data", "_framer", "_make", "_needed")

    def __init__(self, make_framer: Callable[[], Framer]) -> None:
        """Cut by what *make_framer* makes, once something has arrived."""
        self._make = make_framer
        self._framer: Framer | None = None
        self._data = bytearray()
        self._needed = 1

    def append(self, data: bytes) -> None:
        """Add *data*."""
        self._data += data

    def next(self) -> Arrival | None:
        """Return the next frame, None while it is not complete; raises whatever the framer does."""
        data = self._data
        if len(data) < self._needed:
            return None
        framer = self._framer
        if framer is None:
            framer = self._framer = self._make()
        size = framer.measure(data, 0, len(data))
        if size > len(data):
            self._needed = size
            return None
        frame = bytes(data[:size])
        del data[:size]
        self._needed = 1
        return Arrival(frame[framer.head : size - framer.tail], frame)
