"""Datagrams in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar, final

from ..addresses import Address
from ..connections import name_of
from ..core import Step, after_datagram, blame, call_here
from ..errors import CompositionError, JackfieldError
from ..interfaces import MORE, Buffer, Driver, Facet, Limits, Session, makes_sessions
from ._requests import MemoryDatagram

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")


@final
class Datagrams:
    """A handler of datagrams, to which a test sends them one by one; each has a session of its own, as when served."""

    def __init__(
        self,
        handler: Callable[[MemoryDatagram], Session],
        *,
        limits: Limits | None = None,
        facets: Iterable[Facet] = (),
        peer: Address | None = None,
    ) -> None:
        """Send to *handler*: a service, a `datagram_handler`, or a session factory.

        *facets* are what acceptors would have learned, *peer* is who sends. Raises CompositionError for a handler that
        makes no sessions.
        """
        if not makes_sessions(handler):
            raise CompositionError(f"{name_of(handler)} makes no sessions: it cannot be tested without a datagram")
        self._handler = handler
        self._limits = Limits() if limits is None else limits
        self._facets = tuple(facets)
        self._peer = peer
        self.errors: list[JackfieldError] = []
        """What would have been reported, one for each datagram that was dropped."""

    def send(self, payload: bytes, /) -> list[bytes]:
        """Send *payload* and return the datagrams that come back, pushes of its session among them."""
        packet = _Packet()
        request = MemoryDatagram(packet, packet.reply, limits=self._limits, facets=self._facets, peer=self._peer)
        session = self._handler(request)
        error: Exception | None = None
        try:
            packet.answer(session, payload)
            error = session.fault
        except Exception as raised:
            error = raised
        finally:
            session.close(error)
        error = session.fault if error is None else error  # closing may find one
        if error is not None:
            self.errors.append(blame(error, name_of(self._handler)))
        return packet.sent


@final
class _Packet:
    """One datagram's way through its session."""

    def __init__(self) -> None:
        self._woken = False
        self.sent: list[bytes] = []

    def answer(self, session: Session, payload: bytes) -> None:
        """Feed *payload*, and collect all that is due."""
        if reply := session.receive(payload, len(payload)):
            self.sent.append(reply)
        while (step := after_datagram(session.status, self._woken)) is Step.RESUME:
            self._woken = False
            owed = session.status & MORE
            if (data := session.resume()) or owed:
                self.sent.append(data)
        if step is Step.PAUSE:
            raise CompositionError("a call that its session has out outlives a datagram's test")

    def reply(self, data: Buffer) -> None:
        """Take one datagram that is sent back."""
        self.sent.append(bytes(data))

    def wake(self) -> None:
        """Have the session resumed when it has answered."""
        self._woken = True

    def submit(
        self,
        call: Callable[[ArgumentT], ResultT],
        argument: ArgumentT,
        done: Callable[[Callable[[], ResultT]], None],
        /,
    ) -> None:
        """Make the call here and now."""
        call_here(call, argument, done)


if TYPE_CHECKING:
    _driver: type[Driver] = _Packet
