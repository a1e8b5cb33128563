"""What a field does: constants, what is computed, lengths, tags, echoes and checksums."""

from __future__ import annotations

import zlib
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
from jackfield.messages import carry_echoes, codec_for, echo_fields, has_tag_field, tag_of
from messages.agreement import check, check_damaged, check_framing

numbers = st.integers(0, 255)


# ---------------------------------------------------------------- constants


@jf.message
class Marked:
    version: Annotated[int, jf.Bits(3)] = jf.const(5)
    urgent: jf.Bit = jf.const(True)
    kind: Annotated[int, jf.Bits(4)]
    name: jf.Text8 = jf.const("ab")
    size: jf.VarInt = jf.const(300)


def test_a_constant_may_be_bits_text_or_a_number_of_any_size() -> None:
    check(Marked(9), b"\xb9\x02ab\xac\x02")
    assert (Marked.version, Marked(9).urgent, Marked.name, Marked.size) == (5, True, "ab", 300)


@pytest.mark.parametrize(("at", "byte", "field"), [(0, 0x99, "version"), (0, 0xA9, "urgent"), (2, 0x63, "name")])
def test_another_value_in_its_place_is_refused_with_its_field(at: int, byte: int, field: str) -> None:
    wire = bytearray(b"\xb9\x02ab\xac\x02")
    wire[at] = byte
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Marked).parse(wire)
    assert caught.value.field == field


# ---------------------------------------------------------------- computed from what refers to it


@jf.message
class Sized:
    size: jf.U16 = jf.computed()
    count: jf.U8 = jf.computed()
    data: bytes = jf.field(size=size - 2)
    values: tuple[jf.U16, ...] = jf.field(count=count)


@given(st.binary(max_size=20), st.lists(st.integers(0, 65535), max_size=8).map(tuple))
def test_a_size_and_a_count_are_worked_out_from_what_they_measure(data: bytes, values: tuple[int, ...]) -> None:
    wire = (len(data) + 2).to_bytes(2, "big") + bytes([len(values)]) + data
    check(Sized(data, values), wire + b"".join(one.to_bytes(2, "big") for one in values))


def test_what_is_computed_is_no_argument_takes_no_part_in_comparison_and_can_be_read() -> None:
    message = Sized(b"abc", (1, 2))
    assert (message.size, message.count) == (5, 2)
    assert repr(message) == "Sized(data=b'abc', values=(1, 2))"
    assert vars(Sized)["__slots__"] == ("data", "values")
    with pytest.raises(TypeError):
        Sized(b"abc", (1, 2), size=5)  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        message.size = 7  # type: ignore[misc]


def test_a_size_below_what_its_expression_takes_off_is_refused() -> None:
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Sized).parse(b"\0\1\0")
    assert caught.value.field == "data"


def test_what_is_too_large_for_its_size_is_refused_with_the_size() -> None:
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Sized).build(Sized(bytes(65534), ()))
    assert caught.value.field == "size"


@jf.message
class Inner:
    name: jf.Text8
    more: jf.Rest


@jf.message
class Windows:
    """Sizes in bytes around what has no end, or another, of its own; through arithmetic of all kinds."""

    words: jf.U8 = jf.computed()
    spare: Annotated[int, jf.Bits(4)]
    offset: Annotated[int, jf.Bits(4)] = jf.computed()
    doubled: jf.U8 = jf.computed()
    left: jf.U8 = jf.computed()
    row: tuple[jf.U16, ...] = jf.field(size=words * 4)
    inner: Inner = jf.field(size=offset + 1)
    text: str = jf.field(size=doubled // 2)
    tail: list[jf.Text8] = jf.field(size=20 - left)


def test_a_size_is_in_bytes_of_whatever_it_measures() -> None:
    message = Windows(7, (1, 2, 3, 4), Inner("a", b"xyz"), "täg", ["b", ""])
    check(message, b"\x02\x74\x08\x11" + b"\0\1\0\2\0\3\0\4" + b"\1axyz" + "täg".encode() + b"\1b\0")
    assert (message.words, message.offset, message.doubled, message.left) == (2, 4, 8, 17)


def test_a_size_that_its_expression_cannot_give_is_refused_on_build() -> None:
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Windows).build(Windows(7, (1, 2, 3), Inner("a", b""), "", []))
    assert caught.value.field == "words"


def test_a_size_that_rounding_would_forgive_is_refused_on_parse() -> None:
    wire = codec_for(Windows).build(Windows(0, (), Inner("", b""), "a", []))
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Windows).parse(wire[:2] + b"\x03" + wire[3:])  # 3 // 2 is 1, and 1 is written as 2
    assert caught.value.field == "doubled"


def test_what_does_not_fill_its_size_is_refused() -> None:
    with pytest.raises(jf.DecodeError):
        codec_for(Windows).parse(b"\0\x01\0\x14" + b"\0\0" + b"")  # left 20: no tail; offset 1: Inner has 2 bytes
        codec_for(Windows).parse(b"\0\0\0\x13" + b"\0" + b"\5")


@jf.message
class Told:
    """Sizes that are given, not worked out: they have to agree with what they measure."""

    size: jf.U8 = jf.field()
    count: jf.U8 = jf.field(default=2)
    data: bytes = jf.field(size=size, default=b"ab")
    values: tuple[jf.U8, ...] = jf.field(count=count - 1, default=())


def test_a_size_that_is_given_has_to_be_that_of_what_it_measures() -> None:
    check(Told(3, 3, b"abc", (1, 2)), b"\3\3abc\1\2")
    for wrong in (Told(2, 3, b"abc", (1, 2)), Told(3, 2, b"abc", (1, 2))):
        with pytest.raises(jf.EncodeError) as caught:
            codec_for(Told).build(wrong)
        assert caught.value.field in ("data", "values")


# ---------------------------------------------------------------- computed by a function


def parity(message: Any) -> int:
    total: int = sum(message.data)
    return total % 2


@jf.message
class Summed:
    even: jf.U8 = jf.computed(parity)
    last: jf.U8 = jf.computed(lambda message: message.data[-1])
    data: jf.Bytes8


@given(st.binary(min_size=1, max_size=10))
def test_a_function_of_the_message_is_written_and_checked(data: bytes) -> None:
    check(Summed(data), bytes([sum(data) % 2, data[-1], len(data)]) + data)
    assert Summed(data).even == sum(data) % 2


@pytest.mark.parametrize(("wire", "field"), [(b"\0\1\1\1", "even"), (b"\1\2\1\1", "last"), (b"\0\0\0", "last")])
def test_a_computed_field_that_says_something_else_is_refused(wire: bytes, field: str) -> None:
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Summed).parse(wire)
    assert caught.value.field == field


def test_what_a_function_raises_is_the_cause_of_an_encode_error() -> None:
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Summed).build(Summed(b""))
    assert caught.value.field == "last"
    assert isinstance(caught.value.__cause__, IndexError)


# ---------------------------------------------------------------- lengths


@jf.message
class Lengthy:
    kind: jf.U8
    size: jf.U16 = jf.length(plus=2)
    name: jf.Text8
    rest: jf.Rest


@given(numbers, st.text(max_size=5), st.binary(max_size=10))
def test_a_length_counts_what_follows_in_its_message(kind: int, name: str, rest: bytes) -> None:
    behind = bytes([len(name.encode())]) + name.encode() + rest
    message = Lengthy(kind, name, rest)
    check(message, bytes([kind]) + (len(behind) + 2).to_bytes(2, "big") + behind)
    assert message.size == len(behind) + 2


@pytest.mark.parametrize(
    ("wire", "reason"),
    [(b"\1\0\1", "less"), (b"\1\0\x04\1", "needs 2 bytes, has 1"), (b"\1\0\2", "needs 1 bytes, has 0")],
    ids=["less than itself", "more than there is", "less than is needed"],
)
def test_a_length_that_cannot_be_is_refused(wire: bytes, reason: str) -> None:
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Lengthy).parse(wire)
    assert caught.value.field in ("size", "name")


def test_a_message_that_does_not_fill_its_length_is_refused() -> None:
    @jf.message
    class Short:
        size: jf.U8 = jf.length()
        value: jf.U8

    check(Short(7), b"\1\7")
    with pytest.raises(jf.DecodeError, match="left over"):
        codec_for(Short).parse(b"\2\7\0")


@jf.message
class Header:
    kind: Annotated[int, jf.Bits(4)] = jf.tag()
    flags: Annotated[int, jf.Bits(4)] = jf.field(default=0, kw_only=True)
    size: jf.VarInt = jf.length()


@jf.message(tag=3)
class Publish(Header):
    topic: jf.Text16
    payload: jf.Rest


@jf.message(tag=12)
class Ping(Header):
    pass


@given(st.text(max_size=5), st.binary(max_size=150), st.integers(0, 15))
def test_an_inherited_length_counts_what_the_heir_adds_and_its_tag_is_the_heirs(
    topic: str, payload: bytes, flags: int
) -> None:
    behind = len(topic.encode()).to_bytes(2, "big") + topic.encode() + payload
    size = bytes([len(behind)]) if len(behind) < 128 else bytes([len(behind) & 127 | 128, len(behind) >> 7])
    check(Publish(topic, payload, flags=flags), bytes([0x30 | flags]) + size + behind)
    assert (Publish.kind.fget is not None, Publish("", b"").kind, Ping().kind) == (True, 3, 12)  # type: ignore[attr-defined]


def test_a_message_of_a_header_alone_has_length_0() -> None:
    check(Ping(), b"\xc0\0")
    assert Ping().size == 0


def test_a_frame_with_the_tag_of_another_message_is_refused() -> None:
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Ping).parse(b"\xd0\0")
    assert caught.value.field == "kind"


# ---------------------------------------------------------------- tags


@jf.message
class Versioned:
    major: jf.U8 = jf.tag()
    minor: jf.U16 = jf.tag()


@jf.message(tag=(2, 513))
class Second(Versioned):
    value: jf.U8


@jf.message
class Chunk:
    size: jf.U8 = jf.computed()
    kind: Annotated[bytes, jf.Fixed(4)] = jf.tag()
    data: bytes = jf.field(size=size)
    crc: jf.U32 = jf.checksum(zlib.crc32, since=kind)


@jf.message(tag=b"IEND")
class End(Chunk):
    pass


@jf.message
class Answer(Versioned):
    """A reply that bears its request's tag."""

    value: jf.U8


def test_a_tag_may_have_several_parts_or_be_bytes() -> None:
    check(Second(7), b"\2\2\1\7")
    assert (Second(7).major, Second(7).minor, tag_of(Second)) == (2, 513, (2, 513))
    check(End(b""), b"\0IEND\xae\x42\x60\x82")
    assert (has_tag_field(End), has_tag_field(Sized)) == (True, False)


def test_a_message_without_a_tag_can_be_given_one() -> None:
    codec = codec_for(Answer, tag=(9, 1))
    assert codec.build(Answer(5)) == b"\x09\0\1\5"
    assert codec.parse(b"\x09\0\1\5") == Answer(5)
    with pytest.raises(jf.DecodeError):
        codec.parse(b"\x08\0\1\5")
    with pytest.raises(jf.DeclarationError, match="is one of 2 parts of a tag"):
        codec_for(Answer, tag=9)
    with pytest.raises(AttributeError, match="has no tag of its own"):
        Answer(5).major


def test_a_tag_may_be_a_function_of_the_requests() -> None:
    @jf.message(tag=lambda requested: requested | 0x80)
    class Reply:
        pass

    rule: Any = tag_of(Reply)
    assert rule(3) == 0x83


# ---------------------------------------------------------------- echoes


@jf.message
class Numbered:
    number: jf.U16 = jf.echo()
    cookie: Annotated[bytes, jf.Fixed(2)] = jf.echo()
    value: jf.U8


@jf.message
class Reply:
    number: jf.U16 = jf.echo()
    done: jf.Bool


def test_an_echo_is_stored_and_written_but_not_compared_and_no_argument() -> None:
    parsed = codec_for(Numbered).parse(b"\1\2ab\7")
    assert (parsed.number, parsed.cookie) == (258, b"ab")
    assert parsed == Numbered(7)
    assert (Numbered(7).number, Numbered(7).cookie) == (0, b"\0\0")
    assert codec_for(Numbered).build(Numbered(7)) == b"\0\0\0\0\7"
    assert codec_for(Numbered).build(parsed) == b"\1\2ab\7"
    with pytest.raises(TypeError):
        Numbered(7, number=3)  # type: ignore[call-arg]


def test_echoes_are_carried_over_to_a_reply_and_kept_by_evolve() -> None:
    request, reply = codec_for(Numbered).parse(b"\1\2ab\7"), Reply(True)
    carry_echoes(request, reply)
    assert codec_for(Reply).build(reply) == b"\1\2\1"
    assert jf.evolve(request, value=8).cookie == b"ab"
    assert (echo_fields(Numbered), echo_fields(Sized)) == (("number", "cookie"), ())


def test_an_echo_survives_a_class_that_has_more_to_say_of_its_arguments() -> None:
    @jf.message
    class Even:
        number: jf.U8 = jf.echo()
        value: jf.U8

        def __attrs_post_init__(self) -> None:
            if self.value % 2:
                raise ValueError("odd")

    assert codec_for(Even).parse(b"\5\4").number == 5
    with pytest.raises(jf.DecodeError, match="odd"):
        codec_for(Even).parse(b"\5\3")


# ---------------------------------------------------------------- checksums


@jf.message
class Checked:
    start: bytes = jf.const(b"\xaa")
    name: jf.Text8 = jf.field()
    values: Annotated[tuple[jf.U16, ...], jf.Prefixed(jf.U8)] = ()
    part: jf.U32 = jf.checksum(zlib.crc32, since=name)
    all: jf.U32le = jf.checksum(zlib.adler32)
    stop: bytes = jf.const(b"\r\n")


@given(st.text(max_size=6), st.lists(st.integers(0, 65535), max_size=4).map(tuple))
def test_a_checksum_covers_what_stands_in_front_of_it(name: str, values: tuple[int, ...]) -> None:
    body = bytes([len(name.encode())]) + name.encode() + bytes([len(values)])
    body += b"".join(value.to_bytes(2, "big") for value in values)
    head = b"\xaa" + body + zlib.crc32(body).to_bytes(4, "big")
    message = Checked(name, values)
    check(message, head + zlib.adler32(head).to_bytes(4, "little") + b"\r\n")
    assert (message.part, message.all) == (zlib.crc32(body), zlib.adler32(head))


@given(st.integers(0, 12), st.integers(1, 255))
def test_any_changed_byte_is_seen(at: int, change: int) -> None:
    wire = bytearray(codec_for(Checked).build(Checked("a")))
    wire[at] ^= change
    with pytest.raises(jf.DecodeError):
        codec_for(Checked).parse(wire)


def test_a_wrong_checksum_names_its_field_and_where_it_stands() -> None:
    wire = codec_for(Checked).build(Checked("a"))
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Checked).parse(wire[:4] + bytes(4) + wire[8:])
    assert (caught.value.field, caught.value.offset) == ("part", 4)


def test_a_checksum_includes_a_length_that_is_known_only_behind_it() -> None:
    @jf.message
    class Both:
        size: jf.VarInt = jf.length(plus=-1)
        rest: jf.Rest
        crc: jf.U8 = jf.checksum(lambda data: sum(data) & 255, since=size)
        stop: bytes = jf.const(b"!")

    check(Both(b"ab"), b"\3ab\xc6!")
    long = bytes(200)
    check_framing(Both, b"\xc9\1" + long + b"\xca!")
    assert codec_for(Both).parse(b"\xc9\1" + long + b"\xca!") == Both(long)


# ---------------------------------------------------------------- damage


@given(st.sampled_from([Sized, Windows, Told, Summed, Lengthy, Publish, Chunk, Checked]), st.binary(max_size=40))
def test_no_bytes_make_anything_but_a_message_or_a_decode_error(schema: Any, data: bytes) -> None:
    check_damaged(schema, data) if schema is not Chunk else check_damaged(End, data)


EXAMPLES: dict[Any, bytes] = {
    type(one): codec_for(type(one)).build(one)
    for one in (
        Sized(b"abc", (1, 2)),
        Windows(7, (1, 2), Inner("a", b"z"), "t", ["b", ""]),
        Summed(b"ab"),
        Lengthy(1, "ab", b"cd"),
        Publish("topic", b"payload"),
        End(b"ab"),
    )
}


@given(st.sampled_from(list(EXAMPLES)), st.integers(0, 40), st.integers(0, 255))
def test_a_damaged_byte_makes_another_message_or_a_decode_error(schema: Any, at: int, byte: int) -> None:
    wire = bytearray(EXAMPLES[schema])
    wire[at % len(wire)] = byte
    check_damaged(schema, bytes(wire))
