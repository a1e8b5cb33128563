"""Clients that do harm, to real server processes of every kind: it costs them alone, and leaves nothing behind."""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import struct
import time
from collections.abc import Generator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from faults.subject import ADD, BIG, BIG_REPLY, SUM, WAYS, Subject, pause, until
from support import exchange, read_all, read_exactly

RESET = struct.pack("@ii", 1, 0)
"""struct linger: close by a reset."""
HELLO = bytes.fromhex("16030100f8010000f40303") + bytes(240)
"""How a TLS client begins."""
MESSAGE, WRITE, IDLE = 0.4, 0.4, 1.0
"""The program's limits."""
IN_ONE_WORKER = [pytest.param(way, marks=pytest.mark.xdist_group(f"a server, {way}")) for way in WAYS]

pytestmark = pytest.mark.once  # half a minute of processor time, and what differs between Pythons is tested in process


@pytest.fixture(scope="module", params=IN_ONE_WORKER)
def process(request: pytest.FixtureRequest) -> Generator[Subject]:
    subject = Subject(request.param)
    yield subject
    subject.kill()


@pytest.fixture
def subject(process: Subject) -> Generator[Subject]:
    """The process; behind the test it has to be as it was."""
    yield process
    assert process.process.poll() is None
    process.recovers()


def reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    peer.close()


def ends(peer: socket.socket) -> bool:
    """Wait for the end, be it a reset; return whether nothing came before it."""
    try:
        return read_all(peer) == b""
    except ConnectionError:
        return True


def test_a_client_that_sends_byte_by_byte_is_answered(subject: Subject) -> None:
    with subject.dial() as peer:
        for at in range(len(ADD)):
            peer.sendall(ADD[at : at + 1])
        assert read_exactly(peer, len(SUM)) == SUM


def test_a_dribble_just_within_the_idle_limit_is_closed_at_the_message_limit(subject: Subject) -> None:
    with subject.dial() as peer:
        begun, sent = time.monotonic(), 0
        while not select.select([peer], [], [], 0.9 * MESSAGE / 4)[0]:
            peer.sendall(ADD[sent : sent + 1])
            sent += 1
            assert sent < len(ADD), "it was never closed"
        took = time.monotonic() - begun
        subject.serves_beside()
        assert ends(peer)
    assert MESSAGE * 0.9 < took < MESSAGE + IDLE


def test_a_client_that_says_nothing_is_closed_at_the_idle_limit(subject: Subject) -> None:
    with subject.dial() as peer:
        begun = time.monotonic()
        subject.serves_beside()
        assert ends(peer)
        assert time.monotonic() - begun > 0.9 * IDLE


def test_a_client_that_reads_slowly_gets_all_of_its_replies(subject: Subject) -> None:
    with subject.dial() as peer:
        peer.sendall(BIG * 4)
        peer.shutdown(socket.SHUT_WR)
        left = 4 * len(BIG_REPLY)
        while left:
            data = peer.recv(min(left, 2000))
            assert data
            left -= len(data)
        assert ends(peer)


def test_clients_that_never_read_cost_their_high_water_mark_and_are_closed_at_the_write_limit(subject: Subject) -> None:
    with ExitStack() as stack:
        peers = [stack.enter_context(subject.dial()) for _ in range(4 if subject.several else 1)]
        for peer in peers:
            peer.setblocking(False)
            with suppress(BlockingIOError):
                peer.send(BIG * 2000)  # asks for 120 MB
        subject.serves_beside()
        grown = subject.resident() - subject.memory
        assert grown < 24 * 1024, f"{len(peers)} peers cost {grown} KiB"
        # The system keeps what it has taken; what is ours is gone, though nobody has read a byte or left.
        until(lambda: subject.held() == subject.start, subject.held)


RESETS: dict[str, tuple[bytes, int]] = {
    "before a word": (b"", 0),
    "in the middle of a message": (ADD[:7], 0),
    "before the reply": (ADD, 0),
    "behind a reply": (ADD, len(SUM)),
    "in the middle of a large reply": (BIG * 20, 1000),
}


def test_a_reset_in_any_state_costs_its_connection_alone(subject: Subject) -> None:
    for said, heard in RESETS.values():
        for _ in range(3):
            peer = subject.dial()
            peer.sendall(said)
            read_exactly(peer, heard)
            reset(peer)
        subject.serves()


def test_a_client_that_has_said_all_gets_its_replies_still(subject: Subject) -> None:
    with subject.dial() as peer:
        assert exchange(peer, ADD * 3) == SUM * 3


BAD: dict[str, bytes] = {
    "a frame of 4 GiB": b"\xff\xff\xff\xff" + b"x" * 1000,
    "a frame that is a byte too large": (64 * 1024 + 1).to_bytes(4, "big"),
    "an empty frame": bytes(4),
    "a frame that says nothing we know": b"\0\0\0\1\x7f",
    "garbage": bytes(range(255, 0, -1)) * 20,
    "TLS": HELLO,
    "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a PROXY header": b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + ADD,
}


def test_what_is_no_message_is_closed_at_once_behind_the_replies_before_it(subject: Subject) -> None:
    for name, bad in BAD.items():
        with subject.dial() as peer:
            peer.sendall(ADD)
            assert read_exactly(peer, len(SUM)) == SUM
            begun = time.monotonic()
            peer.sendall(bad)
            assert ends(peer), name
            assert time.monotonic() - begun < IDLE, name


def test_two_thousand_at_once_are_all_answered(subject: Subject) -> None:
    count = 100 if subject.way == "forks" else 2000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 3000:
        pytest.skip("this machine allows a process too few descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        peers = list[socket.socket]()
        while len(peers) < count:
            peers.append(stack.enter_context(subject.dial()))
            peers[-1].sendall(ADD)  # at once: by when all are in, the idle limit may have passed
            peers[-1].shutdown(socket.SHUT_WR)
        assert {read_all(peer) for peer in peers} == {SUM}


def test_out_of_descriptors_it_serves_who_is_inside_and_the_others_when_there_are_some(subject: Subject) -> None:
    if subject.way in ("inline", "forks"):
        pytest.skip("one serves one at a time; the other needs descriptors for each child, and says so to its peer")
    pid = subject.process.pid
    with ExitStack() as stack:
        inside = [stack.enter_context(subject.dial()) for _ in range(2)]
        for peer in inside:
            peer.sendall(ADD)
            assert read_exactly(peer, len(SUM)) == SUM
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        used = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(set(range(len(used) + 1)) - used), hard))
        try:
            outside = [stack.enter_context(subject.dial()) for _ in range(3)]
            for peer in outside:
                peer.sendall(ADD)
            before, begun = subject.switches(), time.monotonic()
            for peer in inside:
                peer.sendall(ADD)
                assert read_exactly(peer, len(SUM)) == SUM
            pause(0.2)
            assert not select.select(outside, [], [], 0)[0]
            # A try costs a wake-up or two, and there are ten a second at most; a loop that spins makes thousands.
            assert subject.switches() - before < 100 * (1 + time.monotonic() - begun)
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        for peer in outside:
            assert read_exactly(peer, len(SUM)) == SUM


def vanish(peer: socket.socket) -> None:
    """Be gone without a word, as who has lost the network: tcp(7) forgets a connection under repair silently."""
    with suppress(PermissionError):  # without the privilege it goes on to be there, and is as silent
        peer.setsockopt(socket.IPPROTO_TCP, 19, 1)  # TCP_REPAIR, linux/tcp.h
        peer.close()


def test_peers_that_have_vanished_are_let_go_at_the_idle_limit(subject: Subject) -> None:
    peers = [subject.dial() for _ in range(3 if subject.several else 1)]
    for peer in peers:
        peer.sendall(ADD)
        assert read_exactly(peer, len(SUM)) == SUM
        vanish(peer)
    subject.serves_beside()
    until(lambda: subject.held() == subject.start, subject.held)
    for peer in peers:
        peer.close()


def test_who_comes_while_it_stands_still_is_served_when_it_goes_on(subject: Subject) -> None:
    def state() -> str:
        return Path(f"/proc/{subject.process.pid}/stat").read_text().rpartition(")")[2].split()[0]

    subject.process.send_signal(signal.SIGSTOP)
    until(lambda: state() == "T", state)
    with ExitStack() as stack:
        peers = [stack.enter_context(subject.dial()) for _ in range(20)]
        for peer in peers:
            peer.sendall(ADD)
            peer.shutdown(socket.SHUT_WR)
        subject.process.send_signal(signal.SIGCONT)
        assert {read_all(peer) for peer in peers} == {SUM}


def test_a_killed_child_costs_its_client_alone(subject: Subject) -> None:
    if subject.way != "forks":
        pytest.skip("has no children")
    with subject.dial() as peer:
        peer.sendall(ADD)
        assert read_exactly(peer, len(SUM)) == SUM
        (child,) = subject.children()
        os.kill(child, signal.SIGKILL)
        assert ends(peer)
