"""Where a message ends on a stream: the same however it trickles in, at linear cost, and never beyond its maximum."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Annotated, Any

import construct
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jackfield as jf
from jackfield.messages import codec_for
from messages.made import message_of

MAXIMUM = 1000


@jf.message
class Point:
    x: jf.I16
    y: jf.I16


@jf.message
class Everything:
    magic: bytes = jf.const(b"!!")
    kind: Annotated[int, jf.Bits(4)]
    spare: Annotated[int, jf.Bits(4)]
    name: jf.Text8
    points: Annotated[tuple[Point, ...], jf.Prefixed(jf.U8)]
    labels: Annotated[list[jf.Bytes8], jf.Prefixed(jf.U8)]
    inner: Annotated[Point, jf.Prefixed(jf.U16)]
    foreign: int = jf.field(construct.VarInt)
    boxed: Annotated[bytes, jf.UntilEnd(), jf.Prefixed(jf.U8)]


@jf.message
class Boxed:
    data: Annotated[tuple[jf.U8, ...], jf.UntilEnd(), jf.Prefixed(jf.U8)]


everything = st.builds(
    Everything,
    st.integers(0, 15),
    st.integers(0, 15),
    st.text(max_size=8),
    st.lists(st.builds(Point, st.integers(-9, 9), st.integers(-9, 9)), max_size=3).map(tuple),
    st.lists(st.binary(max_size=5), max_size=4),
    st.just(Point(1, 2)),
    st.integers(0, 2**40),
    st.binary(max_size=8),
)
raw = construct.Struct(
    "kind" / construct.Int8ub,
    "size" / construct.Int16ub,
    "data" / construct.Bytes(construct.this.size),
    "more" / construct.PrefixedArray(construct.Int8ub, construct.CString("utf8")),
    "case" / construct.Switch(construct.this.kind, {1: construct.Int8ub, 2: construct.Int32ub}, default=construct.Pass),
)


@settings(max_examples=60, deadline=None)
@given(everything, st.binary(max_size=20))
def test_a_message_is_found_however_much_of_it_and_of_the_next_is_there(message: Everything, behind: bytes) -> None:
    wire = codec_for(Everything).build(message)
    check_framing(Everything, wire, behind)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 3),
    st.binary(max_size=20),
    st.lists(st.text(alphabet="abc", max_size=5), max_size=4),
    st.binary(max_size=20),
)
def test_a_construct_is_found_however_much_of_it_is_there(
    kind: int, data: bytes, more: list[str], behind: bytes
) -> None:
    wire = raw.build({"kind": kind, "size": len(data), "data": data, "more": more, "case": 7})
    check_framing(raw, wire, behind)


def check_framing(schema: Any, wire: bytes, behind: bytes) -> None:
    """Feed one framer byte by byte, another whole, each twice, with something in front and behind."""
    codec = codec_for(schema)
    slow, quick = codec.framer(maximum=MAXIMUM), codec.framer(maximum=MAXIMUM)
    for _ in range(2):
        for there in range(1, len(wire)):
            assert there < slow.measure(b"?" + wire[:there], 1, 1 + there) <= len(wire)
        assert slow.measure(b"?" + wire, 1, 1 + len(wire)) == len(wire)
        assert quick.measure(wire + behind, 0, len(wire + behind)) == len(wire)
    assert codec.parse(wire) is not None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_no_input_makes_a_framer_raise_anything_untyped(data: bytes) -> None:
    for schema in (Everything, raw):
        framer = codec_for(schema).framer(maximum=30)
        with suppress(jf.DecodeError, jf.FrameTooLarge):
            size = framer.measure(data, 0, len(data))
            assert 0 < size <= 30


@settings(max_examples=60, deadline=None)
@given(everything, st.integers(0, 60), st.integers(0, 255))
def test_what_the_framer_cuts_is_parsed_to_its_last_byte(message: Everything, at: int, byte: int) -> None:
    wire = bytearray(codec_for(Everything).build(message) + bytes(300))
    wire[at] = byte
    codec, left_over = codec_for(Everything), False
    with suppress(jf.FrameTooLarge):
        try:
            codec.parse(wire[: codec.framer(maximum=400).measure(wire, 0, len(wire))])
        except jf.DecodeError as error:
            left_over = error.field is None and "left over" in error.reason
    assert not left_over


DECLARED: dict[str, tuple[Any, bytes]] = {
    "a length": (jf.Bytes16, b"\xff\xff"),
    "a count of numbers": (Annotated[tuple[jf.U32, ...], jf.Prefixed(jf.U16)], b"\x80\x00"),
    "a count of texts": (Annotated[tuple[jf.Text8, ...], jf.Prefixed(jf.U16)], b"\xff\xff"),
    "a size": (Annotated[Point, jf.Prefixed(jf.U16)], b"\xff\xff"),
    "a construct's length": (
        Annotated[bytes, construct.Prefixed(construct.Int16ub, construct.GreedyBytes)],
        b"\xff\xff",
    ),
}


@pytest.mark.parametrize(("annotation", "data"), DECLARED.values(), ids=DECLARED)
def test_a_declared_size_above_the_maximum_is_refused_before_it_is_buffered(annotation: Any, data: bytes) -> None:
    cls = message_of(annotation)
    framer = codec_for(cls).framer(maximum=MAXIMUM)
    with pytest.raises(jf.FrameTooLarge) as caught:
        framer.measure(data, 0, len(data))
    assert caught.value.maximum == MAXIMUM < caught.value.size


def test_a_message_of_just_the_maximum_is_let_through() -> None:
    wire = codec_for(Boxed).build(Boxed((7,) * 9))
    assert codec_for(Boxed).framer(maximum=10).measure(wire, 0, 10) == 10
    with pytest.raises(jf.FrameTooLarge):
        codec_for(Boxed).framer(maximum=9).measure(wire, 0, 10)


@jf.message
class Counted:
    number: jf.VarInt
    last: jf.U8


@jf.message
class Counts:
    rows: Annotated[tuple[Counted, ...], jf.Prefixed(jf.U8)]


def test_elements_that_need_more_than_the_maximum_together_are_refused_however_many_have_come() -> None:
    data = b"\x7f" + b"\1\2" * 20
    for there in range(1, len(data)):
        with pytest.raises(jf.FrameTooLarge):
            codec_for(Counts).framer(maximum=200).measure(data, 0, there)


def test_after_a_fault_a_framer_is_ready_for_a_new_message() -> None:
    framer = codec_for(Everything).framer(maximum=MAXIMUM)
    wire = codec_for(Everything).build(Everything(1, 2, "x", (), [], Point(1, 2), 3, b""))
    for _ in range(2):
        with pytest.raises(jf.DecodeError) as caught:
            framer.measure(b"!?", 0, 2)
        assert (caught.value.message, caught.value.field, caught.value.offset) == ("Everything", "magic", 0)
        assert framer.measure(wire, 0, len(wire)) == len(wire)


def lines_of(work: Callable[[], None]) -> int:
    """Return how many lines of generated code *work* runs."""
    lines = 0

    def each(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return each if frame.f_code.co_filename.startswith("<jackfield") else None

    before = sys.gettrace()
    sys.settrace(each)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines


def test_a_long_message_that_trickles_in_costs_linear_work() -> None:
    @jf.message
    class Texts:
        values: Annotated[tuple[jf.Bytes8, ...], jf.Prefixed(jf.U16)]

    def trickle(count: int) -> None:
        wire = codec_for(Texts).build(Texts((b"0123456789",) * count))
        framer, buffer, needed = codec_for(Texts).framer(maximum=100_000), bytearray(), 0
        for byte in wire:
            buffer.append(byte)
            if len(buffer) >= needed:
                needed = framer.measure(buffer, 0, len(buffer))
        assert needed == len(wire)

    trickle(1)
    assert lines_of(lambda: trickle(2000)) <= 2 * lines_of(lambda: trickle(1000)) + 50


@jf.message
class Nothing:
    pass


def test_a_message_that_takes_no_bytes_cannot_be_cut_off_a_stream() -> None:
    """A framer that found one would find the next one at the same place."""
    for schema in (Nothing, message_of(Annotated[list[None], construct.Array(3, construct.Pass)])):
        with pytest.raises(jf.DeclarationError, match="takes no bytes"):
            codec_for(schema).check_framing()


UNFRAMEABLE: dict[str, tuple[Any, str | None]] = {
    "the rest": (jf.Rest, "value"),
    "text until the end": (Annotated[str, jf.UntilEnd()], "value"),
    "elements until the end": (Annotated[tuple[jf.U8, ...], jf.UntilEnd()], "value"),
    "a greedy construct": (Annotated[bytes, construct.GreedyBytes], "value"),
    "a greedy part of a construct": (
        Annotated[Any, construct.Struct("a" / construct.Byte, "b" / construct.GreedyRange(construct.Byte))],
        "value.b",
    ),
    "a pointer": (Annotated[Any, construct.Pointer(0, construct.Int8ub)], "value"),
    "a peek": (Annotated[Any, construct.Struct("a" / construct.Peek(construct.Int8ub))], "value.a"),
    "a choice by trial": (Annotated[Any, construct.Select(construct.Int32ub, construct.Int8ub)], "value"),
}


@pytest.mark.parametrize(("annotation", "field"), UNFRAMEABLE.values(), ids=UNFRAMEABLE)
def test_a_schema_that_does_not_say_where_it_ends_is_refused_with_its_path(annotation: Any, field: str) -> None:
    cls = message_of(annotation)
    codec = codec_for(cls)
    for call in (codec.check_framing, lambda: codec.framer(maximum=MAXIMUM)):
        with pytest.raises(jf.DeclarationError) as caught:
            call()
        assert (caught.value.declared, caught.value.field) == ("Single", field)
        assert "length prefix" in caught.value.reason
    codec_for(message_of(Annotated[cls, jf.Prefixed(jf.U8)])).check_framing()
