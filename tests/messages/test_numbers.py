"""Numbers, floats and booleans: their bytes, worked out by hand and by construct, and what they refuse."""

from __future__ import annotations

import enum
import math
import struct
from typing import Any

import construct
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jackfield as jf
from jackfield.messages import codec_for, number_of
from messages.made import message_of

# name: (annotation, bytes, what they are, lowest, highest, the same in construct)
NUMBERS: dict[str, tuple[Any, bytes, int, int, int, Any]] = {
    "U8": (jf.U8, b"\xfe", 254, 0, 255, construct.Int8ub),
    "U16": (jf.U16, b"\xfe\x01", 0xFE01, 0, 65_535, construct.Int16ub),
    "U24": (jf.U24, b"\xfe\x01\x02", 0xFE0102, 0, 16_777_215, construct.Int24ub),
    "U32": (jf.U32, b"\xfe\x01\x02\x03", 0xFE010203, 0, 4_294_967_295, construct.Int32ub),
    "U64": (jf.U64, b"\xfe\1\2\3\4\5\6\7", 0xFE01020304050607, 0, 18_446_744_073_709_551_615, construct.Int64ub),
    "I8": (jf.I8, b"\xfe", -2, -128, 127, construct.Int8sb),
    "I16": (jf.I16, b"\xff\x01", -255, -32_768, 32_767, construct.Int16sb),
    "I24": (jf.I24, b"\xff\xff\x01", -255, -8_388_608, 8_388_607, construct.Int24sb),
    "I32": (jf.I32, b"\xff\xff\xff\x01", -255, -2_147_483_648, 2_147_483_647, construct.Int32sb),
    "I64": (jf.I64, b"\xff" * 7 + b"\1", -255, -(2**63), 2**63 - 1, construct.Int64sb),
    "U16le": (jf.U16le, b"\x01\xfe", 0xFE01, 0, 65_535, construct.Int16ul),
    "U24le": (jf.U24le, b"\x02\x01\xfe", 0xFE0102, 0, 16_777_215, construct.Int24ul),
    "U32le": (jf.U32le, b"\x03\x02\x01\xfe", 0xFE010203, 0, 4_294_967_295, construct.Int32ul),
    "U64le": (jf.U64le, b"\7\6\5\4\3\2\1\xfe", 0xFE01020304050607, 0, 2**64 - 1, construct.Int64ul),
    "I16le": (jf.I16le, b"\x01\xff", -255, -32_768, 32_767, construct.Int16sl),
    "I24le": (jf.I24le, b"\x01\xff\xff", -255, -8_388_608, 8_388_607, construct.Int24sl),
    "I32le": (jf.I32le, b"\x01\xff\xff\xff", -255, -2_147_483_648, 2_147_483_647, construct.Int32sl),
    "I64le": (jf.I64le, b"\1" + b"\xff" * 7, -255, -(2**63), 2**63 - 1, construct.Int64sl),
}
each_number = pytest.mark.parametrize(
    ("annotation", "wire", "value", "lowest", "highest", "schema"), NUMBERS.values(), ids=NUMBERS
)
MESSAGES: dict[str, Any] = {name: message_of(number[0]) for name, number in NUMBERS.items()}

# name: (annotation, bytes, what they are, the same in construct)
FLOATS: dict[str, tuple[Any, bytes, float, Any]] = {
    "F32": (jf.F32, b"\xbf\xc0\0\0", -1.5, construct.Float32b),
    "F64": (jf.F64, b"\xbf\xf8\0\0\0\0\0\0", -1.5, construct.Float64b),
    "F32le": (jf.F32le, b"\0\0\xc0\xbf", -1.5, construct.Float32l),
    "F64le": (jf.F64le, b"\0\0\0\0\0\0\xf8\xbf", -1.5, construct.Float64l),
}
each_float = pytest.mark.parametrize(("annotation", "wire", "value", "schema"), FLOATS.values(), ids=FLOATS)


def built(annotation: Any, value: object) -> bytes:
    cls = message_of(annotation)
    return codec_for(cls).build(cls(value))


def parsed(annotation: Any, data: bytes) -> Any:
    return codec_for(message_of(annotation)).parse(data).value


def encode_error(annotation: Any, value: object) -> jf.EncodeError:
    with pytest.raises(jf.EncodeError) as caught:
        built(annotation, value)
    assert (caught.value.message, caught.value.field) == ("Single", "value")
    return caught.value


def decode_error(annotation: Any, data: bytes) -> jf.DecodeError:
    with pytest.raises(jf.DecodeError) as caught:
        parsed(annotation, data)
    assert caught.value.message == "Single"
    return caught.value


@each_number
def test_a_number_has_its_own_size_order_and_sign(
    annotation: Any, wire: bytes, value: int, lowest: int, highest: int, schema: Any
) -> None:
    assert built(annotation, value) == wire
    assert parsed(annotation, wire) == value


@each_number
def test_the_lowest_and_the_highest_value_arrive_unchanged(
    annotation: Any, wire: bytes, value: int, lowest: int, highest: int, schema: Any
) -> None:
    for outermost in (lowest, highest):
        again = built(annotation, outermost)
        assert len(again) == len(wire)
        assert parsed(annotation, again) == outermost


@each_number
def test_a_number_one_beyond_its_bounds_is_refused(
    annotation: Any, wire: bytes, value: int, lowest: int, highest: int, schema: Any
) -> None:
    for beyond in (lowest - 1, highest + 1):
        assert encode_error(annotation, beyond).reason == f"{beyond} is not in {lowest}..{highest}"


@each_number
def test_a_number_that_is_cut_off_says_what_it_needs_and_has(
    annotation: Any, wire: bytes, value: int, lowest: int, highest: int, schema: Any
) -> None:
    for left in range(len(wire)):
        error = decode_error(annotation, wire[:left])
        assert (error.field, error.offset, error.reason) == ("value", 0, f"needs {len(wire)} bytes, has {left}")


@each_number
def test_a_byte_behind_a_number_is_left_over(
    annotation: Any, wire: bytes, value: int, lowest: int, highest: int, schema: Any
) -> None:
    error = decode_error(annotation, wire + b"\0")
    assert (error.field, error.offset, error.reason) == (None, len(wire), "1 bytes are left over")


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(sorted(NUMBERS)), data=st.binary(min_size=8, max_size=8))
def test_any_bytes_are_the_number_that_construct_sees_in_them(name: str, data: bytes) -> None:
    _, wire, _, lowest, highest, schema = NUMBERS[name]
    codec = codec_for(MESSAGES[name])
    value = codec.parse(data[: len(wire)]).value
    assert value == schema.parse(data[: len(wire)])
    assert lowest <= value <= highest
    assert codec.build(MESSAGES[name](value)) == schema.build(value) == data[: len(wire)]


@each_number
def test_a_number_knows_its_name_its_bounds_and_its_bytes_by_itself(
    annotation: Any, wire: bytes, value: int, lowest: int, highest: int, schema: Any
) -> None:
    number = number_of(annotation)
    assert (NUMBERS[number.name][0], number.size) == (annotation, len(wire))
    assert (number.lowest, number.highest) == (lowest, highest)
    assert number.build(value) == wire
    assert number.parse(b"?" + wire + b"?", 1) == value
    with pytest.raises(jf.DecodeError) as decoded:
        number.parse(b"?" + wire[:-1], 1)
    assert (decoded.value.message, decoded.value.field, decoded.value.offset) == (number.name, None, 1)
    with pytest.raises(jf.EncodeError) as encoded:
        number.build(highest + 1)
    assert (encoded.value.message, encoded.value.field) == (number.name, None)


@pytest.mark.parametrize("value", ["1", b"1", 1.0, None, (1,), 1j], ids=repr)
def test_what_is_no_int_is_refused_as_a_number(value: object) -> None:
    assert encode_error(jf.U16, value).reason == f"{value!r} is no int"


class Colour(enum.IntEnum):
    RED = 7


def test_a_member_of_an_int_enum_is_written_as_its_number() -> None:
    assert built(jf.U16, Colour.RED) == b"\0\7"


@each_float
def test_a_float_has_its_own_size_and_order(annotation: Any, wire: bytes, value: float, schema: Any) -> None:
    assert built(annotation, value) == wire
    assert parsed(annotation, wire) == value


@each_float
def test_a_float_that_is_cut_off_says_what_it_needs_and_has(
    annotation: Any, wire: bytes, value: float, schema: Any
) -> None:
    for left in range(len(wire)):
        error = decode_error(annotation, wire[:left])
        assert (error.field, error.offset, error.reason) == ("value", 0, f"needs {len(wire)} bytes, has {left}")


@each_float
@settings(max_examples=100, deadline=None)
@given(data=st.binary(min_size=8, max_size=8))
def test_any_bytes_are_the_float_that_construct_sees_in_them(
    annotation: Any, wire: bytes, value: float, schema: Any, data: bytes
) -> None:
    found, expected = parsed(annotation, data[: len(wire)]), schema.parse(data[: len(wire)])
    assert struct.pack("d", found) == struct.pack("d", expected)
    assert built(annotation, found) == schema.build(expected)


@each_float
def test_infinities_and_what_is_no_number_are_floats_too(
    annotation: Any, wire: bytes, value: float, schema: Any
) -> None:
    for infinite in (math.inf, -math.inf):
        assert parsed(annotation, built(annotation, infinite)) == infinite
    assert math.isnan(parsed(annotation, built(annotation, math.nan)))


@pytest.mark.parametrize(
    ("annotation", "value", "size"),
    [(jf.F32, 3.5e38, 4), (jf.F32le, -1e300, 4), (jf.F64, 10**309, 8), (jf.F64le, -(10**309), 8)],
    ids=["F32", "F32le", "F64", "F64le"],
)
def test_a_float_too_large_for_its_bytes_is_refused_rather_than_made_infinite(
    annotation: Any, value: float, size: int
) -> None:
    assert encode_error(annotation, value).reason == f"{value!r} does not fit {size} bytes"


def test_an_int_is_as_good_as_a_float() -> None:
    assert built(jf.F32, 2) == b"\x40\0\0\0"
    assert isinstance(parsed(jf.F32, b"\x40\0\0\0"), float)


@pytest.mark.parametrize("value", ["1.5", None, 1j, b"\0\0\0\0"], ids=repr)
def test_what_is_no_float_is_refused(value: object) -> None:
    assert encode_error(jf.F64, value).reason == f"{value!r} is no float"


@pytest.mark.parametrize("byte", range(256))
def test_any_byte_but_0_is_true(byte: int) -> None:
    assert parsed(jf.Bool, bytes([byte])) is (byte != 0)


def test_a_boolean_is_written_as_1_or_0() -> None:
    assert (built(jf.Bool, True), built(jf.Bool, False)) == (b"\1", b"\0")


@pytest.mark.parametrize("value", [0, 1, None, "", "True"], ids=repr)
def test_what_is_no_bool_is_refused_as_a_boolean(value: object) -> None:
    assert encode_error(jf.Bool, value).reason == f"{value!r} is no bool"


def test_a_boolean_that_is_missing_is_refused() -> None:
    error = decode_error(jf.Bool, b"")
    assert (error.field, error.offset, error.reason) == ("value", 0, "needs 1 bytes, has 0")
