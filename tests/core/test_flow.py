"""A session driven without I/O, by the clock of the test."""

from __future__ import annotations

from typing import final

import pytest

import jackfield as jf
from jackfield.core import Flow, Line
from jackfield.interfaces import BEGUN, CLOSING, MORE, PARTIAL, READY, TALKING, WAITING, Buffer

LIMITS = jf.Limits(idle=60, message=10, write=30, linger=2, unsent=100)


@final
class Script:
    """A session whose status and pieces are set by the test."""

    def __init__(self) -> None:
        self.status = READY
        self.fault: jf.JackfieldError | None = None
        self.due: list[tuple[bytes, int]] = []
        """What `resume` returns, and the status behind it, from the last to the first."""
        self.resumed = 0

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        return b""

    def resume(self) -> bytes:
        self.resumed += 1
        if not self.due:
            return b""
        data, self.status = self.due.pop()
        return data

    def close(self, why: Exception | None, /) -> None:
        """Nothing is held."""


@final
class Wire:
    """A line that takes *room* bytes at once, and keeps the rest until the test lets it go."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.room = room
        self.waiting = 0
        self.taken = b""
        self.listens: list[bool] = []
        self.is_quiet = True
        self.asked_for_later = 0
        self.ended: list[tuple[Exception | None, bool]] = []

    @property
    def unsent(self) -> int:
        return self.waiting

    def send(self, data: bytes, /) -> None:
        self.taken += data
        passed = min(self.room, len(data)) if not self.waiting else 0
        self.room -= passed
        self.waiting += len(data) - passed

    def listen(self, on: bool, /) -> None:
        self.listens.append(on)

    def quiet(self) -> bool:
        return self.is_quiet

    def later(self) -> None:
        self.asked_for_later += 1

    def end(self, why: Exception | None, linger: bool, /) -> None:
        self.ended.append((why, linger))


def test_a_wire_is_a_line() -> None:
    line: type[Line] = Wire
    assert line is Wire


def flow_of(session: Script, wire: Wire, now: float = 0.0) -> Flow:
    return Flow(session, wire, LIMITS, now)


def exceeded(wire: Wire) -> str:
    ((why, linger),) = wire.ended
    assert isinstance(why, jf.DeadlineExceeded)
    assert linger, "what is unread must not turn the last reply into a reset"
    return why.waited_for


def test_who_says_nothing_is_ended_when_idle_is_over_and_every_byte_puts_it_off() -> None:
    session, wire = Script(), Wire()
    flow = flow_of(session, wire)
    assert flow.due(0) == 60
    flow.took(5, 50)
    assert flow.due(50) == 110
    assert not flow.expired(109.9)
    assert wire.ended == []
    flow.expired(110)
    assert exceeded(wire) == "idle"


def test_a_message_has_its_time_from_its_first_byte_and_a_dribble_cannot_stretch_it() -> None:
    session, wire = Script(), Wire()
    flow = flow_of(session, wire)
    session.status = PARTIAL | BEGUN
    flow.took(1, 5)
    session.status = PARTIAL
    for now in range(6, 15):
        flow.took(1, now)
        assert flow.due(now) == 15
    flow.expired(15)
    assert exceeded(wire) == "message"


def test_a_negotiation_has_its_time_from_when_the_connection_came_and_nothing_stretches_it() -> None:
    session, wire = Script(), Wire()
    session.status = TALKING | MORE
    session.due = [(b"hello", TALKING)]
    flow = Flow(session, wire, jf.Limits(handshake=5), 0)
    flow.wake(1)
    assert flow.due(1) == 5
    flow.took(10, 4)
    assert flow.due(4) == 5
    flow.expired(5)
    assert exceeded(wire) == "handshake"


def test_input_is_plain_while_no_message_has_begun() -> None:
    session, wire = Script(), Wire()
    flow = flow_of(session, wire)
    session.status = PARTIAL | BEGUN
    flow.took(1, 5)
    unfinished = flow.plain
    session.status = READY
    flow.took(1, 6)
    assert (unfinished, flow.plain, flow.due(6)) == (False, True, 66)
    flow.draining, wire.is_quiet = True, False
    flow.go_on(7)
    assert not flow.plain


def test_a_message_that_begins_behind_another_has_its_own_time() -> None:
    session, wire = Script(), Wire()
    flow = flow_of(session, wire)
    session.status = PARTIAL | BEGUN
    flow.took(1, 5)
    flow.took(100, 12)
    assert flow.due(12) == 22


def test_pushes_do_not_stretch_the_time_of_a_message_or_of_idling() -> None:
    session, wire = Script(), Wire()
    flow = flow_of(session, wire)
    session.status = PARTIAL | BEGUN
    flow.took(1, 5)
    session.due = [(b"push", PARTIAL | BEGUN)]
    flow.wake(9)
    assert wire.taken == b"push"
    assert flow.due(9) == 15
    session.status = READY
    flow.took(1, 10)
    flow.wake(40)
    assert flow.due(40) == 70


def test_a_peer_that_reads_nothing_is_ended_when_writing_takes_too_long() -> None:
    session, wire = Script(), Wire(room=10)
    flow = flow_of(session, wire)
    flow.send(b"x" * 30)
    flow.took(1, 1)
    assert flow.due(1) == 31
    wire.waiting = 10
    flow.sent(20)
    assert flow.due(20) == 31, "a dribble does not stretch the time of one batch"
    flow.expired(31)
    assert exceeded(wire) == "write"


def test_each_batch_has_its_own_time_for_writing() -> None:
    session, wire = Script(), Wire(room=0)
    flow = flow_of(session, wire)
    flow.send(b"x" * 30)
    flow.took(1, 1)
    assert flow.due(1) == 31
    flow.send(b"y" * 20)
    flow.took(1, 10)
    assert flow.due(10) == 31
    wire.waiting = 20
    flow.sent(25)
    assert flow.due(25) == 55, "the first batch has left, the second has its time from now"
    wire.waiting = 0
    flow.sent(26)
    assert flow.due(26) == 86, "all has left: from now on the peer is idle"


def test_reading_pauses_above_the_high_water_mark_and_goes_on_when_all_has_left() -> None:
    session, wire = Script(), Wire(room=0)
    flow = flow_of(session, wire)
    flow.send(b"x" * 100)
    flow.took(1, 1)
    flow.send(b"x")
    flow.took(1, 1)
    wire.waiting = 0
    flow.sent(2)
    assert wire.listens == [True, False, True]


def test_a_session_is_resumed_only_when_what_it_gave_has_left() -> None:
    session, wire = Script(), Wire(room=0)
    flow = flow_of(session, wire)
    session.status = MORE
    session.due = [(b"last", READY), (b"more", MORE)]
    flow.send(b"first")
    flow.took(1, 0)
    assert (session.resumed, wire.listens[-1]) == (0, False)
    wire.waiting = 0
    flow.sent(1)
    assert (session.resumed, wire.taken) == (1, b"firstmore")
    wire.waiting, wire.room = 0, 100
    flow.sent(2)
    assert (session.resumed, wire.taken, wire.listens[-1]) == (2, b"firstmorelast", True)


def test_a_session_that_never_ends_gives_others_their_turn() -> None:
    session, wire = Script(), Wire()
    flow = flow_of(session, wire)
    session.status = MORE
    session.due = [(b"x", MORE)] * 100
    flow.took(1, 0)
    assert 0 < session.resumed < 20
    assert (wire.asked_for_later, wire.listens[-1]) == (1, False)
    flow.go_on(0)
    assert wire.asked_for_later == 2


def test_pushes_wait_while_something_is_unsent() -> None:
    session, wire = Script(), Wire(room=0)
    flow = flow_of(session, wire)
    flow.send(b"x")
    flow.took(1, 0)
    flow.wake(1)
    assert session.resumed == 0
    wire.waiting = 0
    flow.sent(2)
    assert session.resumed == 1


@pytest.mark.parametrize("status", [WAITING, WAITING | PARTIAL, WAITING | MORE])
def test_while_a_call_is_out_nothing_is_read_and_no_limit_runs(status: int) -> None:
    session, wire = Script(), Wire()
    flow = flow_of(session, wire)
    session.status = status
    flow.took(1, 0)
    assert not wire.listens[-1]
    assert flow.due(0) is None
    session.due = [(b"found", READY)]
    flow.wake(100)
    assert (wire.taken, wire.listens[-1], flow.due(100)) == (b"found", True, 60)


def test_a_session_that_closes_is_sent_out_and_lingers() -> None:
    session, wire = Script(), Wire(room=0)
    flow = flow_of(session, wire)
    session.status, session.fault = CLOSING, jf.Truncated(1, 2)
    flow.send(b"bye")
    flow.took(1, 0)
    assert wire.ended == []
    wire.waiting = 0
    flow.sent(5)
    assert wire.ended == [(session.fault, True)]
    assert flow.due(5) == 7
    assert not flow.expired(6.9)
    assert flow.expired(7)
    flow.wake(8)
    flow.took(1, 8)
    flow.fail(RuntimeError(), 8)
    assert len(wire.ended) == 1
    assert session.resumed == 0


def test_behind_the_end_of_input_replies_leave_and_then_it_closes_at_once() -> None:
    session, wire = Script(), Wire(room=0)
    flow = flow_of(session, wire)
    flow.send(b"late")
    flow.took(0, 0)
    assert (wire.ended, wire.listens[-1]) == ([], False)
    wire.waiting = 0
    flow.sent(1)
    assert wire.ended == [(None, False)]


@pytest.mark.parametrize(
    ("status", "quiet", "ends"),
    [(READY, True, True), (READY, False, False), (PARTIAL, True, False), (WAITING, True, False), (MORE, True, True)],
)
def test_a_drain_ends_who_has_said_nothing_more(status: int, quiet: bool, ends: bool) -> None:
    session, wire = Script(), Wire()
    flow = flow_of(session, wire)
    session.status, session.due = status, [(b"", READY if status == MORE else status)]
    flow.draining, wire.is_quiet = True, quiet
    flow.go_on(0)
    assert bool(wire.ended) is ends


def test_what_breaks_ends_it_at_once() -> None:
    session, wire = Script(), Wire()
    flow = flow_of(session, wire)
    error = jf.ConnectionLost("peer", "reset")
    flow.fail(error, 0)
    assert wire.ended == [(error, False)]
    assert flow.over


def test_without_limits_no_time_runs() -> None:
    session, wire = Script(), Wire(room=0)
    flow = Flow(session, wire, jf.Limits(idle=None, message=None, write=None, linger=None), 0)
    assert flow.due(0) is None
    session.status = PARTIAL
    flow.took(1, 0)
    assert flow.due(0) is None
    flow.send(b"x")
    assert flow.due(0) is None
    flow.fail(RuntimeError(), 0)
    assert flow.due(0) is None
    assert not flow.expired(1e9)
