"""Waiting for descriptors, level-triggered: epoll(7) where the system has it, else poll(2).

The masks are those of poll(2), which are epoll's, too.
"""

from __future__ import annotations

import math
import select
from typing import TYPE_CHECKING, Final, Protocol, final

READABLE: Final = select.POLLIN
WRITABLE: Final = select.POLLOUT


class Readiness(Protocol):
    """A set of descriptors to wait for; ``select.epoll`` is one."""

    def register(self, fd: int, eventmask: int, /) -> None:
        """Add a descriptor; with a mask of 0 only its breaking is told."""
        ...

    def modify(self, fd: int, eventmask: int, /) -> None:
        """Change what is waited for."""
        ...

    def unregister(self, fd: int, /) -> None:
        """Take a descriptor out."""
        ...

    def poll(self, timeout: float | None = None, /) -> list[tuple[int, int]]:
        """Wait *timeout* seconds at most, and return which descriptors are ready, for what."""
        ...

    def fileno(self) -> int:
        """Return the set's own descriptor, -1 where it has none."""
        ...

    def close(self) -> None:
        """Let go of it. Idempotent."""
        ...


@final
class Poll:
    """The same over poll(2), whose cost grows with the number of descriptors."""

    __slots__ = ("_poll",)

    def __init__(self) -> None:
        self._poll = select.poll()

    def register(self, fd: int, eventmask: int, /) -> None:
        """Add a descriptor."""
        self._poll.register(fd, eventmask)

    def modify(self, fd: int, eventmask: int, /) -> None:
        """Change what is waited for."""
        self._poll.modify(fd, eventmask)

    def unregister(self, fd: int, /) -> None:
        """Take a descriptor out."""
        self._poll.unregister(fd)

    def poll(self, timeout: float | None = None, /) -> list[tuple[int, int]]:
        """Wait, and return which descriptors are ready."""
        return self._poll.poll(None if timeout is None else math.ceil(timeout * 1000))

    def fileno(self) -> int:
        """Return -1."""
        return -1

    def close(self) -> None:
        """Do nothing: it holds nothing of the system's."""


def readiness() -> Readiness:
    """Return what is best on this system."""
    return select.epoll() if hasattr(select, "epoll") else Poll()


if TYPE_CHECKING:
    _sets: tuple[type[Readiness], ...] = (select.epoll, Poll)
