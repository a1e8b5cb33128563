"""What ends by itself: variable numbers, decimal digits, text and rows up to a mark."""

from __future__ import annotations

from typing import Annotated, Any

import construct
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
from jackfield.messages import codec_for
from messages.agreement import check, check_damaged
from messages.made import message_of

Varint = message_of(jf.VarInt)
Digits = message_of(jf.Decimal)
Line = message_of(Annotated[int, jf.Terminated(b"\r\n")])


@given(st.integers(0, 2**64 - 1))
def test_a_varint_is_what_construct_makes_of_it(value: int) -> None:
    check(Varint(value), construct.VarInt.build(value))


@pytest.mark.parametrize("value", [-1, 2**64, "1", None, 1.0])
def test_a_varint_carries_what_64_bits_can(value: object) -> None:
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Varint).build(Varint(value))
    assert caught.value.field == "value"


def test_a_peer_may_use_more_groups_than_it_needs_but_not_without_end() -> None:
    assert codec_for(Varint).parse(b"\x81\x80\x00") == Varint(1)
    for wire in (b"\xff" * 10, b"\xff" * 9 + b"\x02", b"\x80" * 10 + b"\x00", b"\x80"):
        with pytest.raises(jf.DecodeError):
            codec_for(Varint).parse(wire)
    with pytest.raises(jf.DecodeError):
        codec_for(Varint).framer(maximum=1000).measure(b"\x80" * 11, 0, 11)


@given(st.integers(-(10**19), 10**20 - 1))
def test_a_decimal_is_digits_up_to_its_mark(value: int) -> None:
    check(Digits(value), b"%d " % value)
    check(Line(value), b"%d\r\n" % value)


@pytest.mark.parametrize(
    "wire", [b" ", b"- ", b"+1 ", b"1_0 ", b"\xd9\xa1 ", b" 1 ", b"0x1 ", b"1" * 21 + b" ", b"1.0 "]
)
def test_what_is_no_decimal_is_refused(wire: bytes) -> None:
    with pytest.raises(jf.DecodeError):
        codec_for(Digits).parse(wire)


def test_digits_without_an_end_are_refused_before_they_fill_the_buffer() -> None:
    for data in (b"1" * 30, b"x"):
        with pytest.raises(jf.DecodeError):
            codec_for(Digits).framer(maximum=1000).measure(data, 0, len(data))


@pytest.mark.parametrize("value", ["1", None, 1.5, 10**20])
def test_only_an_int_of_20_digits_is_sent_as_a_decimal(value: object) -> None:
    with pytest.raises(jf.EncodeError):
        codec_for(Digits).build(Digits(value))


@jf.message
class Netstring:
    size: Annotated[int, jf.Terminated(b":")] = jf.computed()
    data: bytes = jf.field(size=size)
    end: bytes = jf.const(b",")


@jf.message
class Value:
    """A reply of memcached's text protocol (doc/protocol.txt: VALUE <key> <flags> <bytes>)."""

    verb: bytes = jf.const(b"VALUE ")
    key: Annotated[str, jf.Terminated(b" ")]
    flags: jf.Decimal
    size: Annotated[int, jf.Terminated(b"\r\n")] = jf.computed()
    data: bytes = jf.field(size=size)
    end: bytes = jf.const(b"\r\n")


def test_text_protocols_count_in_digits() -> None:
    check(Netstring(b"hello"), b"5:hello,")
    check(Value("k", 12, b"a\r\nb"), b"VALUE k 12 4\r\na\r\nb\r\n")


@jf.message
class Marked:
    name: jf.CText
    line: Annotated[bytes, jf.Terminated(b"\r\n")]
    wide: Annotated[str, jf.Terminated("¶".encode())]
    number: Annotated[bytes, jf.Prefixed(jf.VarInt)]
    texts: Annotated[tuple[jf.CText, ...], jf.Terminated(b"\xff")]
    pairs: Annotated[list[jf.U16], jf.Terminated(b"\0\0")]
    few: Annotated[tuple[jf.U8, ...], jf.Prefixed(Annotated[int, jf.Terminated(b":")])]


without = st.text(st.characters(exclude_characters="\0¶", exclude_categories=["Cs"]), max_size=5)


@given(
    without,
    st.binary(max_size=6).filter(lambda data: b"\r" not in data),
    without,
    st.binary(max_size=200),
    st.lists(without, max_size=3).map(tuple),
    st.lists(st.integers(1, 65535), max_size=3),
    st.lists(st.integers(0, 255), max_size=12).map(tuple),
)
def test_all_up_to_the_mark_is_the_value(
    name: str, line: bytes, wide: str, number: bytes, texts: tuple[str, ...], pairs: list[int], few: tuple[int, ...]
) -> None:
    wire = name.encode() + b"\0" + line + b"\r\n" + wide.encode() + "¶".encode()
    wire += construct.VarInt.build(len(number)) + number + b"".join(text.encode() + b"\0" for text in texts) + b"\xff"
    wire += b"".join(pair.to_bytes(2, "big") for pair in pairs) + b"\0\0" + b"%d:" % len(few) + bytes(few)
    check(Marked(name, line, wide, number, texts, pairs, few), wire)


GOOD = Marked("a", b"b", "c", b"d", ("e",), [1], (2,))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a\0b"),
        ("line", b"a\r\nb"),
        ("line", b"a\r"),  # with the mark behind it, the end would be found one byte early: \r\r\n is no trouble
        ("wide", "a¶"),
        ("pairs", [1, 0, 2]),
    ],
)
def test_a_value_that_contains_its_mark_is_not_sent(field: str, value: object) -> None:
    message = Marked("a", b"b", "c", b"d", ("e",), [1], (2,))
    object.__setattr__(message, field, value)
    if (field, value) == ("line", b"a\r"):
        assert codec_for(Marked).parse(codec_for(Marked).build(message)).line == value
        return
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Marked).build(message)
    assert (caught.value.field or "").split(".")[0] == field


Labels = message_of(Annotated[list[jf.Bytes8], jf.Terminated(b"\0")])


def test_an_element_that_begins_with_the_mark_of_its_row_is_not_sent() -> None:
    check(Labels([b"a", b"\0"]), b"\1a\1\0\0")
    with pytest.raises(jf.EncodeError):
        codec_for(Labels).build(Labels([b"a", b"", b"c"]))


def test_a_mark_that_its_value_could_begin_is_told_apart() -> None:
    @jf.message
    class Doubled:
        data: Annotated[bytes, jf.Terminated(b"\0\0")]

    check(Doubled(b"a"), b"a\0\0")
    with pytest.raises(jf.EncodeError):  # a\0 + \0\0 would end one byte early
        codec_for(Doubled).build(Doubled(b"a\0"))


@pytest.mark.parametrize("mark", [b"", "text", None, 0])
def test_a_mark_is_a_byte_or_more(mark: Any) -> None:
    with pytest.raises(jf.DeclarationError):
        jf.Terminated(mark)


@given(st.sampled_from([Varint, Digits, Netstring, Value, Marked]), st.binary(max_size=30))
def test_no_bytes_make_anything_but_a_message_or_a_decode_error(schema: Any, data: bytes) -> None:
    check_damaged(schema, data)


@given(st.integers(0, 60), st.integers(0, 255))
def test_a_damaged_byte_makes_another_message_or_a_decode_error(at: int, byte: int) -> None:
    wire = bytearray(codec_for(Marked).build(GOOD))
    wire[at % len(wire)] = byte
    check_damaged(Marked, bytes(wire))
