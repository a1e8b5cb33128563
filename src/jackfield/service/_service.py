"""A service: handlers for the messages of a wire, as one handler for streams and datagrams alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Generic, Never, final, overload

from typing_extensions import TypeVar

from ..errors import CompositionError, DeclarationError
from ..interfaces import Peered, Session, sessions
from ..messages import Message
from ._context import Context
from ._requests import Exchange, One
from ._routes import Routes
from ._sessions import DatagramSession, StreamSession
from ._wire import Wire

MessageT = TypeVar("MessageT")
BoundT = TypeVar("BoundT", bound=Message)
ReplyT = TypeVar("ReplyT", bound="Message | None")
AnswerT = TypeVar("AnswerT")
StateT = TypeVar("StateT", default=None)
NeedsT = TypeVar("NeedsT", default=Never)
NeedsT_co = TypeVar("NeedsT_co", covariant=True, default=Never)


@final
class On(Generic[MessageT, AnswerT, StateT, NeedsT]):
    """What `Service.on` returns: a decorator for a handler of (request) or (request, context)."""

    __slots__ = ("_register",)

    def __init__(self, register: Callable[[Callable[..., object]], None]) -> None:
        self._register = register

    @overload
    def __call__(self, handler: Callable[[MessageT], AnswerT], /) -> Callable[[MessageT], AnswerT]: ...
    @overload
    def __call__(
        self, handler: Callable[[MessageT, Context[StateT, NeedsT]], AnswerT], /
    ) -> Callable[[MessageT, Context[StateT, NeedsT]], AnswerT]: ...
    def __call__(self, handler: Callable[..., AnswerT], /) -> Callable[..., AnswerT]:
        """Register *handler* and return it as it is; raises DeclarationError for one that cannot be."""
        self._register(handler)
        return handler


@sessions
@final
class Service(Generic[StateT, NeedsT_co]):
    """Answers the messages of a wire, over whatever brings them.

    Shared by all its conversations: register handlers before it is served. ``Service[State, Facets]`` says what its
    handlers' contexts hold, and what has to have been learned of who talks to it.
    """

    __slots__ = ("_routes", "_state", "_wire")

    def __init__(self, wire: Wire, *, state: Callable[[], StateT] | None = None) -> None:
        """Serve *wire*; *state* makes what ``context.state`` is, for each conversation, None where it is not given."""
        self._wire = wire
        self._state = state
        self._routes = Routes(wire)

    @property
    def wire(self) -> Wire:
        """What it agreed on with its clients."""
        return self._wire

    def on(self, request: Exchange[One[BoundT, ReplyT]], /) -> On[BoundT, ReplyT, StateT, NeedsT_co]:
        """Return a decorator for the handler of the message class *request*.

        The handler takes (request) or (request, context) and returns what the class declares. Raises
        DeclarationError for a class that is no request or cannot be on this wire, and for a second handler.
        """
        if not isinstance(request, type):
            raise DeclarationError(repr(request), None, "is no message class")
        return On(partial(self._routes.add, request))

    def __call__(self, request: Peered[NeedsT_co], /) -> Session:
        """Return a session for *request*: for all of a stream, or for one datagram.

        Raises CompositionError for a stream where the wire has no frame.
        """
        context = Context(request, None if self._state is None else self._state())
        answer = partial(self._answer, context)
        if request.framed:
            return DatagramSession(answer)
        frame = self._wire.frame
        if frame is None:
            raise CompositionError("this wire has no frame to cut a stream by: it is for datagrams only")
        return StreamSession(frame.framer(), frame.wrap, answer, request.limits.unsent)

    def _answer(self, context: object, payload: bytes) -> bytes | None:
        return self._routes.answer(payload, context)
