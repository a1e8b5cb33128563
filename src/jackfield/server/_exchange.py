"""Datagrams answered in place: what a listener's exchange calls for each, in the server's name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, Protocol, final

from typing_extensions import TypeVar

from ..addresses import Address
from ..connections import Datagram, name_of
from ..errors import CompositionError
from ..interfaces import Accepted, Answer, Answerer, Buffer, Envelope, Limits, Located, Origin, Session
from ._blocking import DatagramDriver

RequestT = TypeVar("RequestT", bound=Accepted)


class Blame(Protocol):
    """Whoever is told of faults: the gate."""

    @property
    def limits(self) -> Limits:
        """What a peer may cost."""
        ...

    def failed(self, ends: Located, error: Exception, handler: object) -> None:
        """Tell that the handling of what came from *ends* ended by *error*."""
        ...


def answering(sessions: Callable[[RequestT], Session], gate: Blame) -> Answer[RequestT]:
    """Return what answers one datagram by *sessions*; it raises only what is no Exception.

    A handler that can answer without a session does, and anything else makes one for each.
    """
    handler = inspect.unwrap(sessions)
    envelope = _Envelope[RequestT](gate.limits)
    if isinstance(handler, Answerer):
        return _guarded(handler.answer_datagram, envelope, gate, handler)

    def by_session(buffer: Buffer, start: int, end: int, envelope: Envelope[RequestT]) -> bytes | None:
        return envelope.by_session(sessions)

    return _guarded(by_session, envelope, gate, sessions)


def _guarded(
    answer: Callable[[Buffer, int, int, Envelope[RequestT]], bytes | None],
    envelope: _Envelope[RequestT],
    gate: Blame,
    handler: object,
) -> Answer[RequestT]:
    def answer_or_blame(buffer: Buffer, start: int, end: int, origin: Origin[RequestT]) -> bytes | None:
        envelope.origin = origin
        try:
            return answer(buffer, start, end, envelope)
        except Exception as error:
            gate.failed(origin, error, handler)
            return None

    return answer_or_blame


@final
class _Envelope(Generic[RequestT]):
    """An origin, with the server behind it. One for all datagrams, as it is valid for one at a time."""

    __slots__ = ("_limits", "origin")

    origin: Origin[RequestT]

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    @property
    def peer(self) -> Address:
        return self.origin.peer

    @property
    def local(self) -> Address:
        return self.origin.local

    def reply(self, data: Buffer, /) -> None:
        self.origin.reply(data)

    def request(self) -> RequestT:
        request = self.origin.request()
        request.limits = self._limits
        return request

    def by_session(self, sessions: Callable[[RequestT], Session], /) -> bytes | None:
        request = self.origin.request()
        request.limits = self._limits
        if not isinstance(request, Datagram):
            raise CompositionError(
                f"{name_of(sessions)} makes sessions, and {type(request).__name__} is nothing to drive one over"
            )
        driver = DatagramDriver(request, self.origin.reply)
        request.driven_by(driver)
        return driver.answer(sessions(request)) or None


if TYPE_CHECKING:
    _envelope: type[Envelope[Datagram]] = _Envelope[Datagram]
