"""Sessions for dispatchers that know nothing of them: a blocking handler that drives one over its request."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from typing_extensions import TypeVar

from ..connections import Connection, Datagram, name_of
from ..core import Step, after
from ..errors import CompositionError
from ..interfaces import BEGUN, CLOSING, MORE, PARTIAL, Accepted, Session

RequestT = TypeVar("RequestT", bound=Accepted)

_BUFFER_SIZE: Final = 64 * 1024
"""Bytes read at a time: what a burst of requests fits into."""


def blocking(sessions: Callable[[RequestT], Session]) -> Callable[[RequestT], None]:
    """Return a blocking handler that makes a session for its request and drives it to its end.

    It raises the session's fault, after what is due before it was sent, and CompositionError for a request that
    is neither a `Connection` nor a `Datagram`.
    """

    def handle(request: RequestT) -> None:
        session = sessions(request)
        why: Exception | None = None
        try:
            _drive(request, session, name_of(sessions))
            why = session.fault
        except Exception as error:
            why = error
            raise
        finally:
            session.close(why)
        if why is not None:
            raise why

    handle.__qualname__ = name_of(sessions)
    return handle


def _drive(request: Accepted, session: Session, name: str) -> None:
    match request:
        case Connection():
            _drive_connection(request, session)
        case Datagram():
            _drive_datagram(request, session)
        case _:
            raise CompositionError(f"{name} makes sessions, and {type(request).__name__} is nothing to drive one over")


def _drive_connection(connection: Connection, session: Session) -> None:
    buffer = bytearray(_BUFFER_SIZE)
    begun: float | None = None
    step = after(session.status, 0, False, False, connection.limits.unsent)
    while step is Step.READ:
        size = connection.receive_into(buffer, begun=begun)
        reply = session.receive(buffer, size)
        if reply:
            connection.send(reply)
        if session.status or not size:
            step = _settle(connection, session, not size)
            begun = _begun(begun, session.status)
        else:
            begun = None


def _settle(connection: Connection, session: Session, end_of_input: bool) -> Step:
    """Resume while there is more; return what comes then. What was sent has left: sending blocks."""
    while (step := after(session.status, 0, end_of_input, False, connection.limits.unsent)) is Step.RESUME:
        connection.send(session.resume())
    return step


def _begun(begun: float | None, status: int) -> float | None:
    """Return when the message that is unfinished began; None where none is."""
    if not status & PARTIAL:
        return None
    return time.monotonic() if begun is None or status & BEGUN else begun


def _drive_datagram(datagram: Datagram, session: Session) -> None:
    reply = session.receive(datagram.payload, len(datagram.payload))
    if reply:
        datagram.reply(reply)
    while session.status & MORE and not session.status & CLOSING:
        datagram.reply(session.resume())
