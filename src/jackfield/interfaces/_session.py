"""A conversation without I/O: bytes in, bytes out, and an integer that says what comes next."""

from __future__ import annotations

from typing import Final, Protocol, TypeAlias, TypeVar, runtime_checkable

from ..errors import JackfieldError

RequestT_contra = TypeVar("RequestT_contra", contravariant=True)

Buffer: TypeAlias = bytes | bytearray | memoryview
"""What a driver reads into."""

READY: Final = 0
"""Nothing is pending: read on, or close as you like."""
PARTIAL: Final = 1
"""A message has begun and is not complete."""
MORE: Final = 2
"""Call ``resume`` when what was sent has left; until then cut no further frame."""
WAITING: Final = 4
"""A call is out: neither read nor close until ``wake``, then call ``resume``."""
CLOSING: Final = 8
"""Send what was returned, then close."""
BEGUN: Final = 16
"""With PARTIAL: the unfinished message began in this call, so that its deadline counts from now."""
TALKING: Final = 32
"""A negotiation is under way: ``Limits.handshake`` counts, from when the connection was accepted."""


class Session(Protocol):
    """One conversation; owns no socket, thread or clock.

    A session is driven by one thread at a time. Status and fault are plain attributes, since a driver looks at
    them once a turn.
    """

    status: int
    """`READY`, or bits of `PARTIAL`, `MORE`, `WAITING`, `CLOSING`, `BEGUN`, `TALKING`."""
    fault: JackfieldError | None
    """Why the status says CLOSING; None where nobody is to blame."""

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        """Take the first *size* bytes of *buffer* and return what is to be sent.

        *buffer* is the driver's and valid during the call only. A *size* of 0 is the end of input. Over
        datagrams one call is one datagram, what is returned is one datagram back, and nothing at all is sent
        for an empty return.

        Never raises for a fault of the peer or of a handler: it returns the replies to what came before, sets
        `fault`, and the status says CLOSING. Returns at most about ``Limits.unsent`` bytes plus one message;
        where more is due the status says MORE.
        """
        ...

    def resume(self) -> bytes:
        """Go on after MORE, or because somebody called ``wake``; returns what is to be sent now.

        After MORE it goes on with what waits, over datagrams it returns one datagram then, be it empty. After a
        wake it gives the pushes that were queued and takes up what a call outside came to; it may find nothing
        to do and returns b"" then. Never called while the status says CLOSING without MORE. Raises no more than
        `receive` does, and returns no more at once.
        """
        ...

    def close(self, why: Exception | None, /) -> None:
        """Be told that the conversation is over; called once, always. *why* is None for an orderly end."""
        ...


FactoryT = TypeVar("FactoryT")
_MARK: Final = "__jackfield_sessions__"


def sessions(factory: FactoryT, /) -> FactoryT:
    """Mark *factory*, a callable ``(request) -> Session``, as a handler that makes sessions; return it.

    A type checker tells it from a blocking handler by what it returns; at run time only the mark does. On a
    class it marks the class and its instances.
    """
    setattr(factory, _MARK, True)
    return factory


def makes_sessions(handler: object, /) -> bool:
    """Return whether *handler* was marked with `sessions`."""
    return getattr(handler, _MARK, False) is True


@runtime_checkable
class Preparing(Protocol):
    """A handler that makes sessions, and has something to do before the first of them: to compile, say."""

    def prepare(self, *, framed: bool) -> None:
        """Do now what the first session would do for all: over datagrams where *framed*, else over a stream.

        Called when serving begins, since a forked child would do it anew for each request. Idempotent; never raises:
        what is wrong a session says.
        """
        ...


class Tracer(Protocol):
    """Whoever is told of each message of one request."""

    def now(self) -> float:
        """Return the monotonic time in seconds."""
        ...

    def handled(self, message: str, received: int, sent: int, seconds: float, error: JackfieldError | None, /) -> None:
        """Take note of a message: its name, bytes in and out, seconds, and what was wrong. Never raises."""
        ...


@runtime_checkable
class Traceable(Protocol[RequestT_contra]):
    """A handler that makes sessions, and can make some that tell of each message."""

    def traced(self, request: RequestT_contra, tracer: Tracer, /) -> Session:
        """Return a session for *request*, which does just what others do and tells *tracer*."""
        ...


class Framer(Protocol):
    """Finds where the next frame of a stream ends; one for each conversation, since it remembers how far it looked."""

    head: int
    """Bytes of a frame in front of its payload."""
    tail: int
    """Bytes of a frame behind its payload."""

    def measure(self, buffer: Buffer, start: int, end: int, /) -> int:
        """Return the size in bytes, head and tail included, of the frame that begins at *start*.

        Where the result is at most ``end - start`` the frame is complete and just that long. Otherwise it is
        a lower bound above ``end - start``: ask again when that much is there, not before. Between two calls
        for one frame the bytes move at will but do not change. Costs work that is linear in the frame.

        Raises FrameTooLarge as soon as the frame is known to be above its maximum, and DecodeError where no
        frame can begin so. After either, and after a complete frame, it is ready for a new one.
        """
        ...
