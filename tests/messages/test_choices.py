"""Enums, literals, what may be missing, and one of several messages."""

from __future__ import annotations

import enum
from typing import Annotated, Any, Literal

import construct
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
from jackfield.messages import codec_for
from messages.agreement import check, check_damaged


class Color(enum.IntEnum):
    RED = 1
    BLUE = 2


class Access(enum.IntFlag):
    READ = 1
    WRITE = 2


class Strict(enum.IntFlag, boundary=enum.STRICT):
    ON = 1


@jf.message
class Chosen:
    color: Annotated[Color, jf.U8]
    wide: Annotated[Color, jf.U16le] = Color.RED
    access: Annotated[Access, jf.U8] = Access.READ
    small: Annotated[Color, jf.Bits(4)] = Color.BLUE
    rights: Annotated[Access, jf.Bits(4)] = Access.WRITE
    number: Annotated[Literal[1, 300], jf.U16] = 1
    verb: Annotated[Literal[b"GET", b"PUT"], jf.Fixed(3)] = b"GET"
    word: Annotated[Literal["on", "off"], jf.Prefixed(jf.U8)] = "on"
    row: Annotated[tuple[Annotated[Color, jf.VarInt], ...], jf.Prefixed(jf.U8)] = ()


@given(
    st.sampled_from(Color),
    st.sampled_from(Color),
    st.integers(0, 15).map(Access),
    st.sampled_from([1, 300]),
    st.sampled_from([b"GET", b"PUT"]),
    st.sampled_from(["on", "off"]),
    st.lists(st.sampled_from(Color)).map(tuple),
)
def test_an_enum_and_a_literal_are_what_they_are_made_of(
    color: Color, wide: Color, access: Access, number: Any, verb: Any, word: Any, row: tuple[Color, ...]
) -> None:
    message = Chosen(color, wide, access, color, access, number, verb, word, row)
    wire = bytes([color, wide, 0, access, color << 4 | access]) + number.to_bytes(2, "big") + verb
    check(message, wire + bytes([len(word)]) + word.encode() + bytes([len(row), *row]))
    parsed = codec_for(Chosen).parse(codec_for(Chosen).build(message))
    assert (type(parsed.color), type(parsed.small), type(parsed.access)) == (Color, Color, Access)


BAD: dict[str, tuple[int, int, str]] = {
    "color": (0, 3, "color"),
    "wide": (2, 1, "wide"),
    "small": (4, 0x30, "small"),
    "number": (6, 2, "number"),
    "verb": (9, 0x51, "verb"),
    "word": (11, 0x51, "word"),
    "an element": (14, 0, "row.0"),
}


@pytest.mark.parametrize(("at", "byte", "field"), BAD.values(), ids=BAD)
def test_a_value_that_nobody_declared_is_refused_with_its_field(at: int, byte: int, field: str) -> None:
    wire = bytearray(codec_for(Chosen).build(Chosen(Color.RED, row=(Color.RED,))))
    wire[at] = byte
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Chosen).parse(wire)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("field", "value"),
    [("color", 3), ("color", "RED"), ("color", None), ("small", 3), ("number", 2), ("verb", b"PAT"), ("word", "no")],
)
def test_a_value_that_is_none_of_them_is_not_sent(field: str, value: object) -> None:
    message = Chosen(Color.RED)
    object.__setattr__(message, field, value)
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Chosen).build(message)
    assert caught.value.field == field


def test_an_int_that_is_a_member_will_do_on_build() -> None:
    wrong: Any = 2
    assert codec_for(Chosen).build(Chosen(wrong))[0] == 2


def test_a_flag_keeps_bits_without_a_name_unless_its_enum_is_strict() -> None:
    @jf.message
    class Flags:
        access: Annotated[Access, jf.U8]

    @jf.message
    class Narrow:
        on: Annotated[Strict, jf.U8]

    check(Flags(Access(0xF1)), b"\xf1")
    check(Narrow(Strict.ON), b"\1")
    with pytest.raises(jf.DecodeError, match="Strict"):
        codec_for(Narrow).parse(b"\2")


# ---------------------------------------------------------------- what may be missing


@jf.message
class Flagged:
    has_name: jf.Bit = jf.computed()
    no_port: jf.Bit = jf.computed()
    qos: Annotated[int, jf.Bits(2)] = jf.field(default=0)
    spare: Annotated[int, jf.Bits(4)] = jf.const(0)
    flags: jf.U8 = jf.computed()
    name: jf.Text8 | None = jf.field(when=has_name, default=None)
    port: jf.U16 | None = jf.field(when=no_port == 0, default=None)
    packet: jf.U8 | None = jf.field(when=qos > 0, default=None)
    one: jf.U8 | None = jf.field(when=flags & 1, default=None)
    two: int | None = jf.field(construct.Int8ub, when=flags & 4 != 0, default=None)
    three: jf.Rest | None = jf.field(when=flags >> 7 & 1, default=None)


some = st.none() | st.integers(0, 255)


@given(st.none() | st.text(max_size=3), some, st.integers(0, 3), some, some, st.none() | st.binary(max_size=3))
def test_flags_are_worked_out_from_what_is_there(
    name: str | None, port: int | None, qos: int, one: int | None, two: int | None, three: bytes | None
) -> None:
    packet = 9 if qos else None
    message = Flagged(qos, name, port, packet, one, two, three)
    wire = bytes([(name is not None) << 7 | (port is None) << 6 | qos << 4])
    wire += bytes([(one is not None) | (two is not None) << 2 | (three is not None) << 7])
    wire += b"" if name is None else bytes([len(name.encode())]) + name.encode()
    wire += b"" if port is None else port.to_bytes(2, "big")
    wire += b"".join(b"" if value is None else bytes([value]) for value in (packet, one, two))
    check(message, wire + (three or b""), framed=False)


def test_a_flag_that_nothing_answers_to_is_refused() -> None:
    wire = codec_for(Flagged).build(Flagged())
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Flagged).parse(wire[:1] + b"\x02" + wire[2:])
    assert caught.value.field == "flags"


@pytest.mark.parametrize("message", [Flagged(1), Flagged(0, packet=3)], ids=["missing", "too much"])
def test_what_is_there_has_to_agree_with_a_flag_that_is_given(message: Flagged) -> None:
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Flagged).build(message)
    assert caught.value.field == "packet"


@jf.message
class Optional:
    there: jf.U8 = jf.computed()
    size: jf.U8 = jf.field(default=2)
    data: bytes | None = jf.field(when=there, size=size, default=None)
    values: tuple[jf.U8, ...] | None = jf.field(when=there, count=size, default=None)
    boxed: Annotated[jf.Rest | None, jf.Prefixed(jf.U8)] = jf.field(when=there, default=None)


@pytest.mark.parametrize(
    ("message", "wire"),
    [(Optional(), b"\0\2"), (Optional(2, b"ab", (1, 2), b"xyz"), b"\1\2ab\1\2\3xyz")],
    ids=["missing", "there"],
)
def test_what_may_be_missing_may_have_a_size_or_a_count_too(message: Optional, wire: bytes) -> None:
    check(message, wire)


def test_presence_that_two_fields_share_has_to_be_that_of_both() -> None:
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Optional).build(Optional(2, b"ab"))
    assert caught.value.field == "there"


# ---------------------------------------------------------------- one of several messages


@jf.message(tag=1)
class Add:
    left: jf.U8
    right: jf.U8 = 0


@jf.message(tag=2)
class Log:
    text: jf.Text8


@jf.message(tag=300)
class Far:
    pass


@jf.message
class Envelope:
    body: Annotated[Add | Log, jf.Tagged(jf.U8)]
    far: Annotated[Log | Far, jf.Tagged(jf.VarInt)]
    row: Annotated[tuple[Annotated[Add | Log, jf.Prefixed(jf.U8), jf.Tagged(jf.U8)], ...], jf.Prefixed(jf.U8)] = ()
    last: Annotated[Add | jf.Unknown, jf.Tagged(jf.U16), jf.Prefixed(jf.U8)] = Add(0)


messages = st.builds(Add, st.integers(0, 255), st.integers(0, 255)) | st.builds(Log, st.text(max_size=3))


def plain(message: Any) -> tuple[int, bytes]:
    if isinstance(message, jf.Unknown):
        return (message.tag, message.payload) if isinstance(message.tag, int) else (0, b"")
    if isinstance(message, Add):
        return 1, bytes([message.left, message.right])
    return (300, b"") if isinstance(message, Far) else (2, bytes([len(message.text.encode())]) + message.text.encode())


def tagged(message: Any) -> bytes:
    tag, data = plain(message)
    return (b"\xac\x02" if tag == 300 else bytes([tag])) + data


@given(
    messages,
    st.builds(Log, st.just("x")) | st.just(Far()),
    st.lists(messages, max_size=3).map(tuple),
    st.binary(max_size=3),
)
def test_a_union_stands_behind_its_tag(body: Any, far: Any, row: tuple[Any, ...], data: bytes) -> None:
    last: Any = jf.Unknown(7, data) if data else Add(1, 2)
    wire = tagged(body) + tagged(far) + bytes([len(row)])
    wire += b"".join(bytes([plain(one)[0], len(plain(one)[1])]) + plain(one)[1] for one in row)
    wire += bytes([2 + len(data), 0, 7]) + data if data else b"\x04\0\1\1\2"
    check(Envelope(body, far, row, last), wire)


def test_a_tag_that_nobody_declared_is_refused_with_its_field() -> None:
    with pytest.raises(jf.DecodeError, match="9") as caught:
        codec_for(Envelope).parse(b"\x09\0\0")
    assert caught.value.field == "body"


@pytest.mark.parametrize("value", [Far(), jf.Unknown(1, b""), None, 3], ids=repr)
def test_a_value_of_no_class_of_the_union_is_not_sent(value: Any) -> None:
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Envelope).build(Envelope(value, Far()))
    assert caught.value.field == "body"


@jf.message
class Entry:
    kind: jf.U8 = jf.computed()
    size: jf.U16 = jf.computed()
    value: Add | Log | jf.Unknown = jf.field(tag=kind, size=size)


@jf.message
class Entries:
    entries: Annotated[tuple[Entry, ...], jf.UntilEnd()]


entries = st.lists(
    (messages | st.builds(jf.Unknown, st.integers(3, 255), st.binary(max_size=4))).map(Entry), max_size=5
).map(tuple)


@given(entries)
def test_tags_and_sizes_in_front_are_worked_out_from_the_message(values: tuple[Entry, ...]) -> None:
    wire = b""
    for entry in values:
        tag, data = plain(entry.value)
        wire += bytes([tag]) + len(data).to_bytes(2, "big") + data
        check(entry, bytes([tag]) + len(data).to_bytes(2, "big") + data)
        assert (entry.kind, entry.size) == (tag, len(data))
    check(Entries(values), wire, framed=False)


def test_what_nobody_declared_is_kept_and_sent_on_unchanged() -> None:
    wire = b"\x63\0\3abc"
    entry = codec_for(Entry).parse(wire)
    assert entry.value == jf.Unknown(0x63, b"abc")
    assert codec_for(Entry).build(entry) == wire


def test_a_message_that_does_not_fill_its_size_is_refused() -> None:
    with pytest.raises(jf.DecodeError, match="left over"):
        codec_for(Entry).parse(b"\1\0\3\1\2\3")


@jf.message
class Given:
    kind: jf.U8 = jf.field()
    value: Add | Log = jf.field(tag=kind & 0x0F)


def test_a_tag_that_is_given_has_to_be_that_of_the_message() -> None:
    check(Given(0x11, Add(1, 2)), b"\x11\1\2")
    with pytest.raises(jf.EncodeError):
        codec_for(Given).build(Given(0x11, Log("a")))


@jf.message
class Packed:
    kind: jf.U8 = jf.computed()
    value: Add | Log | None = jf.field(tag=kind & 0x0F, when=kind & 0x80, default=None)


@pytest.mark.parametrize(
    ("message", "wire"), [(Packed(Add(1, 2)), b"\x81\1\2"), (Packed(Log("")), b"\x82\0"), (Packed(), b"\0")], ids=repr
)
def test_a_tag_and_a_flag_may_share_a_number(message: Packed, wire: bytes) -> None:
    check(message, wire)


def test_a_tag_may_be_bytes() -> None:
    @jf.message(tag=b"GET ")
    class Get:
        path: jf.Text8

    @jf.message(tag=b"QUIT")
    class Quit:
        pass

    @jf.message
    class Command:
        verb: Annotated[bytes, jf.Fixed(4)] = jf.computed()
        value: Get | Quit = jf.field(tag=verb)

    check(Command(Get("a")), b"GET \1a")
    check(Command(Quit()), b"QUIT")
    with pytest.raises(jf.DecodeError):
        codec_for(Command).parse(b"PUT ")


@given(st.sampled_from([Chosen, Flagged, Optional, Envelope, Entry, Entries, Given, Packed]), st.binary(max_size=30))
def test_no_bytes_make_anything_but_a_message_or_a_decode_error(schema: Any, data: bytes) -> None:
    check_damaged(schema, data)
