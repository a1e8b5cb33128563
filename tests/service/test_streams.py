"""Requests that are answered by a stream: driven one reply at a time, never all in memory, always in order."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jackfield as jf
from jackfield.interfaces import CLOSING, MORE, READY
from service.calculator import Add, Sum, add_bytes, framed, number, sum_bytes, wire
from service.drive import Packet, Stream, cut, feed


@jf.message(tag=0x90)
class Done:
    count: jf.U16


@jf.message(tag=0x91)
class Piece:
    data: jf.Rest


@jf.message(tag=0x10)
class Count(jf.StreamRequest[Sum, Done]):
    limit: jf.U16


@jf.message(tag=0x11)
class Download(jf.StreamRequest[Piece, Done]):
    pieces: jf.U16


@jf.message(tag=0x12)
class Either(jf.StreamRequest[Sum | Piece, Done]):
    pass


class Served:
    """A service that notes how far its generators came."""

    def __init__(self) -> None:
        self.made = 0
        self.closed = 0
        self.service = jf.Service(wire)
        self.service.on(Count)(self.count)
        self.service.on(Download)(self.download)
        self.service.on(Add)(lambda request: Sum(request.left + request.right))

    def count(self, request: Count) -> jf.Replies[Sum, Done]:
        for total in range(request.limit):
            yield Sum(total)
        return Done(request.limit)

    def download(self, request: Download) -> Generator[Piece, None, Done]:
        try:
            for _ in range(request.pieces):
                self.made += 1
                yield Piece(b"x" * 1000)
            return Done(request.pieces)
        finally:
            self.closed += 1


def count_bytes(limit: int) -> bytes:
    return framed(b"\x10" + number(limit, 2))


def download_bytes(pieces: int) -> bytes:
    return framed(b"\x11" + number(pieces, 2))


def counted(limit: int) -> bytes:
    return b"".join(framed(sum_bytes(total)) for total in range(limit)) + framed(b"\x90" + number(limit, 2))


def test_items_come_first_and_then_the_last_reply() -> None:
    assert feed(Served().service(Stream()), count_bytes(3)) == counted(3)
    assert feed(Served().service(Stream()), count_bytes(0)) == counted(0)


def test_replies_to_what_stands_behind_a_stream_stay_behind_it() -> None:
    requests = count_bytes(2) + framed(add_bytes(1, 2)) + count_bytes(1)
    assert feed(Served().service(Stream()), requests) == counted(2) + framed(sum_bytes(3)) + counted(1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), max_size=8), st.integers(1, 400), st.integers(1, 300))
def test_any_cut_and_any_high_water_give_the_same_streams(limits: list[int], size: int, unsent: int) -> None:
    requests = b"".join(count_bytes(limit) + framed(add_bytes(limit, 1)) for limit in limits)
    replies = b"".join(counted(limit) + framed(sum_bytes(limit + 1)) for limit in limits)
    session = Served().service(Stream(unsent))
    assert feed(session, *cut(requests, size)) == replies
    assert session.status == READY


def test_no_more_than_the_high_water_is_made_before_what_was_sent_has_left() -> None:
    served = Served()
    session = served.service(Stream(unsent=10_000))
    requests = download_bytes(1000) + framed(add_bytes(1, 2))
    sizes = [len(session.receive(requests, len(requests)))]
    assert session.status == MORE
    assert served.made == sizes[0] // 1005 == 10
    while session.status & MORE:
        sizes.append(len(session.resume()))
    assert max(sizes) <= 10_000 + 1005
    assert sum(sizes) == 1000 * 1005 + 7 + 13
    assert (served.made, served.closed) == (1000, 1)


def test_the_end_of_the_conversation_closes_the_generator_where_it_is() -> None:
    served = Served()
    session = served.service(Stream(unsent=3000))
    session.receive(download_bytes(1000), 7)
    assert (session.status, served.closed) == (MORE, 0)
    session.close(None)
    assert (served.made, served.closed) == (3, 1)
    assert session.fault is None


def test_the_end_of_input_lets_a_stream_go_on() -> None:
    served = Served()
    session = served.service(Stream(unsent=3000))
    size = len(session.receive(download_bytes(10), 7))
    assert session.receive(b"", 0) == b""
    while session.status & MORE:
        size += len(session.resume())
    assert size == 10 * 1005 + 7
    assert (session.status, session.fault) == (READY, None)


def failing(request: Count) -> Generator[Sum, None, Done]:
    yield Sum(1)
    raise LookupError("on purpose")


def wrong_item(request: Count) -> Generator[Any, None, Done]:
    yield Sum(1)
    yield Done(1)
    return Done(2)


def wrong_last(request: Count) -> Generator[Sum, None, Any]:
    yield Sum(1)


def unsendable(request: Count) -> Generator[Sum, None, Done]:
    yield Sum(1)
    yield Sum(2**63)
    return Done(2)


MIDWAY: dict[str, tuple[Callable[[Count], Any], type[jf.JackfieldError], str]] = {
    "an exception": (failing, jf.HandlerFailed, "on purpose"),
    "the last reply as an item": (wrong_item, jf.EncodeError, "declared is"),
    "no last reply": (wrong_last, jf.EncodeError, "answered None"),
    "a value that does not fit": (unsendable, jf.EncodeError, "total"),
}


@pytest.mark.parametrize(("handler", "kind", "text"), MIDWAY.values(), ids=MIDWAY)
def test_a_failure_midway_comes_behind_the_items_before_it(
    handler: Callable[[Count], Any], kind: type[jf.JackfieldError], text: str
) -> None:
    service = jf.Service(wire)
    service.on(Count)(handler)
    session = service(Stream())
    assert feed(session, count_bytes(5)) == framed(sum_bytes(1))
    assert session.status == CLOSING
    assert type(session.fault) is kind
    assert text in str(session.fault)


def test_what_is_no_generator_is_our_fault() -> None:
    service = jf.Service(wire)
    wrong: Any = lambda request: Done(1)  # noqa: E731
    service.on(Count)(wrong)
    session = service(Stream())
    assert feed(session, count_bytes(5)) == b""
    assert "declared is a generator" in str(session.fault)


def test_a_clean_up_that_fails_is_told_and_nothing_raises() -> None:
    def bad(request: Count) -> Generator[Sum, None, Done]:
        try:
            yield Sum(1)
            yield Sum(2)
        finally:
            raise OSError("on purpose")

    service = jf.Service(wire)
    service.on(Count)(bad)
    session = service(Stream(unsent=1))
    session.receive(count_bytes(5), 7)
    session.close(None)
    assert isinstance(session.fault, jf.HandlerFailed)
    assert isinstance(session.fault.__cause__, OSError)


def test_a_generator_may_take_the_context() -> None:
    service: jf.Service[list[int]] = jf.Service(wire, state=list)

    @service.on(Count)
    def count(request: Count, context: jf.Context[list[int]]) -> jf.Replies[Sum, Done]:
        context.state.append(request.limit)
        yield Sum(len(context.state))
        return Done(0)

    assert feed(service(Stream()), count_bytes(3), count_bytes(3)) == (
        framed(sum_bytes(1)) + framed(b"\x90\0\0") + framed(sum_bytes(2)) + framed(b"\x90\0\0")
    )


def test_items_may_be_of_several_classes() -> None:
    service = jf.Service(wire)

    @service.on(Either)
    def either(request: Either) -> Generator[Sum | Piece, None, Done]:
        yield Sum(1)
        yield Piece(b"p")
        return Done(2)

    assert feed(service(Stream()), framed(b"\x12")) == framed(sum_bytes(1)) + framed(b"\x91p") + framed(b"\x90\0\2")


def test_over_datagrams_each_reply_is_one_and_is_made_when_the_one_before_has_left() -> None:
    served = Served()
    session = served.service(Packet())
    replies = [session.receive(b"\x11\0\3", 3)]
    while session.status & MORE:
        assert served.made <= len(replies) + 1
        replies.append(session.resume())
    assert replies == [b"\x91" + b"x" * 1000] * 3 + [b"\x90\0\3"]
    assert (session.status, session.fault) == (READY, None)


def test_over_datagrams_a_failure_midway_comes_behind_the_items_before_it() -> None:
    service = jf.Service(wire)
    service.on(Count)(failing)
    session = service(Packet())
    assert session.receive(b"\x10\0\3", 3) == sum_bytes(1)
    assert session.status == CLOSING
    assert isinstance(session.fault, jf.HandlerFailed)


def test_over_datagrams_the_end_closes_the_generator() -> None:
    served = Served()
    session = served.service(Packet())
    session.receive(b"\x11\0\3", 3)
    session.close(None)
    assert served.closed == 1


@jf.message(tag=0x13)
class SameEnd(jf.StreamRequest[Sum, Sum]):
    pass


@jf.message(tag=0x14)
class Endless(jf.StreamRequest[Sum, int]):  # type: ignore[type-var]
    pass


@pytest.mark.parametrize(("request_class", "reason"), [(SameEnd, "share a tag"), (Endless, "is no message class")])
def test_a_stream_whose_end_cannot_be_told_is_refused(request_class: Any, reason: str) -> None:
    with pytest.raises(jf.DeclarationError, match=reason):
        jf.Service(wire).on(request_class)(lambda request: iter(()))


def test_a_stream_cannot_be_offloaded() -> None:
    wrong: Any = jf.Service(wire)
    with pytest.raises(jf.DeclarationError, match="a generator cannot be run somewhere else"):
        wrong.on(Count, offload=True)(failing)
