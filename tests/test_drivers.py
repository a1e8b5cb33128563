"""What whoever drives a session promises it: pushes from elsewhere, calls that are out, and the end."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable

import pytest

import jackfield as jf
from jackfield.interfaces import CLOSING, MORE, READY, WAITING, Buffer, Closed, Failed, Peered
from support import (
    IN_PROCESS,
    PATIENCE,
    AnyDispatcher,
    Seen,
    datagrams_to,
    dial,
    exchange,
    is_readable,
    read_all,
    read_exactly,
    serving,
)

every_dispatcher = pytest.mark.parametrize("dispatcher", IN_PROCESS.values(), ids=IN_PROCESS)
LARGE = 8 * 1024 * 1024


class Subscriber:
    """Echoes what it gets in upper case, and sends what anybody pushes."""

    def __init__(self, request: Peered) -> None:
        self.driver = request.driver
        self.status = READY
        self.fault: jf.JackfieldError | None = None
        self.pushes: deque[bytes] = deque()
        self.closed: list[Exception | None] = []
        self.resumed_by: set[int] = set()

    def push(self, data: bytes) -> None:
        self.pushes.append(data)
        self.driver.wake()

    def end(self) -> None:
        self.status = CLOSING
        self.driver.wake()

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        return bytes(buffer[:size]).upper()

    def resume(self) -> bytes:
        self.resumed_by.add(threading.get_ident())
        pushed = b""
        while self.pushes:
            pushed += self.pushes.popleft()
        return pushed

    def close(self, why: Exception | None, /) -> None:
        self.closed.append(why)


class Door:
    """Makes subscribers, and can be asked for them from other threads."""

    def __init__(self, dispatcher: AnyDispatcher, limits: jf.Limits | None = None) -> None:
        self.seen = Seen()
        self.made: list[Subscriber] = []
        self._there = threading.Condition()
        self.server = jf.Server(jf.tcp("127.0.0.1", 0), self._make, dispatcher, limits=limits, observer=self.seen)

    @jf.sessions
    def _make(self, request: jf.Connection) -> Subscriber:
        with self._there:
            self.made.append(Subscriber(request))
            self._there.notify_all()
            return self.made[-1]

    def subscriber(self) -> Subscriber:
        with self._there:
            assert self._there.wait_for(lambda: self.made, PATIENCE)
            return self.made[-1]


def waiting_for_input(peer: socket.socket) -> None:
    """Have the driver's thread wait for input, as far as can be told from outside: it has answered."""
    peer.sendall(b"x")
    assert peer.recv(1) == b"X"


@every_dispatcher
def test_a_push_reaches_a_peer_that_says_nothing(dispatcher: Callable[[], AnyDispatcher]) -> None:
    door = Door(dispatcher())
    with serving(door.server), dial(door.server.address) as peer:
        waiting_for_input(peer)
        subscriber = door.subscriber()
        subscriber.push(b"news")
        assert read_exactly(peer, 4) == b"news"
        subscriber.push(b"more news")
        assert read_exactly(peer, 9) == b"more news"
        peer.sendall(b"question")
        assert read_exactly(peer, 8) == b"QUESTION"


@every_dispatcher
def test_pushes_from_many_threads_arrive_whole_among_replies(dispatcher: Callable[[], AnyDispatcher]) -> None:
    door = Door(dispatcher())
    with serving(door.server), dial(door.server.address) as peer:
        waiting_for_input(peer)
        subscriber = door.subscriber()

        def push(name: bytes) -> None:
            for _ in range(200):
                subscriber.push(name * 10)

        threads = [threading.Thread(target=push, args=(name,)) for name in (b"1", b"2", b"3")]
        for thread in threads:
            thread.start()
        for _ in range(200):
            peer.sendall(b"abcdefghij")
        data = read_exactly(peer, 4 * 2000)
        for thread in threads:
            thread.join(PATIENCE)
        assert {data.count(name) for name in (b"1" * 10, b"2" * 10, b"3" * 10)} == {200}
        assert data.count(b"A") == data.count(b"J") == 200
        assert not is_readable(peer)


@every_dispatcher
def test_a_push_never_waits_for_its_peer_and_nothing_of_it_is_lost(dispatcher: Callable[[], AnyDispatcher]) -> None:
    door = Door(dispatcher())
    with serving(door.server), dial(door.server.address) as peer:
        waiting_for_input(peer)
        subscriber = door.subscriber()
        subscriber.push(b"p" * LARGE)  # would wait for ever if it waited: nobody reads yet
        subscriber.push(b"q" * 10)
        peer.sendall(b"request")
        others = read_exactly(peer, LARGE + 17).replace(b"p" * LARGE, b"")
        assert sorted(others) == sorted(b"q" * 10 + b"REQUEST")


@every_dispatcher
def test_a_peer_that_does_not_take_its_pushes_meets_the_write_limit(dispatcher: Callable[[], AnyDispatcher]) -> None:
    door = Door(dispatcher(), jf.Limits(write=0.05, linger=0.05))
    with serving(door.server), dial(door.server.address) as peer:
        waiting_for_input(peer)
        door.subscriber().push(b"p" * LARGE)
        (failed,) = door.seen.wait_for(Failed)
        assert isinstance(failed.error, jf.DeadlineExceeded)
        assert failed.error.waited_for == "write"
        door.seen.wait_for(Closed)
        assert door.subscriber().closed == [failed.error]
        assert len(read_all_or_reset(peer)) < LARGE


def read_all_or_reset(peer: socket.socket) -> bytes:
    try:
        return read_all(peer)
    except ConnectionResetError:
        return b""


@every_dispatcher
def test_a_session_can_end_the_conversation_from_elsewhere(dispatcher: Callable[[], AnyDispatcher]) -> None:
    door = Door(dispatcher())
    with serving(door.server), dial(door.server.address) as peer:
        waiting_for_input(peer)
        door.subscriber().end()
        assert read_all(peer) == b""
        door.seen.wait_for(Closed)
    assert door.subscriber().closed == [None]
    assert door.seen.of(Failed) == []


@every_dispatcher
def test_behind_the_end_a_wake_does_nothing(dispatcher: Callable[[], AnyDispatcher]) -> None:
    door = Door(dispatcher())
    with serving(door.server):
        with dial(door.server.address) as peer:
            waiting_for_input(peer)
        door.seen.wait_for(Closed)
        subscriber = door.subscriber()
        before = set(subscriber.resumed_by)
        subscriber.push(b"late")
        assert subscriber.resumed_by == before
        assert list(subscriber.pushes) == [b"late"]


@every_dispatcher
def test_a_wake_before_the_session_is_there_is_not_lost(dispatcher: Callable[[], AnyDispatcher]) -> None:
    def greeting(request: jf.Connection) -> Subscriber:
        made = Subscriber(request)
        made.push(b"welcome")
        return made

    server = jf.Server(jf.tcp("127.0.0.1", 0), jf.sessions(greeting), dispatcher())
    with serving(server), dial(server.address) as peer:
        assert read_exactly(peer, 7) == b"welcome"


@every_dispatcher
def test_draining_ends_a_subscriber_that_waits(dispatcher: Callable[[], AnyDispatcher]) -> None:
    door = Door(dispatcher())
    with serving(door.server), dial(door.server.address) as peer:
        waiting_for_input(peer)
        report = door.server.drain(PATIENCE)
        assert read_all(peer) == b""
    assert (report.finished, report.cut) == (1, 0)
    assert door.subscriber().closed == [None]


class Slow:
    """Answers each piece of input with what a thread of its own finds out, which waits for `go_on`."""

    def __init__(self, request: Peered, go_on: threading.Event, inside: threading.Event) -> None:
        self._driver = request.driver
        self._go_on = go_on
        self._inside = inside
        self.status = READY
        self.fault: jf.JackfieldError | None = None
        self._found: list[bytes] = []

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        assert not self.status, "nothing may be read while a call is out"
        if size:
            self.status = WAITING
            threading.Thread(target=self._find, args=(bytes(buffer[:size]),)).start()
        return b""

    def _find(self, data: bytes) -> None:
        self._inside.set()
        self._go_on.wait(PATIENCE)
        self._found.append(data[::-1])
        self._driver.wake()

    def resume(self) -> bytes:
        if not self._found:
            return b""
        self.status = READY
        return self._found.pop()

    def close(self, why: Exception | None, /) -> None:
        self._go_on.set()


class SlowDoor:
    """Makes sessions whose calls stay out until told."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.inside = threading.Event()

    @jf.sessions
    def streams(self, request: jf.Connection) -> Slow:
        return Slow(request, self.go_on, self.inside)

    @jf.sessions
    def datagrams(self, request: jf.Datagram) -> Slow:
        return Slow(request, self.go_on, self.inside)


@every_dispatcher
def test_while_a_call_is_out_nothing_is_read_and_its_outcome_is_sent(
    dispatcher: Callable[[], AnyDispatcher],
) -> None:
    door = SlowDoor()
    server = jf.Server(jf.tcp("127.0.0.1", 0), door.streams, dispatcher())
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"abc")
        assert door.inside.wait(PATIENCE)
        peer.sendall(b"def")
        assert not is_readable(peer)
        door.go_on.set()
        assert read_exactly(peer, 6) == b"cbafed"
        assert exchange(peer, b"") == b""


@every_dispatcher
def test_a_drain_waits_for_a_call_that_is_out(dispatcher: Callable[[], AnyDispatcher]) -> None:
    door = SlowDoor()
    server = jf.Server(jf.tcp("127.0.0.1", 0), door.streams, dispatcher())
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"abc")
        assert door.inside.wait(PATIENCE)
        reports: list[jf.DrainReport] = []
        draining = threading.Thread(target=lambda: reports.append(server.drain(PATIENCE)))
        draining.start()
        door.go_on.set()
        assert read_all(peer) == b"cba"
        draining.join(PATIENCE)
    assert [(report.finished, report.cut) for report in reports] == [(1, 0)]


@every_dispatcher
def test_a_server_that_closes_waits_for_no_call_that_is_out(
    dispatcher: Callable[[], AnyDispatcher],
) -> None:
    door, seen = SlowDoor(), Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), door.streams, dispatcher(), observer=seen)
    with dial(server.address) as peer:
        with serving(server):
            peer.sendall(b"abc")
            assert door.inside.wait(PATIENCE)
        (failed,) = seen.wait_for(Failed)
        assert isinstance(failed.error, jf.ConnectionLost)


@every_dispatcher
def test_over_datagrams_a_call_may_be_out_too(
    dispatcher: Callable[[], AnyDispatcher],
) -> None:
    door = SlowDoor()
    server = jf.Server(jf.udp("127.0.0.1", 0), door.datagrams, dispatcher())
    with serving(server), datagrams_to(server.address) as peer:
        peer.send(b"abc")
        assert door.inside.wait(PATIENCE)
        door.go_on.set()
        assert peer.recv(100) == b"cba"


class Offloading:
    """Has its work done by the driver: one call for each piece of input."""

    def __init__(self, request: Peered) -> None:
        self._driver = request.driver
        self.status = READY
        self.fault: jf.JackfieldError | None = None
        self._outcomes: list[Callable[[], int]] = []

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        if size:
            self.status = WAITING
            self._driver.submit(int, bytes(buffer[:size]).decode(), self._done)
        return b""

    def _done(self, outcome: Callable[[], int]) -> None:
        self._outcomes.append(outcome)
        self._driver.wake()

    def resume(self) -> bytes:
        if not self._outcomes:
            return b""
        self.status = READY
        try:
            return b"%d\n" % (self._outcomes.pop()() * 2)
        except ValueError as error:
            return str(error).encode() + b"\n"

    def close(self, why: Exception | None, /) -> None:
        """Nothing is left."""


@every_dispatcher
def test_where_there_is_no_executor_a_call_is_made_at_once_and_its_outcome_comes_back(
    dispatcher: Callable[[], AnyDispatcher],
) -> None:
    @jf.sessions
    def offloading(request: Peered) -> Offloading:
        return Offloading(request)

    server = jf.Server(jf.tcp("127.0.0.1", 0), offloading, dispatcher())
    with serving(server), dial(server.address) as peer:
        for request, reply in ((b"21", b"42\n"), (b"x", b"invalid literal for int() with base 10: 'x'\n")):
            peer.sendall(request)
            assert read_exactly(peer, len(reply)) == reply
        assert exchange(peer, b"") == b""
    other = jf.Server(jf.udp("127.0.0.1", 0), offloading, dispatcher())
    with serving(other), datagrams_to(other.address) as peer:
        peer.send(b"4")
        assert peer.recv(100) == b"8\n"


class Twice:
    """Answers a datagram, and pushes two more, one of them empty."""

    def __init__(self, request: Peered) -> None:
        self._driver = request.driver
        self.status = READY
        self.fault: jf.JackfieldError | None = None

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        self._driver.wake()
        return b"first"

    def resume(self) -> bytes:
        self.status ^= MORE
        return b"pushed" if self.status else b""

    def close(self, why: Exception | None, /) -> None:
        """Nothing is left."""


@every_dispatcher
def test_over_datagrams_pushes_are_datagrams_of_their_own(dispatcher: Callable[[], AnyDispatcher]) -> None:
    @jf.sessions
    def twice(request: Peered) -> Twice:
        return Twice(request)

    server = jf.Server(jf.udp("127.0.0.1", 0), twice, dispatcher())
    with serving(server), datagrams_to(server.address) as peer:
        peer.send(b"x")
        assert [peer.recv(100) for _ in range(3)] == [b"first", b"pushed", b""]
        assert not is_readable(peer)


class Unclean:
    """Finds out that something is wrong when it is closed."""

    def __init__(self, request: Peered) -> None:
        self.status = READY
        self.fault: jf.JackfieldError | None = None

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        return bytes(buffer[:size])

    def resume(self) -> bytes:
        return b""

    def close(self, why: Exception | None, /) -> None:
        self.fault = jf.Truncated(1, 2)


@every_dispatcher
def test_a_fault_that_closing_finds_is_told(dispatcher: Callable[[], AnyDispatcher]) -> None:
    @jf.sessions
    def unclean(request: Peered) -> Unclean:
        return Unclean(request)

    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), unclean, dispatcher(), observer=seen)
    other = jf.Server(jf.udp("127.0.0.1", 0), unclean, dispatcher(), observer=seen)
    with serving(server, other), dial(server.address) as peer, datagrams_to(other.address) as sender:
        assert exchange(peer, b"x") == b"x"
        sender.send(b"x")
        assert sender.recv(10) == b"x"
        failed = seen.wait_for(Failed, 2)
    assert [type(event.error) for event in failed] == [jf.Truncated] * 2


@jf.sessions
def undriven(request: Peered) -> Subscriber:
    return Subscriber(request)


def test_nobody_drives_a_session_where_a_handler_holds_the_request() -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), lambda connection: undriven(connection).push(b""), observer=seen)
    with serving(server), dial(server.address):
        (failed,) = seen.wait_for(Failed)
    assert isinstance(failed.error, jf.CompositionError)
