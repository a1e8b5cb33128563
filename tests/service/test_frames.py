"""How a stream is cut."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

import jackfield as jf
from jackfield.messages import number_of
from service.drive import Stream, cut, feed

NUMBERS: dict[str, tuple[Any, int, Any]] = {
    "U8": (jf.U8, 1, "big"),
    "U16": (jf.U16, 2, "big"),
    "U24le": (jf.U24le, 3, "little"),
    "I32": (jf.I32, 4, "big"),
    "U64le": (jf.U64le, 8, "little"),
}


@pytest.mark.parametrize(("number", "size", "order"), NUMBERS.values(), ids=NUMBERS)
@given(st.binary(max_size=100), st.integers(0, 20))
def test_a_frame_is_a_number_and_as_many_bytes(number: Any, size: int, order: Any, payload: bytes, plus: int) -> None:
    frame = jf.LengthPrefixed(number, maximum=100, plus=plus)
    wrapped = frame.wrap(payload)
    assert wrapped == (len(payload) + plus).to_bytes(size, order) + payload

    framer = frame.framer()
    for there in range(len(wrapped)):
        assert framer.measure(wrapped, 0, there) == (size if there < size else len(wrapped))
    assert framer.measure(b"??" + wrapped + b"more", 2, len(wrapped) + 6) == len(wrapped)
    assert (framer.head, framer.tail) == (size, 0)


def test_a_payload_above_the_maximum_is_not_sent() -> None:
    frame = jf.LengthPrefixed(jf.U16, maximum=4)
    assert frame.wrap(b"1234") == b"\x00\x041234"
    with pytest.raises(jf.EncodeError, match="5 bytes, 4 at most"):
        frame.wrap(b"12345")


def test_a_declared_length_above_the_maximum_is_refused_before_anything_is_buffered() -> None:
    framer = jf.LengthPrefixed(jf.U16, maximum=4).framer()
    assert framer.measure(b"\x00\x04", 0, 2) == 6
    with pytest.raises(jf.FrameTooLarge) as caught:
        framer.measure(b"\x00\x05", 0, 2)
    assert (caught.value.size, caught.value.maximum) == (5, 4)


def test_a_length_below_what_it_counts_of_itself_is_no_frame() -> None:
    framer = jf.LengthPrefixed(jf.U16, maximum=100, plus=2).framer()
    assert framer.measure(b"\x00\x02", 0, 2) == 2
    with pytest.raises(jf.DecodeError, match="says 1, which is less than 2"):
        framer.measure(b"\x00\x01", 0, 2)


def test_a_negative_length_is_no_frame() -> None:
    framer = jf.LengthPrefixed(jf.I8, maximum=100).framer()
    with pytest.raises(jf.DecodeError):
        framer.measure(b"\xff", 0, 1)


@pytest.mark.parametrize(
    ("number", "maximum", "plus"),
    [(jf.U8, 256, 0), (jf.U8, 255, 1), (jf.U8, 10, -1), (jf.U16, 0, 0), (jf.I8, 128, 0)],
)
def test_a_maximum_that_the_number_cannot_say_is_refused(number: Any, maximum: int, plus: int) -> None:
    with pytest.raises(jf.DeclarationError) as caught:
        jf.LengthPrefixed(number, maximum=maximum, plus=plus)
    assert (caught.value.declared, caught.value.field) == ("LengthPrefixed", "maximum")


@pytest.mark.parametrize("number", [4, "kind", jf.Text8, jf.F32, int, None], ids=str)
def test_what_is_no_number_is_refused(number: Any) -> None:
    with pytest.raises(jf.DeclarationError, match="no integer of a fixed size"):
        jf.LengthPrefixed(number, maximum=100)
    with pytest.raises(jf.DeclarationError, match="no integer of a fixed size"):
        number_of(number)


# ------------------------------------------------------------------ a mark behind

MARKS = [b"\n", b"\r\n", b"aab", b"\0\0\0"]


@pytest.mark.parametrize("mark", MARKS, ids=repr)
@given(st.binary(max_size=60), st.integers(1, 9))
def test_a_mark_ends_a_frame_however_it_arrives(mark: bytes, payload: bytes, step: int) -> None:
    frame = jf.Delimited(mark, maximum=60)
    if (payload + mark).find(mark) != len(payload):
        with pytest.raises(jf.EncodeError, match="mark"):
            frame.wrap(payload)
        return
    wrapped = frame.wrap(payload)
    assert wrapped == payload + mark
    framer = frame.framer()
    for there in range(0, len(wrapped), step):
        assert framer.measure(b"?" + wrapped, 1, 1 + there) == there + 1
    assert framer.measure(b"?" + wrapped + wrapped, 1, 1 + 2 * len(wrapped)) == len(wrapped)
    assert framer.measure(memoryview(wrapped + wrapped), len(wrapped), 2 * len(wrapped)) == len(wrapped)
    assert (framer.head, framer.tail) == (0, len(mark))


@pytest.mark.parametrize("kind", [bytes, memoryview])
def test_a_mark_is_found_wherever_a_search_in_pieces_cuts(kind: type[bytes | memoryview]) -> None:
    frame = jf.Delimited(b"\r\n", maximum=5000)
    for size in (510, 511, 512, 513, 1023, 1024, 1025):
        data = kind(b"x" * size + b"\r\n")
        assert frame.framer().measure(data, 0, len(data)) == size + 2
        assert frame.framer().measure(data, 0, size + 1) == size + 2


def test_a_frame_without_its_mark_is_refused_at_the_maximum() -> None:
    framer = jf.Delimited(b"\r\n", maximum=4).framer()
    assert framer.measure(b"1234\r\n", 0, 6) == 6
    assert framer.measure(b"1234\r", 0, 5) == 6
    with pytest.raises(jf.FrameTooLarge) as caught:
        framer.measure(b"12345\r\n", 0, 7)
    assert caught.value.maximum == 4
    assert framer.measure(b"\r\n", 0, 2) == 2, "ready for a new one"
    with pytest.raises(jf.EncodeError, match="5 bytes, 4 at most"):
        jf.Delimited(b"\r\n", maximum=4).wrap(b"12345")


class CountingSearches(bytearray):
    """Counts the bytes that are searched."""

    searched = 0

    @override
    def find(self, mark: Any, start: Any = None, end: Any = None, /) -> int:
        CountingSearches.searched += end - start
        return super().find(mark, start, end)


def test_a_dribbled_line_is_searched_once() -> None:
    framer = jf.Delimited(b"\r\n", maximum=10_000).framer()
    CountingSearches.searched = 0
    data = CountingSearches(b"x" * 9000 + b"\r\n")
    for there in range(1, len(data) + 1):
        framer.measure(data, 0, there)
    assert CountingSearches.searched <= 3 * len(data)


@pytest.mark.parametrize("make", [lambda: jf.Delimited(b"", maximum=10), lambda: jf.Delimited(b"\n", maximum=0)])
def test_what_delimits_nothing_is_refused(make: Any) -> None:
    with pytest.raises(jf.DeclarationError):
        make()


# ------------------------------------------------------------------ cut by its own schema


@jf.message(tag=0x81)
class Total:
    total: jf.I16


@jf.message(tag=1)
class Sum(jf.Request[Total]):
    parts: Annotated[tuple[jf.I16, ...], jf.Prefixed(jf.U8)]


@jf.message(tag=2)
class Named(jf.Request[Total]):
    name: jf.Text8


@jf.message(tag=3)
class Open(jf.Request[Total]):
    data: jf.Rest


def self_framed(*, tag: Any = jf.U8, maximum: int = 20) -> jf.Service:
    service = jf.Service(jf.Wire(frame=jf.SelfFramed(maximum=maximum), tag=tag))
    service.on(Sum)(lambda request: Total(sum(request.parts)))
    return service


def test_a_schema_cuts_its_messages_behind_their_tag() -> None:
    service = self_framed()
    service.on(Named)(lambda request: Total(len(request.name)))
    data, replies = b"\1\2\0\1\0\2" + b"\2\3ann" + b"\1\0", b"\x81\0\3\x81\0\3\x81\0\0"
    for size in range(1, len(data) + 1):
        assert feed(service(Stream()), *cut(data, size)) == replies


def test_without_a_tag_the_one_schema_cuts() -> None:
    service = self_framed(tag=None)
    assert feed(service(Stream()), *cut(b"\2\0\1\0\2\1\0\5", 3)) == b"\0\3\0\5"


def test_a_schema_bounds_its_messages_by_what_they_declare() -> None:
    session = self_framed()(Stream())
    assert feed(session, b"\1\0" + b"\1\x0a") == b"\x81\0\0"
    assert isinstance(session.fault, jf.FrameTooLarge)
    assert (session.fault.size, session.fault.maximum) == (22, 20)


def test_behind_an_unknown_tag_nobody_knows_where_a_message_ends() -> None:
    service = jf.Service(jf.Wire(frame=jf.SelfFramed(maximum=20), tag=jf.U8), unknown="ignore")
    service.on(Sum)(lambda request: Total(0))
    session = service(Stream())
    assert feed(session, b"\1\0" + b"\x09" + b"\1\0") == b"\x81\0\0"
    assert isinstance(session.fault, jf.UnknownMessage)
    assert session.fault.tag == 9


def test_a_message_that_does_not_say_where_it_ends_is_refused_when_it_is_registered() -> None:
    with pytest.raises(jf.DeclarationError, match="takes all there is") as caught:
        self_framed().on(Open)(lambda request: Total(0))
    assert (caught.value.declared, caught.value.field) == ("Open", "data")
