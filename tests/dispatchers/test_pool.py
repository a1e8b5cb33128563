"""A fixed number of threads: leader and followers."""

from __future__ import annotations

import threading

import pytest

import jackfield as jf
from jackfield.interfaces import Closed, Opened
from support import PATIENCE, Seen, dial, exchange, read_all, serving


def test_as_many_as_there_are_threads_are_served_at_once_and_others_wait_in_the_backlog() -> None:
    seen, together = Seen(), threading.Barrier(4)

    def meet(connection: jf.Connection) -> None:
        together.wait(PATIENCE)
        connection.send(b"met")

    server = jf.Server(jf.tcp("127.0.0.1", 0), meet, jf.ThreadPool(4), observer=seen)
    with serving(server):
        peers = [dial(server.address) for _ in range(8)]
        for peer in peers:
            assert read_all(peer) == b"met"
            peer.close()
        seen.wait_for(Closed, 8)


def test_nothing_is_accepted_that_nobody_has_time_for() -> None:
    seen, go_on = Seen(), threading.Event()

    def wait(connection: jf.Connection) -> None:
        go_on.wait(PATIENCE)

    server = jf.Server(jf.tcp("127.0.0.1", 0), wait, jf.ThreadPool(2), observer=seen)
    with serving(server):
        peers = [dial(server.address) for _ in range(5)]
        seen.wait_for(Opened, 2)
        assert len(seen.of(Opened)) == 2
        go_on.set()
        seen.wait_for(Closed, 5)
        for peer in peers:
            peer.close()


def test_what_is_no_exception_makes_the_pool_no_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: told.append(arguments.exc_type))

    def leave(connection: jf.Connection) -> None:
        if connection.receive() == b"leave":
            raise SystemExit
        connection.send(b"well")

    server = jf.Server(jf.tcp("127.0.0.1", 0), leave, jf.ThreadPool(1))
    with serving(server):
        for _ in range(3):
            with dial(server.address) as peer:
                assert exchange(peer, b"leave") == b""
        with dial(server.address) as peer:
            assert exchange(peer, b"stay") == b"well"
    assert told == [SystemExit] * 3


@pytest.mark.parametrize("size", [0, -1])
def test_a_pool_without_threads_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="at least 1 thread"):
        jf.ThreadPool(size)
