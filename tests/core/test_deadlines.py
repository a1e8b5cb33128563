"""How long one wait may take."""

from __future__ import annotations

import pytest

import jackfield as jf
from jackfield.core import time_left


def test_what_is_left_shrinks_from_the_beginning_of_the_operation() -> None:
    wait = time_left(103.0, "message", 10.0, 100.0, None)
    assert (wait.seconds, wait.reason) == (7.0, "message")


def test_without_a_limit_or_a_deadline_a_wait_has_no_end() -> None:
    assert time_left(103.0, "idle", None, 100.0, None).seconds is None


@pytest.mark.parametrize(
    ("until", "reason", "seconds"),
    [((105.0, 6.0), "deadline", 2.0), ((500.0, 401.0), "message", 7.0)],
    ids=["the deadline is earlier", "the limit is earlier"],
)
def test_the_earlier_of_limit_and_deadline_counts(until: tuple[float, float], reason: str, seconds: float) -> None:
    wait = time_left(103.0, "message", 10.0, 100.0, until)
    assert (wait.seconds, wait.reason) == (seconds, reason)


def test_a_deadline_alone_bounds_what_has_no_limit() -> None:
    assert time_left(103.0, "idle", None, 100.0, (104.0, 4.0)).seconds == 1.0


@pytest.mark.parametrize(
    ("allowed", "until", "reason", "of"),
    [(3.0, None, "message", 3.0), (9.0, (103.0, 2.5), "deadline", 2.5)],
    ids=["limit", "deadline"],
)
def test_no_time_left_is_an_error_that_says_what_was_waited_for(
    allowed: float, until: tuple[float, float] | None, reason: str, of: float
) -> None:
    with pytest.raises(jf.DeadlineExceeded) as caught:
        time_left(103.0, "message", allowed, 100.0, until)
    assert (caught.value.waited_for, caught.value.seconds) == (reason, of)
