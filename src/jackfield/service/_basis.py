"""What both kinds of services are made of: their handlers are called, or awaited, and all else is the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Never, final

from typing_extensions import TypeVar

from ..interfaces import Peered, Session, Tracer
from ._answers import Answers, Policies
from ._context import Context
from ._conversation import Conversation
from ._routes import Routes
from ._sessions import DatagramSession, StreamSession
from ._tracing import Traced
from ._wire import Wire

StateT = TypeVar("StateT", default=None)
NeedsT = TypeVar("NeedsT", default=Never)


@final
class Basis(Generic[StateT, NeedsT]):
    """Routes, and what is answered by them over streams and over datagrams."""

    __slots__ = ("_state", "datagrams", "routes", "streams", "wire")

    def __init__(
        self,
        wire: Wire,
        state: Callable[[], StateT] | None,
        policies: Policies[Context[StateT, NeedsT]],
        *,
        awaited: bool = False,
    ) -> None:
        self.wire = wire
        self._state: Callable[[], StateT] = state or _no_state  # type: ignore[assignment]  # StateT is None then
        self.routes = Routes(wire, awaited=awaited)
        self.streams = Answers(wire, self.routes, policies, framed=True)
        self.datagrams = Answers(wire, self.routes, policies, framed=False)

    def session(self, request: Peered[NeedsT], tracer: Tracer | None = None, /) -> Session:
        """Return a session for *request*, which tells *tracer*, where there is one, of each message.

        Raises CompositionError for a stream where the wire has no frame.
        """
        talk = Conversation(request, self.datagrams if request.framed else self.streams)
        talk.context = Context(talk, request, self._state())
        if tracer is not None:
            talk.traced_by(lambda script: Traced(script, tracer))
        return DatagramSession(talk) if request.framed else StreamSession(talk)


def _no_state() -> None:
    """Make no state."""
