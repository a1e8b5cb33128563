"""What anybody can make us say as often as they like is said a few times, and then now and again, with a count."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final, final

_BURST: Final = 20
"""Lines of a kind that are written one by one: enough to see what it is about."""
_EVERY_SECONDS: Final = 10.0
"""After those, one line of a kind in this time: 10,000 resets in a minute are 26 lines."""
_KINDS: Final = 1000
"""Kinds that are told apart at most; what comes beyond that counts as one more kind."""


@final
class Thinning:
    """Decides what is written. Times are handed in, in seconds that only grow; knows no lock."""

    __slots__ = ("_kinds",)

    def __init__(self) -> None:
        self._kinds: dict[Hashable, _Kind] = {}

    def admit(self, kind: Hashable, now: float, /) -> int | None:
        """Return None where a line of *kind* is not to be written at *now*, else how many were not since the last."""
        key = kind if kind in self._kinds or len(self._kinds) < _KINDS else None
        return self._kinds.setdefault(key, _Kind(now)).admit(now)

    def held_back(self) -> Iterator[tuple[Hashable, int]]:
        """Give each kind of which lines were held back, with their number, and forget them."""
        for kind, state in self._kinds.items():
            if state.held:
                yield kind, state.held
        self._kinds.clear()


@final
class _Kind:
    """A measure that each line fills by `_EVERY_SECONDS` and time empties; full it holds `_BURST` of them."""

    __slots__ = ("_empty_at", "held")

    def __init__(self, now: float) -> None:
        self._empty_at = now
        self.held = 0

    def admit(self, now: float) -> int | None:
        if self._empty_at - now > (_BURST - 1) * _EVERY_SECONDS:
            self.held += 1
            return None
        self._empty_at = max(self._empty_at, now) + _EVERY_SECONDS
        held, self.held = self.held, 0
        return held
