"""Whatever comes, from nonsense to nearly right: only typed errors, and bounded answers; `scripts/fuzz` feeds more."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fuzzing.mutate import mutated
from fuzzing.targets import TARGETS, Target
from support import THOROUGH


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_nothing_but_typed_errors_comes_of_spoilt_input(target: Target) -> None:
    for seed in target.seeds:
        target.feed(seed)

    @settings(max_examples=2000 if THOROUGH else 60, deadline=None, derandomize=not THOROUGH, database=None)
    @given(st.one_of(st.binary(max_size=300), st.tuples(st.sampled_from(target.seeds), st.integers(0)).map(spoilt)))
    @example(b"")
    def fed(data: bytes) -> None:
        target.feed(data)

    fed()


def spoilt(chosen: tuple[bytes, int]) -> bytes:
    seed, dice = chosen
    return mutated(seed, random.Random(dice))


def test_spoiling_changes_some_of_an_input_and_keeps_some() -> None:
    seed = bytes(range(100))
    outcomes = {mutated(seed, random.Random(number)) for number in range(100)}
    assert len(outcomes) > 90
    assert sum(seed[:10] in outcome for outcome in outcomes) > 10
