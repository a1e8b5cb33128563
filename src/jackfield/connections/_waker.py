"""Waking a thread that waits in the system for sockets."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import final


@final
class Waker:
    """A descriptor that becomes readable when anybody calls `wake`, a signal handler among them."""

    __slots__ = ("_bell", "_rung")

    def __init__(self) -> None:
        self._rung, self._bell = socket.socketpair()
        self._rung.setblocking(False)
        self._bell.setblocking(False)

    def fileno(self) -> int:
        """Return the descriptor to wait for, -1 once closed."""
        return self._rung.fileno()

    def descriptors(self) -> tuple[int, int]:
        """Return both ends, -1 once closed."""
        return self._rung.fileno(), self._bell.fileno()

    def wake(self) -> None:
        """Make the descriptor readable; idempotent, never blocks, never raises."""
        with suppress(OSError):  # full: readable it is; closed: nobody waits
            self._bell.send(b"\0")

    def clear(self) -> None:
        """Make the descriptor unreadable again; look for what it was about only then."""
        with suppress(OSError):
            self._rung.recv(4096)

    def close(self) -> None:
        """Let go of the descriptors. Idempotent."""
        self._bell.close()
        self._rung.close()
