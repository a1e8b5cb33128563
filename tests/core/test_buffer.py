"""Bytes in; exactly n of them, or up to a delimiter, out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
from jackfield.core import Inbox


@given(st.lists(st.binary(max_size=20)), st.lists(st.integers(0, 30)))
def test_what_goes_in_comes_out_in_order(chunks: list[bytes], sizes: list[int]) -> None:
    inbox, rest = Inbox(), b"".join(chunks)
    for chunk in chunks:
        inbox.append(chunk)
    for size in sizes:
        assert inbox.take(size) == rest[:size]
        rest = rest[size:]
        assert len(inbox) == len(rest)
    assert inbox.data == rest


@given(st.binary(max_size=60), st.integers(1, 7), st.sampled_from([b"\n", b"\r\n", b"aab"]), st.integers(1, 40))
def test_a_delimiter_is_found_however_the_input_trickles_in(
    data: bytes, step: int, delimiter: bytes, limit: int
) -> None:
    inbox, found, error = Inbox(), 0, None
    for start in range(0, len(data), step):
        inbox.append(data[start : start + step])
        try:
            found = inbox.find(delimiter, limit)
        except jf.FrameTooLarge as caught:
            error = caught
            break
        if found:
            break

    at = data.find(delimiter)
    ends = at + len(delimiter) if at >= 0 else 0
    if 0 < ends <= limit:
        assert found == ends
    else:
        assert found == 0
        assert (error is not None) == (len(data) >= limit)


def test_a_search_for_another_delimiter_starts_anew() -> None:
    inbox = Inbox()
    inbox.append(b"one;two\n")
    assert inbox.find(b"|", 100) == 0
    assert inbox.find(b";", 100) == 4


def test_a_search_after_something_was_taken_starts_anew() -> None:
    inbox = Inbox()
    inbox.append(b"0123456789")
    assert inbox.find(b"\n", 100) == 0
    inbox.take(9)
    inbox.append(b"\n")
    assert inbox.find(b"\n", 100) == 2


def test_a_line_above_its_limit_is_refused_and_stays() -> None:
    inbox = Inbox()
    inbox.append(b"0123456789\n")
    with pytest.raises(jf.FrameTooLarge) as caught:
        inbox.find(b"\n", 10)
    assert (caught.value.size, caught.value.maximum) == (11, 10)
    assert inbox.find(b"\n", 11) == 11
