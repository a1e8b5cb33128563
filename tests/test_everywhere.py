"""One service object, every transport, every dispatcher: the same requests get the same bytes."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

import jackfield as jf
from jackfield.interfaces import Closed, Failed, Traffic
from service.calculator import DIALOGUE, MAXIMUM, REPLIES, REQUESTS, add_bytes, framed, number, service, sum_bytes
from support import (
    PATIENCE,
    SESSION_DISPATCHERS,
    AnyDispatcher,
    Echo,
    Seen,
    datagrams_to,
    dial,
    exchange,
    is_readable,
    read_exactly,
    serving,
)

every_dispatcher = pytest.mark.parametrize("dispatcher", SESSION_DISPATCHERS.values(), ids=SESSION_DISPATCHERS)
PIECES = {"whole": len(REQUESTS), "in single bytes": 1, "in pieces of 1000": 1000, "in pieces of 7": 7}


def send_in_pieces(peer: socket.socket, data: bytes, size: int) -> None:
    for start in range(0, len(data), size):
        peer.sendall(data[start : start + size])


@every_dispatcher
@pytest.mark.parametrize("size", PIECES.values(), ids=PIECES)
def test_over_tcp_the_replies_are_the_same_bytes(dispatcher: Callable[[], AnyDispatcher], size: int) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, dispatcher())
    with serving(server), dial(server.address) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        send_in_pieces(peer, REQUESTS, size)
        assert read_exactly(peer, len(REPLIES)) == REPLIES
        assert exchange(peer, b"") == b""


@every_dispatcher
@pytest.mark.parametrize("size", PIECES.values(), ids=PIECES)
def test_in_memory_the_replies_are_the_same_bytes(dispatcher: Callable[[], AnyDispatcher], size: int) -> None:
    door = jf.memory()
    server = jf.Server(door, service, dispatcher())
    with serving(server), door.connect() as peer:
        peer.settimeout(PATIENCE)
        send_in_pieces(peer, REQUESTS, size)
        assert read_exactly(peer, len(REPLIES)) == REPLIES
        assert exchange(peer, b"") == b""


@every_dispatcher
@pytest.mark.parametrize("size", PIECES.values(), ids=PIECES)
def test_over_a_unix_socket_the_replies_are_the_same_bytes(
    dispatcher: Callable[[], AnyDispatcher], size: int, tmp_path: Path
) -> None:
    server = jf.Server(jf.unix_stream(tmp_path / "socket"), service, dispatcher())
    with serving(server), socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(PATIENCE)
        peer.connect(str(server.address))
        send_in_pieces(peer, REQUESTS, size)
        assert read_exactly(peer, len(REPLIES)) == REPLIES
        assert exchange(peer, b"") == b""


@every_dispatcher
def test_over_udp_the_replies_are_the_same_bytes_without_their_frames(dispatcher: Callable[[], AnyDispatcher]) -> None:
    server = jf.Server(jf.udp("127.0.0.1", 0), service, dispatcher())
    with serving(server), datagrams_to(server.address) as peer:
        for request, reply in DIALOGUE:
            peer.send(request)
            if reply is not None:
                assert peer.recv(65_536) == reply
        peer.send(add_bytes(1, 1))
        assert peer.recv(65_536) == sum_bytes(2)
        assert not is_readable(peer)


FAULTS: dict[str, tuple[bytes, type[jf.JackfieldError]]] = {
    "too large": (number(MAXIMUM + 1, 4), jf.FrameTooLarge),
    "garbage": (framed(b"\x01garbage"), jf.DecodeError),
    "unknown tag": (framed(b"\x7fwhat"), jf.UnknownMessage),
    "truncated": (framed(add_bytes(1, 2))[:9], jf.Truncated),
    "failing handler": (framed(b"\x05"), jf.HandlerFailed),
}


@every_dispatcher
@pytest.mark.parametrize(("bad", "kind"), FAULTS.values(), ids=FAULTS)
def test_a_fault_costs_its_connection_alone_and_is_told_once_with_its_peer(
    dispatcher: Callable[[], AnyDispatcher], bad: bytes, kind: type[jf.JackfieldError]
) -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, dispatcher(), observer=seen)
    good = framed(add_bytes(1, 2))
    with serving(server):
        with dial(server.address) as peer:
            name = "{}:{}".format(*peer.getsockname())
            assert exchange(peer, good + good + bad) == framed(sum_bytes(3)) * 2
        with dial(server.address) as peer:
            assert exchange(peer, good) == framed(sum_bytes(3))
        seen.wait_for(Closed, 2)
    (failed,) = seen.of(Failed)
    assert type(failed.error) is kind
    assert str(failed.peer) == name


@every_dispatcher
def test_a_bad_datagram_is_dropped_and_told_and_the_next_one_answered(dispatcher: Callable[[], AnyDispatcher]) -> None:
    seen = Seen()
    server = jf.Server(jf.udp("127.0.0.1", 0), service, dispatcher(), observer=seen)
    with serving(server), datagrams_to(server.address) as peer:
        peer.send(b"\x7fwhat")
        (failed,) = seen.wait_for(Failed)
        peer.send(add_bytes(1, 2))
        assert peer.recv(100) == sum_bytes(3)
        assert not is_readable(peer)
    assert isinstance(failed.error, jf.UnknownMessage)
    assert str(failed.peer) == "{}:{}".format(*peer.getsockname()) if peer.fileno() >= 0 else True


@every_dispatcher
def test_garbage_behind_unread_input_still_lets_the_replies_through(dispatcher: Callable[[], AnyDispatcher]) -> None:
    """What is unread when we close must not turn the replies into a reset."""
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, dispatcher())
    with serving(server), dial(server.address) as peer:
        peer.sendall(framed(add_bytes(1, 2)) + b"\xff" * 300_000)
        assert read_exactly(peer, len(framed(sum_bytes(3)))) == framed(sum_bytes(3))


@every_dispatcher
def test_a_peer_that_does_not_take_its_replies_meets_the_write_limit(dispatcher: Callable[[], AnyDispatcher]) -> None:
    seen, limits = Seen(), jf.Limits(write=0.05, linger=0.05)
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, dispatcher(), limits=limits, observer=seen)
    request = framed(b"\x06\x00\x00\xf0\x00")
    with serving(server), dial(server.address) as peer:
        peer.sendall(request * 2000)
        (failed,) = seen.wait_for(Failed)
        assert isinstance(failed.error, jf.DeadlineExceeded)
        assert failed.error.waited_for == "write"


@every_dispatcher
def test_a_peer_that_never_finishes_its_message_meets_the_message_limit(
    dispatcher: Callable[[], AnyDispatcher],
) -> None:
    seen, limits = Seen(), jf.Limits(message=0.05)
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, dispatcher(), limits=limits, observer=seen)
    good = framed(add_bytes(1, 2))
    with serving(server), dial(server.address) as peer:
        peer.sendall(good + good[:6])
        (failed,) = seen.wait_for(Failed)
        assert isinstance(failed.error, jf.DeadlineExceeded)
        assert failed.error.waited_for == "message"
        assert read_exactly(peer, 13) == framed(sum_bytes(3))


@every_dispatcher
def test_a_message_that_was_finished_has_no_limit_any_more(dispatcher: Callable[[], AnyDispatcher]) -> None:
    seen, limits, good = Seen(), jf.Limits(message=0.25), framed(add_bytes(1, 2))
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, dispatcher(), limits=limits, observer=seen)
    clock = jf.Server(jf.tcp("127.0.0.1", 0), service, dispatcher(), limits=limits)
    with serving(server, clock), dial(server.address) as peer, dial(clock.address) as late:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        send_in_pieces(peer, good, 5)
        assert read_exactly(peer, 13) == framed(sum_bytes(3))
        late.sendall(good[:1])
        assert late.recv(1) == b"", "this one's time is over now, and it began later"
        peer.sendall(good)
        assert read_exactly(peer, 13) == framed(sum_bytes(3))
    assert seen.of(Failed) == []


@every_dispatcher
def test_a_peer_that_says_nothing_meets_the_idle_limit(dispatcher: Callable[[], AnyDispatcher]) -> None:
    seen, limits = Seen(), jf.Limits(idle=0.05)
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, dispatcher(), limits=limits, observer=seen)
    with serving(server), dial(server.address) as peer:
        assert exchange_nothing(peer) == b""
        (failed,) = seen.wait_for(Failed)
    assert isinstance(failed.error, jf.DeadlineExceeded)
    assert failed.error.waited_for == "idle"


def exchange_nothing(peer: socket.socket) -> bytes:
    return peer.recv(1)


async def echo(connection: jf.AsyncConnection) -> None:
    while data := await connection.receive():
        await connection.send(data)


SERVED: dict[str, Callable[[jf.Incoming[jf.RawConnection], Seen], jf.Server[jf.Connection]]] = {
    **{
        name: lambda tcp, seen, make=make: jf.Server(tcp, Echo, make(), observer=seen)  # type: ignore[misc]
        for name, make in SESSION_DISPATCHERS.items()
    },
    "a coroutine": lambda tcp, seen: jf.Server(tcp, echo, jf.Asyncio(), observer=seen),
    "a coroutine in uvloop": lambda tcp, seen: jf.Server(
        tcp, echo, jf.Asyncio(loop=uvloop.new_event_loop), observer=seen
    ),
}


@pytest.mark.parametrize("serve", SERVED.values(), ids=SERVED)
def test_a_connection_that_is_over_tells_how_many_bytes_it_has_carried(
    serve: Callable[[jf.Incoming[jf.RawConnection], Seen], jf.Server[jf.Connection]],
) -> None:
    seen, data = Seen(), b"x" * 100_000
    server = serve(jf.tcp("127.0.0.1", 0), seen)
    with serving(server):
        with dial(server.address) as peer:
            assert exchange(peer, data) == data
        (closed,) = seen.wait_for(Closed)
    assert closed.traffic == Traffic(received=len(data), sent=len(data))


def test_where_nobody_counts_bytes_a_connection_tells_none() -> None:
    seen, door = Seen(), jf.memory()
    server = jf.Server(door, Echo, jf.Threads(), observer=seen)
    with serving(server):
        with door.connect() as peer:
            assert exchange(peer, b"x") == b"x"
        (closed,) = seen.wait_for(Closed)
    assert closed.traffic is None
