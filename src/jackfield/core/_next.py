"""What happens next on a connection: the one place that decides it.

Threads, loops and coroutines all ask here, so that the same clients meet the same end under each of them.
This file does not know how anything is read, sent or closed.
"""

from __future__ import annotations

import enum
from typing import Final, final

from ..interfaces import CLOSING, MORE, PARTIAL, TALKING, WAITING


@final
class Step(enum.Enum):
    """What a driver does next."""

    READ = "read"
    """Wait for input."""
    PAUSE = "pause"
    """Wait until what is unsent has left, or for ``wake``; do not read."""
    RESUME = "resume"
    """Call ``session.resume`` and ask again."""
    LINGER = "linger"
    """Close, we first: say that nothing more comes, take unread input for a while, then close."""
    CLOSE = "close"
    """Close at once: the peer has said its last."""


def after(status: int, unsent: int, end_of_input: bool, draining: bool, high_water: int) -> Step:
    """Return what comes next on a connection.

    *status* is the session's, *unsent* counts bytes that the system has not taken yet, *high_water* is
    ``Limits.unsent``. *draining* says that the server drains and that nothing more has arrived.
    """
    level = 0 if not unsent else 1 if unsent <= high_water else 2
    return _STEPS[status % _STATUSES + _STATUSES * (level + 3 * end_of_input + 6 * draining)]


def _decided(status: int, level: int, end_of_input: bool, draining: bool) -> Step:
    """Return what `after` says; the rows stand in the order in which they win."""
    unsent = level > 0
    rows = (
        (status & WAITING, Step.PAUSE),
        (unsent and (status & (MORE | CLOSING) or end_of_input), Step.PAUSE),
        (status & MORE, Step.RESUME),
        (end_of_input, Step.CLOSE),
        (status & CLOSING, Step.LINGER),
        (level > 1, Step.PAUSE),
        (draining and status & (PARTIAL | TALKING), Step.READ),
        (draining and unsent, Step.PAUSE),
        (draining, Step.LINGER),
    )
    return next((step for holds, step in rows if holds), Step.READ)


_STATUSES: Final = 2 * TALKING
"""How many statuses there are: every combination of bits."""
_STEPS: Final = tuple(
    _decided(status, level, end_of_input, draining)
    for draining in (False, True)
    for end_of_input in (False, True)
    for level in range(3)
    for status in range(_STATUSES)
)
"""All that `after` can say, worked out once: it is asked several times in a short connection's life."""


def after_datagram(status: int, woken: bool) -> Step:
    """Return what comes next on a datagram whose session has been fed: RESUME, PAUSE (for ``wake``) or CLOSE.

    *woken* says that somebody called ``wake`` since the session was last resumed. What `resume` returns is a datagram
    to send, be it empty where *status* says MORE; otherwise nothing is sent for b"".
    """
    if status & WAITING:
        return Step.RESUME if woken else Step.PAUSE
    if status & CLOSING or not (woken or status & MORE):
        return Step.CLOSE
    return Step.RESUME
