"""How long one wait for a peer may take. Times are handed in; no clock is read here.

A deadline covers the whole operation: what is left shrinks with every byte that dribbles in.
"""

from __future__ import annotations

from typing import final

import attrs

from ..errors import DeadlineExceeded


@final
@attrs.frozen
class Wait:
    """One wait: how long it may take, and what to say when it took longer."""

    seconds: float | None
    """What is left of it; None: for ever."""
    reason: str
    """``"idle"``, ``"message"``, ``"write"`` or ``"deadline"``."""
    allowed: float
    """What it was in all, in seconds."""

    def exceeded(self) -> DeadlineExceeded:
        """Return the error for a wait that took longer."""
        return DeadlineExceeded(self.reason, self.allowed)


def time_left(now: float, reason: str, allowed: float | None, begun: float, until: tuple[float, float] | None) -> Wait:
    """Return the wait for an operation that began at *begun* and may take *allowed* seconds.

    *until* is a caller's own deadline, as (point in time, seconds it was set to); the earlier of both counts.
    Raises DeadlineExceeded where nothing is left.
    """
    wait = Wait(None if allowed is None else begun + allowed - now, reason, allowed or 0.0)
    if until is not None and (wait.seconds is None or until[0] - now < wait.seconds):
        wait = Wait(until[0] - now, "deadline", until[1])
    if wait.seconds is not None and wait.seconds <= 0:
        raise wait.exceeded()
    return wait
