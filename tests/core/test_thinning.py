"""What anybody can make us write is written a few times, then now and again, and nothing goes uncounted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jackfield.core import Thinning


def test_the_first_lines_are_written_one_by_one() -> None:
    thinning = Thinning()
    assert [thinning.admit("reset", 0.0) for _ in range(22)] == [0] * 20 + [None] * 2


def test_after_that_there_is_a_line_every_ten_seconds_which_tells_how_many_were_held_back() -> None:
    thinning = Thinning()
    for _ in range(20):
        thinning.admit("reset", 0.0)
    told = [(now, held) for now in range(100) if (held := thinning.admit("reset", float(now))) is not None]
    assert [now for now, _ in told] == list(range(10, 100, 10))
    assert [held for _, held in told] == [10] + [9] * 8


def test_a_quiet_time_fills_up_the_measure_and_no_more() -> None:
    thinning = Thinning()
    for _ in range(20):
        thinning.admit("reset", 0.0)
    assert [thinning.admit("reset", 1e6) for _ in range(21)] == [0] * 20 + [None]


def test_kinds_do_not_take_each_others_place() -> None:
    thinning = Thinning()
    for _ in range(30):
        thinning.admit("reset", 0.0)
    assert thinning.admit("garbage", 0.0) == 0


def test_what_is_held_back_is_told_once() -> None:
    thinning = Thinning()
    for kind, times in (("reset", 25), ("garbage", 21), ("rare", 1)):
        for _ in range(times):
            thinning.admit(kind, 0.0)
    assert list(thinning.held_back()) == [("reset", 5), ("garbage", 1)]
    assert list(thinning.held_back()) == []


def test_however_many_kinds_there_are_memory_is_bounded() -> None:
    thinning = Thinning()
    assert sum(thinning.admit(kind, 0.0) is not None for kind in range(3000)) == 1000 + 20


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 100))))
def test_every_line_is_written_or_counted(lines: list[tuple[str, float]]) -> None:
    thinning, now, written, held = Thinning(), 0.0, 0, 0
    for kind, passed in lines:
        now += passed
        admitted = thinning.admit(kind, now)
        written += admitted is not None
        held += admitted or 0
    assert written + held + sum(count for _, count in thinning.held_back()) == len(lines)
