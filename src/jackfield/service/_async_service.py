"""`Service` in another tense: its handlers are coroutine functions, and asynchronous generators."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import TYPE_CHECKING, Generic, Literal, Never, final, overload

from typing_extensions import TypeVar

from ..errors import CompositionError, DeclarationError, DecodeError
from ..interfaces import AsyncDriver, AsyncOf, AsyncSessions, Peered, Session
from ..messages import Message, Unknown
from ._answers import Policies
from ._basis import Basis
from ._context import Context, Takes
from ._conversation import Script
from ._requests import Exchange, Many, One
from ._service import On, Refusal
from ._wire import Wire

BoundT = TypeVar("BoundT", bound=Message)
ReplyT = TypeVar("ReplyT", bound="Message | bytes | None")
ItemT = TypeVar("ItemT", bound=Message)
LastT = TypeVar("LastT", bound=Message)
StateT = TypeVar("StateT", default=None)
NeedsT_co = TypeVar("NeedsT_co", covariant=True, default=Never)


@final
class AsyncService(Generic[StateT, NeedsT_co]):
    """Answers the messages of a wire by coroutines, over whatever brings them; for `Asyncio` alone.

    Routes, policies, contexts and hooks are those of `Service`. Each call of a handler is a task of its own, one at a
    time for each connection: what comes behind it waits, unread, so replies keep their order and nothing grows. A call
    whose conversation is cut meanwhile is cancelled; a peer that has gone is noticed behind it, since nothing is read.
    """

    __slots__ = ("_basis",)

    def __init__(
        self,
        wire: Wire,
        *,
        state: Callable[[], StateT] | None = None,
        unknown: Refusal | Callable[[Unknown, Context[StateT, NeedsT_co]], Message | None] = "close",
        malformed: Refusal | Callable[[DecodeError, Context[StateT, NeedsT_co]], Message | None] = "close",
        failed: Literal["close"] | Callable[[Exception, Context[StateT, NeedsT_co]], Message | None] = "close",
    ) -> None:
        """Serve *wire*, as `Service` does; policies are plain functions, too."""
        policies = Policies[Context[StateT, NeedsT_co]](unknown=unknown, malformed=malformed, failed=failed)
        self._basis = Basis(wire, state, policies, awaited=True)

    @property
    def wire(self) -> Wire:
        """What it agreed on with its clients."""
        return self._basis.wire

    @property
    def connections(self) -> tuple[Context[StateT, NeedsT_co], ...]:
        """The contexts of the connections that it reads now; see `Service.connections`."""
        return tuple(self._basis.streams.connections)

    @property
    def dropped(self) -> int:
        """How many pushes over datagrams the system had no room for."""
        return self._basis.datagrams.dropped

    @overload
    def on(self, request: Exchange[One[BoundT, ReplyT]], /) -> On[BoundT, AsyncOf[ReplyT], StateT, NeedsT_co]: ...
    @overload
    def on(
        self, request: Exchange[Many[BoundT, ItemT, LastT]], /
    ) -> On[BoundT, AsyncGenerator[ItemT | LastT, None], StateT, NeedsT_co]: ...
    def on(self, request: object, /) -> object:
        """Return a decorator for the handler of the message class *request*: of (request) or (request, context).

        It is a coroutine function that returns what the class declares. Of a `StreamRequest` it is an asynchronous
        generator that yields items and then the last reply, behind which it is closed; it is asked for the next one
        only when the peer has taken enough of those before.

        Raises DeclarationError for a class that is no request or cannot be on this wire, for a handler that does
        not fit, and for a second one, naming both.
        """
        if not isinstance(request, type):
            raise DeclarationError(repr(request), None, "is no message class")
        return On[object, object](partial(self._basis.routes.add, request, offload=False))

    def on_open(
        self, hook: Callable[[Context[StateT, NeedsT_co]], None], /
    ) -> Callable[[Context[StateT, NeedsT_co]], None]:
        """Have *hook*, a plain function, called with each connection that comes; see `Service.on_open`."""
        self._basis.streams.on_open.append(hook)
        return hook

    def on_close(
        self, hook: Callable[[Context[StateT, NeedsT_co]], None], /
    ) -> Callable[[Context[StateT, NeedsT_co]], None]:
        """Have *hook*, a plain function, called with each connection that goes; see `Service.on_close`."""
        self._basis.streams.on_close.append(hook)
        return hook

    def takes(self, context: Context[StateT, NeedsT_co], /) -> Script[Context[StateT, NeedsT_co]]:
        """Return what a conversation follows that this service takes over; for ``Context.become``.

        Raises CompositionError where the wire has no frame, and where the conversation is not driven by `Asyncio`.
        """
        _check(context)
        self._basis.streams.framer()
        return self._basis.streams

    async def __call__(self, request: Peered[NeedsT_co], /) -> None:
        """Say to type checkers where it fits; a `Server` asks for sessions instead. Raises CompositionError."""
        raise CompositionError("an AsyncService is no handler to be awaited: a Server takes it as it is")

    def awaiting(self, request: Peered[NeedsT_co], /) -> Session:
        """Return a session for *request*; raises CompositionError where its driver awaits nothing."""
        _check(request)
        return self._basis.session(request)


def _check(request: Peered[NeedsT_co]) -> None:
    if not isinstance(request.driver, AsyncDriver):
        driver = type(request.driver).__name__
        raise CompositionError(f"an AsyncService is served by Asyncio, and {driver} awaits nothing")


if TYPE_CHECKING:
    _takes: type[Takes[None, Never]] = AsyncService[None, Never]
    _sessions: type[AsyncSessions[Peered[Never]]] = AsyncService[None, Never]
