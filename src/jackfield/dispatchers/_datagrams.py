"""One datagram in a loop, and its session's driver. Most are answered at once and never seen again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar, final

from ..connections import Datagram
from ..core import Step, after_datagram
from ..errors import ConnectionLost
from ..interfaces import MORE, AsyncDriver, AsyncOf, Session, Ticket
from ._host import Host, Woken

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")


class DatagramHost(Host, Protocol):
    """A loop that serves datagrams."""

    def answered(self, line: DatagramLine, why: Exception | None, /) -> None:
        """Let go of a datagram; once for each."""
        ...


@final
class DatagramLine:
    """A datagram whose session is driven; replies and pushes leave at once, or are dropped and reported."""

    __slots__ = ("_datagram", "_host", "_over", "_queued", "_session", "_woken", "ticket")

    _session: Session

    def __init__(self, host: DatagramHost, ticket: Ticket[object], datagram: Datagram) -> None:
        self._host = host
        self._datagram = datagram
        self._queued = True
        self._woken = False
        self._over = False
        self.ticket = ticket

    def begin(self, session: Session) -> None:
        """Have *session* answer."""
        self._session = session
        payload = self._datagram.payload
        try:
            reply = session.receive(payload, len(payload))
            self._queued = False
            if reply:
                self._datagram.offer(reply)
            self._settle()
        except Exception as error:
            self._end(error)

    def wake(self) -> None:
        """Have the session resumed: now, where it has not answered yet, or soon."""
        self._woken = True
        if not self._queued:
            self._queued = True
            self._host.soon(self)

    def submit(
        self,
        call: Callable[[ArgumentT], ResultT],
        argument: ArgumentT,
        done: Callable[[Callable[[], ResultT]], None],
        /,
    ) -> None:
        """Have the call made on the loop's executor, or here."""
        self._host.submit(call, argument, done)

    def start(self, work: AsyncOf[ResultT], done: Callable[[Callable[[], ResultT]], None], /) -> Callable[[], None]:
        """Have *work* awaited in a task."""
        return self._host.start(work, done)

    def attend(self) -> None:
        """Send what has come up since."""
        self._queued = False
        if self._over:
            return
        try:
            if self._datagram.severed:
                raise ConnectionLost(self._datagram.peer, "cut while a call was out")
            self._settle()
        except Exception as error:
            self._end(error)

    def _settle(self) -> None:
        session = self._session
        while (step := after_datagram(session.status, self._woken)) is Step.RESUME:
            self._woken = False
            owed = session.status & MORE
            if (data := session.resume()) or owed:
                self._datagram.offer(data)
        if step is Step.CLOSE:
            self._end(session.fault)

    def _end(self, why: Exception | None) -> None:
        self._over = True
        try:
            self._session.close(why)
        except Exception as error:
            why = error if why is None else why
        why = self._session.fault if why is None else why  # closing may find one
        self._host.answered(self, why)


if TYPE_CHECKING:
    _driver: type[AsyncDriver] = DatagramLine
    _woken: type[Woken] = DatagramLine
