"""Text and bytes: behind a prefix, of a fixed size, until the end; nothing is cut or padded in silence."""

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
class Note:
    author: jf.Text8
    body: jf.Text16
    seal: jf.Bytes8
    proof: jf.Bytes16
    code: Annotated[str, jf.Fixed(6)]
    key: Annotated[bytes, jf.Fixed(3)]
    rest: jf.Rest


NOTE = construct.Struct(
    "author" / construct.PascalString(construct.Int8ub, "utf8"),
    "body" / construct.PascalString(construct.Int16ub, "utf8"),
    "seal" / construct.Prefixed(construct.Int8ub, construct.GreedyBytes),
    "proof" / construct.Prefixed(construct.Int16ub, construct.GreedyBytes),
    "code" / construct.PaddedString(6, "utf8"),
    "key" / construct.Bytes(3),
    "rest" / construct.GreedyBytes,
)
NAMES = ("author", "body", "seal", "proof", "code", "key", "rest")

fixed_texts = st.text(max_size=6).filter(lambda text: len(text.encode()) <= 6 and not text.endswith("\0"))
notes = st.builds(
    Note,
    st.text(max_size=60),
    st.text(max_size=90),
    st.binary(max_size=255),
    st.binary(max_size=300),
    fixed_texts,
    st.binary(min_size=3, max_size=3),
    st.binary(max_size=40),
)


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
    assert (caught.value.message, caught.value.field) == ("Single", "value")
    return caught.value


@settings(max_examples=150, deadline=None)
@given(notes)
def test_texts_and_bytes_are_what_construct_makes_of_them(note: Note) -> None:
    wire = codec_for(Note).build(note)
    assert wire == NOTE.build({name: getattr(note, name) for name in NAMES})
    again = codec_for(Note).parse(wire)
    assert again == note
    assert {name: getattr(again, name) for name in NAMES} == {name: NOTE.parse(wire)[name] for name in NAMES}


EXAMPLES: dict[str, tuple[Any, object, bytes]] = {
    "Text8": (jf.Text8, "zoë", b"\x04zo\xc3\xab"),
    "Text16": (jf.Text16, "zoë", b"\0\x04zo\xc3\xab"),
    "Text24le": (Annotated[str, jf.Prefixed(jf.U24le)], "ab", b"\x02\0\0ab"),
    "Bytes8": (jf.Bytes8, b"\0\xff", b"\x02\0\xff"),
    "Bytes16": (jf.Bytes16, b"\0\xff", b"\0\x02\0\xff"),
    "Bytes32le": (Annotated[bytes, jf.Prefixed(jf.U32le)], b"x", b"\1\0\0\0x"),
    "a signed prefix": (Annotated[bytes, jf.Prefixed(jf.I8)], b"x", b"\1x"),
    "a length that counts itself": (Annotated[str, jf.Prefixed(jf.U16, plus=2)], "abc", b"\0\5abc"),
    "Fixed text": (Annotated[str, jf.Fixed(4)], "ab", b"ab\0\0"),
    "Fixed bytes": (Annotated[bytes, jf.Fixed(4)], b"ab\0\0", b"ab\0\0"),
    "nothing, fixed": (Annotated[bytes, jf.Fixed(0)], b"", b""),
    "Rest": (jf.Rest, b"\0\1", b"\0\1"),
    "text until the end": (Annotated[str, jf.UntilEnd()], "ë", b"\xc3\xab"),
    "no text": (jf.Text8, "", b"\0"),
    "no rest": (jf.Rest, b"", b""),
}


@pytest.mark.parametrize(("annotation", "value", "wire"), EXAMPLES.values(), ids=EXAMPLES)
def test_each_form_has_its_bytes_and_comes_back(annotation: Any, value: object, wire: bytes) -> None:
    assert built(annotation, value) == wire
    again = parsed(annotation, wire)
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(("annotation", "highest"), [(jf.Text8, 255), (jf.Text16, 65_535)], ids=["Text8", "Text16"])
def test_a_text_above_its_prefix_is_refused(annotation: Any, highest: int) -> None:
    text = "x" * highest
    assert parsed(annotation, built(annotation, text)) == text
    assert "too large for the U" in encode_error(annotation, text + "x").reason
    assert "too large for the U" in encode_error(annotation, text[:-1] + "ë").reason, "bytes count, not characters"


@pytest.mark.parametrize(("annotation", "highest"), [(jf.Bytes8, 255), (jf.Bytes16, 65_535)], ids=["Bytes8", "Bytes16"])
def test_bytes_above_their_prefix_are_refused(annotation: Any, highest: int) -> None:
    data = bytes(highest)
    assert parsed(annotation, built(annotation, data)) == data
    assert "too large for the U" in encode_error(annotation, data + b"\0").reason


def test_a_prefix_that_counts_itself_holds_that_much_less() -> None:
    annotation = Annotated[bytes, jf.Prefixed(jf.U8, plus=1)]
    assert built(annotation, bytes(254)) == b"\xff" + bytes(254)
    assert "256 is not in 0..255" in encode_error(annotation, bytes(255)).reason


@pytest.mark.parametrize("prefix", [0, 1], ids=["0", "1"])
def test_a_length_below_what_it_counts_of_itself_is_refused(prefix: int) -> None:
    error = decode_error(Annotated[bytes, jf.Prefixed(jf.U16, plus=2)], bytes([0, prefix]))
    assert error.reason == f"a size of {prefix} is less than the 2 that it counts of itself"
    assert error.offset == 2


def test_a_length_below_zero_is_refused() -> None:
    error = decode_error(Annotated[bytes, jf.Prefixed(jf.I8)], b"\xff")
    assert error.reason == "a size of -1 is less than the 0 that it counts of itself"


CUT_OFF: dict[str, tuple[Any, bytes, int, str]] = {
    "no prefix": (jf.Text8, b"", 0, "needs 1 bytes, has 0"),
    "half a prefix": (jf.Text16, b"\0", 0, "needs 2 bytes, has 1"),
    "a text": (jf.Text8, b"\5hell", 1, "needs 5 bytes, has 4"),
    "bytes": (jf.Bytes16, b"\xff\xff\0", 2, "needs 65535 bytes, has 1"),
    "fixed bytes": (Annotated[bytes, jf.Fixed(4)], b"abc", 0, "needs 4 bytes, has 3"),
    "a fixed text": (Annotated[str, jf.Fixed(4)], b"", 0, "needs 4 bytes, has 0"),
}


@pytest.mark.parametrize(("annotation", "data", "offset", "reason"), CUT_OFF.values(), ids=CUT_OFF)
def test_what_is_cut_off_says_where_it_begins_and_what_it_needs(
    annotation: Any, data: bytes, offset: int, reason: str
) -> None:
    error = decode_error(annotation, data)
    assert (error.offset, error.reason) == (offset, reason)


NOT_UTF8: dict[str, tuple[Any, bytes, int]] = {
    "Text8": (jf.Text8, b"\4ab\xffd", 3),
    "Text16": (jf.Text16, b"\0\2\xc3\x28", 2),
    "a fixed text": (Annotated[str, jf.Fixed(4)], b"a\x80\0\0", 1),
    "text until the end": (Annotated[str, jf.UntilEnd()], b"abc\xed\xa0\x80", 3),
    "a character that is cut off": (jf.Text8, b"\2a\xc3", 2),
}


@pytest.mark.parametrize(("annotation", "data", "offset"), NOT_UTF8.values(), ids=NOT_UTF8)
def test_bytes_that_are_no_utf8_are_refused_where_they_stand(annotation: Any, data: bytes, offset: int) -> None:
    error = decode_error(annotation, data)
    assert error.offset == offset
    assert error.reason.startswith("is no UTF-8")
    assert isinstance(error.__cause__, UnicodeDecodeError)


@pytest.mark.parametrize(
    "annotation", [jf.Text8, Annotated[str, jf.Fixed(9)], Annotated[str, jf.UntilEnd()]], ids=["Text8", "Fixed", "end"]
)
def test_a_text_without_utf8_is_refused(annotation: Any) -> None:
    error = encode_error(annotation, "a\ud800")
    assert "has no UTF-8" in error.reason
    assert isinstance(error.__cause__, UnicodeEncodeError)


def test_fixed_bytes_of_any_other_length_are_refused() -> None:
    for length in (0, 3, 5):
        assert encode_error(Annotated[bytes, jf.Fixed(4)], bytes(length)).reason == f"{length} bytes, not 4"


def test_a_fixed_text_is_not_cut() -> None:
    assert built(Annotated[str, jf.Fixed(4)], "abcd") == b"abcd"
    assert encode_error(Annotated[str, jf.Fixed(4)], "abcde").reason == "5 bytes of UTF-8, 4 at most"
    assert encode_error(Annotated[str, jf.Fixed(4)], "abcë").reason == "5 bytes of UTF-8, 4 at most"


@pytest.mark.parametrize("text", ["a\0", "\0", "abc\0"], ids=repr)
def test_a_fixed_text_that_ends_like_its_padding_is_refused(text: str) -> None:
    assert "could not be told from its padding" in encode_error(Annotated[str, jf.Fixed(4)], text).reason


def test_a_nul_inside_a_fixed_text_is_kept() -> None:
    assert parsed(Annotated[str, jf.Fixed(4)], built(Annotated[str, jf.Fixed(4)], "a\0b")) == "a\0b"


@pytest.mark.parametrize("data", [b"abc", bytearray(b"abc"), memoryview(b"abc")], ids=lambda data: type(data).__name__)
def test_bytes_may_come_as_any_buffer(data: object) -> None:
    assert built(jf.Bytes8, data) == b"\3abc"
    assert built(jf.Rest, data) == b"abc"


TEXTS = {"Text8": jf.Text8, "Fixed": Annotated[str, jf.Fixed(4)], "end": Annotated[str, jf.UntilEnd()]}
BYTES = {"Bytes8": jf.Bytes8, "Fixed": Annotated[bytes, jf.Fixed(4)], "Rest": jf.Rest}


@pytest.mark.parametrize("annotation", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("value", [b"abcd", 4, None, ["abcd"]], ids=repr)
def test_what_is_no_str_is_refused_as_text(annotation: Any, value: object) -> None:
    assert encode_error(annotation, value).reason == f"{value!r} is no str"


@pytest.mark.parametrize("annotation", BYTES.values(), ids=BYTES)
@pytest.mark.parametrize("value", ["abcd", 4, None, [1, 2, 3, 4]], ids=repr)
def test_what_is_no_buffer_is_refused_as_bytes(annotation: Any, value: object) -> None:
    assert encode_error(annotation, value).reason == f"{value!r} is no bytes"


def test_the_offset_is_that_of_the_message_and_the_field_that_of_the_culprit() -> None:
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Note).parse(b"\1a\0\1b\1c\0\1dcode\xff\0key")
    assert (caught.value.field, caught.value.offset) == ("code", 14)


def test_the_rest_may_be_nothing() -> None:
    note = codec_for(Note).parse(bytes(12) + b"key")
    assert (note.code, note.key, note.rest) == ("", b"key", b"")
