"""Which handler goes with which dispatcher, decided once, when a server is made."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Protocol, TypeAlias, final, runtime_checkable

import attrs

from ..connections import AsyncConnection, AsyncDatagram, name_of
from ..core import NegotiatedSession
from ..dispatchers import Asyncio, EventLoop, Inline, Threads
from ..errors import CompositionError
from ..interfaces import (
    Accepted,
    Async,
    AsyncDispatcher,
    AsyncSessionDispatcher,
    AsyncSessions,
    Dispatcher,
    Exchanger,
    Preparing,
    Session,
    SessionDispatcher,
    Traceable,
    makes_sessions,
)
from ._drive import blocking
from ._gate import ServerGate

AnyDispatcher: TypeAlias = Dispatcher | SessionDispatcher | AsyncDispatcher
"""A dispatcher of any kind."""


@final
@attrs.frozen(kw_only=True)
class Composition:
    """How a server's gate is served."""

    serve: Callable[[], None]
    """On the calling thread, until the gate ends."""
    serve_async: Callable[[], Async] | None
    """In the running loop, until the gate ends; None where the dispatcher cannot."""


def natural(handler: object, *, datagrams: bool) -> AnyDispatcher:
    """Return the dispatcher for a handler that comes without one."""
    if _is_coroutine(handler):
        return Asyncio()
    if datagrams:
        return Inline()
    return EventLoop() if makes_sessions(handler) else Threads()


def compose(
    gate: ServerGate[Accepted], handler: Callable[..., Session | Async | None], dispatcher: AnyDispatcher
) -> Composition:
    """Return how *gate* is served by *handler* on *dispatcher*.

    Raises CompositionError for a pair that does not fit, or a handler that is none.
    """
    if not callable(handler):
        raise CompositionError(f"a handler is a callable of one argument, not {handler!r}")
    if awaiting := _awaiting(handler):
        return _of_awaiting(gate, awaiting, dispatcher)
    if makes_sessions(handler):
        return _of_sessions(gate, _settled(gate, _made(gate, handler)), dispatcher)
    if _is_coroutine(handler):
        return _of_coroutines(gate, _talking_first_async(gate, _awaited(handler)), dispatcher)
    if isinstance(dispatcher, Dispatcher):
        blocks = _talking_first(gate, _returning_none(handler))
        return Composition(serve=partial(dispatcher.serve, gate, blocks), serve_async=None)
    takes = "coroutine functions" if isinstance(dispatcher, AsyncDispatcher) else "sessions"
    raise CompositionError(f"{type(dispatcher).__name__} drives {takes}, and {name_of(handler)} is a blocking handler")


def _of_sessions(
    gate: ServerGate[Accepted], sessions: Callable[[Accepted], Session], dispatcher: AnyDispatcher
) -> Composition:
    running = (
        partial(dispatcher.drive_async, gate, sessions) if isinstance(dispatcher, AsyncSessionDispatcher) else None
    )
    if isinstance(dispatcher, SessionDispatcher):
        return Composition(serve=partial(dispatcher.drive, gate, sessions), serve_async=running)
    if isinstance(dispatcher, _Inline):
        return Composition(serve=partial(_exchange, gate, sessions, dispatcher), serve_async=running)
    if isinstance(dispatcher, Dispatcher):
        return Composition(serve=partial(_prepared, gate, sessions, dispatcher), serve_async=running)
    raise CompositionError(f"{type(dispatcher).__name__} runs no generated handlers, and {name_of(sessions)} is one")


def _prepared(gate: ServerGate[Accepted], sessions: Callable[[Accepted], Session], dispatcher: Dispatcher) -> None:
    """Have done once what a forked child would do for each request."""
    handler = inspect.unwrap(sessions)
    if isinstance(handler, Preparing):
        handler.prepare(framed=gate.datagrams)
    dispatcher.serve(gate, blocking(sessions))


def _awaiting(handler: object) -> AsyncSessions[Accepted] | None:
    return handler if isinstance(handler, AsyncSessions) else None


def _of_awaiting(
    gate: ServerGate[Accepted], handler: AsyncSessions[Accepted], dispatcher: AnyDispatcher
) -> Composition:
    if not isinstance(dispatcher, AsyncSessionDispatcher):
        name = type(handler).__name__
        raise CompositionError(f"{name} has its handlers awaited, which {type(dispatcher).__name__} does not")
    return _of_sessions(gate, _settled(gate, _made(gate, handler.awaiting)), dispatcher)


@runtime_checkable
class _Inline(Dispatcher, Exchanger, Protocol):
    """A dispatcher that can do either."""


def _exchange(gate: ServerGate[Accepted], sessions: Callable[[Accepted], Session], dispatcher: _Inline) -> None:
    """Answer datagrams by the batch where that can be done, and accept requests one by one where not."""
    turn = gate.exchanging(sessions)
    if turn is None:
        dispatcher.serve(gate, blocking(sessions))
    else:
        dispatcher.exchange(gate, turn)


def _of_coroutines(gate: ServerGate[Accepted], handler: Callable[..., Async], dispatcher: AnyDispatcher) -> Composition:
    if not isinstance(dispatcher, AsyncDispatcher):
        raise CompositionError(
            f"{name_of(handler)} is a coroutine function, which {type(dispatcher).__name__} does not await"
        )

    def serve() -> None:
        dispatcher.run(dispatcher.serve_async(gate, handler))

    return Composition(serve=serve, serve_async=partial(dispatcher.serve_async, gate, handler))


def _is_coroutine(handler: object) -> bool:
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(getattr(handler, "__call__", None))  # noqa: B004


def _made(gate: ServerGate[Accepted], handler: Callable[..., Session | Async | None]) -> Callable[[Accepted], Session]:
    made_by: object = handler
    if gate.observes_messages and isinstance(made_by, Traceable):
        return _traced(gate, made_by)

    def sessions(request: Accepted) -> Session:
        session = handler(request)
        if session is None or isinstance(session, Coroutine):
            raise CompositionError(f"{name_of(handler)} is marked as making sessions and made none")
        return session

    sessions.__qualname__ = name_of(handler)
    setattr(sessions, "__wrapped__", handler)  # noqa: B010  # how inspect.unwrap finds what else the handler can do
    return sessions


def _traced(gate: ServerGate[Accepted], handler: Traceable[Accepted]) -> Callable[[Accepted], Session]:
    """Return what makes sessions that tell of each message. Nothing else that *handler* can do is made use of."""

    def sessions(request: Accepted) -> Session:
        return handler.traced(request, gate.tracer(request))

    sessions.__qualname__ = name_of(handler)
    return sessions


def _settled(gate: ServerGate[Accepted], sessions: Callable[[Accepted], Session]) -> Callable[[Accepted], Session]:
    """Return *sessions*, with a negotiation and its layer around the session of a request that has to talk first."""

    def settled(request: Accepted) -> Session:
        if request.negotiation is None:
            return sessions(request)

        def then() -> Session | None:
            whole = gate.settle(request)
            return None if whole is None else settled(whole)

        return NegotiatedSession(request.negotiation, request.peer, then)

    settled.__qualname__ = name_of(sessions)
    setattr(settled, "__wrapped__", sessions)  # noqa: B010
    return settled


def _talking_first(gate: ServerGate[Accepted], handler: Callable[[Accepted], None]) -> Callable[[Accepted], None]:
    """Return *handler*, called when the request has talked to the end, on the thread that serves it."""

    def handle(request: Accepted) -> None:
        whole: Accepted | None = request
        begun: float | None = None
        while whole is not None and whole.negotiation is not None:
            begun = time.monotonic() if begun is None else begun
            whole = gate.settle(whole, begun)
        if whole is not None:
            handler(whole)

    handle.__qualname__ = name_of(handler)
    return handle


def _talking_first_async(gate: ServerGate[Accepted], handler: Callable[..., Async]) -> Callable[..., Async]:
    """Return *handler*, called when the connection has talked to the end, in the task that serves it."""

    async def handle(held: AsyncConnection | AsyncDatagram) -> None:
        if isinstance(held, AsyncConnection):
            while await held.talk():
                if gate.settle(held.connection) is None:
                    return
        await handler(held)

    handle.__qualname__ = name_of(handler)
    return handle


def _awaited(handler: Callable[..., Session | Async | None]) -> Callable[..., Async]:
    async def handle(request: object) -> None:
        returned = handler(request)
        if inspect.isawaitable(returned):
            await returned

    handle.__qualname__ = name_of(handler)
    return handle


def _returning_none(handler: Callable[..., Session | Async | None]) -> Callable[[Accepted], None]:
    def handle(request: Accepted) -> None:
        returned = handler(request)
        if returned is not None:
            raise CompositionError(f"{name_of(handler)} returned {returned!r}; sessions are marked with jf.sessions")

    handle.__qualname__ = name_of(handler)
    return handle
