"""Conversations without I/O: however the input is cut, the replies are the same bytes."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jackfield as jf
from jackfield.interfaces import BEGUN, CLOSING, MORE, PARTIAL, READY
from service.calculator import DIALOGUE, MAXIMUM, REPLIES, REQUESTS, Add, add_bytes, framed, number, service, sum_bytes
from service.drive import Packet, Stream, cut, feed


def test_whole_input_gives_all_replies_in_one_buffer() -> None:
    session = service(Stream())
    buffer = bytearray(REQUESTS)
    assert session.receive(buffer, len(buffer)) == REPLIES
    assert (session.status, session.fault) == (READY, None)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 16, 64, 1000])
def test_pieces_of_any_size_give_the_same_replies(size: int) -> None:
    session = service(Stream())
    assert feed(session, *cut(REQUESTS, size)) == REPLIES
    assert session.status == READY


@pytest.mark.parametrize("at", range(len(REQUESTS) + 1))
def test_every_split_gives_the_same_replies(at: int) -> None:
    assert feed(service(Stream()), *filter(None, (REQUESTS[:at], REQUESTS[at:]))) == REPLIES


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 400), max_size=40), st.integers(1, 5000))
def test_any_cut_and_any_high_water_give_the_same_replies(sizes: list[int], unsent: int) -> None:
    session, rest, chunks = service(Stream(unsent)), REQUESTS, []
    for size in sizes:
        chunks.append(rest[:size])
        rest = rest[size:]
    assert feed(session, *filter(None, [*chunks, rest])) == REPLIES
    assert session.status == READY


def test_an_unfinished_message_is_partial_and_says_when_a_new_one_began() -> None:
    session, frame = service(Stream()), framed(add_bytes(1, 2))
    session.receive(frame, 5)
    assert session.status == PARTIAL | BEGUN
    session.receive(frame[5:], 3)
    assert session.status == PARTIAL
    assert session.receive(frame[8:] + frame[:1], len(frame) - 7) == framed(sum_bytes(3))
    assert session.status == PARTIAL | BEGUN
    assert session.receive(frame[1:], len(frame) - 1) == framed(sum_bytes(3))
    assert session.status == READY


def test_above_the_high_water_no_further_frame_is_answered_until_the_replies_have_left() -> None:
    session = service(Stream(unsent=10_000))
    requests = framed(b"\x06\x00\x00\x10\x00") * 10
    first = session.receive(requests, len(requests))
    assert session.status == MORE
    assert len(first) == 3 * (4 + 1 + 4096), "the first reply that reaches 10,000 bytes, and no further one"
    assert session.receive(requests, len(requests)) == b"", "while MORE nothing is cut"
    rest = [first]
    while session.status & MORE:
        rest.append(session.resume())
    assert b"".join(rest) == framed(b"\x86" + b"x" * 4096) * 20
    assert max(map(len, rest)) <= 10_000 + 4101


FAULTS: dict[str, tuple[bytes, type[jf.JackfieldError]]] = {
    "too large": (number(MAXIMUM + 1, 4), jf.FrameTooLarge),
    "far too large": (b"\xff\xff\xff\xff", jf.FrameTooLarge),
    "garbage": (framed(b"\x01garbage"), jf.DecodeError),
    "left over": (framed(add_bytes(1, 2) + b"!"), jf.DecodeError),
    "empty": (framed(b""), jf.DecodeError),
    "unknown tag": (framed(b"\x7fwhat"), jf.UnknownMessage),
    "failing handler": (framed(b"\x05"), jf.HandlerFailed),
    "a reply above the maximum": (framed(b"\x06\x00\x01\x00\x00"), jf.EncodeError),
}


@pytest.mark.parametrize(("bad", "kind"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("size", [1, 7, 70_000])
def test_replies_to_what_came_before_a_fault_are_sent_and_nothing_behind_it_is_answered(
    bad: bytes, kind: type[jf.JackfieldError], size: int
) -> None:
    session = service(Stream())
    good = framed(add_bytes(1, 2))
    assert feed(session, *cut(good + good + bad + good, size)) == framed(sum_bytes(3)) * 2
    assert session.status == CLOSING
    assert type(session.fault) is kind


def test_a_fault_carries_its_data() -> None:
    session = service(Stream())
    feed(session, framed(b"\x01" + number(1) + b"shor"))
    fault = session.fault
    assert isinstance(fault, jf.DecodeError)
    assert (fault.message, fault.field, fault.offset) == ("Add", "right", 8)

    session = service(Stream())
    feed(session, framed(b"\x7fwhat"))
    fault = session.fault
    assert isinstance(fault, jf.UnknownMessage)
    assert (fault.tag, fault.payload) == (0x7F, b"what")


@pytest.mark.parametrize("size", [1, 3, 4, 10, 20])
def test_input_that_ends_inside_a_frame_is_truncated(size: int) -> None:
    session, frame = service(Stream()), framed(add_bytes(1, 2))
    assert feed(session, frame, frame[:size]) == framed(sum_bytes(3))
    assert session.receive(b"", 0) == b""
    fault = session.fault
    assert isinstance(fault, jf.Truncated)
    assert (session.status, fault.received) == (CLOSING, size)
    assert fault.needed == (4 if size < 4 else len(frame))


def test_input_that_ends_between_frames_is_an_orderly_end() -> None:
    session = service(Stream())
    feed(session, REQUESTS)
    session.receive(b"", 0)
    assert (session.status, session.fault) == (READY, None)


def test_input_that_ends_while_replies_wait_is_answered_first_and_then_truncated() -> None:
    session = service(Stream(unsent=1))
    frames = framed(add_bytes(1, 2)) * 3
    replies = session.receive(frames + frames[:6], len(frames) + 6)
    assert session.status == MORE
    assert session.receive(b"", 0) == b""
    while session.status & MORE:
        replies += session.resume()
    assert replies == framed(sum_bytes(3)) * 3
    assert isinstance(session.fault, jf.Truncated)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(1, 50))
def test_no_input_makes_a_session_raise(data: bytes, size: int) -> None:
    session = service(Stream())
    feed(session, *cut(data, size))
    session.receive(b"", 0)
    assert session.fault is None or isinstance(session.fault, jf.JackfieldError)
    session.close(session.fault)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_datagram_makes_a_session_raise(data: bytes) -> None:
    session = service(Packet())
    session.receive(data, len(data))
    assert session.fault is None or isinstance(session.fault, jf.JackfieldError)


@jf.message
class Everything:
    data: jf.Rest


@jf.message
class Upload(jf.Request[Everything]):
    data: jf.Rest


def test_a_mebibyte_in_small_segments_costs_linear_work() -> None:
    """Counted in what is measured, and in what is kept: never a clock."""
    large = jf.Service(jf.Wire(frame=Counted()))

    @large.on(Upload)
    def upload(request: Upload) -> Everything:
        return Everything(request.data[:4])

    session = large(Stream())
    frame = framed(b"abcd" + bytes(1024 * 1024 - 4))
    Counted.measured = 0
    tracemalloc.start()
    replies = feed(session, *cut(frame, 256))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert replies == framed(b"abcd")
    assert Counted.measured == 2, "once for the length, once for the whole; not once a segment"
    assert peak < 6 * 1024 * 1024, "a few copies of the frame at most"


class Counted:
    """A frame of one's own that counts how often it is asked."""

    measured = 0
    maximum = 2 * 1024 * 1024
    head = 4
    tail = 0

    def framer(self) -> Counted:
        return self

    def wrap(self, payload: bytes, /) -> bytes:
        return framed(payload)

    def measure(self, buffer: bytes | bytearray | memoryview, start: int, end: int, /) -> int:
        Counted.measured += 1
        if end - start < 4:
            return 4
        return 4 + int.from_bytes(buffer[start : start + 4], "big")


@pytest.mark.parametrize(("request_bytes", "reply"), DIALOGUE, ids=lambda value: repr(value)[:20])
def test_over_datagrams_each_request_has_its_own_reply_without_a_frame(
    request_bytes: bytes, reply: bytes | None
) -> None:
    session = service(Packet())
    assert session.receive(request_bytes, len(request_bytes)) == (reply or b"")
    assert (session.status, session.fault) == (READY, None)


def test_a_datagram_that_is_no_message_has_a_fault_and_no_reply() -> None:
    session = service(Packet())
    assert session.receive(b"\x7f", 1) == b""
    assert isinstance(session.fault, jf.UnknownMessage)
    assert session.status == CLOSING


def test_the_request_class_is_not_needed_by_name() -> None:
    assert Add(1, 2) == Add(left=1, right=2)
