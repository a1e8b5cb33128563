"""Deadlines of a connection: over the whole operation, on every way of receiving and sending.

The waits are short and real: what is tested is the kernel's timeout and our reading of the clock together.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

import jackfield as jf
from connections.pairs import pair
from support import PATIENCE

SHORT = 0.02

WAYS: dict[str, Callable[[jf.Connection], object]] = {
    "receive": lambda connection: connection.receive(),
    "receive_into": lambda connection: connection.receive_into(bytearray(10)),
    "receive_exactly": lambda connection: connection.receive_exactly(10),
    "receive_until": lambda connection: connection.receive_until(b"\n"),
    "lines": lambda connection: next(connection.lines()),
    "rfile": lambda connection: connection.rfile.readline(),
}
IN_MESSAGES = ["receive_exactly", "receive_until", "lines"]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_peer_that_says_nothing_meets_the_idle_limit(way: Callable[[jf.Connection], object]) -> None:
    with pair(jf.Limits(idle=SHORT)) as (connection, _):
        with pytest.raises(jf.DeadlineExceeded) as caught:
            way(connection)
        assert (caught.value.waited_for, caught.value.seconds) == ("idle", SHORT)


@pytest.mark.parametrize("name", IN_MESSAGES)
def test_a_dribble_cannot_stretch_the_message_limit(name: str) -> None:
    stop = threading.Event()

    def dribble(peer: socket.socket) -> None:
        while not stop.wait(SHORT / 4):
            peer.sendall(b"x")

    with pair(jf.Limits(message=SHORT * 2)) as (connection, peer):
        thread = threading.Thread(target=dribble, args=(peer,))
        thread.start()
        try:
            with pytest.raises(jf.DeadlineExceeded) as caught:
                connection.receive_exactly(1_000_000) if name == "receive_exactly" else WAYS[name](connection)
        finally:
            stop.set()
            thread.join(PATIENCE)
        assert caught.value.waited_for == "message"


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_deadline_covers_whatever_stands_in_its_block(way: Callable[[jf.Connection], object]) -> None:
    with pair(jf.Limits(idle=None, message=None)) as (connection, peer):
        peer.sendall(b"x" if way is not WAYS["receive"] else b"")
        with pytest.raises(jf.DeadlineExceeded) as caught, connection.deadline(SHORT):
            way(connection)
            way(connection)
        assert (caught.value.waited_for, caught.value.seconds) == ("deadline", SHORT)


def test_a_deadline_that_has_passed_stops_what_comes_next() -> None:
    with pair() as (connection, peer):
        peer.sendall(b"there already")
        with pytest.raises(jf.DeadlineExceeded), connection.deadline(0.0):
            connection.receive()
        assert connection.receive() == b"there already"


def test_of_nested_deadlines_the_earliest_counts() -> None:
    with pair() as (connection, _):
        with pytest.raises(jf.DeadlineExceeded) as caught, connection.deadline(SHORT), connection.deadline(PATIENCE):
            connection.receive()
        assert caught.value.seconds == SHORT


def test_behind_a_deadlines_block_it_is_forgotten() -> None:
    with pair(jf.Limits(idle=SHORT)) as (connection, _):
        with connection.deadline(PATIENCE):
            pass
        with pytest.raises(jf.DeadlineExceeded) as caught:
            connection.receive()
        assert caught.value.waited_for == "idle"


def test_a_peer_that_does_not_read_meets_the_write_limit() -> None:
    with pair(jf.Limits(write=SHORT)) as (connection, _):
        with pytest.raises(jf.DeadlineExceeded) as caught:
            connection.send(bytes(8 * 1024 * 1024))
        assert (caught.value.waited_for, caught.value.seconds) == ("write", SHORT)


def test_a_peer_that_reads_slowly_cannot_stretch_the_write_limit() -> None:
    stop = threading.Event()

    def sip(peer: socket.socket) -> None:
        while not stop.wait(SHORT / 8):
            peer.recv(4096)

    with pair(jf.Limits(write=SHORT * 2)) as (connection, peer):
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        thread = threading.Thread(target=sip, args=(peer,))
        thread.start()
        try:
            with pytest.raises(jf.DeadlineExceeded) as caught:
                connection.send(bytes(64 * 1024 * 1024))
        finally:
            stop.set()
            thread.join(PATIENCE)
        assert caught.value.waited_for == "write"


def test_what_came_before_a_deadline_can_still_be_received() -> None:
    with pair(jf.Limits(message=SHORT)) as (connection, peer):
        peer.sendall(b"abc")
        with pytest.raises(jf.DeadlineExceeded):
            connection.receive_exactly(5)
        assert connection.receive() == b"abc"


def test_without_limits_a_wait_ends_when_the_peer_acts() -> None:
    with pair(jf.Limits(idle=None)) as (connection, peer):
        got: list[bytes] = []
        thread = threading.Thread(target=lambda: got.append(connection.receive()))
        thread.start()
        peer.sendall(b"at last")
        thread.join(PATIENCE)
        assert got == [b"at last"]


def test_lingering_ends_in_time_where_the_peer_goes_on_sending() -> None:
    with pair(jf.Limits(linger=SHORT)) as (connection, peer):
        peer.sendall(b"unread")
        begun = time.monotonic()
        connection.close()  # the peer keeps its end open
        assert time.monotonic() - begun < PATIENCE


@pytest.mark.parametrize("name", ["idle", "message", "write", "handshake", "linger", "drain", "unsent"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_that_nothing_could_meet_is_refused(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"Limits.{name} must be above 0"):
        jf.Limits(**{name: value})
