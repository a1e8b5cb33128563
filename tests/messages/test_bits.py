"""Bits: neighbours are packed into whole bytes, most significant first, and each keeps its width."""

from __future__ import annotations

from typing import Annotated, Any

import construct
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jackfield as jf
from jackfield.messages import codec_for
from messages.made import message_of


@jf.message
class Header:
    leap: Annotated[int, jf.Bits(2)]
    version: Annotated[int, jf.Bits(3)]
    mode: Annotated[int, jf.Bits(3)]
    stratum: jf.U8
    urgent: jf.Bit
    port: Annotated[int, jf.Bits(14)]
    final: jf.Bit


HEADER = construct.Struct(
    "first"
    / construct.BitStruct(
        "leap" / construct.BitsInteger(2), "version" / construct.BitsInteger(3), "mode" / construct.BitsInteger(3)
    ),
    "stratum" / construct.Int8ub,
    "second"
    / construct.BitStruct("urgent" / construct.Flag, "port" / construct.BitsInteger(14), "final" / construct.Flag),
)


@jf.message
class Wide:
    low: Annotated[int, jf.Bits(4)]
    long: Annotated[int, jf.Bits(64)]
    high: Annotated[int, jf.Bits(4)]


@jf.message
class Flags:
    one: jf.Bit
    rest: Annotated[int, jf.Bits(7)]


@jf.message
class Frame:
    flags: Flags
    each: Annotated[tuple[Flags, ...], jf.Prefixed(jf.U8)]


def as_tree(header: Header) -> dict[str, Any]:
    return {
        "first": {"leap": header.leap, "version": header.version, "mode": header.mode},
        "stratum": header.stratum,
        "second": {"urgent": header.urgent, "port": header.port, "final": header.final},
    }


def test_the_first_bit_field_takes_the_most_significant_bits() -> None:
    header = Header(0b10, 0b011, 0b100, 0xAB, True, 0b01_0000_0000_0001, False)
    assert codec_for(Header).build(header) == bytes([0b10_011_100, 0xAB, 0b1_0100000, 0b0000001_0])
    assert codec_for(Header).parse(bytes([0b10_011_100, 0xAB, 0b1_0100000, 0b0000001_0])) == header


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=4, max_size=4))
def test_any_bytes_are_the_bits_that_construct_sees_in_them(data: bytes) -> None:
    header = codec_for(Header).parse(data)
    tree = HEADER.parse(data)
    assert as_tree(header) == {
        "first": {name: tree.first[name] for name in ("leap", "version", "mode")},
        "stratum": tree.stratum,
        "second": {name: tree.second[name] for name in ("urgent", "port", "final")},
    }
    assert codec_for(Header).build(header) == HEADER.build(as_tree(header)) == data


def test_a_single_bit_is_a_bool_and_wider_bits_are_ints() -> None:
    header = codec_for(Header).parse(b"\xff\xff\xff\xff")
    assert (header.urgent, header.final) == (True, True)
    assert type(header.urgent) is bool
    assert type(header.leap) is int


def test_one_bit_may_be_an_int_too() -> None:
    @jf.message
    class Counted:
        first: Annotated[int, jf.Bits(1)]
        rest: Annotated[int, jf.Bits(7)]

    counted = codec_for(Counted).parse(b"\x81")
    assert type(counted.first) is int
    assert (counted.first, counted.rest) == (1, 1)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 15), st.integers(0, 2**64 - 1), st.integers(0, 15))
def test_bits_may_cross_bytes_and_be_sixty_four(low: int, long: int, high: int) -> None:
    wide = Wide(low, long, high)
    wire = codec_for(Wide).build(wide)
    assert wire == (low << 68 | long << 4 | high).to_bytes(9, "big")
    assert codec_for(Wide).parse(wire) == wide


FIELDS = {"leap": 2, "version": 3, "mode": 3, "port": 14}


@pytest.mark.parametrize(("name", "width"), FIELDS.items(), ids=FIELDS)
def test_a_value_above_its_width_is_refused_and_the_widest_is_kept(name: str, width: int) -> None:
    header = Header(0, 0, 0, 0, False, 0, False)
    changes: dict[str, Any] = {name: 2**width - 1}
    widest = jf.evolve(header, **changes)
    assert codec_for(Header).parse(codec_for(Header).build(widest)) == widest
    for wrong in (2**width, -1):
        changes = {name: wrong}
        with pytest.raises(jf.EncodeError) as caught:
            codec_for(Header).build(jf.evolve(header, **changes))
        error = caught.value
        assert (error.message, error.field, error.reason) == ("Header", name, f"{wrong} does not fit {width} bits")


@pytest.mark.parametrize("value", [-9, -8, -1, 0, 7, 8, 15, 16])
def test_bits_with_a_sign_take_what_construct_takes(value: int) -> None:
    nibbles = construct.BitStruct("high" / construct.BitsInteger(4, signed=True), "low" / construct.BitsInteger(4))
    codec: jf.Codec[Any] = jf.Codec(nibbles)
    if -8 <= value <= 7:
        assert codec.build({"high": value, "low": 5}) == nibbles.build({"high": value, "low": 5})
    else:
        with pytest.raises(construct.IntegerError):
            nibbles.build({"high": value, "low": 5})
        with pytest.raises(jf.EncodeError, match=f"high: IntegerError: {value} does not fit 4 bits"):
            codec.build({"high": value, "low": 5})


@pytest.mark.parametrize("value", ["1", 1.0, None, b"\1", (1,)], ids=repr)
def test_what_is_no_int_is_refused_as_bits(value: Any) -> None:
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Header).build(Header(value, 0, 0, 0, False, 0, False))
    assert (caught.value.field, caught.value.reason) == ("leap", f"{value!r} does not fit 2 bits")


@pytest.mark.parametrize("value", [2, -1, "yes", None], ids=repr)
def test_what_is_no_truth_is_refused_as_a_bit(value: Any) -> None:
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Header).build(Header(0, 0, 0, 0, value, 0, False))
    assert (caught.value.field, caught.value.reason) == ("urgent", f"{value!r} does not fit 1 bits")


@pytest.mark.parametrize(
    ("data", "field", "offset", "reason"),
    [
        (b"", "leap", 0, "needs 1 bytes, has 0"),
        (b"\0", "stratum", 1, "needs 1 bytes, has 0"),
        (b"\0\0", "urgent", 2, "needs 2 bytes, has 0"),
        (b"\0\0\0", "urgent", 2, "needs 2 bytes, has 1"),
    ],
    ids=["nothing", "between", "no group", "half a group"],
)
def test_bits_that_are_cut_off_name_the_first_of_their_group(data: bytes, field: str, offset: int, reason: str) -> None:
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Header).parse(data)
    assert (caught.value.field, caught.value.offset, caught.value.reason) == (field, offset, reason)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.builds(Flags, st.booleans(), st.integers(0, 127)), min_size=1, max_size=6))
def test_nested_messages_of_bits_stand_byte_by_byte(flags: list[Flags]) -> None:
    frame = Frame(flags[0], tuple(flags[1:]))
    wire = codec_for(Frame).build(frame)
    bytes_of = bytes(one.one << 7 | one.rest for one in flags)
    assert wire == bytes_of[:1] + bytes([len(flags) - 1]) + bytes_of[1:]
    assert codec_for(Frame).parse(wire) == frame


def test_a_bit_that_does_not_fit_is_named_with_its_path() -> None:
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Frame).build(Frame(Flags(True, 1), (Flags(True, 1), Flags(False, 128))))
    assert (caught.value.message, caught.value.field) == ("Frame", "each.1.rest")


@pytest.mark.parametrize("width", [0, -1, 65], ids=str)
def test_a_width_outside_1_to_64_is_refused_at_once(width: int) -> None:
    with pytest.raises(jf.DeclarationError) as caught:
        jf.Bits(width)
    error = caught.value
    assert (error.declared, error.field, error.reason) == ("Bits", None, f"a width is 1 to 64 bits, not {width}")


@pytest.mark.parametrize("width", [8, 16, 64], ids=str)
def test_bits_that_fill_bytes_alone_are_a_number(width: int) -> None:
    cls = message_of(Annotated[int, jf.Bits(width)])
    wire = bytes(range(1, width // 8 + 1))
    assert codec_for(cls).parse(wire).value == int.from_bytes(wire, "big")
    assert codec_for(cls).build(cls(int.from_bytes(wire, "big"))) == wire


def test_bits_on_both_sides_of_a_byte_are_two_groups() -> None:
    with pytest.raises(jf.DeclarationError) as caught:

        @jf.message
        class Bad:
            one: Annotated[int, jf.Bits(4)]
            between: jf.U8
            two: Annotated[int, jf.Bits(4)]

    assert (caught.value.declared, caught.value.field) == ("Bad", "one")
    assert caught.value.reason == "the bits from here on fill 4 bits, no whole bytes"


def test_a_framer_knows_the_size_of_bits() -> None:
    framer = codec_for(Header).framer(maximum=4)
    assert framer.measure(b"\0", 0, 1) == 4
    assert framer.measure(b"\0\0\0\0\0", 0, 5) == 4
    with pytest.raises(jf.FrameTooLarge) as caught:
        codec_for(Header).framer(maximum=3).measure(b"\0", 0, 1)
    assert (caught.value.size, caught.value.maximum) == (4, 3)
