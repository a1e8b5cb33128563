"""Telling an observer of each message, for one that asks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, final

from ..errors import JackfieldError
from ..interfaces import Handled, Located, Tracer


@final
class Tracing:
    """Tells of the messages of one request."""

    __slots__ = ("_request", "_tell")

    def __init__(self, request: Located, tell: Callable[[Handled], None]) -> None:
        self._request = request
        self._tell = tell

    def now(self) -> float:
        """Return the monotonic time."""
        return time.monotonic()

    def handled(self, message: str, received: int, sent: int, seconds: float, error: JackfieldError | None, /) -> None:
        """Tell the observer."""
        told = Handled(
            peer=self._request.peer,
            local=self._request.local,
            message=message,
            received=received,
            sent=sent,
            seconds=seconds,
            error=error,
        )
        self._tell(told)


if TYPE_CHECKING:
    _tracer: type[Tracer] = Tracing
