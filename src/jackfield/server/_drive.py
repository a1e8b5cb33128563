"""Sessions for dispatchers that know nothing of them: a blocking handler that drives one over its request."""

from __future__ import annotations

from collections.abc import Callable

from typing_extensions import TypeVar

from ..connections import Connection, Datagram, name_of
from ..errors import CompositionError
from ..interfaces import Accepted, Session
from ._blocking import DatagramDriver, StreamDriver

RequestT = TypeVar("RequestT", bound=Accepted)


def blocking(sessions: Callable[[RequestT], Session]) -> Callable[[RequestT], None]:
    """Return a blocking handler that makes a session for its request and drives it to its end.

    It raises the session's fault, after what is due before it was sent, and CompositionError for a request that
    is neither a `Connection` nor a `Datagram`.
    """

    def handle(request: RequestT) -> None:
        driver = _driver_over(request, name_of(sessions))
        request.driven_by(driver)
        driver.drive(sessions(request))

    handle.__qualname__ = name_of(sessions)
    return handle


def _driver_over(request: Accepted, name: str) -> StreamDriver | DatagramDriver:
    match request:
        case Connection():
            return StreamDriver(request)
        case Datagram():
            return DatagramDriver(request)
        case _:
            raise CompositionError(f"{name} makes sessions, and {type(request).__name__} is nothing to drive one over")
