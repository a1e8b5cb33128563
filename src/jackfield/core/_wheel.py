"""Deadlines of many connections at little cost. Times are handed in; no clock is read here.

A due time is rounded up to a tick, and all that fall due in one tick share a slot, so entering and removing are
dictionary operations and a wait is as long as the next slot is away. Whoever is entered is looked at in their slot:
if their due time has moved on by then they are entered again, which is cheaper than moving them at every byte.
"""

from __future__ import annotations

import heapq
import math
from typing import Final, Generic, TypeVar, final

from ..interfaces import Limits

ItemT = TypeVar("ItemT")

_ROUNDING: Final = 1e-5
"""Ticks by which a slot's turn may come early, so that who has waited as long as told finds it come."""


def tick_for(limits: Limits, /) -> float:
    """Return a tick in seconds that makes none of *limits* late by more than an eighth, and is a second at most."""
    durations = (limits.handshake, limits.idle, limits.message, limits.write, limits.linger)
    return max(0.001, min([1.0, *(seconds / 8 for seconds in durations if seconds is not None)]))


@final
class Wheel(Generic[ItemT]):
    """Who has to be looked at when. An item stands in one slot at most; its user keeps that slot's number."""

    __slots__ = ("_order", "_slots", "_tick")

    def __init__(self, tick: float) -> None:
        self._tick = tick
        self._slots: dict[int, set[ItemT]] = {}
        self._order: list[int] = []
        """The slots' numbers, as a heap."""

    def enter(self, item: ItemT, slot: int, due: float, /) -> int:
        """Have *item*, which stands in *slot* (0: in none), looked at by *due*; return where it stands now.

        An earlier slot than *due* needs is left as it is: whoever is looked at too early is entered again then.
        """
        needed = math.ceil(due / self._tick)
        if slot and slot <= needed:
            return slot
        self.remove(item, slot)
        items = self._slots.get(needed)
        if items is None:
            items = self._slots[needed] = set()
            heapq.heappush(self._order, needed)
        items.add(item)
        return needed

    def remove(self, item: ItemT, slot: int, /) -> None:
        """Take *item* out of *slot*, if it is in there; the slot stays, so that coming and going piles nothing up."""
        items = self._slots.get(slot)
        if items is not None:
            items.discard(item)

    def turn(self, now: float, /) -> list[ItemT]:
        """Take out and return those whose slot has come by *now*."""
        found: list[ItemT] = []
        last = now / self._tick + _ROUNDING
        while self._order and self._order[0] <= last:
            found += self._slots.pop(heapq.heappop(self._order))
        return found

    def wait(self, now: float, /) -> float | None:
        """Return the seconds until somebody has to be looked at, None where nobody is entered."""
        while self._order and not self._slots[self._order[0]]:
            del self._slots[heapq.heappop(self._order)]
        return max(0.0, self._order[0] * self._tick - now) if self._order else None
