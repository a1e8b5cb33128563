"""What a forked child must not keep: listeners, wakers, and everybody else's connections.

A descriptor that a child inherits lives on in it: a closed listener still takes connections, a client whose
connection is over sees no end of it. POSIX.1-2024 has a flag for that (fcntl, FD_CLOFORK) and Linux has not, so
whoever holds such descriptors says which, and a child lets go of them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Container, Iterable
from typing import Final, Protocol
from weakref import WeakSet


class Holder(Protocol):
    """Whoever holds descriptors that a child must not keep."""

    def descriptors(self) -> Iterable[int]:
        """Return them, as of now; -1 stands for one that is closed."""
        ...


FORKING: Final = threading.RLock()
"""Held while a process forks, and while a descriptor comes into being until its holder knows it."""

_holders: Final[WeakSet[Holder]] = WeakSet()


def close_on_fork(holder: Holder) -> None:
    """Have forked children let go of what *holder* holds, for as long as it lives."""
    _holders.add(holder)


def let_go(keep: Container[int]) -> None:
    """In a forked child: let go of every descriptor that a holder holds, but for those in *keep*.

    The numbers then stand for the null device, so that an object of the parent's which still has one of them
    cannot close what the child opens later. Raises OSError where no descriptor is left.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for holder in list(_holders):
        for descriptor in holder.descriptors():
            if descriptor >= 0 and descriptor not in keep:
                os.dup2(null, descriptor, inheritable=False)
    os.close(null)
