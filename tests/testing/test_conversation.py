"""Conversations in memory: what is served, fed by a test, by a clock that only the test moves."""

from __future__ import annotations

import itertools
import socket
import threading
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
from jackfield.interfaces import CLOSING, MORE, PARTIAL, READY, WAITING, Buffer, Peered
from jackfield.testing import Conversation, Datagrams
from service.calculator import (
    DIALOGUE,
    REPLIES,
    REQUESTS,
    Add,
    Divide,
    Fail,
    Find,
    Found,
    Log,
    Quotient,
    Sum,
    add_bytes,
    framed,
    number,
    service,
    sum_bytes,
    wire,
)
from support import Echo

GOOD, REPLY = framed(add_bytes(1, 2)), framed(sum_bytes(3))


@given(st.lists(st.integers(1, len(REQUESTS) - 1), max_size=20))
def test_a_service_gives_the_same_bytes_however_its_input_is_cut(cuts: list[int]) -> None:
    talk = Conversation(service)
    points = [0, *sorted(set(cuts)), len(REQUESTS)]
    replies = b"".join(talk.send(REQUESTS[start:end]) for start, end in itertools.pairwise(points))
    assert replies == REPLIES
    assert talk.end() == b""
    assert (talk.closed, talk.error) == (True, None)


def test_a_client_talks_over_it_by_the_messages_alone() -> None:
    talk = Conversation(service)
    with talk.client(wire) as client:
        assert client.call(Add(1, 2)) == Sum(3)
        assert client.call_many([Add(1, 1), Add(2, 2)]) == [Sum(2), Sum(4)]
        assert client.call(Divide(7, 2)) == Quotient(3)
        client.send(Log("hello"))
        assert client.call(Find("hay")) == Found(0)
        assert client.call(Find("needle")) is None
    assert (talk.closed, talk.error) == (True, None)


def test_a_failing_handler_ends_it_with_its_error_as_when_served() -> None:
    talk = Conversation(service)
    client = talk.client(wire)
    with pytest.raises(jf.ConnectionLost):
        client.call(Fail())
    assert isinstance(talk.error, jf.HandlerFailed)
    assert isinstance(talk.error.__cause__, RuntimeError)
    with pytest.raises(jf.ClosedError):
        talk.send(b"x")


def test_no_socket_and_no_thread_is_there() -> None:
    before = threading.active_count()
    made = socket.socket.__init__
    try:
        socket.socket.__init__ = _refuse  # type: ignore[method-assign]
        assert Conversation(service).send(GOOD) == REPLY
    finally:
        socket.socket.__init__ = made  # type: ignore[method-assign]
    assert threading.active_count() == before


def _refuse(*arguments: object, **named: object) -> None:
    raise AssertionError("no socket is made")


# ---------------------------------------------------------------- time


def test_time_stands_still_until_it_is_advanced_and_the_idle_limit_is_met_then() -> None:
    talk = Conversation(service)
    assert talk.advance(59) == b""
    assert talk.send(GOOD) == REPLY
    talk.advance(59.9)
    assert not talk.closed
    talk.advance(0.1)
    assert isinstance(talk.error, jf.DeadlineExceeded)
    assert (talk.error.waited_for, talk.now) == ("idle", 59 + 59.9 + 0.1)


def test_a_dribble_does_not_stretch_a_message() -> None:
    talk = Conversation(service, limits=jf.Limits(message=10))
    for byte in GOOD[:9]:
        talk.send(bytes([byte]))
        assert talk.status & PARTIAL
        talk.advance(1)
    assert not talk.closed
    talk.send(GOOD[9:10])
    talk.advance(1)
    assert isinstance(talk.error, jf.DeadlineExceeded)
    assert talk.error.waited_for == "message"


def test_a_peer_that_takes_nothing_meets_the_write_limit() -> None:
    talk = Conversation(service, limits=jf.Limits(write=30))
    talk.stall()
    assert talk.send(GOOD) == b""
    assert talk.unsent == len(REPLY)
    talk.advance(29)
    assert talk.error is None
    talk.advance(1)
    assert "write" in str(talk.error)


def test_a_peer_that_reads_on_gets_everything_and_input_waits_meanwhile() -> None:
    talk = Conversation(service, limits=jf.Limits(unsent=1000))
    talk.stall()
    talk.send(framed(b"\x06" + number(500, 4)) * 10)
    talk.send(GOOD * 10)
    reading = talk.reading
    assert talk.unsent <= 1000 + 505 + 4
    assert talk.read_on() == framed(b"\x86" + b"x" * 500) * 10 + REPLY * 10
    assert (reading, talk.reading, talk.unsent) == (False, True, 0)


def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="forward"):
        Conversation(service).advance(-1)


# ---------------------------------------------------------------- ends


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (framed(b"\x01garbage"), jf.DecodeError),
        (framed(b"\x7fwhat"), jf.UnknownMessage),
        (number(1 << 20, 4), jf.FrameTooLarge),
    ],
)
def test_a_peers_fault_ends_it_behind_the_replies_to_what_came_before(
    data: bytes, kind: type[jf.JackfieldError]
) -> None:
    talk = Conversation(service)
    assert talk.send(GOOD + data + GOOD) == REPLY
    assert (talk.closed, type(talk.error)) == (True, kind)


def test_an_end_inside_a_message_is_told() -> None:
    talk = Conversation(service)
    talk.send(GOOD[:5])
    talk.end()
    assert isinstance(talk.error, jf.Truncated)


def test_a_drain_ends_who_is_idle_and_waits_for_who_is_not() -> None:
    idle = Conversation(service)
    idle.drain()
    assert (idle.closed, idle.error) == (True, None)
    busy = Conversation(service)
    busy.send(GOOD[:5])
    busy.drain()
    assert not busy.closed
    assert busy.send(GOOD[5:]) == REPLY
    assert (busy.closed, busy.error) == (True, None)


def test_a_cut_is_told_to_the_session() -> None:
    talk = Conversation(service)
    talk.cut()
    assert isinstance(talk.error, jf.ConnectionLost)


# ---------------------------------------------------------------- sessions of one's own


class Subscriber:
    """Sends what anybody pushes, and waits when it is told to."""

    def __init__(self, request: Peered) -> None:
        self.driver = request.driver
        self.status = READY
        self.fault: jf.JackfieldError | None = None
        self.pushes: deque[bytes] = deque()
        self.driver.wake()
        self.pushes.append(b"welcome")

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        if bytes(buffer[:size]) == b"wait":
            self.status = WAITING
        if bytes(buffer[:size]) == b"call":
            self.driver.submit(len, "four", lambda outcome: self.pushes.append(b"%d" % outcome()))
            self.driver.wake()
        if bytes(buffer[:size]) == b"break":
            raise LookupError
        return b""

    def resume(self) -> bytes:
        pushed = self.pushes.popleft() if self.pushes else b""
        self.status = MORE if self.pushes else READY
        return pushed

    def close(self, why: Exception | None, /) -> None:
        """Nothing is held."""


made: list[Subscriber] = []


@jf.sessions
def subscribe(request: Peered) -> Subscriber:
    made.append(Subscriber(request))
    return made[-1]


def test_pushes_reach_the_peer_when_it_looks_from_whatever_thread() -> None:
    talk = Conversation(subscribe)
    assert talk.receive() == b"welcome"
    made[-1].pushes.append(b"news")
    thread = threading.Thread(target=made[-1].driver.wake)
    thread.start()
    thread.join()
    assert talk.receive() == b"news"
    assert talk.send(b"call") == b"4"


def test_while_a_call_is_out_nothing_is_taken() -> None:
    talk = Conversation(subscribe)
    talk.receive()
    talk.send(b"wait")
    assert not talk.reading
    talk.send(b"call")
    made[-1].driver.wake()
    assert talk.receive() == b"4"
    assert talk.reading


def test_a_session_that_raises_costs_its_conversation() -> None:
    talk = Conversation(subscribe)
    talk.send(b"break")
    assert isinstance(talk.error, jf.HandlerFailed)
    assert isinstance(talk.error.__cause__, LookupError)
    assert not talk.status & CLOSING


def test_what_makes_no_sessions_is_refused() -> None:
    for kind in (Conversation, Datagrams):
        with pytest.raises(jf.CompositionError, match="makes no sessions"):
            kind(Subscriber)


class Badge(jf.Facet):
    """Something an acceptor would have learned."""


def test_facets_limits_and_peer_are_what_the_test_says() -> None:
    badge, limits, found = Badge(), jf.Limits(idle=3), list[object]()

    @jf.sessions
    def look(request: Peered[Badge]) -> Echo:
        found.extend([Badge.of(request), request.limits, str(request.peer), request.framed])
        return Echo(request)

    address = jf.tcp("127.0.0.1", 0)
    talk = Conversation(look, facets=[badge], limits=limits, peer=address.address)
    assert found == [badge, limits, str(address.address), False]
    assert talk.send(b"x") == b"x"
    Datagrams(look, facets=[badge], limits=limits, peer=address.address).send(b"x")
    assert found[4:] == [badge, limits, str(address.address), True]
    address.close()


# ---------------------------------------------------------------- datagrams


def test_over_datagrams_each_is_answered_by_itself_and_faults_are_kept() -> None:
    packets = Datagrams(service)
    for request, reply in DIALOGUE:
        assert packets.send(request) == ([] if reply is None else [reply])
    assert packets.errors == []
    assert packets.send(b"\x7fwhat") == []
    assert packets.send(b"\x05") == []
    assert [type(error) for error in packets.errors] == [jf.UnknownMessage, jf.HandlerFailed]
    assert packets.send(add_bytes(1, 2)) == [sum_bytes(3)]


def test_a_push_within_a_datagram_is_a_datagram_of_its_own() -> None:
    assert Datagrams(subscribe).send(b"call") == [b"welcome", b"4"]
