"""Deadlines of many: nobody is looked at too early, nobody later than a tick, and nobody twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
from jackfield.core import Wheel, tick_for

TIMES = st.floats(0, 1000, allow_nan=False)


@given(st.lists(st.tuples(TIMES, st.booleans())), st.sampled_from([0.001, 0.125, 1.0]))
def test_everybody_has_a_turn_once_and_within_a_tick(entries: list[tuple[float, bool]], tick: float) -> None:
    wheel: Wheel[int] = Wheel(tick)
    dues: dict[int, float] = {}
    for item, (due, removed) in enumerate(entries):
        slot = wheel.enter(item, 0, due)
        if removed:
            wheel.remove(item, slot)
        else:
            dues[item] = due
    now = 0.0
    while (wait := wheel.wait(now)) is not None:
        now += wait
        found = wheel.turn(now)
        assert found, "a wait ends when there is something to do"
        for item in found:
            assert dues[item] <= now + 1e-5 * tick + 1e-9
            assert now <= dues.pop(item) + tick + 1e-5 * tick + 1e-9
    assert dues == {}
    assert wheel.turn(1e9) == []


def test_nobody_is_waited_for_where_nobody_is_entered() -> None:
    wheel: Wheel[str] = Wheel(0.5)
    assert wheel.wait(0) is None
    wheel.remove("gone", wheel.enter("gone", 0, 10))
    assert wheel.wait(0) is None


def test_one_can_be_removed_from_a_slot_whose_turn_has_been() -> None:
    wheel: Wheel[str] = Wheel(0.5)
    slot = wheel.enter("x", 0, 1)
    assert wheel.turn(2) == ["x"]
    wheel.remove("x", slot)
    assert wheel.turn(3) == []


@given(st.lists(TIMES.map(lambda due: due + 1), min_size=1))
def test_one_stands_where_their_earliest_time_is(dues: list[float]) -> None:
    wheel: Wheel[str] = Wheel(0.5)
    slot = 0
    for due in dues:
        slot = wheel.enter("x", slot, due)
    assert wheel.turn(min(dues) - 0.5) == []
    assert wheel.turn(min(dues) + 0.5) == ["x"]
    assert wheel.turn(1e9) == []


def test_coming_and_going_piles_nothing_up() -> None:
    wheel: Wheel[int] = Wheel(0.125)
    for item in range(10_000):
        wheel.remove(item, wheel.enter(item, 0, 60))
    assert len(wheel._order) == 1


@pytest.mark.parametrize(
    ("limits", "tick"),
    [
        (jf.Limits(), 0.25),
        (jf.Limits(message=0.05), 0.05 / 8),
        (jf.Limits(handshake=None, idle=None, message=None, write=None, linger=None), 1.0),
        (jf.Limits(idle=1e-6), 0.001),
    ],
)
def test_a_tick_makes_no_limit_late_by_more_than_an_eighth(limits: jf.Limits, tick: float) -> None:
    assert tick_for(limits) == tick
