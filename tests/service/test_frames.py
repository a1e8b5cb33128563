"""How a stream is cut."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
from jackfield.messages import number_of

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
