"""Where the language ends: values seen through functions, and values read and written by hand."""

from __future__ import annotations

import datetime as dt
import ipaddress
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
from jackfield.messages import codec_for
from messages.agreement import check, check_damaged

EPOCH = dt.date(1970, 1, 1)
Day = Annotated[
    dt.date,
    jf.Adapt(jf.U16, decode=lambda days: EPOCH + dt.timedelta(days), encode=lambda day: (day - EPOCH).days),
]


@jf.message
class Point:
    x: jf.I16
    y: jf.I16


@jf.message
class Adapted:
    day: Day
    host: ipaddress.IPv4Address = jf.field(
        jf.Adapt(Annotated[bytes, jf.Fixed(4)], decode=ipaddress.IPv4Address, encode=lambda host: host.packed)
    )
    days: Annotated[tuple[Day, ...], jf.Prefixed(jf.U8)] = ()
    spot: Annotated[
        complex,
        jf.Adapt(Point, decode=lambda at: complex(at.x, at.y), encode=lambda at: Point(int(at.real), int(at.imag))),
    ] = 0j
    boxed: Annotated[int, jf.Adapt(jf.Rest, decode=int, encode=lambda value: b"%d" % value), jf.Prefixed(jf.U8)] = 0


days = st.dates(EPOCH, EPOCH + dt.timedelta(65535))


@given(days, st.ip_addresses(v=4), st.lists(days, max_size=3).map(tuple), st.integers(-99, 99), st.integers(0, 10**9))
def test_an_adapted_value_stands_as_what_it_is_encoded_to(
    day: dt.date, host: ipaddress.IPv4Address, several: tuple[dt.date, ...], x: int, boxed: int
) -> None:
    wire = b"".join((one - EPOCH).days.to_bytes(2, "big") for one in (day, *several))
    text = str(boxed).encode()
    message = Adapted(day, host, several, complex(x, 1), boxed)
    wire = wire[:2] + host.packed + bytes([len(several)]) + wire[2:] + x.to_bytes(2, "big", signed=True) + b"\0\1"
    check(message, wire + bytes([len(text)]) + text)


def test_what_decode_raises_is_the_cause_of_a_decode_error_and_what_encode_raises_of_an_encode_error() -> None:
    wire = codec_for(Adapted).build(Adapted(EPOCH, ipaddress.IPv4Address("10.0.0.1"), boxed=7))
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Adapted).parse(wire[:-1] + b"x")
    assert caught.value.field == "boxed"
    assert isinstance(caught.value.__cause__, ValueError)
    for wrong in (EPOCH - dt.timedelta(1), "today"):
        with pytest.raises(jf.EncodeError) as failed:
            codec_for(Adapted).build(Adapted(wrong, ipaddress.IPv4Address("10.0.0.1")))  # type: ignore[arg-type]
        assert failed.value.field == "day"


# ---------------------------------------------------------------- by hand: names as DNS has them (RFC 1035, 4.1.4)


def read_name(message: bytes, offset: int) -> tuple[str, int]:
    labels, behind = [], None
    for _ in range(64):
        size = message[offset]
        if size >= 0xC0:
            behind = offset + 2 if behind is None else behind
            offset = (size & 0x3F) << 8 | message[offset + 1]
        elif size:
            labels.append(message[offset + 1 : offset + 1 + size].decode("ascii"))
            offset += 1 + size
        else:
            return ".".join(labels), offset + 1 if behind is None else behind
    raise ValueError("a name that never ends")


def write_name(name: str, so_far: bytes) -> bytes:
    written = b""
    while name:
        label, _, rest = name.partition(".")
        known = so_far.find(b"".join(bytes([len(one)]) + one.encode() for one in name.split(".")) + b"\0")
        if known >= 0:
            return written + (0xC000 | known).to_bytes(2, "big")
        written += bytes([len(label)]) + label.encode("ascii")
        name = rest
    return written + b"\0"


Name = Annotated[str, jf.Custom(read=read_name, write=write_name)]


@jf.message
class Question:
    name: Name
    kind: jf.U16


@jf.message
class Query:
    number: jf.U16
    count: jf.U16 = jf.computed()
    questions: tuple[Question, ...] = jf.field(count=count)
    last: str = jf.field(jf.Custom(read=read_name, write=write_name), default="")


def test_what_is_read_by_hand_sees_the_message_from_its_first_byte() -> None:
    message = Query(7, (Question("a.example", 1), Question("b.example", 2), Question("a.example", 3)), "example")
    wire = b"\0\7\0\3" + b"\1a\7example\0\0\1" + b"\1b\xc0\x06\0\2" + b"\xc0\x04\0\3" + b"\xc0\x06"
    check(message, wire, framed=False)
    assert codec_for(Query).parse_from(b"front" + wire, 5) == (message, 5 + len(wire))


def test_what_is_read_by_hand_cannot_cut_a_stream() -> None:
    with pytest.raises(jf.DeclarationError) as caught:
        codec_for(Query).check_framing()
    assert caught.value.field == "questions.name"
    with pytest.raises(jf.DeclarationError):
        codec_for(Query).framer(maximum=100)


@pytest.mark.parametrize(
    ("wire", "field"),
    [
        (b"\0\7\0\1\xc0\x04\0\1\0", "questions.0.name"),
        (b"\0\7\0\0\5ab", "last"),
        (b"\0\7\0\0\3abc", "last"),
        (b"\0\7\0\0", "last"),
    ],
    ids=["a loop", "cut off", "without an end", "nothing"],
)
def test_what_a_hand_written_reader_raises_is_a_decode_error(wire: bytes, field: str) -> None:
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Query).parse(wire)
    assert caught.value.field == field


@pytest.mark.parametrize("offset", [-1, 0, 99])
def test_a_reader_that_goes_back_or_beyond_the_end_is_refused(offset: int) -> None:
    @jf.message
    class Wrong:
        first: jf.U8
        value: Annotated[int, jf.Custom(read=lambda data, at: (data[at], offset), write=lambda value, so_far: b"")]
        last: jf.U8

    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Wrong).parse(b"\1\2\3")
    assert caught.value.field == "value"


def test_a_reader_does_not_see_beyond_the_size_around_it() -> None:
    @jf.message
    class Boxed:
        value: Annotated[
            bytes,
            jf.Custom(read=lambda data, at: (data[at:], len(data)), write=lambda value, _: value),
            jf.Prefixed(jf.U8),
        ]
        last: jf.U8

    check(Boxed(b"ab", 7), b"\2ab\7", framed=False)


def test_what_a_writer_raises_or_returns_wrongly_is_an_encode_error() -> None:
    def write(value: int, so_far: bytes) -> bytes:
        return bytes([value]) if value else "text"  # type: ignore[return-value]

    @jf.message
    class Wrong:
        value: Annotated[int, jf.Custom(read=lambda data, at: (data[at], at + 1), write=write)]

    check(Wrong(7), b"\7", framed=False)
    for value in (256, 0):
        with pytest.raises(jf.EncodeError) as caught:
            codec_for(Wrong).build(Wrong(value))
        assert caught.value.field == "value"


@given(st.binary(max_size=30))
def test_no_bytes_make_anything_but_a_message_or_a_decode_error(data: bytes) -> None:
    check_damaged(Adapted, data)
    check_damaged(Query, data)
