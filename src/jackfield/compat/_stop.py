"""Who asked a server's loops to end, and which loops there are. No locks: a signal handler may ask, too."""

from __future__ import annotations

import threading
from typing import final
from weakref import WeakSet

from ..connections import Lookout


@final
class Stop:
    """Whether the loops of one server are to end; whoever asks wakes them."""

    __slots__ = ("_asked", "_loops", "_served", "_wanted")

    def __init__(self) -> None:
        self._wanted = False
        self._loops: dict[int, Lookout | None] = {}
        """By thread; None for a loop that does not wait yet."""
        self._asked: WeakSet[threading.Thread] | None = None
        """The threads that there were when `ask` was called last."""
        self._served = False

    def is_wanted(self) -> bool:
        """Return whether the loops are to end; forgotten when the last one has."""
        return self._wanted

    def want(self, wanted: bool) -> None:
        """Have the loops end, or take that back."""
        self._wanted = wanted
        if wanted:
            self.wake()

    def wake(self) -> None:
        """Have the loops look."""
        for lookout in list(self._loops.values()):
            if lookout is not None:
                lookout.wake()

    def ask(self) -> bool:
        """Have the loops end; return whether there is one on another thread, but none on this, to wait for."""
        self._asked = WeakSet(threading.enumerate())
        self.want(True)
        return bool(self._loops) and threading.get_ident() not in self._loops

    def enter(self) -> None:
        """Begin a loop on this thread.

        Before the first loop, any demand counts. After an earlier loop, one that was made by `ask` counts only if
        this thread was alive by then, so that it may have been on its way here; else it came too late for that
        loop, and was not meant for this one.
        """
        if self._served and self._asked is not None and threading.current_thread() not in self._asked:
            self._wanted = False
        self._loops[threading.get_ident()] = None

    def waiting(self, lookout: Lookout) -> None:
        """Note what this thread's loop waits at. Look at `is_wanted` only then, and no demand is missed."""
        self._loops[threading.get_ident()] = lookout

    def lookout(self) -> Lookout | None:
        """Return what this thread's loop waits at, None where this thread has no loop."""
        return self._loops.get(threading.get_ident())

    def leave(self) -> bool:
        """End this thread's loop; return whether it was the last one, and the demand is met."""
        self._loops.pop(threading.get_ident(), None)
        if self._loops:
            return False
        self._wanted, self._asked, self._served = False, None, True
        return True
