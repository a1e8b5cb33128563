"""Calls that are made elsewhere: replies keep their order, and one is out at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jackfield as jf
from jackfield.interfaces import CLOSING, MORE, READY, WAITING
from service.calculator import Add, Divide, Log, Quotient, Sum, add_bytes, framed, number, sum_bytes, wire
from service.drive import Packet, Stream, feed

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")


class Elsewhere:
    """A driver that keeps the calls until somebody runs them."""

    def __init__(self, *, broken: bool = False) -> None:
        self.calls: list[Callable[[], None]] = []
        self.wakes = 0
        self.broken = broken

    def wake(self) -> None:
        self.wakes += 1

    def submit(
        self,
        call: Callable[[ArgumentT], ResultT],
        argument: ArgumentT,
        done: Callable[[Callable[[], ResultT]], None],
        /,
    ) -> None:
        if self.broken:
            raise RuntimeError("no executor any more")
        self.calls.append(lambda: done(lambda: call(argument)))

    def run(self) -> None:
        self.calls.pop(0)()


def away(request: Stream | Packet, *, broken: bool = False) -> Elsewhere:
    driver = Elsewhere(broken=broken)
    request.driver = driver
    return driver


def fail(request: Log) -> None:
    raise LookupError("on purpose")


service = jf.Service(wire)
service.on(Add, offload=True)(lambda request: Sum(request.left + request.right))
service.on(Divide)(lambda request: Quotient(request.dividend))
service.on(Log, offload=True)(fail)

ADD, DIVIDE = framed(add_bytes(1, 2)), framed(b"\x02" + number(7) + number(1))
SUM, QUOTIENT = framed(sum_bytes(3)), framed(b"\x82" + number(7))


def test_while_a_call_is_out_nothing_behind_it_is_answered() -> None:
    request = Stream()
    driver = away(request)
    session = service(request)
    assert session.receive(DIVIDE + ADD + DIVIDE + ADD, len(DIVIDE + ADD) * 2) == QUOTIENT
    assert (session.status, len(driver.calls), driver.wakes) == (WAITING, 1, 0)
    assert session.resume() == b"", "a wake for something else"
    assert session.status == WAITING
    driver.run()
    assert driver.wakes == 1
    assert session.resume() == SUM + QUOTIENT
    assert (session.status, len(driver.calls)) == (WAITING, 1)
    driver.run()
    assert session.resume() == SUM
    assert (session.status, session.fault) == (READY, None)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), max_size=20), st.integers(1, 100))
def test_replies_keep_their_order_however_the_input_is_cut(offloaded: list[bool], size: int) -> None:
    request = Stream()
    driver = away(request)
    session = service(request)
    data = b"".join(ADD if one else DIVIDE for one in offloaded)
    replies = b""
    for start in range(0, len(data), size):
        chunk = data[start : start + size]
        replies += session.receive(chunk, len(chunk))
        while session.status & WAITING:
            driver.run()
            replies += session.resume()
    assert replies == b"".join(SUM if one else QUOTIENT for one in offloaded)


def test_the_end_of_input_waits_for_the_call() -> None:
    request = Stream()
    driver = away(request)
    session = service(request)
    session.receive(ADD + ADD[:3], len(ADD) + 3)
    assert session.receive(b"", 0) == b""
    assert (session.status, session.fault) == (WAITING, None)
    driver.run()
    assert session.resume() == SUM
    assert isinstance(session.fault, jf.Truncated)


def test_a_call_that_fails_is_the_handlers_failure() -> None:
    request = Stream()
    driver = away(request)
    session = service(request)
    session.receive(framed(b"\x04\0\0"), 7)
    driver.run()
    assert session.resume() == b""
    assert session.status == CLOSING
    assert isinstance(session.fault, jf.HandlerFailed)
    assert isinstance(session.fault.__cause__, LookupError)


def test_an_executor_that_takes_no_calls_is_the_handlers_failure() -> None:
    request = Stream()
    away(request, broken=True)
    session = service(request)
    assert session.receive(DIVIDE + ADD, len(DIVIDE + ADD)) == QUOTIENT
    assert session.status == CLOSING
    assert "no executor any more" in str(session.fault)


def test_a_call_that_ends_after_the_conversation_harms_nothing() -> None:
    request = Stream()
    driver = away(request)
    session = service(request)
    session.receive(ADD, len(ADD))
    session.close(jf.ConnectionLost("peer", "gone"))
    driver.run()
    assert (driver.wakes, session.fault) == (0, None)


def test_pushes_leave_while_a_call_is_out() -> None:
    contexts: list[jf.Context] = []
    pushing = jf.Service(wire)
    pushing.on_open(contexts.append)
    pushing.on(Add, offload=True)(lambda request: Sum(3))
    request = Stream()
    driver = away(request)
    session = pushing(request)
    session.receive(ADD, len(ADD))
    contexts[0].send(Quotient(7))
    assert session.resume() == QUOTIENT
    assert session.status == WAITING
    driver.run()
    assert session.resume() == SUM


def test_where_calls_are_made_at_once_the_session_goes_on_at_once() -> None:
    session = service(Stream())
    assert feed(session, ADD + DIVIDE + ADD) == SUM + QUOTIENT + SUM
    assert session.status == READY


def test_over_datagrams_the_reply_comes_out_of_resume() -> None:
    request = Packet()
    driver = away(request)
    session, data = service(request), add_bytes(1, 2)
    assert session.receive(data, len(data)) == b""
    assert session.status == WAITING
    assert session.resume() == b""
    driver.run()
    assert session.resume() == sum_bytes(3)
    assert (session.status, session.fault) == (READY, None)

    now = service(Packet())
    assert now.receive(data, len(data)) == sum_bytes(3)
    assert now.status == READY


@jf.message
class Nothing:
    pass


@jf.message
class Ask(jf.Request[Nothing]):
    pass


def test_over_datagrams_an_empty_reply_of_a_call_is_a_datagram_too() -> None:
    empty = jf.Service(jf.Wire())
    empty.on(Ask, offload=True)(lambda request: Nothing())
    request = Packet()
    driver = away(request)
    session = empty(request)
    session.receive(b"", 0)
    driver.run()
    assert session.resume() == b""
    assert session.status == MORE
    assert session.resume() == b""
    assert session.status == READY


def test_an_offloaded_handler_takes_the_request_alone() -> None:
    wrong: Any = jf.Service(wire)
    with pytest.raises(jf.DeclarationError, match="a context does not travel"):
        wrong.on(Add, offload=True)(lambda request, context: Sum(0))


def test_a_stopped_process_pool_is_a_failure_that_a_policy_can_answer() -> None:
    answering = jf.Service(wire, failed=lambda error, context: Sum(-1))
    answering.on(Add, offload=True)(lambda request: Sum(3))
    request = Stream()
    away(request, broken=True)
    assert feed(answering(request), ADD + ADD) == framed(sum_bytes(-1)) * 2
