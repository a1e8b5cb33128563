"""Datagrams by the batch: received, answered and sent without an object for each.

A request object for each datagram costs more than all else that is done for it. So a datagram listener can be asked to
have what is there answered in place: the answer reads the listener's buffer, and learns who sent it only if it asks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias, runtime_checkable

from typing_extensions import TypeVar

from ._contracts import Listener
from ._events import Dropped
from ._peered import Located
from ._session import Buffer, Session

RequestT = TypeVar("RequestT")
RequestT_co = TypeVar("RequestT_co", covariant=True)
RequestT_contra = TypeVar("RequestT_contra", contravariant=True)


class Origin(Located, Protocol[RequestT_co]):
    """Where the datagram that is being answered came from. Valid during the call of its answer only."""

    def reply(self, data: Buffer, /) -> None:
        """Send *data* back as one datagram, be it empty, before what the answer returns.

        It may leave with others at the end of the exchange. What cannot leave is dropped and told. Never raises.
        """
        ...

    def request(self) -> RequestT_co:
        """Return the datagram as ``accept`` would have handed it out: a copy, which stays valid."""
        ...


Answer: TypeAlias = Callable[[Buffer, int, int, Origin[RequestT]], bytes | None]
"""``(buffer, start, end, origin)``: takes the datagram that is ``buffer[start:end]`` and returns the reply, which may
be empty, or None for no reply. The buffer is the listener's and valid during the call only."""


@runtime_checkable
class DatagramListener(Listener[RequestT_co], Protocol[RequestT_co]):
    """A listener whose requests are datagrams, which can also be answered where they are."""

    def on_drop(self, call: Callable[[Dropped], None], /) -> None:
        """Have *call* called for each datagram, and each offered reply, that is given up; the server does.

        *call* takes the place of an earlier one and must not raise. It is called on whatever thread drops.
        """
        ...

    def exchange(self, answer: Answer[RequestT_co], /) -> int:
        """Receive what is there now, have *answer* answer each in order, send, and return how many there were.

        Never waits, and never reads ahead: what it has received it has answered when it returns. One call takes a
        batch, so there may be more; 0 means that nothing was there. What is no whole datagram, or has no sender that
        can be answered (port 0), counts and is told as dropped, and *answer* never sees it. A reply that the system
        does not take (too large, no room, nobody there) is dropped and told, and the others leave.

        Raises OSError as ``recvmsg(2)`` gives it, before anything was received: the gate decides what becomes of it.
        Should *answer* raise, the replies so far are sent, what was received and not answered is told as dropped, and
        the exception goes on.
        """
        ...


class Envelope(Origin[RequestT_co], Protocol[RequestT_co]):
    """The origin of a datagram as an `Answerer` has it: with the server behind it."""

    def by_session(self, sessions: Callable[[RequestT_co], Session], /) -> bytes | None:
        """Answer the datagram by a session of its own, which is driven to its end: for what takes a request, or time.

        Raises the session's fault.
        """
        ...


@runtime_checkable
class Answerer(Protocol[RequestT_contra]):
    """A handler that makes sessions, and can answer a datagram without one."""

    def answer_datagram(
        self, buffer: Buffer, start: int, end: int, envelope: Envelope[RequestT_contra], /
    ) -> bytes | None:
        """Answer the datagram ``buffer[start:end]`` just as a session of its own would: an `Answer`.

        Raises the `JackfieldError` that would have been the session's fault; nothing is sent then but what
        ``envelope.reply`` was given.
        """
        ...
