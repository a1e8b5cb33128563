"""Servers in somebody else's loop, and several at once: by `fileno` and `handle_request`."""

from __future__ import annotations

import select
import selectors
import socket
import threading
from collections.abc import Callable

import pytest

import jackfield as jf
from jackfield.interfaces import Closed, Dispatcher
from support import PATIENCE, Seen, datagrams_to, dial, exchange, is_readable, read_all, serving


def upper(connection: jf.Connection) -> None:
    for line in connection.lines():
        connection.send(line.upper())


def reverse(datagram: jf.Datagram) -> None:
    datagram.reply(datagram.payload[::-1])


def test_a_server_can_be_selected_on_and_is_ready_when_somebody_waits() -> None:
    with jf.Server(jf.tcp("127.0.0.1", 0), upper) as server, selectors.DefaultSelector() as selector:
        selector.register(server, selectors.EVENT_READ)
        assert selector.select(0) == []
        with dial(server.address) as peer:
            assert [key.fileobj for key, _ in selector.select(PATIENCE)] == [server]
            assert server.handle_request(0)
            assert exchange(peer, b"x\n") == b"X\n"
        selector.unregister(server)
    assert server.fileno() == -1


@pytest.mark.parametrize("dispatcher", [jf.Inline, jf.Threads, jf.Forks])
def test_several_servers_are_served_in_one_foreign_select_loop(dispatcher: Callable[[], Dispatcher]) -> None:
    door, stop = jf.memory(), threading.Event()
    ours, bell = socket.socketpair()
    streams = [jf.Server(listener, upper, dispatcher()) for listener in (jf.tcp("127.0.0.1", 0), door)]
    datagrams = jf.Server(jf.udp("127.0.0.1", 0), reverse, dispatcher())
    table: dict[int, jf.Server[jf.RawConnection] | jf.Server[jf.Datagram]] = {datagrams.fileno(): datagrams}
    table.update((server.fileno(), server) for server in streams)

    def loop() -> None:
        while not stop.is_set():
            ready, _, _ = select.select([ours.fileno(), *table], [], [], PATIENCE)
            for number in ready:
                if number in table:
                    table[number].handle_request(timeout=0)

    thread = threading.Thread(target=loop)
    thread.start()
    with datagrams_to(datagrams.address) as other:
        for _ in range(3):
            with dial(streams[0].address) as peer:
                assert exchange(peer, b"over tcp\n") == b"OVER TCP\n"
            with door.connect() as peer:
                peer.settimeout(PATIENCE)
                assert exchange(peer, b"in memory\n") == b"IN MEMORY\n"
            other.send(b"abc")
            assert other.recv(10) == b"cba"
    stop.set()
    bell.send(b"x")
    thread.join(PATIENCE)
    for server in table.values():
        server.close()
    ours.close()
    bell.close()
    assert not thread.is_alive()


def test_between_two_handled_requests_a_program_does_what_it_likes() -> None:
    done: list[str] = []
    with jf.Server(jf.tcp("127.0.0.1", 0), upper, jf.Inline()) as server:
        for number in range(3):
            with dial(server.address) as peer:
                peer.sendall(b"x\n")
                peer.shutdown(socket.SHUT_WR)
                assert server.handle_request(PATIENCE)
                done.append(f"service action {number}")
                assert read_all(peer) == b"X\n"
        assert not server.handle_request(0)
    assert done == ["service action 0", "service action 1", "service action 2"]


def test_whoever_is_turned_away_meanwhile_cannot_stretch_a_timeout() -> None:
    with jf.Server(jf.tcp("127.0.0.1", 0).through(jf.Deny("127.0.0.0/8")), upper) as server:
        over = threading.Event()
        knocks: list[bytes] = []

        def knock() -> None:
            while not over.is_set():
                with dial(server.address) as peer:
                    over.wait(0.01)
                    peer.settimeout(0)
                    try:
                        knocks.append(peer.recv(1))
                    except OSError:
                        continue

        thread = threading.Thread(target=knock)
        thread.start()
        assert not server.handle_request(0.2)
        over.set()
        thread.join(PATIENCE)
        assert knocks


def test_many_servers_that_are_started_and_stopped_at_once_all_stop() -> None:
    """A stop that comes before the thread has begun to serve is meant for it."""
    for _ in range(20):
        server = jf.Server(jf.tcp("127.0.0.1", 0), upper)
        thread = server.serve_in_thread()
        server.shutdown()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        server.close()


def test_who_waits_when_a_server_stops_is_left_to_the_next_run() -> None:
    def stop(connection: jf.Connection) -> None:
        server.shutdown()
        connection.send(b"the last")

    server: jf.Server[jf.RawConnection] = jf.Server(jf.tcp("127.0.0.1", 0), stop, jf.Inline())
    with server, dial(server.address) as first, dial(server.address) as second:
        server.serve_forever()
        assert read_all(first) == b"the last"
        assert not is_readable(second)
        assert server.handle_request(PATIENCE)
        assert read_all(second) == b"the last"


def test_a_stop_lets_the_request_that_is_under_way_finish() -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow(connection: jf.Connection) -> None:
        inside.set()
        go_on.wait(PATIENCE)
        connection.send(b"done")

    with jf.Server(jf.tcp("127.0.0.1", 0), slow, jf.Inline()) as server, dial(server.address) as peer:
        thread = server.serve_in_thread()
        assert inside.wait(PATIENCE)
        server.shutdown()
        assert thread.is_alive()
        go_on.set()
        thread.join(PATIENCE)
        assert read_all(peer) == b"done"


def test_while_one_request_runs_inline_others_queue_and_are_served_then() -> None:
    inside, go_on, seen = threading.Event(), threading.Event(), Seen()

    def slow(connection: jf.Connection) -> None:
        inside.set()
        go_on.wait(PATIENCE)
        connection.send(b"done")

    server = jf.Server(jf.tcp("127.0.0.1", 0), slow, jf.Inline(), observer=seen)
    with serving(server):
        peers = [dial(server.address) for _ in range(5)]
        assert inside.wait(PATIENCE)
        assert not any(is_readable(peer) for peer in peers)
        go_on.set()
        for peer in peers:
            assert read_all(peer) == b"done"
            peer.close()
        seen.wait_for(Closed, 5)
