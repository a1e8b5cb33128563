"""Raw constructs behind the same seam: the same values, the same errors, with paths and offsets."""

from __future__ import annotations

import gc
import io
from typing import Any

import construct
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
from jackfield.messages import Codec, codec_for

inner = construct.Struct("name" / construct.PascalString(construct.Int8ub, "utf8"), "at" / construct.Int16ub)
packet = construct.Struct(
    "kind" / construct.Enum(construct.Int8ub, one=1, two=2),
    "items" / construct.PrefixedArray(construct.Int8ub, inner),
    "rest" / construct.GreedyBytes,
)
items = st.lists(st.fixed_dictionaries({"name": st.text(max_size=8), "at": st.integers(0, 65535)}), max_size=4)


@given(items, st.binary(max_size=9))
def test_values_are_those_that_construct_itself_gives(values: list[dict[str, Any]], rest: bytes) -> None:
    wire = packet.build({"kind": "two", "items": values, "rest": rest})
    codec: Codec[Any] = codec_for(packet)
    parsed = codec.parse(wire)
    assert parsed == packet.parse(wire)
    assert codec.build(parsed) == wire
    assert codec.build({"kind": "two", "items": values, "rest": rest}) == wire


@given(st.binary(max_size=40))
def test_bytes_that_are_no_such_value_are_a_decode_error_and_nothing_else(data: bytes) -> None:
    codec: Codec[Any] = codec_for(packet)
    if codec.explain(data) == "ok":
        assert codec.parse(data) == packet.parse(data)
    else:
        with pytest.raises(jf.DecodeError) as caught:
            codec.parse(data)
        assert 0 <= caught.value.offset <= len(data)


def test_a_fault_names_the_path_inside_the_construct_and_where_it_stands() -> None:
    data = b"\x01\x02\x02ab\x00\x05\x09short"
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(packet).parse(data)
    error = caught.value
    assert (error.message, error.field, error.offset) == (
        "Struct",
        "items.name",
        8,
    )
    assert error.reason == "StreamError: needs 9 bytes, has 5"
    assert "StreamError: Error in path (parsing) -> items -> items -> name" in codec_for(packet).explain(data)


WRONG: dict[str, tuple[Any, str]] = {
    "a missing key": ({"kind": "one"}, "items"),
    "a wrong type": ({"kind": "one", "items": 3, "rest": b""}, "items"),
    "a number that does not fit": (
        {"kind": "one", "items": [{"name": "", "at": 70_000}], "rest": b""},
        "items.at",
    ),
    "an unknown name": ({"kind": "three", "items": [], "rest": b""}, "kind"),
    "nothing": (None, "kind"),
}


@pytest.mark.parametrize(("value", "field"), WRONG.values(), ids=WRONG)
def test_a_value_that_cannot_be_built_is_an_encode_error(value: Any, field: str) -> None:
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(packet).build(value)
    assert caught.value.field == field
    assert caught.value.reason


def test_what_is_left_over_is_refused() -> None:
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(construct.Int16ub).parse(b"\0\1\2")
    assert (caught.value.field, caught.value.offset) == (None, 2)
    assert "1 bytes are left over" in caught.value.reason


def test_what_was_parsed_keeps_no_stream_alive() -> None:
    gc.collect()
    before = sum(isinstance(thing, io.BytesIO) for thing in gc.get_objects())
    kept = [codec_for(packet).parse(b"\x01\x01\x02ab\x00\x05") for _ in range(10)]
    gc.collect()
    assert sum(isinstance(thing, io.BytesIO) for thing in gc.get_objects()) == before
    assert all("_io" not in value and "_io" not in value["items"][0] for value in kept)


def test_several_messages_in_a_row_are_parsed_one_from_the_other() -> None:
    codec: Codec[Any] = codec_for(inner)
    data = b"\x01a\x00\x01\x02bc\x00\x02"
    first, offset = codec.parse_from(data, 0)
    second, end = codec.parse_from(data, offset)
    assert (first["name"], second["name"], end) == ("a", "bc", len(data))
    with pytest.raises(jf.DecodeError) as caught:
        codec.parse_from(data + b"\x09", end)
    assert caught.value.offset == 1, "counted from the message's own beginning"


def test_a_declared_message_explains_itself_too() -> None:
    @jf.message
    class Named:
        name: jf.Text8

    assert codec_for(Named).explain(b"\x01a") == "ok"
    assert codec_for(Named).explain(b"\x02a") == "Named.name at byte 1: needs 2 bytes, has 1"


def test_codecs_are_made_once_for_each_schema() -> None:
    assert codec_for(packet) is codec_for(packet)
    assert codec_for(packet).name == "Struct"
    assert codec_for("named" / construct.Int8ub).name == "named"
