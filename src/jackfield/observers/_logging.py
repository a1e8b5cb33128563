"""One log line for each thing worth knowing; the server's default.

What a peer does wrong is INFO, since anybody can do it as often as they like; what our side does wrong is
ERROR, with the traceback of the handler.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, final

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
)


@final
class Logging:
    """Writes events to a logger: ``jackfield`` unless told otherwise."""

    __slots__ = ("_logger",)

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logging.getLogger("jackfield") if logger is None else logger

    def __call__(self, event: Event, /) -> None:
        """Write *event*."""
        match event:
            case Opened(peer=peer, local=local):
                self._logger.debug("%s connected to %s", peer, local)
            case Closed(peer=peer, seconds=seconds):
                self._logger.debug("%s closed after %.3f s", peer, seconds)
            case Failed(peer=peer, error=error):
                self._failed(peer, error)
            case Refused(peer=peer, local=local, by=by):
                self._logger.info("%s refused at %s by %s", peer, local, by)
            case Started(local=local):
                self._logger.info("serving on %s", local)
            case Stopped(local=local, error=None):
                self._logger.info("stopped serving on %s", local)
            case Stopped(local=local, error=error):
                self._logger.error("stopped serving on %s by %r", local, error)
            case AcceptFailed(local=local, error=error):
                self._logger.info("a connection to %s was lost before it was accepted: %s", local, error)
            case Paused(local=local, error=error, seconds=seconds):
                self._logger.warning("accepting on %s pauses for %g s: %s", local, seconds, error)
            case Dropped(peer=peer, local=local, what=what, error=error):
                self._logger.info("%s: a %s at %s was dropped: %s", peer, what, local, error)
            case Drained(local=local, report=report):
                self._logger.info("drained %s: %s", local, report)

    def _failed(self, peer: object, error: Exception) -> None:
        if isinstance(error, PeerError):
            self._logger.info("%s: %s: %s", peer, type(error).__name__, error)
        else:
            self._logger.error("%s: %s", peer, error, exc_info=error.__cause__ or error)


if TYPE_CHECKING:
    _observer: type[Observer] = Logging
