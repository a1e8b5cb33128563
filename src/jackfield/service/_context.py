"""What a handler may know of the conversation its request came in, and do to it."""

from __future__ import annotations

from typing import Generic, Never, Protocol, final

from typing_extensions import TypeVar

from ..addresses import Address
from ..errors import CompositionError
from ..interfaces import Driver, Facet, Limits, Peered
from ..messages import Message
from ._conversation import Conversation, Script

StateT_co = TypeVar("StateT_co", covariant=True, default=None)
StateT = TypeVar("StateT")
FacetsT_contra = TypeVar("FacetsT_contra", contravariant=True, default=Never)
NeedsT = TypeVar("NeedsT")


class Takes(Protocol[StateT, NeedsT]):
    """A service, as `Context.become` sees it."""

    def takes(self, context: Context[StateT, NeedsT], /) -> Script[Context[StateT, NeedsT]]:
        """Return what a conversation follows that this service takes over."""
        ...


@final
class Context(Generic[StateT_co, FacetsT_contra]):
    """The conversation: who is at the other end, what the service remembers of it, and what may be done to it.

    One for each connection, and for each datagram one of its own. It may be kept, and used from any thread; after
    the end of the conversation `send` raises ClosedError.
    """

    __slots__ = ("_request", "_state", "_talk")

    def __init__(
        self,
        talk: Conversation[Context[StateT_co, FacetsT_contra]],
        request: Peered[FacetsT_contra],
        state: StateT_co,
    ) -> None:
        self._talk = talk
        self._request = request
        self._state = state

    @property
    def peer(self) -> Address:
        """The other side."""
        return self._request.peer

    @property
    def local(self) -> Address:
        """Our side."""
        return self._request.local

    @property
    def framed(self) -> bool:
        """Whether the request came in a datagram."""
        return self._request.framed

    @property
    def limits(self) -> Limits:
        """What the peer may cost us."""
        return self._request.limits

    @property
    def driver(self) -> Driver:
        """Who drives the session."""
        return self._request.driver

    @property
    def state(self) -> StateT_co:
        """What the service's ``state`` factory made for this conversation."""
        return self._state

    @property
    def packet(self) -> object:
        """The packet around the request that is being answered, None where there is none.

        ``Frame.of(context)`` is the typed way.
        """
        return self._talk.packet

    def facet(self, kind: type[FacetsT_contra], /) -> Facet | None:
        """Return what was learned under *kind*; ``kind.of(context)`` is the typed way."""
        return self._request.facet(kind)

    def send(self, message: Message, /) -> None:
        """Push *message*, which nobody asked for. Any thread; never waits for the peer.

        Over a stream it is queued and leaves soon: out of a handler, in front of what the handler answers. Over
        datagrams it is sent at once, and dropped where the system has no room for it now; see ``Service.dropped``.

        Raises Overloaded where ``Limits.unsent`` bytes wait already, since the peer does not read; ClosedError after
        the end of the conversation; EncodeError, and DeclarationError for a message that has no tag of its own.
        Nothing is sent then.
        """
        self._talk.push(message)

    def become(self, service: Takes[StateT_co, FacetsT_contra], /) -> None:
        """Have *service* read what comes next: from the next message on, the reply to this one is still ours.

        The state stays. Call it from a handler. Raises CompositionError over datagrams, which have no next message.
        """
        if self._request.framed:
            raise CompositionError("a datagram is a conversation of one message: nothing comes next")
        self._talk.follow(service.takes(self))

    def close(self) -> None:
        """End the conversation when what was answered and pushed so far has been sent. Any thread; idempotent.

        Out of a handler: after its reply. A stream of replies that runs ends where it is. Over datagrams there is
        nothing to close.
        """
        self._talk.end()
