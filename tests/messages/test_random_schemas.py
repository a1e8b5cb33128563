"""Schemas at random: codecs agree with construct on values, on damaged bytes, on truncations and on streams."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jackfield.messages import Codec
from messages.framing import assert_frames_alike
from messages.oracle import assert_builds_alike, assert_parses_alike
from messages.schemas import Drawn, schemas, spoil
from support import THOROUGH

by_chance = settings(
    max_examples=4000 if THOROUGH else 50,
    derandomize=not THOROUGH,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@by_chance
@given(schemas(), st.data())
def test_any_schema_parses_builds_and_is_cut_as_construct_does_it(drawn: Drawn, data: st.DataObject) -> None:
    codec: Codec[Any] = Codec(drawn.schema)
    wire = assert_builds_alike(drawn.schema, codec, drawn.value(data.draw, ()))
    if wire is None:
        return
    assert_parses_alike(drawn.schema, codec, wire + b"\x00\x01")
    for end in range(len(wire) + 1) if len(wire) < 40 else data.draw(st.lists(st.integers(0, len(wire)), max_size=40)):
        assert_parses_alike(drawn.schema, codec, wire[:end])
    if drawn.framed and 0 < len(wire) < 60:
        assert_frames_alike(drawn.schema, codec, wire + b"\x00\x01")


@by_chance
@given(schemas(), st.data())
def test_any_schema_is_as_hard_to_please_as_construct(drawn: Drawn, data: st.DataObject) -> None:
    codec: Codec[Any] = Codec(drawn.schema)
    value = drawn.value(data.draw, ())
    wire = assert_builds_alike(drawn.schema, codec, value)
    for _ in range(8):
        assert_builds_alike(drawn.schema, codec, spoil(data.draw, value))
    for _ in range(12):
        damaged = bytearray(wire or b"\x01\x02\x03\x04\x05\x06")
        for _ in range(data.draw(st.integers(1, 3))):
            if damaged:
                damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(
                    st.sampled_from((0, 1, 2, 3, 127, 255))
                )
        assert_parses_alike(drawn.schema, codec, bytes(damaged) + b"\x01\x02")
        if drawn.framed and len(damaged) < 60:
            assert_frames_alike(drawn.schema, codec, bytes(damaged) + b"\x01\x02")
