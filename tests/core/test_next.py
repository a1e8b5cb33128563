"""What comes next on a connection: the whole table, against its rules told another way."""

from __future__ import annotations

import itertools

import pytest

from jackfield.core import Step, after
from jackfield.interfaces import BEGUN, CLOSING, MORE, PARTIAL, READY, WAITING

HIGH = 100
STATUSES = [
    sum(bits) for size in range(6) for bits in itertools.combinations((PARTIAL, MORE, WAITING, CLOSING, BEGUN), size)
]
SITUATIONS = list(itertools.product(STATUSES, (0, 1, HIGH, HIGH + 1), (False, True), (False, True)))


def step_in(status: int, unsent: int, ended: bool, draining: bool) -> Step:
    return after(status, unsent, ended, draining, HIGH)


def test_an_idle_connection_is_read() -> None:
    assert step_in(READY, 0, False, False) is Step.READ


@pytest.mark.parametrize(("status", "unsent", "ended", "draining"), SITUATIONS)
def test_every_situation_has_just_the_step_that_the_rules_say(
    status: int, unsent: int, ended: bool, draining: bool
) -> None:
    step = step_in(status, unsent, ended, draining)

    if status & WAITING:
        assert step is Step.PAUSE, "a call is out: nothing is read, resumed or closed before it is back"
    elif status & MORE:
        assert step is (Step.PAUSE if unsent else Step.RESUME), "what waits is answered when the last replies have left"
    elif ended:
        assert step is (Step.PAUSE if unsent else Step.CLOSE), "who said their last still gets their replies"
    elif status & CLOSING:
        assert step is (Step.PAUSE if unsent else Step.LINGER), "we close first, so unread input has to be taken"
    elif unsent > HIGH:
        assert step is Step.PAUSE, "who does not take replies is not read"
    elif draining and not status & PARTIAL:
        assert step is (Step.PAUSE if unsent else Step.LINGER), "a drain waits for no next message"
    else:
        assert step is Step.READ


@pytest.mark.parametrize(("status", "unsent", "ended", "draining"), SITUATIONS)
def test_nothing_is_closed_while_a_reply_waits(status: int, unsent: int, ended: bool, draining: bool) -> None:
    if unsent:
        assert step_in(status, unsent, ended, draining) in (Step.PAUSE, Step.READ)


@pytest.mark.parametrize("status", STATUSES)
def test_nothing_is_read_behind_the_end_of_input(status: int) -> None:
    assert step_in(status, 0, True, False) is not Step.READ
