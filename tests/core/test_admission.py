"""Who may enter: counts against quotas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.core import Admission


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans())),
    st.none() | st.integers(1, 5),
    st.none() | st.integers(1, 3),
)
def test_quotas_hold_and_places_are_given_back(
    moves: list[tuple[str, bool]], total: int | None, per_peer: int | None
) -> None:
    admission = Admission(total=total, per_peer=per_peer)
    inside: list[str] = []
    for who, enters in moves:
        if enters:
            room = (total is None or len(inside) < total) and (per_peer is None or inside.count(who) < per_peer)
            assert admission.enter(who) is room
            inside += [who] * room
        elif who in inside:
            admission.leave(who)
            inside.remove(who)
        assert admission.inside == len(inside)


def test_who_has_left_costs_no_memory() -> None:
    admission = Admission(total=None, per_peer=2)
    for number in range(1000):
        assert admission.enter(number)
        admission.leave(number)
    with pytest.raises(KeyError):
        admission.leave(999)


@pytest.mark.parametrize("quotas", [{"total": 0}, {"per_peer": 0}, {"total": -1}], ids=str)
def test_a_quota_below_one_is_refused(quotas: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(quotas))):
        Admission(total=quotas.get("total"), per_peer=quotas.get("per_peer"))
