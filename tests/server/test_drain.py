"""An orderly end: nobody new comes in, who is inside finishes, and who does not is cut."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress

import pytest
import uvloop

import jackfield as jf
from jackfield.interfaces import Closed, Dispatcher, Drained, Failed, Opened, Refused
from support import (
    DISPATCHERS,
    PATIENCE,
    SESSION_DISPATCHERS,
    AnyDispatcher,
    Flag,
    Seen,
    await_readable,
    await_taken,
    datagrams_to,
    dial,
    is_readable,
    read_all,
    read_exactly,
    serving,
)

every_dispatcher = pytest.mark.parametrize("dispatcher", DISPATCHERS.values(), ids=DISPATCHERS)
every_session_dispatcher = pytest.mark.parametrize("dispatcher", SESSION_DISPATCHERS.values(), ids=SESSION_DISPATCHERS)
CUT = 0.05

calculator = jf.Wire(frame=jf.LengthPrefixed(jf.U16, maximum=1000))


@jf.message
class Twice:
    value: jf.U16


@jf.message
class Double(jf.Request[Twice]):
    value: jf.U16


LARGE = 8 * 1024 * 1024


@jf.message
class Large:
    data: jf.Rest


def echo(connection: jf.Connection) -> None:
    for line in connection.lines():
        connection.send(line)


@contextmanager
def draining(server: jf.Server[jf.RawConnection], seen: Seen) -> Generator[list[jf.DrainReport]]:
    """Drain on a thread; the block begins when a newcomer was turned away, and behind it the report is there."""
    reports: list[jf.DrainReport] = []
    thread = threading.Thread(target=lambda: reports.append(server.drain(PATIENCE)))
    thread.start()
    while not seen.of(Refused):
        with dial(server.address) as late:
            assert read_all(late) == b""
    try:
        yield reports
    finally:
        thread.join(PATIENCE)


@every_dispatcher
def test_an_idle_connection_ends_at_once_and_counts_as_finished(dispatcher: Callable[[], Dispatcher]) -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), echo, dispatcher(), observer=seen)
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"x\n")
        read_exactly(peer, 2)
        report = server.drain(PATIENCE)
        assert read_all(peer) == b""
    assert (report.finished, report.cut, report.refused) == (1, 0, 0)
    assert report.seconds < PATIENCE / 2
    assert seen.of(Drained)[0].report == report


@every_dispatcher
def test_a_request_under_way_gets_its_reply(dispatcher: Callable[[], Dispatcher]) -> None:
    seen, inside, go_on = Seen(), Flag(), Flag()

    def slow(connection: jf.Connection) -> None:
        line = next(connection.lines())
        inside.set()
        go_on.wait(PATIENCE)
        connection.send(line.upper())

    server = jf.Server(jf.tcp("127.0.0.1", 0), slow, dispatcher(), observer=seen)
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"work\n")
        assert inside.wait(PATIENCE)
        with draining(server, seen) as reports:
            go_on.set()
            assert read_all(peer) == b"WORK\n"
    assert [(report.finished, report.cut, report.refused) for report in reports] == [(1, 0, 1)]


@every_dispatcher
def test_what_had_arrived_is_answered_though_nobody_asked_for_it_yet(dispatcher: Callable[[], Dispatcher]) -> None:
    seen, inside, go_on = Seen(), Flag(), Flag()

    def slow(connection: jf.Connection) -> None:
        inside.set()
        go_on.wait(PATIENCE)
        echo(connection)

    server = jf.Server(jf.tcp("127.0.0.1", 0), slow, dispatcher(), observer=seen)
    with serving(server), dial(server.address) as peer:
        assert inside.wait(PATIENCE)
        peer.sendall(b"one\ntwo\n")
        with draining(server, seen) as reports:
            go_on.set()
            assert read_all(peer) == b"one\ntwo\n"
    assert [(report.finished, report.cut) for report in reports] == [(1, 0)]


@every_session_dispatcher
def test_a_service_answers_every_frame_that_had_arrived(dispatcher: Callable[[], AnyDispatcher]) -> None:
    seen, inside, go_on = Seen(), Flag(), Flag()
    service = jf.Service(calculator)

    @service.on(Double)
    def double(request: Double) -> Twice:
        inside.set()
        go_on.wait(PATIENCE)
        return Twice(2 * request.value)

    server = jf.Server(jf.tcp("127.0.0.1", 0), service, dispatcher(), observer=seen)
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"\0\2\0\1")
        assert inside.wait(PATIENCE)
        peer.sendall(b"\0\2\0\2" * 3)
        with draining(server, seen) as reports:
            go_on.set()
            assert read_all(peer) == b"\0\2\0\2" + b"\0\2\0\4" * 3
    assert [(report.finished, report.cut) for report in reports] == [(1, 0)]


@every_dispatcher
def test_who_leaves_a_message_unfinished_is_cut_at_the_deadline(dispatcher: Callable[[], Dispatcher]) -> None:
    seen = Seen()

    def fixed(connection: jf.Connection) -> None:
        connection.send(b"go")
        connection.receive_exactly(10)

    server = jf.Server(jf.tcp("127.0.0.1", 0), fixed, dispatcher(), observer=seen)
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"half")
        read_exactly(peer, 2)
        await_taken(peer)
        report = server.drain(CUT)
        assert read_all(peer) == b""
        seen.wait_for(Closed)
    assert (report.finished, report.cut) == (0, 1)
    assert report.seconds >= CUT


@every_dispatcher
def test_a_handler_that_does_not_return_is_abandoned_and_counts_as_cut(dispatcher: Callable[[], Dispatcher]) -> None:
    inside, go_on = Flag(), Flag()

    def stuck(connection: jf.Connection) -> None:
        inside.set()
        go_on.wait(PATIENCE)

    server = jf.Server(jf.tcp("127.0.0.1", 0), stuck, dispatcher())
    with serving(server), dial(server.address) as peer:
        assert inside.wait(PATIENCE)
        report = server.drain(CUT)
        assert (report.finished, report.cut) == (0, 1)
        assert read_all(peer) == b""
        go_on.set()


@every_session_dispatcher
def test_a_service_whose_handler_does_not_return_is_abandoned_and_counts_as_cut(
    dispatcher: Callable[[], AnyDispatcher],
) -> None:
    inside, go_on = Flag(), Flag()
    service = jf.Service(calculator)

    @service.on(Double)
    def stuck(request: Double) -> Twice:
        inside.set()
        go_on.wait(PATIENCE)
        return Twice(0)

    server = jf.Server(jf.tcp("127.0.0.1", 0), service, dispatcher())
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"\0\2\0\1")
        assert inside.wait(PATIENCE)
        report = server.drain(CUT)
        assert (report.finished, report.cut) == (0, 1)
        assert read_all(peer) == b""
        go_on.set()


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_coroutine_that_does_not_return_is_abandoned_and_counts_as_cut(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    inside, seen = Flag(), Seen()
    ends: list[asyncio.Future[None]] = []

    async def stuck(connection: jf.AsyncConnection) -> None:
        ends.append(asyncio.get_running_loop().create_future())
        inside.set()
        await ends[0]

    server = jf.Server(jf.tcp("127.0.0.1", 0), stuck, jf.Asyncio(loop=loop), observer=seen)
    with serving(server), dial(server.address) as peer:
        assert inside.wait(PATIENCE)
        report = server.drain(CUT)
        assert (report.finished, report.cut) == (0, 1)
        assert read_all(peer) == b""
        ends[0].get_loop().call_soon_threadsafe(ends[0].set_result, None)
        seen.wait_for(Closed)


@every_session_dispatcher
def test_a_service_drains_to_the_same_report_everywhere(dispatcher: Callable[[], AnyDispatcher]) -> None:
    """One client is idle, one has been answered, one has left a message unfinished; the pool has room for all."""
    seen = Seen()
    service = jf.Service(calculator)
    service.on(Double)(lambda request: Twice(2 * request.value))
    dispatching = dispatcher()
    together = not isinstance(dispatching, jf.Inline)
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, dispatching, observer=seen)
    with serving(server), ExitStack() as stack:
        idle, answered, unfinished = (stack.enter_context(dial(server.address)) for _ in range(3))
        if together:
            answered.sendall(b"\0\2\0\1")
            assert read_exactly(answered, 4) == b"\0\2\0\2"
            unfinished.sendall(b"\0\2\0\1\0")
            assert read_exactly(unfinished, 4) == b"\0\2\0\2"
            await_taken(unfinished)
        seen.wait_for(Opened, 3 if together else 1)
        # A child takes its time to leave, the more where its coverage is noted.
        report = server.drain(5.0 if isinstance(dispatching, jf.Forks) else 0.5)
        for peer in (idle, answered, unfinished) if together else (idle,):
            assert read_all(peer) == b""
        seen.wait_for(Closed, 3 if together else 1)
    assert (report.finished, report.cut) == ((2, 1) if together else (1, 0))
    assert [type(event.error) for event in seen.of(Failed)] == [jf.Truncated] * together


@every_session_dispatcher
def test_a_peer_that_takes_its_time_is_sent_all_of_its_reply(dispatcher: Callable[[], AnyDispatcher]) -> None:
    seen = Seen()
    door = jf.stream_handler(Double, reply=Large)(lambda request: Large(b"x" * LARGE))
    server = jf.Server(jf.tcp("127.0.0.1", 0), door, dispatcher(), observer=seen)
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"\0\1")
        await_readable(peer)
        with draining(server, seen) as reports:
            assert len(read_all(peer)) == LARGE
    assert [report.cut for report in reports] == [0]


@every_session_dispatcher
def test_who_is_taken_in_just_as_the_drain_begins_is_let_go_at_once(dispatcher: Callable[[], AnyDispatcher]) -> None:
    """The drain tells a request that has no session yet, and so nobody who would listen."""
    seen, reports = Seen(), list[jf.DrainReport]()

    def observer(event: jf.Event) -> None:
        seen(event)
        if isinstance(event, Opened):
            draining.start()
            while not seen.of(Refused):
                with dial(server.address) as late, suppress(ConnectionError):
                    read_all(late)

    service = jf.Service(calculator)
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, dispatcher(), observer=observer)
    draining = threading.Thread(target=lambda: reports.append(server.drain(PATIENCE)))
    with serving(server), dial(server.address) as peer:
        assert read_all(peer) == b""
        draining.join(PATIENCE)
    assert [(report.finished, report.cut) for report in reports] == [(1, 0)]


def test_who_comes_while_draining_is_turned_away() -> None:
    seen, inside, go_on = Seen(), threading.Event(), threading.Event()

    def slow(connection: jf.Connection) -> None:
        inside.set()
        go_on.wait(PATIENCE)

    server = jf.Server(jf.tcp("127.0.0.1", 0), slow, jf.Threads(), observer=seen)
    with serving(server), dial(server.address):
        assert inside.wait(PATIENCE)
        with draining(server, seen) as reports:
            (refused,) = seen.of(Refused)
            go_on.set()
    assert refused.by == "draining"
    assert reports[0].refused == 1
    assert len(seen.of(Opened)) == 1


def test_a_peer_that_closes_while_draining_counts_as_finished() -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), echo, jf.Threads(), observer=seen)
    with serving(server):
        with dial(server.address):
            seen.wait_for(Opened)
        report = server.drain(PATIENCE)
    assert report.cut == 0


def test_draining_a_datagram_server_waits_for_what_it_handles() -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow(datagram: jf.Datagram) -> None:
        inside.set()
        go_on.wait(PATIENCE)
        datagram.reply(b"done")

    server = jf.Server(jf.udp("127.0.0.1", 0), slow, jf.Threads())
    with serving(server), datagrams_to(server.address) as peer:
        peer.send(b"x")
        assert inside.wait(PATIENCE)
        draining = threading.Thread(target=server.drain)
        draining.start()
        assert not is_readable(peer)
        go_on.set()
        assert peer.recv(10) == b"done"
        draining.join(PATIENCE)
        assert not draining.is_alive()


@pytest.mark.parametrize("drains", [False, True], ids=["served", "never served"])
def test_draining_an_empty_server_is_done_at_once(drains: bool) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), echo)
    with server:
        if not drains:
            server.serve_in_thread()
        report = server.drain()
    assert (report.finished, report.cut, report.refused) == (0, 0, 0)


def test_a_handler_cannot_drain_its_own_server() -> None:
    errors: list[Exception] = []

    def drain(connection: jf.Connection) -> None:
        try:
            server.drain(0.1)
        except jf.CompositionError as error:
            errors.append(error)

    server: jf.Server[jf.RawConnection] = jf.Server(jf.tcp("127.0.0.1", 0), drain, jf.Threads())
    with serving(server), dial(server.address) as peer:
        assert read_all(peer) == b""
    assert len(errors) == 1


def test_after_a_drain_a_server_may_serve_again() -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), echo, jf.Threads())
    for _ in range(2):
        thread = server.serve_in_thread()
        with dial(server.address) as peer:
            peer.sendall(b"x\n")
            assert read_exactly(peer, 2) == b"x\n"
            server.drain()
        thread.join(PATIENCE)
        assert not thread.is_alive()
    server.close()
