"""Serving: what handlers may be, what a handler's failure costs, how serving begins and ends."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import jackfield as jf
from jackfield.interfaces import Closed, Dispatcher, Failed, Opened, Started, Stopped
from support import (
    DISPATCHERS,
    PATIENCE,
    Seen,
    await_readable,
    datagrams_to,
    dial,
    exchange,
    read_all,
    read_exactly,
    serving,
)

every_dispatcher = pytest.mark.parametrize("dispatcher", DISPATCHERS.values(), ids=DISPATCHERS)


def shout(connection: jf.Connection) -> None:
    for line in connection.lines():
        connection.send(line.upper())


class Shouter:
    def __call__(self, connection: jf.Connection) -> None:
        shout(connection)

    def shout(self, connection: jf.Connection) -> None:
        shout(connection)


HANDLERS: dict[str, Callable[[jf.Connection], None]] = {
    "function": shout,
    "bound method": Shouter().shout,
    "callable object": Shouter(),
}


@every_dispatcher
@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
def test_any_callable_serves_under_every_dispatcher(
    handler: Callable[[jf.Connection], None], dispatcher: Callable[[], Dispatcher]
) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), handler, dispatcher())
    with serving(server):
        for _ in range(3):
            with dial(server.address) as peer:
                assert exchange(peer, b"one\ntwo\nlast") == b"ONE\nTWO\nLAST"


@every_dispatcher
def test_datagrams_are_served_under_every_dispatcher(dispatcher: Callable[[], Dispatcher]) -> None:
    def answer(datagram: jf.Datagram) -> None:
        datagram.reply(datagram.payload.upper())

    server = jf.Server(jf.udp("127.0.0.1", 0), answer, dispatcher())
    with serving(server), datagrams_to(server.address) as peer:
        for text in (b"one", b"two"):
            peer.send(text)
            assert peer.recv(100) == text.upper()


def test_connections_get_threads_and_datagrams_none_where_no_dispatcher_is_named() -> None:
    threads: list[int] = []

    def note(request: jf.Connection | jf.Datagram) -> None:
        threads.append(threading.get_ident())

    seen = Seen()
    stream = jf.Server(jf.tcp("127.0.0.1", 0), note, observer=seen)
    with serving(stream), dial(stream.address) as peer:
        assert read_all(peer) == b""
    with jf.Server(jf.udp("127.0.0.1", 0), note) as datagrams, datagrams_to(datagrams.address) as peer:
        peer.send(b"x")
        assert datagrams.handle_request(PATIENCE)
    assert threads[0] != threading.get_ident()
    assert threads[1] == threading.get_ident()


@every_dispatcher
def test_a_failing_handler_costs_its_connection_and_one_event_and_serving_goes_on(
    dispatcher: Callable[[], Dispatcher],
) -> None:
    def fail(connection: jf.Connection) -> None:
        if connection.receive() == b"fail":
            raise RuntimeError("on purpose")
        connection.send(b"well")

    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), fail, dispatcher(), observer=seen)
    with serving(server):
        with dial(server.address) as peer:
            assert exchange(peer, b"fail") == b""
            name = peer.getsockname()
        with dial(server.address) as peer:
            assert exchange(peer, b"go on") == b"well"
        seen.wait_for(Closed, 2)
    (failed,) = seen.of(Failed)
    assert isinstance(failed.error, jf.HandlerFailed)
    assert failed.error.handler.endswith("fail")
    assert isinstance(failed.error.__cause__, RuntimeError)
    assert str(failed.peer) == "{}:{}".format(*name)


def test_a_peers_fault_in_a_handler_is_reported_as_the_peers() -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), lambda c: print(c.receive_exactly(9)), jf.Threads(), observer=seen)
    with serving(server), dial(server.address) as peer:
        exchange(peer, b"short")
        (failed,) = seen.wait_for(Failed)
    assert isinstance(failed.error, jf.Truncated)


def test_events_tell_a_connections_life_in_order() -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), shout, jf.Threads(), observer=seen)
    with serving(server), dial(server.address) as peer:
        exchange(peer, b"x\n")
        seen.wait_for(Closed)
    seen.wait_for(Stopped)
    assert seen.kinds() == ["Started", "Opened", "Closed", "Stopped"]
    assert seen.of(Opened)[0].peer == seen.of(Closed)[0].peer
    assert seen.of(Started)[0].local == server.address


def test_an_observer_that_fails_is_logged_and_goes_no_further(caplog: pytest.LogCaptureFixture) -> None:
    def fail(event: jf.Event) -> None:
        raise RuntimeError("on purpose")

    server = jf.Server(jf.tcp("127.0.0.1", 0), shout, jf.Threads(), observer=fail)
    with serving(server), dial(server.address) as peer:
        assert exchange(peer, b"x\n") == b"X\n"
    assert {record.getMessage().split(" on ")[0] for record in caplog.records} == {"the observer failed"}


def test_without_an_observer_a_failed_handler_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fail(connection: jf.Connection) -> None:
        raise RuntimeError("on purpose")

    server = jf.Server(jf.tcp("127.0.0.1", 0), fail, jf.Inline())
    with serving(server), dial(server.address) as peer:
        assert read_all(peer) == b""
    assert any("on purpose" in str(record.exc_info) for record in caplog.records if record.name == "jackfield")


def test_a_client_may_connect_before_serving_begins() -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), shout)
    with dial(server.address) as peer:
        peer.sendall(b"early\n")
        with serving(server):
            assert read_exactly(peer, 6) == b"EARLY\n"


def test_a_server_may_serve_again_after_a_shutdown() -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), shout)
    for _ in range(3):
        thread = server.serve_in_thread()
        with dial(server.address) as peer:
            assert exchange(peer, b"x\n") == b"X\n"
        server.shutdown()
        server.shutdown()
        thread.join(PATIENCE)
        assert not thread.is_alive()
    server.close()


def test_a_shutdown_before_serving_is_kept_for_the_next_run() -> None:
    with jf.Server(jf.tcp("127.0.0.1", 0), shout) as server:
        server.shutdown()
        server.serve_forever()


@pytest.mark.parametrize("dispatcher", [jf.Inline, jf.Threads, jf.ThreadPool])
def test_a_handler_may_shut_its_server_down(dispatcher: Callable[[], Dispatcher]) -> None:
    def stop(connection: jf.Connection) -> None:
        server.shutdown()
        connection.send(b"bye")

    server: jf.Server[jf.RawConnection] = jf.Server(jf.tcp("127.0.0.1", 0), stop, dispatcher())
    thread = server.serve_in_thread()
    with dial(server.address) as peer:
        assert read_all(peer) == b"bye"
    thread.join(PATIENCE)
    assert not thread.is_alive()
    server.close()


def test_two_threads_cannot_serve_one_server() -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), shout)
    with serving(server), pytest.raises(jf.CompositionError, match="serving already"):
        server.serve_forever()


def test_a_closed_server_says_so() -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), shout)
    server.close()
    server.close()
    with pytest.raises(jf.ClosedError):
        server.serve_forever()


def test_closing_cuts_connections_and_joins_their_threads() -> None:
    before = threading.active_count()
    server = jf.Server(jf.tcp("127.0.0.1", 0), shout, jf.Threads(), limits=jf.Limits(idle=None))
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"x\n")
        read_exactly(peer, 2)
        server.close()
        assert read_all(peer) == b""
    assert threading.active_count() == before


def test_handle_request_serves_one_and_says_whether_there_was_one() -> None:
    with jf.Server(jf.tcp("127.0.0.1", 0), shout, jf.Inline()) as server:
        assert not server.handle_request(0.0)
        with dial(server.address) as first, dial(server.address) as second:
            first.sendall(b"x\n")
            first.shutdown(socket.SHUT_WR)
            with socket.socket(fileno=os.dup(server.fileno())) as watched:
                await_readable(watched)
            assert server.handle_request()
            assert read_all(first) == b"X\n"
            second.shutdown(socket.SHUT_WR)
            assert server.handle_request(PATIENCE)
            assert not server.handle_request(0.0)


def test_what_is_no_exception_ends_serving_and_the_connection() -> None:
    def interrupt(connection: jf.Connection) -> None:
        raise KeyboardInterrupt

    with jf.Server(jf.tcp("127.0.0.1", 0), interrupt, jf.Inline()) as server, dial(server.address) as peer:
        with pytest.raises(KeyboardInterrupt):
            server.serve_forever()
        assert read_all(peer) == b""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@every_dispatcher
def test_an_idle_server_sits_in_one_system_call_without_a_timeout(dispatcher: Callable[[], Dispatcher]) -> None:
    """So it uses no CPU, whatever the clock says: nothing but a connection or a wake-up ends epoll_wait(2)."""
    server = jf.Server(jf.tcp("127.0.0.1", 0), shout, dispatcher())
    before = {thread.native_id for thread in threading.enumerate()}
    with serving(server):
        calls: list[list[str]] = []
        for _ in range(10_000):
            added = {thread.native_id for thread in threading.enumerate() if thread.native_id} - before
            calls = [Path(f"/proc/self/task/{number}/syscall").read_text().split() for number in added]
            if any(is_endless_wait(call) for call in calls) and ["running"] not in calls:
                break
            os.sched_yield()
        assert sum(is_endless_wait(call) for call in calls) == 1
        assert ["running"] not in calls


def is_endless_wait(call: list[str]) -> bool:
    """Tell epoll_wait(epoll, events, count, -1) on x86-64, and epoll_pwait on arm64."""
    return call[0] in ("232", "281", "22") and int(call[4], 16) & 0xFFFFFFFF == 0xFFFFFFFF
