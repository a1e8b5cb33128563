"""What a peer sends costs what its bytes justify, counted in lines that run and bytes looked at, not in time."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any, Final

import pytest
from construct import this

import jackfield as jf
from jackfield.messages import Codec, codec_for
from messages.nodes import c, obj_
from messages.steps import Counting, lines_of

MAXIMUM: Final = 1 << 20

TLV: Final = c.Struct(
    "kind" / c.Int8ub,
    "size" / c.Int8ub,
    "value" / c.Switch(this.kind, {1: c.Int32ub, 2: c.Int16ub}, default=c.Bytes(this.size)),
)


def tlvs(count: int) -> bytes:
    return b"\x01\x04abcd\x02\x02ab\x09\x03abc" * (count // 3)


# name: (schema, what makes a message of about so many elements)
GROWING: Final[dict[str, tuple[Any, Any]]] = {
    "an array of records": (
        c.Struct("n" / c.Int16ub, "rows" / c.Array(this.n, TLV)),
        lambda count: (count // 3 * 3).to_bytes(2, "big") + tlvs(count),
    ),
    "a prefixed array": (c.PrefixedArray(c.Int16ub, TLV), lambda n: (n // 3 * 3).to_bytes(2, "big") + tlvs(n)),
    "texts": (
        c.PrefixedArray(c.Int16ub, c.PascalString(c.Int8ub, "utf8")),
        lambda count: count.to_bytes(2, "big") + b"\x03abc" * count,
    ),
    "marked texts": (
        c.PrefixedArray(c.Int16ub, c.CString("utf8")),
        lambda count: count.to_bytes(2, "big") + b"abc\0" * count,
    ),
    "varints": (c.PrefixedArray(c.VarInt, c.VarInt), lambda count: c.VarInt.build(count) + b"\x80\x81\x02" * count),
    "until an empty one": (
        c.RepeatUntil(obj_ == b"", c.Prefixed(c.Int8ub, c.GreedyBytes)),
        lambda count: b"\x03abc" * count + b"\0",
    ),
    "one long text": (c.CString("utf8"), lambda count: b"abcd" * count + b"\0"),
    "one long wide text": (c.CString("utf_16_le"), lambda count: b"ab" * 2 * count + b"\0\0"),
    "one long blob": (c.Prefixed(c.Int32ub, c.GreedyBytes), lambda n: (4 * n).to_bytes(4, "big") + bytes(4 * n)),
    "nested arrays": (
        c.PrefixedArray(c.Int8ub, c.PrefixedArray(c.Int8ub, c.PascalString(c.Int8ub, "ascii"))),
        lambda count: bytes([count // 16]) + (b"\x10" + b"\x02ab" * 16) * (count // 16),
    ),
}
each_growing = pytest.mark.parametrize(("schema", "make"), GROWING.values(), ids=GROWING)


def trickled(codec: Codec[Any], wire: bytes, piece: int) -> tuple[int, int, int]:
    """Frame *wire* as it comes in, in pieces; return lines run, bytes looked at and how often the framer was asked."""
    framer, buffer, asked = codec.framer(maximum=MAXIMUM), Counting(), 0

    def work() -> None:
        nonlocal asked
        needed = 0
        for at in range(0, len(wire), piece):
            buffer.extend(wire[at : at + piece])
            if len(buffer) >= needed:
                asked += 1
                needed = framer.measure(buffer, 0, len(buffer))
        assert needed == len(wire)

    return lines_of(work), buffer.looked_at, asked


@each_growing
@pytest.mark.parametrize("piece", [1, 7, 1000], ids="in pieces of {}".format)
def test_a_message_four_times_as_long_costs_four_times_the_work_to_frame(schema: Any, make: Any, piece: int) -> None:
    codec: Codec[Any] = Codec(schema)
    (lines, looked, _), (more_lines, more_looked, _) = (trickled(codec, make(size), piece) for size in (48, 192))
    assert more_lines <= 4.4 * lines + 100
    assert more_looked <= 4.4 * looked + 100


@each_growing
def test_a_message_that_comes_whole_is_parsed_once_and_framed_at_no_more_than_that(schema: Any, make: Any) -> None:
    codec: Codec[Any] = Codec(schema)
    wire = make(96)
    codec.parse(wire)
    framing, _, asked = trickled(codec, wire, len(wire))
    assert asked == 1
    assert framing <= 2 * lines_of(lambda: codec.parse(wire)) + 100


COUNTS: Final[dict[str, tuple[Any, bytes]]] = {
    "an array of numbers": (c.Struct("n" / c.Int32ub, "d" / c.Array(this.n, c.Int16ub)), b"\x7f\xff\xff\xffab"),
    "a prefixed array": (c.PrefixedArray(c.Int32ub, c.Int8ub), b"\xff\xff\xff\xff"),
    "an array of texts": (c.PrefixedArray(c.Int32ub, c.PascalString(c.Int8ub, "utf8")), b"\xff\xff\xff\xff\1a"),
    "bytes": (c.Struct("n" / c.Int64ub, "d" / c.Bytes(this.n)), b"\x7f" + b"\xff" * 7 + b"ab"),
    "a window": (c.Prefixed(c.Int32ub, c.GreedyBytes), b"\xff\xff\xff\xffab"),
    "padding": (c.Struct("n" / c.Int32ub, "d" / c.Padded(this.n, c.Int8ub)), b"\xff\xff\xff\xffab"),
    "declared numbers": (Annotated[tuple[jf.U16, ...], jf.Prefixed(jf.U32)], b"\xff\xff\xff\xffab"),
    "declared texts": (Annotated[tuple[jf.Text8, ...], jf.Prefixed(jf.U32)], b"\xff\xff\xff\xff\1a"),
    "declared bytes": (Annotated[bytes, jf.Prefixed(jf.U32)], b"\xff\xff\xff\xffab"),
}


def codec_of(schema: Any) -> Codec[Any]:
    if isinstance(schema, c.Construct):
        return Codec(schema)
    return codec_for(jf.message(type("Single", (), {"__annotations__": {"value": schema}, "__module__": __name__})))


@pytest.mark.parametrize(("schema", "data"), COUNTS.values(), ids=COUNTS)
def test_a_count_is_compared_with_what_is_left_before_anything_is_made(schema: Any, data: bytes) -> None:
    codec = codec_of(schema)
    with pytest.raises(jf.DecodeError):
        codec.parse(data)

    def work() -> None:
        with pytest.raises(jf.DecodeError):
            codec.parse(data)
        with pytest.raises(jf.FrameTooLarge):
            codec.framer(maximum=MAXIMUM).measure(data, 0, len(data))

    tracemalloc.start()
    try:
        work()
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()
    assert lines_of(work) < 2000


def faults(wire: bytes) -> Iterator[bytes]:
    for at in range(0, len(wire), max(1, len(wire) // 12)):
        yield wire[:at]
        yield wire[:at] + b"\xff" + wire[at + 1 :]


@each_growing
def test_a_malformed_message_costs_at_most_twice_a_good_one(schema: Any, make: Any) -> None:
    codec: Codec[Any] = Codec(schema)
    wire = make(48)
    good = lines_of(lambda: codec.parse(wire))

    def attempt(data: bytes) -> None:
        with suppress(jf.DecodeError):
            codec.parse(data)

    for data in faults(wire):
        assert lines_of(lambda data=data: attempt(data)) <= 2 * good + 60  # type: ignore[misc]


def deep() -> Any:
    node: Any = c.Struct("leaf" / c.Int8ub, "twigs" / c.PrefixedArray(c.Int8ub, c.LazyBound(lambda: node)))
    return node


def test_what_nests_without_end_is_a_decode_error() -> None:
    codec: Codec[Any] = Codec(deep())
    assert codec.parse(b"\1\1\2\0")["twigs"][0]["leaf"] == 2
    with pytest.raises(jf.DecodeError):
        codec.parse(b"\1\1" * 100_000)
    assert codec.parse(b"\1\1\2\0")["leaf"] == 1


def test_elements_that_take_no_bytes_are_capped() -> None:
    for schema in (
        c.Struct("n" / c.Int32ub, "d" / c.Array(this.n, c.Struct("k" / c.Computed(1)))),
        c.Struct("n" / c.Int32ub, "d" / c.Array(this.n, c.Pass)),
    ):
        codec: Codec[Any] = Codec(schema)
        assert len(codec.parse(b"\0\0\0\x03")["d"]) == 3
        with pytest.raises(jf.DecodeError):
            codec.parse(b"\xff\xff\xff\xff")


def test_a_greedy_range_of_what_takes_no_bytes_ends() -> None:
    for schema in (c.GreedyRange(c.Pass), c.GreedyRange(c.Struct("k" / c.Computed(1)))):
        with pytest.raises((jf.DecodeError, jf.DeclarationError)):
            Codec(schema).parse(b"")


def test_a_number_of_endless_bytes_ends() -> None:
    codec: Codec[int] = Codec(c.VarInt)
    assert codec.parse(b"\xff" * 9 + b"\x01") == 2**64 - 1
    with pytest.raises(jf.DecodeError):
        codec.parse(b"\xff" * 10 + b"\x01")
    with pytest.raises((jf.DecodeError, jf.FrameTooLarge)):
        codec.framer(maximum=MAXIMUM).measure(b"\xff" * 11, 0, 11)
