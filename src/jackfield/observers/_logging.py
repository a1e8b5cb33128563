"""One log line for each thing worth knowing; the server's default.

What a peer does wrong is INFO; since anybody can do it as often as they like it is written a few times, and then
now and again, with how often it was not. What our side does wrong is ERROR, with the traceback of the handler.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, final

from ..core import Thinning
from ..errors import PeerError
from ..interfaces import (
    AcceptFailed,
    Closed,
    Drained,
    Dropped,
    Event,
    Failed,
    Observer,
    Opened,
    Paused,
    Refused,
    Started,
    Stopped,
    Traffic,
)


@final
class Logging:
    """Writes events to a logger: ``jackfield`` unless told otherwise."""

    __slots__ = ("_clock", "_lock", "_logger", "_thinning")

    def __init__(self, logger: logging.Logger | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Write to *logger*; *clock* gives seconds that only grow."""
        self._logger = logging.getLogger("jackfield") if logger is None else logger
        self._clock = clock
        self._thinning = Thinning()
        self._lock = threading.Lock()

    def __call__(self, event: Event, /) -> None:
        """Write *event*."""
        match event:
            case Opened(peer=peer, local=local):
                self._logger.debug("%s connected to %s", peer, local)
            case Closed(peer=peer, seconds=seconds, traffic=Traffic(received=received, sent=sent)):
                self._logger.debug("%s closed after %.3f s: %d bytes received, %d sent", peer, seconds, received, sent)
            case Closed(peer=peer, seconds=seconds):
                self._logger.debug("%s closed after %.3f s", peer, seconds)
            case Failed(peer=peer, error=error):
                self._failed(peer, error)
            case Refused(peer=peer, local=local, by=by):
                self._now_and_again(("refused by", by), "%s refused at %s by %s", peer, local, by)
            case Started(local=local):
                self._logger.info("serving on %s", local)
            case Stopped(local=local, error=error):
                self._stopped(local, error)
            case AcceptFailed(local=local, error=error):
                lost = "a connection to %s was lost before it was accepted: %s"
                self._now_and_again(("accept", error.errno), lost, local, error)
            case Paused(local=local, error=error, seconds=seconds):
                self._logger.warning("accepting on %s pauses for %g s: %s", local, seconds, error)
            case Dropped(peer=peer, local=local, what=what, error=error):
                dropped = "%s: a %s at %s was dropped: %s"
                self._now_and_again(("dropped by", type(error).__name__), dropped, peer, what, local, error)
            case Drained(local=local, report=report):
                self._logger.info("drained %s: %s", local, report)

    def _failed(self, peer: object, error: Exception) -> None:
        kind = type(error).__name__
        if isinstance(error, PeerError):
            self._now_and_again(("failed by", kind), "%s: %s: %s", peer, kind, error)
        else:
            self._logger.error("%s: %s", peer, error, exc_info=error.__cause__ or error)

    def _stopped(self, local: object, error: BaseException | None) -> None:
        with self._lock:
            held_back = list(self._thinning.held_back())
        for kind, count in held_back:
            self._logger.info("%d more like it were not written: %s", count, kind)
        if error is None:
            self._logger.info("stopped serving on %s", local)
        else:
            self._logger.error("stopped serving on %s by %r", local, error)

    def _now_and_again(self, kind: Hashable, line: str, *arguments: object) -> None:
        """Write what anybody can make us write as often as they like."""
        if not self._logger.isEnabledFor(logging.INFO):
            return
        with self._lock:
            held_back = self._thinning.admit(kind, self._clock())
        if held_back is not None:
            more = f" ({held_back} more like it were not written)" if held_back else ""
            self._logger.info("%s%s", line % arguments, more)


if TYPE_CHECKING:
    _observer: type[Observer] = Logging
