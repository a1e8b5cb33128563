"""The transport in memory: what a session is driven by in a test, with the test's clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar, final

from ..core import Flow, Line, blame, call_here
from ..interfaces import Driver, Limits, Session

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")

_CHUNK: Final = 64 * 1024
"""Bytes that are fed at a time, as loops do."""


@final
class MemoryLine:
    """Both directions of one stream; nothing moves but within `go_on`."""

    session: Session
    flow: Flow

    def __init__(self, name: str) -> None:
        self._name = name
        self._woken = True
        self._listening = True
        self._ended = False
        self.now: float = 0.0
        self.arriving: bytearray = bytearray()
        """What the peer has sent and the session was not given yet."""
        self.ending: bool = False
        """Whether the peer has said that nothing more comes."""
        self.sent: bytearray = bytearray()
        """What the peer has got and the test has not taken yet."""
        self.waiting: bytearray = bytearray()
        """What the peer has not taken."""
        self.stalled: bool = False
        """Whether the peer takes nothing."""
        self.closed: bool = False
        self.why: Exception | None = None

    def begin(self, session: Session, limits: Limits) -> None:
        """Drive *session* from now on."""
        self.session = session
        self.flow = Flow(session, self, limits, self.now)
        self.go_on()

    @property
    def reading(self) -> bool:
        """Whether input is taken."""
        return self._listening and not self.closed

    def go_on(self) -> None:
        """Do all that can be done now."""
        while not self.closed:
            if self.waiting and not self.stalled:
                self.sent += self.waiting
                self.waiting.clear()
                self.flow.sent(self.now)
            elif self._woken:
                self._woken = False
                self.flow.wake(self.now)
            elif self.reading and (self.arriving or (self.ending and not self._ended)):
                self._feed()
            else:
                return

    def _feed(self) -> None:
        chunk = bytes(self.arriving[:_CHUNK])
        del self.arriving[: len(chunk)]
        self._ended = not chunk
        try:
            if reply := self.session.receive(bytearray(chunk), len(chunk)):
                self.flow.send(reply)
        except Exception as error:
            self.flow.fail(blame(error, self._name), self.now)
        self.flow.took(len(chunk), self.now)

    # ------------------------------------------------------------------ a driver, for the session

    def wake(self) -> None:
        """Have the session resumed at the next `go_on`. Any thread."""
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

    # ------------------------------------------------------------------ a line, for the flow

    @property
    def unsent(self) -> int:
        """Bytes that the peer has not taken."""
        return len(self.waiting)

    def send(self, data: bytes, /) -> None:
        """Give *data* to the peer, or keep it while the peer takes nothing."""
        if self.stalled or self.waiting:
            self.waiting += data
        else:
            self.sent += data

    def listen(self, on: bool, /) -> None:
        """Take input, or do not."""
        self._listening = on

    def quiet(self) -> bool:
        """Return whether all that has arrived was taken."""
        return not self.arriving and self._ended is self.ending

    def later(self) -> None:
        """Be resumed in the next turn of `go_on`."""
        self._woken = True

    def end(self, why: Exception | None, linger: bool, /) -> None:
        """End it; nothing lingers in memory."""
        self.closed, self.why = True, why
        self.session.close(why)
        self.why = self.session.fault if why is None else why  # closing may find one


if TYPE_CHECKING:
    _line: type[Line] = MemoryLine
    _driver: type[Driver] = MemoryLine
