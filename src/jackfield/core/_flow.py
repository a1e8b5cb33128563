"""A stream's session, driven without I/O: what loops do between two things that happen.

Whoever has the socket (an event loop, asyncio, a test's transport) tells a `Flow` what happened, with the time, and a
`Line` does what the flow decides. So there is one carrying out of the table in ``_next``, with one set of deadlines.
"""

from __future__ import annotations

from typing import Final, Protocol, final

from ..errors import DeadlineExceeded
from ..interfaces import BEGUN, CLOSING, MORE, PARTIAL, TALKING, WAITING, Limits, Session
from ._next import Step, after

_RESUMES: Final = 8
"""How often a session is resumed in a row, each for up to ``Limits.unsent`` bytes, before others have their turn."""


class Line(Protocol):
    """What a flow needs of the transport."""

    @property
    def unsent(self) -> int:
        """Bytes that the system has not taken yet."""
        ...

    def send(self, data: bytes, /) -> None:
        """Send *data*: at once what goes at once, the rest behind what waits already; not empty."""
        ...

    def listen(self, on: bool, /) -> None:
        """Report input from now on, or do not; idempotent."""
        ...

    def quiet(self) -> bool:
        """Return whether nothing has arrived that was not reported yet."""
        ...

    def later(self) -> None:
        """Call `Flow.go_on` soon, after others had their turn."""
        ...

    def end(self, why: Exception | None, linger: bool, /) -> None:
        """End the connection, for the reason *why*: at once, or with *linger* after taking what is unread."""
        ...


@final
class Flow:
    """One session over one line. Times are on the monotonic clock, in seconds."""

    __slots__ = (
        "_batch",
        "_begun",
        "_ended",
        "_given",
        "_limits",
        "_line",
        "_opened",
        "_sending",
        "_woken",
        "active",
        "draining",
        "over",
        "reading",
        "session",
        "slot",
    )

    def __init__(self, session: Session, line: Line, limits: Limits, now: float) -> None:
        self.session: Session = session
        self._line = line
        self._limits = limits
        self._opened = now
        self.active: float = now
        """When a wait for input, of which nothing is there yet, began."""
        self.draining: bool = False
        """Whether no further message is waited for."""
        self.reading: bool = True
        """Whether the line listens."""
        self.over: bool = False
        """Whether the line was told to end."""
        self.slot: int = 0
        """The line's own, to keep: where it stands in a wheel."""
        self._begun: float | None = None
        self._ended = False
        self._woken = False
        self._sending = 0.0
        self._batch = 0
        self._given = 0

    # ------------------------------------------------------------------ what happened

    def took(self, size: int, now: float, /) -> None:
        """Go on after ``session.receive`` took *size* bytes and what it returned was sent."""
        if self.over:
            return
        self.active = now
        if not size:
            self._ended = True
        self._note(now)
        self.go_on(now)

    def wake(self, now: float, /) -> None:
        """Go on after somebody called the driver's ``wake``."""
        self._woken = True
        self.go_on(now)

    def sent(self, now: float, /) -> None:
        """Go on after some of what was unsent has left."""
        if not self._line.unsent:
            self.active = now
        self.go_on(now)

    def go_on(self, now: float, /) -> None:
        """Resume the session while there is reason to, then wait for what comes next, or end."""
        if self.over:
            return
        for _ in range(_RESUMES):
            step = self._next()
            if not (step is Step.RESUME or (self._woken and self._may_resume())):
                self._await(step, now)
                return
            if not self._resume(now):
                return
        self._await(Step.PAUSE, now)
        self._line.later()

    @property
    def plain(self) -> bool:
        """Whether input that leaves the session READY, and is answered in full, has to be noted in `active` alone."""
        return self._begun is None and not self.draining and not self.over

    # ------------------------------------------------------------------ time

    def due(self, now: float, /) -> float | None:
        """Return when the earliest deadline is, None where there is none."""
        return None if (first := self._first_deadline(now)) is None else first[0]

    def expired(self, now: float, /) -> bool:
        """End the connection where a deadline has passed by *now*; return whether it has lingered long enough, too."""
        first = self._first_deadline(now)
        if first is None or first[0] > now:
            return False
        if not self.over:
            self._end(DeadlineExceeded(first[1], first[2]), True, now)
            return False
        return True

    def _first_deadline(self, now: float) -> tuple[float, str, float] | None:
        """Return the earliest deadline: when, of what, and what was allowed."""
        limits, found = self._limits, list[tuple[float, str, float]]()
        if self.over:
            return None if limits.linger is None else (self.active + limits.linger, "linger", limits.linger)
        sending, talking = self._progress(now), self.session.status & TALKING
        if sending and limits.write is not None:
            found.append((self._sending + limits.write, "write", limits.write))
        if talking and limits.handshake is not None:
            found.append((self._opened + limits.handshake, "handshake", limits.handshake))
        if self.reading and self._begun is not None and limits.message is not None:
            found.append((self._begun + limits.message, "message", limits.message))
        if self.reading and self._begun is None and not (sending or talking) and limits.idle is not None:
            found.append((self.active + limits.idle, "idle", limits.idle))
        return min(found, default=None)

    def _progress(self, now: float) -> bool:
        """Return whether anything is unsent; the time for sending counts from when its oldest batch began to wait."""
        unsent = self._line.unsent
        if not unsent:
            self._batch = self._given = 0
        elif not self._batch or self._given - unsent >= self._batch:
            self._batch = self._given = unsent
            self._sending = now
        return bool(unsent)

    # ------------------------------------------------------------------ inside

    def _next(self) -> Step:
        draining = self.draining and self._line.quiet()
        return after(self.session.status, self._line.unsent, self._ended, draining, self._limits.unsent)

    def _may_resume(self) -> bool:
        return not self._line.unsent and self.session.status & (MORE | CLOSING) != CLOSING

    def _resume(self, now: float) -> bool:
        """Send what the session has to say next; False where the connection did not survive it."""
        self._woken = False
        waited = self.session.status & (MORE | WAITING)
        data = self.session.resume()
        if waited:
            self._note(now)
        if data:
            self.send(data)
        return not self.over

    def send(self, data: bytes, /) -> None:
        """Have *data*, which the session returned, sent."""
        if self._given:
            self._given += len(data)
        self._line.send(data)

    def _note(self, now: float) -> None:
        """Note when the message that is unfinished began; none is where the session says so."""
        status = self.session.status
        if not status & PARTIAL:
            self._begun = None
        elif self._begun is None or status & BEGUN:
            self._begun = now

    def _await(self, step: Step, now: float) -> None:
        match step:
            case Step.READ | Step.PAUSE:
                self.reading = step is Step.READ
                self._line.listen(self.reading)
            case _:
                self._end(self.session.fault, step is Step.LINGER, now)

    def _end(self, why: Exception | None, linger: bool, now: float) -> None:
        self.over = True
        self.active = now
        self._line.end(why, linger)

    def fail(self, why: Exception | None, now: float, /) -> None:
        """End the connection at once: it has broken, or its session has, or what is no Exception came out of that."""
        if not self.over:
            self._end(why, False, now)
