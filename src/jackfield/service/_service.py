"""A service: handlers for the messages of a wire, as one handler for streams and datagrams alike."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import TYPE_CHECKING, Generic, Literal, Never, TypeAlias, final, overload

from typing_extensions import TypeVar

from ..errors import DeclarationError, DecodeError
from ..interfaces import Answerer, Buffer, Envelope, Peered, Preparing, Session, Traceable, Tracer, sessions
from ..messages import Message, Unknown
from ._answers import Policies
from ._basis import Basis
from ._context import Context, Takes
from ._conversation import Script
from ._requests import Exchange, Many, One
from ._wire import Wire

MessageT = TypeVar("MessageT")
BoundT = TypeVar("BoundT", bound=Message)
ReplyT = TypeVar("ReplyT", bound="Message | bytes | None")
ItemT = TypeVar("ItemT", bound=Message)
LastT = TypeVar("LastT", bound=Message)
AnswerT = TypeVar("AnswerT")
StateT = TypeVar("StateT", default=None)
NeedsT = TypeVar("NeedsT", default=Never)
NeedsT_co = TypeVar("NeedsT_co", covariant=True, default=Never)

Refusal: TypeAlias = Literal["close", "ignore"]
"""A policy without a function: end the conversation, which over datagrams means that this one is dropped and
reported; or go on as if nothing had come."""


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

    __slots__ = ("_basis", "_datagrams", "_streams")

    def __init__(
        self,
        wire: Wire,
        *,
        state: Callable[[], StateT] | None = None,
        unknown: Refusal | Callable[[Unknown, Context[StateT, NeedsT_co]], Message | None] = "close",
        malformed: Refusal | Callable[[DecodeError, Context[StateT, NeedsT_co]], Message | None] = "close",
        failed: Literal["close"] | Callable[[Exception, Context[StateT, NeedsT_co]], Message | None] = "close",
    ) -> None:
        """Serve *wire*; *state* makes what ``context.state`` is, for each conversation, None where it is not given.

        *unknown* says what is done with a message that there is no handler for, *malformed* with bytes that are not
        the message they should be, *failed* with what a handler raised, or an answer of its that cannot be sent. A
        function is given that and the context, and returns a message that is sent in place of the reply, or None.
        Where a stream cannot be cut any further the conversation ends whatever they say.
        """
        policies = Policies[Context[StateT, NeedsT_co]](unknown=unknown, malformed=malformed, failed=failed)
        self._basis = Basis(wire, state, policies)
        self._streams, self._datagrams = self._basis.streams, self._basis.datagrams

    @property
    def wire(self) -> Wire:
        """What it agreed on with its clients."""
        return self._basis.wire

    @property
    def connections(self) -> tuple[Context[StateT, NeedsT_co], ...]:
        """The contexts of the connections that it reads now, in the order in which they came; datagrams are none.

        A copy: one that has closed since raises ClosedError when it is sent to.
        """
        return tuple(self._streams.connections)

    @property
    def source(self) -> str:
        """The Python that answers whole frames in one go: cuts, unpacks, routes, calls, packs.

        Of a wire without a frame, what answers a datagram. Empty where the wire is of a kind that is answered step by
        step.
        """
        program = (self._datagrams if self._basis.wire.frame is None else self._streams).program()
        return "" if program is None else program.source

    @property
    def dropped(self) -> int:
        """How many pushes over datagrams the system had no room for."""
        return self._datagrams.dropped

    @overload
    def on(
        self, request: Exchange[One[BoundT, ReplyT]], /, *, offload: Literal[False] = False
    ) -> On[BoundT, ReplyT, StateT, NeedsT_co]: ...
    @overload
    def on(
        self, request: Exchange[Many[BoundT, ItemT, LastT]], /
    ) -> On[BoundT, Generator[ItemT, None, LastT], StateT, NeedsT_co]: ...
    @overload
    def on(
        self, request: Exchange[One[BoundT, ReplyT]], /, *, offload: Literal[True]
    ) -> Callable[[Callable[[BoundT], ReplyT]], Callable[[BoundT], ReplyT]]: ...
    def on(self, request: object, /, *, offload: bool = False) -> object:
        """Return a decorator for the handler of the message class *request*.

        The handler takes (request) or (request, context) and returns what the class declares: of a `StreamRequest`
        it is a generator that yields items and returns the last reply, and is asked for the next one only when the
        peer has taken enough of those before. With *offload* it takes (request) alone and runs on the dispatcher's
        executor, one at a time for each connection; it and its messages have to be picklable where those are
        processes.

        Raises DeclarationError for a class that is no request or cannot be on this wire, for a handler that does
        not fit, and for a second one, naming both.
        """
        if not isinstance(request, type):
            raise DeclarationError(repr(request), None, "is no message class")
        return On[object, object](partial(self._basis.routes.add, request, offload=offload))

    def on_open(
        self, hook: Callable[[Context[StateT, NeedsT_co]], None], /
    ) -> Callable[[Context[StateT, NeedsT_co]], None]:
        """Have *hook* called, as a decorator or not, with each connection that comes: new, or by ``become``.

        What it raises ends the conversation as a handler's failure would.
        """
        self._streams.on_open.append(hook)
        return hook

    def on_close(
        self, hook: Callable[[Context[StateT, NeedsT_co]], None], /
    ) -> Callable[[Context[StateT, NeedsT_co]], None]:
        """Have *hook* called with each connection that goes: closed, whatever the reason, or by ``become``.

        Nothing can be sent to a closed one any more. Called for just those that `on_open` was.
        """
        self._streams.on_close.append(hook)
        return hook

    def prepare(self, *, framed: bool) -> None:
        """Compile now what answers: over datagrams where *framed*, else over a stream. A server does when it begins."""
        (self._datagrams if framed else self._streams).prepare()

    def takes(self, context: Context[StateT, NeedsT_co], /) -> Script[Context[StateT, NeedsT_co]]:
        """Return what a conversation follows that this service takes over; for ``Context.become``.

        Raises CompositionError where the wire has no frame.
        """
        self._streams.framer()  # a wire that cannot be cut is refused here, not in the middle of the conversation
        return self._streams

    def __call__(self, request: Peered[NeedsT_co], /) -> Session:
        """Return a session for *request*: for all of a stream, or for one datagram.

        Raises CompositionError for a stream where the wire has no frame.
        """
        return self._basis.session(request)

    def traced(self, request: Peered[NeedsT_co], tracer: Tracer, /) -> Session:
        """Return a session that does just the same, and tells *tracer* of each message; raises as a call does."""
        return self._basis.session(request, tracer)

    def answer_datagram(
        self, buffer: Buffer, start: int, end: int, envelope: Envelope[Peered[NeedsT_co]], /
    ) -> bytes | None:
        """Answer a datagram without a session, where its handler takes the request alone and nothing goes wrong."""
        return self._datagrams.answer_alone(bytes(buffer[start:end]), lambda: envelope.by_session(self))


if TYPE_CHECKING:
    _takes: type[Takes[None, Never]] = Service[None, Never]
    _answerer: type[Answerer[Peered[Never]]] = Service[None, Never]
    _preparing: type[Preparing] = Service[None, Never]
    _traceable: type[Traceable[Peered[Never]]] = Service[None, Never]
