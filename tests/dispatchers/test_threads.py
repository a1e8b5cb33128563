"""A thread for each request, up to a limit."""

from __future__ import annotations

import sys
import threading

import pytest

import jackfield as jf
from jackfield.interfaces import Closed, Failed, Opened
from support import PATIENCE, Seen, dial, exchange, is_readable, read_all, serving


def test_a_slow_client_keeps_nobody_waiting() -> None:
    def echo(connection: jf.Connection) -> None:
        connection.send(connection.receive())

    server = jf.Server(jf.tcp("127.0.0.1", 0), echo, jf.Threads())
    with serving(server), dial(server.address) as slow:
        for _ in range(5):
            with dial(server.address) as peer:
                assert exchange(peer, b"quick") == b"quick"
        assert exchange(slow, b"slow") == b"slow"


def test_above_the_limit_nobody_is_accepted_until_somebody_is_done() -> None:
    seen, go_on = Seen(), [threading.Event() for _ in range(5)]
    order = iter(go_on)

    def wait(connection: jf.Connection) -> None:
        next(order).wait(PATIENCE)
        connection.send(b"done")

    server = jf.Server(jf.tcp("127.0.0.1", 0), wait, jf.Threads(limit=2), observer=seen)
    with serving(server):
        peers = [dial(server.address) for _ in range(5)]
        seen.wait_for(Opened, 2)
        for done, event in enumerate(go_on, 1):
            event.set()
            seen.wait_for(Closed, done)
            assert len(seen.of(Opened)) <= min(5, done + 2)
        for peer in peers:
            assert read_all(peer) == b"done"
            peer.close()


def test_a_full_server_shuts_down_at_once() -> None:
    inside = threading.Event()

    def wait(connection: jf.Connection) -> None:
        inside.set()
        connection.receive()

    server = jf.Server(jf.tcp("127.0.0.1", 0), wait, jf.Threads(limit=1))
    thread = server.serve_in_thread()
    with dial(server.address), dial(server.address) as waiting:
        assert inside.wait(PATIENCE)
        server.shutdown()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert not is_readable(waiting), "who was not accepted waits for whoever serves next"
    server.close()


def test_threads_are_daemons_and_bear_a_name() -> None:
    found: list[threading.Thread] = []

    def note(connection: jf.Connection) -> None:
        found.append(threading.current_thread())

    server = jf.Server(jf.tcp("127.0.0.1", 0), note, jf.Threads())
    with serving(server), dial(server.address) as peer:
        read_all(peer)
    assert found[0].daemon
    assert found[0].name == "jackfield-handler"


def test_a_request_that_gets_no_thread_is_closed_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), lambda connection: None, jf.Threads(), observer=seen)
    with serving(server):
        start = threading.Thread.start

        def refuse(thread: threading.Thread) -> None:
            if thread.name == "jackfield-handler":
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", refuse)
        with dial(server.address) as peer:
            assert read_all(peer) == b""
        seen.wait_for(Closed)
    (failed,) = seen.of(Failed)
    assert isinstance(failed.error, jf.Overloaded)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_lets_nobody_in_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        jf.Threads(limit=limit)


def test_what_is_no_exception_ends_its_thread_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: told.append(arguments.exc_type))

    def leave(connection: jf.Connection) -> None:
        if connection.receive() == b"leave":
            raise KeyboardInterrupt
        connection.send(b"well")

    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), leave, jf.Threads(), observer=seen)
    with serving(server):
        with dial(server.address) as peer:
            assert exchange(peer, b"leave") == b""
        with dial(server.address) as peer:
            assert exchange(peer, b"stay") == b"well"
        seen.wait_for(Closed, 2)
    assert told == [KeyboardInterrupt]
    assert sys.excepthook is not None


def test_the_limit_holds_for_threads_of_earlier_runs() -> None:
    go_on = threading.Event()

    def wait(connection: jf.Connection) -> None:
        go_on.wait(PATIENCE)

    server = jf.Server(jf.tcp("127.0.0.1", 0), wait, jf.Threads(limit=1))
    with server, dial(server.address), dial(server.address):
        assert server.handle_request(PATIENCE)
        assert not server.handle_request(0.0)
        go_on.set()
        assert server.handle_request(PATIENCE)
