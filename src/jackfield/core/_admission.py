"""Who may enter: counts against quotas. Knows no lock; whoever shares one between threads brings it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import final


@final
class Admission:
    """Counts those inside, in total and for each peer; memory is bounded by who is inside."""

    __slots__ = ("_inside", "_per_peer", "_total", "_total_inside")

    def __init__(self, *, total: int | None, per_peer: int | None) -> None:
        """Allow *total* at once and *per_peer* at once of each; None for no quota.

        Raises ValueError for a quota below 1.
        """
        for name, quota in (("total", total), ("per_peer", per_peer)):
            if quota is not None and quota < 1:
                raise ValueError(f"{name} must be at least 1, or None for no quota, not {quota}")
        self._total = total
        self._per_peer = per_peer
        self._total_inside = 0
        self._inside: dict[Hashable, int] = {}

    @property
    def inside(self) -> int:
        """How many are inside now."""
        return self._total_inside

    def enter(self, who: Hashable, /) -> bool:
        """Count *who* in, unless a quota is used up; return whether they are in."""
        here = self._inside.get(who, 0)
        if self._total is not None and self._total_inside >= self._total:
            return False
        if self._per_peer is not None and here >= self._per_peer:
            return False
        self._total_inside += 1
        self._inside[who] = here + 1
        return True

    def leave(self, who: Hashable, /) -> None:
        """Count *who* out; once for each `enter` that said True."""
        self._total_inside -= 1
        left = self._inside[who] - 1
        if left:
            self._inside[who] = left
        else:
            del self._inside[who]
