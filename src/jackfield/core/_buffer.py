"""Bytes in; exactly n of them, or up to a delimiter, out. Always bounded by what its user allows."""

from __future__ import annotations

from typing import Final, final

from ..errors import FrameTooLarge
from ..interfaces import Buffer

_NOTHING: Final = bytearray()
"""What every inbox holds that nothing was put into yet: most connections never need one of their own."""


@final
class Inbox:
    """Input that has arrived and was not asked for yet.

    Taking from the front costs what is taken (a bytearray only moves its start), and a search goes on where
    the last one for the same delimiter ended, so that a line costs linear work however it trickles in.
    """

    __slots__ = ("_data", "_delimiter", "_scanned")

    def __init__(self) -> None:
        self._data = _NOTHING
        self._delimiter = b""
        self._scanned = 0

    def __len__(self) -> int:
        return len(self._data)

    @property
    def data(self) -> bytearray:
        """What is there, to be looked at and not kept or changed."""
        return self._data

    def append(self, data: Buffer, /) -> None:
        """Add *data* behind what is there."""
        if self._data is _NOTHING:
            self._data = bytearray(data)
        else:
            self._data += data

    def take(self, size: int, /) -> bytes:
        """Remove and return the first *size* bytes, or all where there are fewer."""
        if not self._data:
            return b""
        taken = bytes(memoryview(self._data)[:size])
        del self._data[:size]
        self._scanned = 0
        return taken

    def find(self, delimiter: bytes, limit: int, /) -> int:
        """Return how many bytes end with the first *delimiter*, itself included; 0 where it is not there yet.

        Raises FrameTooLarge where they are, or have to become, more than *limit*; nothing is removed.
        """
        if delimiter != self._delimiter:
            self._delimiter, self._scanned = delimiter, 0
        at = self._data.find(delimiter, self._scanned, limit)
        if at >= 0:
            return at + len(delimiter)
        if len(self._data) >= limit:
            raise FrameTooLarge(len(self._data), limit)
        self._scanned = max(0, len(self._data) - len(delimiter) + 1)
        return 0
