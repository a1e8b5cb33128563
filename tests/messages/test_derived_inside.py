"""What is derived inside of what is derived: each message completes its own fields, wherever it stands."""

from __future__ import annotations

import zlib
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
from jackfield.messages import codec_for
from messages.agreement import check


@jf.message
class Text:
    size: jf.U8 = jf.computed()
    data: bytes = jf.field(size=size)


@jf.message
class Long:
    length: jf.U16 = jf.length()
    text: Text
    last: jf.U8


@jf.message
class Summed:
    size: jf.U8 = jf.computed()
    long: Long = jf.field(size=size)
    text: Text
    sum: jf.U32 = jf.checksum(zlib.crc32)


@jf.message
class Around:
    length: jf.U8 = jf.length()
    summed: Summed
    sum: jf.U32 = jf.checksum(zlib.crc32)


def long(data: bytes, last: int) -> bytes:
    return (len(data) + 2).to_bytes(2, "big") + bytes([len(data)]) + data + bytes([last])


def with_sum(data: bytes) -> bytes:
    return data + zlib.crc32(data).to_bytes(4, "big")


@given(st.binary(max_size=40), st.binary(max_size=40), st.integers(0, 255))
def test_each_message_completes_its_own_fields_and_those_around_it_later(data: bytes, more: bytes, last: int) -> None:
    check(Long(Text(data), last), long(data, last))
    inner = long(data, last)
    summed = with_sum(bytes([len(inner)]) + inner + bytes([len(more)]) + more)
    check(Summed(Long(Text(data), last), Text(more)), summed)
    around = with_sum(bytes([len(summed) + 4]) + summed)
    check(Around(Summed(Long(Text(data), last), Text(more))), around)


# ---------------------------------------------------------------- a choice at the end, in each place for one


@jf.message(tag=1)
class Small:
    value: jf.U16


@jf.message(tag=2)
class Open:
    data: jf.Rest


@jf.message
class Part:
    kind: jf.U8 = jf.computed()
    flag: jf.Bit
    number: Annotated[int, jf.Bits(7)]
    size: jf.U8 = jf.computed()
    value: Small | Open | jf.Unknown = jf.field(tag=kind, size=size)


@jf.message
class Bounded:
    kind: jf.U16 = jf.computed()
    length: jf.U16 = jf.length()
    value: Small | Open | jf.Unknown = jf.field(tag=kind)


@jf.message
class Holder:
    length: jf.U8 = jf.length()
    first: Part
    bounded: Bounded
    parts: Annotated[tuple[Part, ...], jf.Prefixed(jf.U8)]
    sum: jf.U32 = jf.checksum(zlib.crc32)


def body(value: Small | Open | jf.Unknown) -> tuple[int, bytes]:
    match value:
        case Small(value=number):
            return 1, number.to_bytes(2, "big")
        case Open(data=data):
            return 2, data
        case jf.Unknown(tag=tag, payload=payload):
            assert isinstance(tag, int)
            return tag, payload


def part(one: Part) -> bytes:
    tag, data = body(one.value)
    return bytes([tag, one.flag << 7 | one.number, len(data)]) + data


values = (
    st.builds(Small, st.integers(0, 65535))
    | st.builds(Open, st.binary(max_size=9))
    | st.builds(jf.Unknown, st.integers(3, 255), st.binary(max_size=9))
)
parts = st.builds(Part, st.booleans(), st.integers(0, 127), values)


@given(parts, values, st.lists(parts, max_size=4).map(tuple))
def test_a_choice_at_the_end_tells_its_record_its_tag_and_its_size(
    first: Part, value: Small | Open | jf.Unknown, row: tuple[Part, ...]
) -> None:
    check(first, part(first))
    tag, data = body(value)
    bounded = tag.to_bytes(2, "big") + len(data).to_bytes(2, "big") + data
    check(Bounded(value), bounded)
    rest = part(first) + bounded + bytes([len(row)]) + b"".join(map(part, row))
    check(Holder(first, Bounded(value), row), with_sum(bytes([len(rest) + 4]) + rest))


def test_the_record_of_a_choice_is_packed_in_one_go_with_what_was_chosen() -> None:
    source = codec_for(Part).source
    build = source[source.index("def build") : source.index("def frame")]
    assert "(1, word_1, 2, value_1.value)" in build  # tag and size are written as numbers
    assert build.count("type(value_1)") == 1
    assert "tag_of" not in build


@pytest.mark.parametrize(
    ("one", "field"),
    [
        (Part(False, 0, Small(65536)), "value.value"),
        (Part(False, 0, Open(bytes(256))), "size"),
        (Part(False, 128, Small(0)), "number"),
        (Part(2, 0, Small(0)), "flag"),  # type: ignore[arg-type]
        (Part(False, 0, jf.Unknown(256, b"")), "kind"),
        (Part(False, 0, jf.Unknown(3, "text")), "value"),  # type: ignore[arg-type]
        (Part(False, 0, None), "value"),  # type: ignore[arg-type]
        (Part(False, 0, Text(b"")), "value"),  # type: ignore[arg-type]
    ],
    ids=["a number", "a size", "bits", "a bit", "a tag", "a payload", "nothing", "another message"],
)
def test_what_does_not_fit_is_named_with_its_path_in_a_row(one: Part, field: str) -> None:
    good = Part(True, 5, Small(7))
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Part).build(one)
    assert caught.value.field == field
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Holder).build(Holder(good, Bounded(Open(b"")), (good, good, one)))
    assert caught.value.field == f"parts.2.{field}"


# ---------------------------------------------------------------- what is chosen looks at its tag


@jf.message(tag=1)
class Short:
    more: jf.U8 | None = jf.field(when=jf.this.kind > 1)


@jf.message(tag=2)
class Extended:
    more: jf.U8 | None = jf.field(when=jf.this.kind > 1)


@jf.message
class Either:
    kind: jf.U8 = jf.computed()
    value: Short | Extended = jf.field(tag=kind)


def test_what_is_chosen_may_depend_on_its_own_tag() -> None:
    check(Either(Short(None)), b"\1")
    check(Either(Extended(9)), b"\2\x09")
    for wrong in (Either(Short(9)), Either(Extended(None))):
        with pytest.raises(jf.EncodeError) as caught:
            codec_for(Either).build(wrong)
        assert caught.value.field == "value.more"


# ---------------------------------------------------------------- several checksums


@jf.message
class Twice:
    start: jf.U8
    data: jf.Bytes8 = jf.field()
    one: jf.U32 = jf.checksum(zlib.crc32)
    two: jf.U32 = jf.checksum(zlib.crc32, since=data)


@given(st.integers(0, 255), st.binary(max_size=20))
def test_checksums_may_overlap(start: int, data: bytes) -> None:
    one = with_sum(bytes([start, len(data)]) + data)
    check(Twice(start, data), one[:1] + with_sum(one[1:]))
