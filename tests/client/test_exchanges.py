"""More than one for one: streams, many at once, bytes, pushes and what is sent again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

import jackfield as jf
from client.served import (
    Add,
    Ask,
    Count,
    Done,
    Find,
    Found,
    Note,
    Other,
    Piece,
    Poke,
    Raw,
    Served,
    Sum,
    by_hand,
    datagrams_by_hand,
    lines,
    served,
    wire,
)
from service.calculator import framed, number, sum_bytes
from support import PATIENCE, read_exactly

SHORT = 0.05
every_transport = pytest.mark.parametrize("transport", ["tcp", "udp"])


# ------------------------------------------------------------------ streams


@every_transport
def test_a_stream_gives_its_items_and_then_its_last_reply(transport: str) -> None:
    with served(transport) as url, jf.connect(wire, url) as client:
        items = client.call(Count(3, 2))
        with pytest.raises(jf.CompositionError, match="was not read yet"):
            items.last
        assert list(items) == [Piece(b"xx")] * 3
        assert items.last == Done(3)
        assert list(items) == []
        assert client.call(Add(1, 2)) == Sum(3)


def test_items_are_made_as_they_are_read_and_never_stand_in_memory() -> None:
    made = Served()
    with served("tcp", made) as url, jf.connect(wire, url) as client:
        items = client.call(Count(1500, 60_000))
        assert next(items) == Piece(b"x" * 60_000)
        assert made.made < 1000, "90 MB were not made for who has read 60 kB"
        assert sum(1 for _ in items) == 1499
        assert items.last == Done(1500)


def test_while_a_stream_is_unread_its_own_thread_is_told_and_others_wait() -> None:
    with served("tcp") as url, jf.connect(wire, url) as client:
        items = client.call(Count(3, 2))
        with pytest.raises(jf.CompositionError, match="read on, or close it"):
            client.call(Add(1, 2))
        sums: list[Sum] = []
        thread = threading.Thread(target=lambda: sums.append(client.call(Add(1, 2))))
        thread.start()
        assert len(list(items)) == 3
        thread.join(PATIENCE)
        assert sums == [Sum(3)]


@every_transport
def test_a_stream_that_is_closed_early_is_in_nobodys_way(transport: str) -> None:
    with served(transport) as url, jf.connect(wire, url) as client:
        with client.call(Count(50, 100)) as items:
            next(items)
        assert list(items) == []
        client.call(Count(50, 100))  # dropped unread
        assert client.call(Add(1, 2)) == Sum(3)
        items.close()
        assert client.call(Add(3, 4)) == Sum(7)


def test_a_stream_that_stops_is_a_deadline_and_ends_the_client() -> None:
    def talk(peer: socket.socket) -> None:
        read_exactly(peer, 11)
        peer.sendall(framed(b"\x83\0\1x"))
        peer.recv(1)

    with by_hand(talk) as url, jf.connect(wire, url, deadline=SHORT) as client:
        items = client.call(Count(3, 2))
        assert next(items) == Piece(b"x")
        with pytest.raises(jf.DeadlineExceeded):
            next(items)
        assert list(items) == []
        with pytest.raises(jf.ClosedError):
            client.call(Add(1, 2))


def test_a_stream_that_breaks_off_is_connection_lost() -> None:
    def talk(peer: socket.socket) -> None:
        read_exactly(peer, 11)
        peer.sendall(framed(b"\x83\0\1x"))

    with by_hand(talk) as url, jf.connect(wire, url) as client:
        items = client.call(Count(3, 2))
        assert next(items) == Piece(b"x")
        with pytest.raises(jf.ConnectionLost):
            next(items)


def test_over_datagrams_a_stream_that_loses_its_end_is_a_deadline() -> None:
    def talk(server: socket.socket) -> None:
        _, name = server.recvfrom(100)
        server.sendto(b"\x83\0\1x", name)
        _, name = server.recvfrom(100)
        server.sendto(sum_bytes(3), name)

    with datagrams_by_hand(talk) as url, jf.connect(wire, url) as client:
        items = client.call(Count(3, 2), deadline=SHORT)
        assert next(items) == Piece(b"x")
        with pytest.raises(jf.DeadlineExceeded):
            next(items)
        assert client.call(Add(1, 2)) == Sum(3)


# ------------------------------------------------------------------ many at once


@every_transport
@pytest.mark.parametrize("count", [0, 1, 64, 65, 1000])
def test_many_calls_give_their_replies_in_order(transport: str, count: int) -> None:
    with served(transport) as url, jf.connect(wire, url) as client:
        assert client.call_many(Add(index, 1) for index in range(count)) == [Sum(index + 1) for index in range(count)]


def test_many_calls_leave_before_the_first_reply_has_come() -> None:
    def talk(peer: socket.socket) -> None:
        read_exactly(peer, 21 * 10)
        peer.sendall(b"".join(framed(sum_bytes(index)) for index in range(10)))

    with by_hand(talk) as url, jf.connect(wire, url) as client:
        assert client.call_many([Add(0, 0)] * 10) == [Sum(index) for index in range(10)]


def test_large_replies_to_many_calls_do_not_block_both_sides() -> None:
    class Large:
        made = jf.Service(wire)

    @jf.message(tag=0x87)
    class Blob:
        data: jf.Rest

    @jf.message(tag=0x07)
    class Fetch(jf.Request[Blob]):
        data: jf.Rest

    Large.made.on(Fetch)(lambda request: Blob(request.data * 30))
    server = jf.Server(jf.tcp("127.0.0.1", 0), Large.made)
    server.serve_in_thread()
    with server, jf.connect(wire, f"tcp://{server.address}") as client:
        replies = client.call_many(Fetch(b"x" * 2000) for _ in range(200))
    assert [len(reply.data) for reply in replies] == [60_000] * 200


def test_who_may_stay_silent_among_many_is_found_by_the_replies_behind() -> None:
    with served("tcp") as url, jf.connect(wire, url) as client:
        requests: Any = [Find(1), Find(0), Add(1, 2), Find(0), Find(0), Raw(), Add(3, 4)]
        replies = client.call_many(requests, deadline=PATIENCE)
        assert replies == [Found(1), None, Sum(3), None, None, b"\0\0\0\3raw", Sum(7)]


def test_one_that_cannot_be_built_among_many_sends_none_of_its_batch_and_harms_nothing() -> None:
    with served("tcp") as url, jf.connect(wire, url) as client:
        with pytest.raises(jf.EncodeError):
            client.call_many([Add(1, 2), Add(2**63, 0)])
        with pytest.raises(jf.EncodeError):
            client.call_many([Add(1, 2)] * 64 + [Add(2**63, 0)])
        assert client.call(Add(1, 2)) == Sum(3)


# ------------------------------------------------------------------ bytes, frames


@every_transport
def test_bytes_come_as_the_server_sent_them(transport: str) -> None:
    with served(transport) as url, jf.connect(wire, url) as client:
        assert client.call(Raw()) == b"\0\0\0\3raw"
        assert client.call(Add(1, 2)) == Sum(3)


def test_replies_are_cut_by_the_schema_of_what_was_asked_for_or_may_be_pushed() -> None:
    with served("tcp", Served(lines)) as url, jf.connect(lines, url, pushed=[Note]) as client:
        assert client.call(Add(1, 2)) == Sum(3)
        assert list(client.call(Count(3, 2))) == [Piece(b"xx")] * 3
        assert client.call(Ask("abc")) == Sum(3)
        assert next(client.pushed(Note)) == Note("abc")
        assert client.call_many([Add(1, 1), Add(2, 2)]) == [Sum(2), Sum(4)]


# ------------------------------------------------------------------ pushes


def test_what_is_pushed_is_given_by_class_in_order_and_once() -> None:
    with served("tcp") as url, jf.connect(wire, url, pushed=[Note, Other]) as client:
        client.send(Poke(3))
        assert client.call(Add(1, 2)) == Sum(3)
        assert next(client.pushed(Other)) == Other(7)
        notes = client.pushed(Note, deadline=SHORT)
        assert [next(notes), next(notes), next(notes)] == [Note("0"), Note("1"), Note("2")]
        with pytest.raises(jf.DeadlineExceeded) as caught:
            next(notes)
        assert (caught.value.waited_for, caught.value.seconds) == ("push", SHORT)
        assert client.call(Add(1, 2)) == Sum(3), "waiting in vain harms nothing"


def test_pushes_between_a_request_and_its_reply_are_kept() -> None:
    with served("tcp") as url, jf.connect(wire, url, pushed=[Note]) as client:
        assert [client.call(Ask(text)) for text in ("a", "bb")] == [Sum(1), Sum(2)]
        notes = client.pushed(Note)
        assert [next(notes), next(notes)] == [Note("a"), Note("bb")]


def test_one_thread_may_wait_for_pushes_while_others_call() -> None:
    with served("tcp") as url, jf.connect(wire, url, pushed=[Note, Other]) as client:
        got: list[Note] = []
        waiting = threading.Event()

        def take() -> None:
            notes = client.pushed(Note)
            waiting.set()
            for note in notes:
                got.append(note)
                if note.text == "stop":
                    return

        thread = threading.Thread(target=take)
        thread.start()
        waiting.wait(PATIENCE)
        for index in range(50):
            assert client.call(Add(index, 1)) == Sum(index + 1)
            assert client.call(Ask("go")) == Sum(2)
        client.call(Ask("stop"))
        thread.join(PATIENCE)
        assert got == [Note("go")] * 50 + [Note("stop")]


def test_closing_the_client_ends_an_iterator_of_pushes() -> None:
    with served("tcp") as url, jf.connect(wire, url) as client:
        ended = threading.Event()
        waiting = threading.Event()

        def take() -> None:
            notes = client.pushed(Note)
            waiting.set()
            assert list(notes) == []
            ended.set()

        thread = threading.Thread(target=take)
        thread.start()
        waiting.wait(PATIENCE)
        client.close()
        thread.join(PATIENCE)
        assert ended.is_set()


def test_a_server_that_goes_is_told_to_who_waits_for_pushes() -> None:
    with by_hand(lambda peer: peer.sendall(framed(b"\x85\1a"))) as url, jf.connect(wire, url) as client:
        notes = client.pushed(Note)
        assert next(notes) == Note("a")
        with pytest.raises(jf.ConnectionLost):
            next(notes)


def test_what_nobody_named_is_no_push_and_ends_the_client() -> None:
    with served("tcp") as url, jf.connect(wire, url) as client:
        with pytest.raises(jf.UnknownMessage) as caught:
            client.call(Ask("a"))
        assert caught.value.tag == 0x85
        with pytest.raises(jf.ClosedError):
            client.call(Add(1, 2))


def test_more_pushes_than_may_wait_end_the_client() -> None:
    def talk(peer: socket.socket) -> None:
        read_exactly(peer, 21)
        peer.sendall(framed(b"\x85\1a") * 1001 + framed(sum_bytes(3)))

    with (
        by_hand(talk) as url,
        jf.connect(wire, url, pushed=[Note]) as client,
        pytest.raises(jf.Overloaded),
    ):
        client.call(Add(1, 2))


# ------------------------------------------------------------------ datagrams, sent again


def lossy(losses: int, answers: int = 1) -> Callable[[socket.socket], None]:
    """Answer an Add after so many losses, so many times; then another one."""

    def talk(server: socket.socket) -> None:
        seen = set()
        for _ in range(losses):
            seen.add(server.recvfrom(100))
        payload, name = server.recvfrom(100)
        seen.add((payload, name))
        assert len(seen) == 1, "the same bytes, from the same port"
        for _ in range(answers):
            server.sendto(sum_bytes(3), name)
        payload, other = server.recvfrom(100)
        if losses:
            server.sendto(sum_bytes(3), name)  # late
        server.sendto(sum_bytes(7), other)

    return talk


@pytest.mark.parametrize("losses", [0, 1, 3])
def test_a_lost_datagram_is_sent_again_within_the_deadline(losses: int) -> None:
    with datagrams_by_hand(lossy(losses)) as url, jf.connect(wire, url, deadline=2, retries=3) as client:
        assert client.call(Add(1, 2), deadline=0.4) == Sum(3)
        assert client.call(Add(3, 4)) == Sum(7)


def test_what_came_twice_before_the_next_request_is_not_its_reply() -> None:
    twice = threading.Event()

    def talk(server: socket.socket) -> None:
        _, name = server.recvfrom(100)
        server.sendto(sum_bytes(3), name)
        server.sendto(sum_bytes(3), name)
        twice.set()
        _, name = server.recvfrom(100)
        server.sendto(sum_bytes(7), name)

    with datagrams_by_hand(talk) as url, jf.connect(wire, url) as client:
        assert client.call(Add(1, 2)) == Sum(3)
        twice.wait(PATIENCE)
        assert client.call(Add(3, 4)) == Sum(7)


def test_a_late_duplicate_is_not_taken_for_the_next_reply() -> None:
    with datagrams_by_hand(lossy(1, answers=2)) as url, jf.connect(wire, url, deadline=2, retries=1) as client:
        assert client.call(Add(1, 2), deadline=0.2) == Sum(3)
        assert client.call(Add(3, 4)) == Sum(7)


def test_when_all_tries_are_lost_it_is_a_deadline() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(PATIENCE)
        url = "udp://{}:{}".format(*server.getsockname())
        with jf.connect(wire, url, retries=2) as client, pytest.raises(jf.DeadlineExceeded) as caught:
            client.call(Add(1, 2), deadline=0.1)
        assert caught.value.seconds == 0.1
        assert [server.recvfrom(100)[0] for _ in range(3)] == [b"\x01" + number(1) + number(2)] * 3


@pytest.mark.parametrize(("url", "retries"), [("tcp://127.0.0.1:9", 1), ("udp://127.0.0.1:9", -1)])
def test_a_stream_is_not_sent_again(url: str, retries: int) -> None:
    with pytest.raises(jf.CompositionError, match="retries"):
        jf.connect(wire, url, retries=retries)


@pytest.mark.parametrize("kind", [int, jf.Service])
def test_what_cannot_be_pushed_is_refused_when_the_client_is_made(kind: Any) -> None:
    with served("udp") as url, pytest.raises(jf.DeclarationError):
        jf.connect(wire, url, pushed=[kind])
