"""Which handler goes with which dispatcher, decided once, when a server is made."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol, runtime_checkable

from typing_extensions import TypeVar

from ..connections import name_of
from ..core import NegotiatedSession
from ..errors import CompositionError
from ..interfaces import Accepted, Dispatcher, Exchanger, Session, SessionDispatcher, makes_sessions
from ._drive import blocking
from ._gate import ServerGate

RequestT = TypeVar("RequestT", bound=Accepted)


def compose(
    gate: ServerGate[RequestT],
    handler: Callable[[RequestT], Session | None],
    dispatcher: Dispatcher | SessionDispatcher,
) -> Callable[[], None]:
    """Return what serves *gate* by *handler* on *dispatcher* until the gate ends.

    Raises CompositionError for a pair that does not fit, or a handler that is none.
    """
    _check(handler)
    if makes_sessions(handler):
        sessions = _settled(gate, _made(handler))
        if isinstance(dispatcher, SessionDispatcher):
            return partial(dispatcher.drive, gate, sessions)
        if isinstance(dispatcher, _Inline):
            return partial(_exchange, gate, sessions, dispatcher)
        return partial(dispatcher.serve, gate, blocking(sessions))
    if isinstance(dispatcher, Dispatcher):
        return partial(dispatcher.serve, gate, _talking_first(gate, _returning_none(handler)))
    raise CompositionError(f"{type(dispatcher).__name__} drives sessions, and {name_of(handler)} makes none")


@runtime_checkable
class _Inline(Dispatcher, Exchanger, Protocol):
    """A dispatcher that can do either."""


def _exchange(gate: ServerGate[RequestT], sessions: Callable[[RequestT], Session], dispatcher: _Inline) -> None:
    """Answer datagrams by the batch where that can be done, and accept requests one by one where not."""
    turn = gate.exchanging(sessions)
    if turn is None:
        dispatcher.serve(gate, blocking(sessions))
    else:
        dispatcher.exchange(gate, turn)


def _check(handler: object) -> None:
    if not callable(handler):
        raise CompositionError(f"a handler is a callable of one argument, not {handler!r}")
    if inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(getattr(handler, "__call__", None)):  # noqa: B004
        raise CompositionError(f"{name_of(handler)} is a coroutine function, which no blocking dispatcher awaits")


def _made(handler: Callable[[RequestT], Session | None]) -> Callable[[RequestT], Session]:
    def sessions(request: RequestT) -> Session:
        session = handler(request)
        if session is None:
            raise CompositionError(f"{name_of(handler)} is marked as making sessions and made none")
        return session

    sessions.__qualname__ = name_of(handler)
    setattr(sessions, "__wrapped__", handler)  # noqa: B010  # how inspect.unwrap finds what else the handler can do
    return sessions


def _settled(gate: ServerGate[RequestT], sessions: Callable[[RequestT], Session]) -> Callable[[RequestT], Session]:
    """Return *sessions*, with a negotiation and its layer around the session of a request that has to talk first."""

    def settled(request: RequestT) -> Session:
        if request.negotiation is None:
            return sessions(request)

        def then() -> Session | None:
            whole = gate.settle(request)
            return None if whole is None else settled(whole)

        return NegotiatedSession(request.negotiation, request.peer, then)

    settled.__qualname__ = name_of(sessions)
    setattr(settled, "__wrapped__", sessions)  # noqa: B010
    return settled


def _talking_first(gate: ServerGate[RequestT], handler: Callable[[RequestT], None]) -> Callable[[RequestT], None]:
    """Return *handler*, called when the request has talked to the end, on the thread that serves it."""

    def handle(request: RequestT) -> None:
        whole: RequestT | None = request
        begun: float | None = None
        while whole is not None and whole.negotiation is not None:
            begun = time.monotonic() if begun is None else begun
            whole = gate.settle(whole, begun)
        if whole is not None:
            handler(whole)

    handle.__qualname__ = name_of(handler)
    return handle


def _returning_none(handler: Callable[[RequestT], Session | None]) -> Callable[[RequestT], None]:
    def handle(request: RequestT) -> None:
        returned = handler(request)
        if returned is not None:
            raise CompositionError(f"{name_of(handler)} returned {returned!r}; sessions are marked with jf.sessions")

    handle.__qualname__ = name_of(handler)
    return handle
