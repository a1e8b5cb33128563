"""Packets: a header, any message as the body, a trailer; what both ends of a wire make of them."""

from __future__ import annotations

import zlib
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
from jackfield.messages import body_field, carry_echoes, codec_for, has_tag_field, tag_reader
from messages.agreement import check_framing


@jf.message(tag=1)
class Login:
    name: jf.Text8


@jf.message(tag=2)
class Data:
    rest: jf.Rest


@jf.message
class Tagless:
    value: jf.U8


@jf.message
class Frame(jf.Packet):
    start: bytes = jf.const(b"\x78\x78")
    size: jf.U8 = jf.length(plus=-2)
    kind: jf.U8 = jf.tag()
    body: jf.Body
    serial: jf.U16 = jf.echo()
    crc: jf.U32 = jf.checksum(zlib.crc32, since=size)
    stop: bytes = jf.const(b"\r\n")


def wire_of(kind: int, body: bytes, serial: int) -> bytes:
    covered = bytes([1 + len(body) + 2 + 4, kind]) + body + serial.to_bytes(2, "big")
    return b"\x78\x78" + covered + zlib.crc32(covered).to_bytes(4, "big") + b"\r\n"


@given(st.text(max_size=8), st.integers(0, 65535))
def test_a_packet_is_built_around_any_message_with_its_tag(name: str, serial: int) -> None:
    frame = Frame(Login(name))
    frame.serial = serial  # type: ignore[misc]
    wire = wire_of(1, bytes([len(name.encode())]) + name.encode(), serial)
    assert codec_for(Frame).build(frame) == wire
    parsed = codec_for(Frame).parse(wire)
    assert parsed.body == jf.Unknown(1, wire[4:-8])
    assert (parsed.serial, parsed.kind, parsed.size) == (serial, 1, len(wire) - 5)
    assert codec_for(Login).parse(parsed.body.payload) == Login(name)
    assert codec_for(Frame).build(parsed) == wire
    check_framing(Frame, wire)


def test_a_packet_tells_where_its_body_is_so_that_what_was_parsed_can_take_its_place() -> None:
    frame = codec_for(Frame).parse(wire_of(1, b"\1a", 513))
    assert body_field(Frame) == "body"
    setattr(frame, "body", codec_for(Login).parse(frame.body.payload))  # noqa: B010  # as who knows the name alone does
    assert frame == Frame(Login("a"))
    assert codec_for(Frame).build(frame) == wire_of(1, b"\1a", 513)


def test_what_is_derived_is_no_argument_and_can_be_read() -> None:
    frame = Frame(body=Data(b"ab"))
    wire = codec_for(Frame).build(frame)
    assert (frame.kind, frame.size, frame.serial) == (2, 9, 0)
    assert frame.crc == int.from_bytes(wire[-6:-2], "big")
    assert frame == Frame(Data(b"ab"))
    with pytest.raises(TypeError):
        Frame(Data(b""), kind=2)  # type: ignore[call-arg]


def test_a_reply_takes_over_what_echoes_and_may_bear_any_tag() -> None:
    request = codec_for(Frame).parse(wire_of(1, b"\1a", 513))
    reply = Frame(jf.Unknown(0x81, b"done"))
    carry_echoes(request, reply)
    assert codec_for(Frame).build(reply) == wire_of(0x81, b"done", 513)


@pytest.mark.parametrize("body", [Tagless(1), b"bytes", None, Login(3)], ids=repr)  # type: ignore[arg-type]
def test_what_is_no_message_with_a_tag_is_not_sent(body: object) -> None:
    with pytest.raises(jf.EncodeError):
        codec_for(Frame).build(Frame(body))


@pytest.mark.parametrize(
    ("at", "field"), [(0, "start"), (2, "size"), (3, "crc"), (5, "crc"), (7, "crc"), (11, "stop")], ids=str
)
def test_a_damaged_packet_names_what_is_wrong(at: int, field: str) -> None:
    wire = bytearray(wire_of(2, b"ab", 7))
    at = at if at < 8 else len(wire) - 1
    wire[at] ^= 0x80
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Frame).parse(wire)
    assert caught.value.field == field


@given(st.binary(max_size=30), st.integers(0, 40), st.integers(1, 255))
def test_any_changed_byte_of_a_packet_is_seen(data: bytes, at: int, change: int) -> None:
    wire = bytearray(wire_of(2, data, 7))
    wire[at % len(wire)] ^= change
    with pytest.raises(jf.DecodeError):
        codec_for(Frame).parse(wire)


@jf.message
class Adu(jf.Packet):
    """Modbus over TCP: a header with a length, then unit and function; here the function is the tag."""

    transaction: jf.U16 = jf.echo()
    protocol: jf.U16 = jf.const(0)
    size: jf.U16 = jf.length()
    unit: jf.U8 = jf.field(default=1, kw_only=True)
    function: jf.U8 = jf.tag()
    body: jf.Body


@jf.message
class Bare(jf.Packet):
    """No tag and no length: for one kind of message, in datagrams."""

    version: jf.U8
    body: jf.Body
    crc: jf.U8 = jf.checksum(lambda data: sum(data) & 255)


@jf.message
class Parts(jf.Packet):
    major: jf.U8 = jf.tag()
    minor: jf.U8 = jf.tag()
    body: jf.Body


@jf.message(tag=(3, 4))
class Both:
    value: jf.U8


def test_a_packet_may_have_arguments_several_tags_or_none() -> None:
    assert codec_for(Adu).build(Adu(Login("a"), unit=9)) == b"\0\0\0\0\0\4\x09\1\1a"
    assert codec_for(Adu).parse(b"\1\2\0\0\0\3\x07\5x").body == jf.Unknown(5, b"x")
    assert codec_for(Bare).parse(b"\1ab\xc4") == Bare(1, jf.Unknown((), b"ab"))
    assert codec_for(Bare).build(Bare(1, jf.Unknown((), b"ab"))) == b"\1ab\xc4"
    assert codec_for(Bare).build(Bare(1, Tagless(7))) == b"\1\7\x08"
    assert codec_for(Parts).build(Parts(Both(9))) == b"\3\4\x09"
    assert codec_for(Parts).parse(b"\3\4\x09").body == jf.Unknown((3, 4), b"\x09")
    assert (Parts(Both(9)).major, Parts(Both(9)).minor) == (3, 4)


def test_a_packet_without_a_length_cannot_cut_a_stream() -> None:
    with pytest.raises(jf.DeclarationError) as caught:
        codec_for(Bare).check_framing()
    assert caught.value.field == "body"


@pytest.mark.parametrize(
    ("cls", "wire", "tag"),
    [(Frame, wire_of(9, b"", 1), 9), (Adu, b"\0\0\0\0\0\2\1\x11", 0x11), (Parts, b"\5\6\7", (5, 6))],
)
def test_the_tag_can_be_read_by_itself(cls: Any, wire: bytes, tag: object) -> None:
    assert has_tag_field(cls)
    assert tag_reader(cls)(wire) == tag
    with pytest.raises(jf.DecodeError):
        tag_reader(cls)(wire[:1])


class Context:
    """What a service hands on, as far as packets ask."""

    def __init__(self, packet: object) -> None:
        self.packet = packet


def test_a_packet_is_found_in_its_context_by_its_class() -> None:
    frame = codec_for(Frame).parse(wire_of(2, b"ab", 7))
    assert Frame.of(Context(frame)).serial == 7
    for wrong in (None, Adu(Login("a"))):
        with pytest.raises(jf.CompositionError, match="Frame"):
            Frame.of(Context(wrong))


@jf.message
class Header:
    version: jf.U8 = jf.const(1)
    kind: jf.U8 = jf.tag()
    size: jf.U16 = jf.length()


@jf.message(tag=5)
class Five(Header):
    text: Annotated[str, jf.UntilEnd()]


def test_the_tag_of_an_inherited_header_can_be_read_by_itself() -> None:
    assert tag_reader(Five)(codec_for(Five).build(Five("abc"))) == 5
    assert tag_reader(Header)(b"\1\7\0\0") == 7
    with pytest.raises(jf.DecodeError):
        tag_reader(Header)(b"\2\7\0\0")
