"""What a forked child does with the signals that were meant for its parent."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Never


def leave_at_sigterm() -> None:
    """In a forked child: end at SIGTERM as if the handler raised SystemExit, whatever the parent does then.

    A terminal sends SIGINT to parent and children alike. Where somebody in the parent takes care of it (`run`
    does), children leave it to the parent; where nobody does, each has its own KeyboardInterrupt.
    """
    signal.signal(signal.SIGTERM, _leave)
    if signal.getsignal(signal.SIGINT) not in (signal.default_int_handler, signal.SIG_DFL):
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _leave(number: int, frame: FrameType | None) -> Never:
    raise SystemExit(128 + number)
