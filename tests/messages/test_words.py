"""What each word of the language is on the wire: worked out by hand, by struct, and by construct."""

from __future__ import annotations

import math
import struct
from typing import Annotated, Any

import construct
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jackfield as jf
from jackfield.messages import Codec, codec_for, number_of
from messages.made import message_of

INTEGERS: dict[str, tuple[Any, Any]] = {
    "U8": (jf.U8, construct.Int8ub),
    "U16": (jf.U16, construct.Int16ub),
    "U24": (jf.U24, construct.Int24ub),
    "U32": (jf.U32, construct.Int32ub),
    "U64": (jf.U64, construct.Int64ub),
    "I8": (jf.I8, construct.Int8sb),
    "I16": (jf.I16, construct.Int16sb),
    "I24": (jf.I24, construct.Int24sb),
    "I32": (jf.I32, construct.Int32sb),
    "I64": (jf.I64, construct.Int64sb),
    "U16le": (jf.U16le, construct.Int16ul),
    "U24le": (jf.U24le, construct.Int24ul),
    "U32le": (jf.U32le, construct.Int32ul),
    "U64le": (jf.U64le, construct.Int64ul),
    "I16le": (jf.I16le, construct.Int16sl),
    "I24le": (jf.I24le, construct.Int24sl),
    "I32le": (jf.I32le, construct.Int32sl),
    "I64le": (jf.I64le, construct.Int64sl),
}
FLOATS: dict[str, tuple[Any, str]] = {
    "F32": (jf.F32, ">f"),
    "F64": (jf.F64, ">d"),
    "F32le": (jf.F32le, "<f"),
    "F64le": (jf.F64le, "<d"),
}


def codec_of(annotation: Any) -> Codec[Any]:
    return codec_for(message_of(annotation))


def written(annotation: Any, value: object) -> bytes:
    cls = message_of(annotation)
    return codec_for(cls).build(cls(value))


def read(annotation: Any, data: bytes) -> Any:
    return codec_of(annotation).parse(data).value


def refusal_of(annotation: Any, data: bytes) -> jf.DecodeError:
    with pytest.raises(jf.DecodeError) as caught:
        codec_of(annotation).parse(data)
    return caught.value


@pytest.mark.parametrize(("annotation", "schema"), INTEGERS.values(), ids=INTEGERS)
@settings(deadline=None)
@given(data=st.data())
def test_an_integer_is_what_construct_makes_of_it(annotation: Any, schema: Any, data: st.DataObject) -> None:
    number = number_of(annotation)
    value = data.draw(st.integers(number.lowest, number.highest))
    wire = written(annotation, value)
    assert wire == schema.build(value)
    assert read(annotation, wire) == value


@pytest.mark.parametrize(("annotation", "schema"), INTEGERS.values(), ids=INTEGERS)
def test_an_integer_that_does_not_fit_is_refused_and_its_bounds_are_named(annotation: Any, schema: Any) -> None:
    number = number_of(annotation)
    assert len(written(annotation, number.highest)) == len(written(annotation, number.lowest)) == number.size
    for value in (number.highest + 1, number.lowest - 1, 10**30):
        with pytest.raises(jf.EncodeError) as caught:
            written(annotation, value)
        assert caught.value.field == "value"
        assert f"{number.lowest}..{number.highest}" in caught.value.reason


@pytest.mark.parametrize(("annotation", "schema"), INTEGERS.values(), ids=INTEGERS)
def test_an_integer_that_is_cut_off_is_refused_where_it_begins(annotation: Any, schema: Any) -> None:
    for size in range(number_of(annotation).size):
        error = refusal_of(annotation, bytes(size))
        assert (error.field, error.offset) == ("value", 0)


@pytest.mark.parametrize(("annotation", "code"), FLOATS.values(), ids=FLOATS)
@given(data=st.data())
def test_a_float_is_what_struct_makes_of_it(annotation: Any, code: str, data: st.DataObject) -> None:
    value = data.draw(st.floats(width=32 if code.endswith("f") else 64))
    wire = written(annotation, value)
    assert wire == struct.pack(code, value)
    again = read(annotation, wire)
    assert again == value or (math.isnan(again) and math.isnan(value))


def test_a_float_takes_integers_and_refuses_what_is_too_large() -> None:
    assert written(jf.F32, 2) == struct.pack(">f", 2.0)
    for annotation, value in ((jf.F32, 1e300), (jf.F64, 10**400)):
        with pytest.raises(jf.EncodeError, match="does not fit"):
            written(annotation, value)


@given(st.binary(min_size=1, max_size=1))
def test_any_byte_but_0_is_true(data: bytes) -> None:
    assert read(jf.Bool, data) is (data != b"\0")


def test_true_is_written_as_1() -> None:
    assert (written(jf.Bool, True), written(jf.Bool, False)) == (b"\1", b"\0")


TEXTS: dict[str, tuple[Any, int | None]] = {
    "Text8": (jf.Text8, 1),
    "Text16": (jf.Text16, 2),
    "prefixed by three bytes, reversed": (Annotated[str, jf.Prefixed(jf.U24le)], -3),
    "until the end": (Annotated[str, jf.UntilEnd()], None),
}


def prefix(size: int, length: int | None) -> bytes:
    if length is None:
        return b""
    return size.to_bytes(abs(length), "big" if length > 0 else "little")


@pytest.mark.parametrize(("annotation", "length"), TEXTS.values(), ids=TEXTS)
@given(text=st.text(max_size=60))
def test_a_text_is_its_utf8_behind_its_length_in_bytes(annotation: Any, length: int | None, text: str) -> None:
    encoded = text.encode()
    wire = written(annotation, text)
    assert wire == prefix(len(encoded), length) + encoded
    assert read(annotation, wire) == text


OCTETS: dict[str, tuple[Any, int | None]] = {
    "Bytes8": (jf.Bytes8, 1),
    "Bytes16": (jf.Bytes16, 2),
    "prefixed by four bytes": (Annotated[bytes, jf.Prefixed(jf.U32)], 4),
    "Rest": (jf.Rest, None),
}


@pytest.mark.parametrize(("annotation", "length"), OCTETS.values(), ids=OCTETS)
@given(data=st.binary(max_size=255))
def test_bytes_stand_behind_their_length(annotation: Any, length: int | None, data: bytes) -> None:
    wire = written(annotation, data)
    assert wire == prefix(len(data), length) + data
    assert read(annotation, wire) == data
    assert written(annotation, bytearray(data)) == wire


@pytest.mark.parametrize("annotation", [jf.Text8, jf.Bytes8])
def test_what_is_longer_than_its_prefix_can_say_is_refused(annotation: Any) -> None:
    long: Any = "x" * 255 if annotation is jf.Text8 else b"x" * 255
    assert len(written(annotation, long)) == 256
    with pytest.raises(jf.EncodeError, match="too large for the U8"):
        written(annotation, long + long[:1])


def test_a_declared_length_beyond_the_input_is_refused() -> None:
    error = refusal_of(jf.Text8, b"\x05hell")
    assert (error.field, error.offset) == ("value", 1)
    assert "needs 5 bytes, has 4" in error.reason


def test_a_prefix_may_count_itself() -> None:
    counted = Annotated[bytes, jf.Prefixed(jf.U16, plus=2)]
    assert written(counted, b"abc") == b"\0\5abc"
    assert read(counted, b"\0\5abc") == b"abc"
    assert "less than the 2" in refusal_of(counted, b"\0\1").reason


def test_bytes_that_are_no_utf8_are_refused_where_they_stand() -> None:
    error = refusal_of(jf.Text8, b"\x04ab\xffd")
    assert (error.field, error.offset) == ("value", 3)
    assert "is no UTF-8" in error.reason


def test_text_that_has_no_utf8_is_refused() -> None:
    with pytest.raises(jf.EncodeError, match="has no UTF-8"):
        written(jf.Text8, "\ud800")


fixed_bytes = Annotated[bytes, jf.Fixed(4)]
fixed_text = Annotated[str, jf.Fixed(4)]


def test_fixed_bytes_are_just_so_many() -> None:
    assert written(fixed_bytes, b"abcd") == b"abcd"
    assert read(fixed_bytes, b"ab\0\0") == b"ab\0\0"
    for wrong in (b"abc", b"abcde", b""):
        with pytest.raises(jf.EncodeError, match=f"{len(wrong)} bytes, not 4"):
            written(fixed_bytes, wrong)


@given(st.text(max_size=4).filter(lambda text: len(text.encode()) <= 4 and not text.endswith("\0")))
def test_fixed_text_is_padded_with_nuls(text: str) -> None:
    wire = written(fixed_text, text)
    assert wire == text.encode().ljust(4, b"\0")
    assert read(fixed_text, wire) == text


def test_text_that_would_lose_something_to_its_padding_is_refused() -> None:
    with pytest.raises(jf.EncodeError, match="4 at most"):
        written(fixed_text, "abcde")
    with pytest.raises(jf.EncodeError, match="could not be told from its padding"):
        written(fixed_text, "a\0")


WRONG_VALUES: dict[str, tuple[Any, object]] = {
    "text for a number": (jf.U8, "1"),
    "a float for a number": (jf.U8, 1.0),
    "None for a number": (jf.U8, None),
    "text for a float": (jf.F32, "1"),
    "a number for a boolean": (jf.Bool, 1),
    "a number for text": (jf.Text8, 1),
    "bytes for text": (jf.Text8, b"abc"),
    "text for bytes": (jf.Bytes8, "abc"),
    "None for bytes": (jf.Rest, None),
    "a number for a tuple": (Annotated[tuple[jf.U8, ...], jf.Prefixed(jf.U8)], 1),
    "bytes for a tuple": (Annotated[tuple[jf.U8, ...], jf.Prefixed(jf.U8)], b"abc"),
}


@pytest.mark.parametrize(("annotation", "value"), WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_a_value_of_another_type_is_refused_with_its_field(annotation: Any, value: object) -> None:
    with pytest.raises(jf.EncodeError) as caught:
        written(annotation, value)
    assert (caught.value.message, caught.value.field) == ("Single", "value")
    assert repr(value) in caught.value.reason


def test_what_is_parsed_keeps_no_hold_of_its_input() -> None:
    data = bytearray(b"\x03abc")
    message = codec_of(jf.Bytes8).parse(memoryview(data))
    data[:] = b"\xff\xff\xff\xff"  # a memoryview that was kept would have made this a BufferError, or changed the value
    assert message.value == b"abc"
