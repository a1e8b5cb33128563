"""A connection as a file, for code that wants one (``print(file=)``, ``csv``, ``pickle``, a moved program)."""

from __future__ import annotations

import io
from typing import Protocol, final

from typing_extensions import Buffer, override


class Pipe(Protocol):
    """What is asked of a connection."""

    def receive_into(self, buffer: bytearray | memoryview, /) -> int:
        """Fill *buffer*; 0 at the end of input."""
        ...

    def send(self, data: bytes, /) -> None:
        """Send all of *data*."""
        ...


# The base is the io module's own condition for a raw file: its readers and text wrappers take nothing else.
@final
class ConnectionFile(io.RawIOBase):
    """An unbuffered file over a connection; closing it leaves the connection open."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self._pipe = pipe
        self.reader: io.BufferedReader = io.BufferedReader(self)

    @override
    def readable(self) -> bool:
        return True

    @override
    def writable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        return self._pipe.receive_into(memoryview(buffer).cast("B"))

    @override
    def write(self, data: Buffer, /) -> int:
        """Send all of *data* and return its size in bytes."""
        sent = bytes(data)
        self._pipe.send(sent)
        return len(sent)
