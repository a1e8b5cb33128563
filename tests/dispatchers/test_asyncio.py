"""Coroutine handlers, and loops that are ours or the application's: asyncio's and uvloop's."""

from __future__ import annotations

import asyncio
import socket
import threading
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor

import pytest
import uvloop

import jackfield as jf
from dispatchers.offloading import offloading
from jackfield.interfaces import AsyncDispatcher, Closed, Failed, Opened, SessionDispatcher
from service.calculator import Add, Sum, add_bytes, framed, service, sum_bytes
from support import (
    PATIENCE,
    Echo,
    Seen,
    await_readable,
    await_taken,
    datagrams_to,
    dial,
    exchange,
    is_readable,
    read_all,
    read_exactly,
    serving,
)

LOOPS: dict[str, Callable[[], AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
each_loop = pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
LARGE = 8 * 1024 * 1024


def test_it_is_a_dispatcher_of_coroutines_and_of_sessions() -> None:
    assert isinstance(jf.Asyncio(), AsyncDispatcher)
    assert isinstance(jf.Asyncio(), SessionDispatcher)


async def shout(connection: jf.AsyncConnection) -> None:
    async for line in connection.lines():
        await connection.send(line.upper())


# ---------------------------------------------------------------- what a coroutine handler holds


@each_loop
def test_a_coroutine_serves_many_at_once_on_one_thread(loop: Callable[[], AbstractEventLoop]) -> None:
    threads: set[int] = set()
    together = 0

    async def meet(connection: jf.AsyncConnection) -> None:
        nonlocal together
        threads.add(threading.get_ident())
        together += 1
        assert await connection.receive() == b"x"
        await connection.send(b"%d" % together)

    server = jf.Server(jf.tcp("127.0.0.1", 0), meet, jf.Asyncio(loop=loop))
    with serving(server):
        seen = [dial(server.address) for _ in range(5)]
        for peer in seen:
            peer.sendall(b"x")
        replies = [read_all(peer) for peer in seen]
        for peer in seen:
            peer.close()
    assert len(threads) == 1
    assert b"5" in replies


@each_loop
def test_without_a_dispatcher_a_coroutine_is_served_by_asyncio(loop: Callable[[], AbstractEventLoop]) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), shout)
    with serving(server), dial(server.address) as peer:
        assert exchange(peer, b"one\ntwo") == b"ONE\nTWO"


@each_loop
def test_what_arrives_can_be_received_in_every_way(loop: Callable[[], AbstractEventLoop]) -> None:
    async def everything(connection: jf.AsyncConnection) -> None:
        assert await connection.receive_exactly(3) == b"abc"
        assert await connection.receive_until(b";") == b"def;"
        message = await connection.receive_message(Add, maximum=100)
        await connection.send(Sum(message.left + message.right))
        assert await connection.receive(1) == b"g"
        assert await connection.receive_exactly(1) == b"h"
        assert await connection.receive() == b"i"
        assert await connection.receive() == b""
        await connection.send_eof()
        await connection.close()
        await connection.close()

    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), everything, jf.Asyncio(loop=loop), observer=seen)
    with serving(server), dial(server.address) as peer:
        for byte in b"abcdef;" + add_bytes(1, 2)[1:] + b"ghi":
            peer.sendall(bytes([byte]))
        peer.shutdown(socket.SHUT_WR)
        assert read_all(peer) == sum_bytes(3)[1:]
        seen.wait_for(Closed)
    assert seen.of(Failed) == []


@each_loop
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_input_in_pieces_is_the_same_input(loop: Callable[[], AbstractEventLoop], size: int) -> None:
    data = b"line\n" * 500
    server = jf.Server(jf.tcp("127.0.0.1", 0), shout, jf.Asyncio(loop=loop))
    with serving(server), dial(server.address) as peer:
        for start in range(0, len(data), size):
            peer.sendall(data[start : start + size])
        peer.shutdown(socket.SHUT_WR)
        assert read_all(peer) == data.upper()


@each_loop
def test_all_is_sent_to_a_peer_that_takes_its_time_and_input_it_does_not_ask_for_waits(
    loop: Callable[[], AbstractEventLoop],
) -> None:
    async def large(connection: jf.AsyncConnection) -> None:
        await connection.send(b"x" * LARGE)
        await connection.send(b"%d" % len(await connection.receive_exactly(LARGE)))

    server = jf.Server(jf.tcp("127.0.0.1", 0), large, jf.Asyncio(loop=loop))
    with serving(server), dial(server.address) as peer:
        await_readable(peer)
        assert len(read_exactly(peer, LARGE)) == LARGE
        peer.sendall(b"y" * LARGE)
        assert read_all(peer) == b"%d" % LARGE


Deed = Callable[[jf.AsyncConnection], Awaitable[object]]
TOO_LONG: dict[str, tuple[jf.Limits, bytes, Deed, str]] = {
    "idle": (jf.Limits(idle=0.05), b"", lambda connection: connection.receive(), "idle"),
    "message": (jf.Limits(message=0.05), b"half", lambda connection: connection.receive_exactly(10), "message"),
    "line": (jf.Limits(message=0.05), b"half", lambda connection: connection.receive_until(b"\n"), "message"),
    "write": (jf.Limits(write=0.05), b"", lambda connection: connection.send(b"x" * LARGE * 4), "write"),
}


@each_loop
@pytest.mark.parametrize(("limits", "data", "deed", "reason"), TOO_LONG.values(), ids=TOO_LONG)
def test_every_wait_has_its_limit(
    loop: Callable[[], AbstractEventLoop], limits: jf.Limits, data: bytes, deed: Deed, reason: str
) -> None:
    async def wait(connection: jf.AsyncConnection) -> None:
        await deed(connection)

    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), wait, jf.Asyncio(loop=loop), limits=limits, observer=seen)
    with serving(server), dial(server.address) as peer:
        peer.sendall(data)
        (failed,) = seen.wait_for(Failed)
    assert isinstance(failed.error, jf.DeadlineExceeded)
    assert failed.error.waited_for == reason


@each_loop
def test_a_block_can_have_a_deadline_of_its_own(loop: Callable[[], AbstractEventLoop]) -> None:
    async def hurry(connection: jf.AsyncConnection) -> None:
        with pytest.raises(jf.DeadlineExceeded) as raised, connection.deadline(0.05), connection.deadline(100):
            while True:
                await connection.receive()
        assert raised.value.waited_for == "deadline"
        await connection.send(b"over")

    server = jf.Server(jf.tcp("127.0.0.1", 0), hurry, jf.Asyncio(loop=loop))
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"x")
        assert read_all(peer) == b"over"


@each_loop
def test_a_receive_that_is_cancelled_loses_nothing(loop: Callable[[], AbstractEventLoop]) -> None:
    async def impatient(connection: jf.AsyncConnection) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connection.receive_exactly(4), 0.05)
        await connection.send(b"go")
        await connection.send(await connection.receive_exactly(4))

    server = jf.Server(jf.tcp("127.0.0.1", 0), impatient, jf.Asyncio(loop=loop))
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"ab")
        assert read_exactly(peer, 2) == b"go"
        peer.sendall(b"cd")
        assert read_all(peer) == b"abcd"


WRONG: dict[str, tuple[bytes, Deed, type[jf.JackfieldError]]] = {
    "truncated": (b"abc", lambda connection: connection.receive_exactly(4), jf.Truncated),
    "truncated line": (b"abc", lambda connection: connection.receive_until(b"\n"), jf.Truncated),
    "truncated message": (b"abc", lambda connection: connection.receive_message(Add, maximum=100), jf.Truncated),
    "line too long": (b"abcdef", lambda connection: connection.receive_until(b"\n", limit=3), jf.FrameTooLarge),
}


@each_loop
@pytest.mark.parametrize(("data", "deed", "kind"), WRONG.values(), ids=WRONG)
def test_wrong_input_is_a_typed_error_and_costs_its_connection(
    loop: Callable[[], AbstractEventLoop], data: bytes, deed: Deed, kind: type[jf.JackfieldError]
) -> None:
    async def receive(connection: jf.AsyncConnection) -> None:
        await deed(connection)

    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), receive, jf.Asyncio(loop=loop), observer=seen)
    with serving(server), dial(server.address) as peer:
        assert exchange(peer, data) == b""
        (failed,) = seen.wait_for(Failed)
    assert type(failed.error) is kind


@each_loop
def test_a_handler_that_raises_costs_its_connection_and_one_event(loop: Callable[[], AbstractEventLoop]) -> None:
    async def fail(connection: jf.AsyncConnection) -> None:
        if await connection.receive() == b"fail":
            raise LookupError("on purpose")
        await connection.send(b"well")

    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), fail, jf.Asyncio(loop=loop), observer=seen)
    with serving(server):
        with dial(server.address) as peer:
            assert exchange(peer, b"fail") == b""
        with dial(server.address) as peer:
            assert exchange(peer, b"x") == b"well"
        seen.wait_for(Closed, 2)
    (failed,) = seen.of(Failed)
    assert isinstance(failed.error, jf.HandlerFailed)
    assert failed.error.handler.endswith("fail")
    assert isinstance(failed.error.__cause__, LookupError)


@each_loop
def test_a_peer_that_resets_is_lost(loop: Callable[[], AbstractEventLoop]) -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), shout, jf.Asyncio(loop=loop), observer=seen)
    with serving(server):
        with dial(server.address) as peer:
            peer.sendall(b"x\n")
            assert read_exactly(peer, 2) == b"X\n"
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        seen.wait_for(Closed)
    (failed,) = seen.of(Failed)
    assert isinstance(failed.error, jf.ConnectionLost)


@each_loop
def test_unread_input_does_not_turn_the_last_reply_into_a_reset(loop: Callable[[], AbstractEventLoop]) -> None:
    async def refuse(connection: jf.AsyncConnection) -> None:
        await connection.receive_exactly(1)
        await connection.send(b"no more of that")

    server = jf.Server(jf.tcp("127.0.0.1", 0), refuse, jf.Asyncio(loop=loop))
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"x" * 300_000)
        assert read_exactly(peer, 15) == b"no more of that"


@each_loop
def test_what_is_closed_says_so(loop: Callable[[], AbstractEventLoop]) -> None:
    async def close(connection: jf.AsyncConnection) -> None:
        await connection.close()
        for deed in (connection.receive(), connection.send(b"x")):
            with pytest.raises(jf.ClosedError):
                await deed

    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), close, jf.Asyncio(loop=loop), observer=seen)
    with serving(server), dial(server.address) as peer:
        assert read_all(peer) == b""
        seen.wait_for(Closed)
    assert seen.of(Failed) == []


class Badge(jf.Facet):
    """Something an acceptor learned."""


def identify(connection: jf.RawConnection) -> jf.RawConnection[Badge]:
    return connection.learn(Badge())


def test_an_asynchronous_connection_knows_its_ends_its_limits_and_its_facets() -> None:
    found: list[object] = []

    async def look(connection: jf.AsyncConnection[Badge]) -> None:
        found.extend([connection.peer, connection.local, connection.limits, connection.framed])
        found.append(Badge.of(connection))
        connection.socket.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)

    limits = jf.Limits(idle=7)
    limit, seen = jf.Limit(total=1), Seen()
    listener = jf.tcp("127.0.0.1", 0).through(limit).through(identify)
    server = jf.Server(listener, look, limits=limits, observer=seen)
    with serving(server), dial(server.address) as peer:
        assert read_all(peer) == b""
        seen.wait_for(Closed)
        assert [str(one) for one in found[:2]] == ["{}:{}".format(*peer.getsockname()), str(server.address)]
    assert found[2:4] == [limits, False]
    assert isinstance(found[4], Badge)
    assert limit.inside == 0
    assert seen.of(Failed) == []


# ---------------------------------------------------------------- datagrams


@each_loop
def test_a_coroutine_answers_datagrams(loop: Callable[[], AbstractEventLoop]) -> None:
    async def answer(datagram: jf.AsyncDatagram) -> None:
        if datagram.payload == b"fail":
            raise LookupError
        await asyncio.sleep(0)
        await datagram.reply(datagram.payload.upper())
        assert datagram.framed
        assert str(datagram.local) == str(server.address)

    seen = Seen()
    server = jf.Server(jf.udp("127.0.0.1", 0), answer, jf.Asyncio(loop=loop), observer=seen)
    with serving(server), datagrams_to(server.address) as peer:
        peer.send(b"fail")
        seen.wait_for(Failed)
        for payload in (b"one", b"two", b""):
            peer.send(payload)
            assert peer.recv(100) == payload.upper()
    assert len(seen.of(Failed)) == 1


def test_handlers_of_datagrams_are_bounded_and_who_waits_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jackfield.dispatchers._running._DATAGRAMS", 3)
    most, inside = 0, 0
    full, go_on = threading.Event(), threading.Event()

    async def wait(datagram: jf.AsyncDatagram) -> None:
        nonlocal most, inside
        inside += 1
        most = max(most, inside)
        if inside == 3:
            full.set()
        await asyncio.to_thread(go_on.wait, PATIENCE)
        inside -= 1
        await datagram.reply(b"done")

    server = jf.Server(jf.udp("127.0.0.1", 0), wait, jf.Asyncio())
    with serving(server), datagrams_to(server.address) as peer:
        for _ in range(10):
            peer.send(b"x")
        assert full.wait(PATIENCE)
        go_on.set()
        assert [peer.recv(10) for _ in range(10)] == [b"done"] * 10
    assert most == 3


# ---------------------------------------------------------------- the application's own loop


def in_loop(loop: Callable[[], AbstractEventLoop], main: Callable[[], Coroutine[object, None, None]]) -> None:
    """Run *main* in a new loop, as an application would; what hangs is a failure."""
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(main(), PATIENCE))


async def ask(address: object, data: bytes) -> bytes:
    host, _, port = str(address).rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    writer.write_eof()
    reply = await reader.read()
    writer.close()
    await writer.wait_closed()
    return reply


@each_loop
@pytest.mark.parametrize("generated", [False, True], ids=["coroutine", "generated"])
def test_a_server_serves_inside_an_applications_loop(loop: Callable[[], AbstractEventLoop], generated: bool) -> None:
    async def main() -> None:
        threads = threading.active_count()
        listener = jf.tcp("127.0.0.1", 0)
        server = jf.Server(listener, service, jf.Asyncio()) if generated else jf.Server(listener, shout)
        with server:
            serve = asyncio.create_task(server.serve())
            good = framed(add_bytes(1, 2)) if generated else b"x\n"
            reply = framed(sum_bytes(3)) if generated else b"X\n"
            assert await asyncio.gather(*(ask(server.address, good) for _ in range(5))) == [reply] * 5
            assert threading.active_count() == threads
            server.shutdown()
            await serve

    in_loop(loop, main)


@each_loop
def test_being_cancelled_ends_serving_and_it_may_serve_again(loop: Callable[[], AbstractEventLoop]) -> None:
    async def main() -> None:
        with jf.Server(jf.tcp("127.0.0.1", 0), shout) as server:
            for _ in range(2):
                serve = asyncio.create_task(server.serve())
                assert await ask(server.address, b"x\n") == b"X\n"
                serve.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await serve

    in_loop(loop, main)


@each_loop
def test_a_server_that_is_closed_in_its_loop_ends_serving(loop: Callable[[], AbstractEventLoop]) -> None:
    async def main() -> None:
        server = jf.Server(jf.tcp("127.0.0.1", 0), shout)
        serve = asyncio.create_task(server.serve())
        assert await ask(server.address, b"x\n") == b"X\n"
        server.close()
        await serve

    in_loop(loop, main)


@each_loop
@pytest.mark.parametrize("generated", [False, True], ids=["coroutine", "generated"])
def test_a_drain_can_be_awaited(loop: Callable[[], AbstractEventLoop], generated: bool) -> None:
    async def main() -> None:
        listener = jf.tcp("127.0.0.1", 0)
        server = jf.Server(listener, service, jf.Asyncio()) if generated else jf.Server(listener, shout)
        with server:
            serve = asyncio.create_task(server.serve())
            host, _, port = str(server.address).rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            good, reply = (framed(add_bytes(1, 2)), framed(sum_bytes(3))) if generated else (b"x\n", b"X\n")
            writer.write(good)
            assert await reader.readexactly(len(reply)) == reply
            report = await server.drain_async()
            assert (report.finished, report.cut) == (1, 0)
            assert await reader.read() == b""
            writer.close()
            await serve

    in_loop(loop, main)


def test_a_drain_that_blocks_is_refused_where_it_would_stop_the_loop() -> None:
    async def main() -> None:
        with jf.Server(jf.tcp("127.0.0.1", 0), shout) as server:
            serve = asyncio.create_task(server.serve())
            await asyncio.sleep(0)
            with pytest.raises(jf.CompositionError):
                server.drain()
            server.shutdown()
            await serve

    in_loop(asyncio.new_event_loop, main)


def test_what_has_no_loop_cannot_serve_in_one_and_what_has_serves_no_single_request() -> None:
    async def main() -> None:
        with (
            jf.Server(jf.tcp("127.0.0.1", 0), service, jf.EventLoop()) as server,
            pytest.raises(jf.CompositionError, match="EventLoop"),
        ):
            await server.serve()

    in_loop(asyncio.new_event_loop, main)
    for server in (
        jf.Server(jf.tcp("127.0.0.1", 0), shout),
        jf.Server(jf.tcp("127.0.0.1", 0), service, jf.Asyncio()),
    ):
        with server, pytest.raises(jf.CompositionError, match="Asyncio"):
            server.handle_request()


# ---------------------------------------------------------------- a loop of its own, and its end


@each_loop
def test_connections_under_way_go_on_behind_a_shutdown(loop: Callable[[], AbstractEventLoop]) -> None:
    before = set(threading.enumerate())
    for server in (
        jf.Server(jf.tcp("127.0.0.1", 0), shout, jf.Asyncio(loop=loop)),
        jf.Server(jf.tcp("127.0.0.1", 0), Echo, jf.Asyncio(loop=loop)),
    ):
        thread = server.serve_in_thread()
        with dial(server.address) as peer:
            peer.sendall(b"X\n")
            assert read_exactly(peer, 2) == b"X\n"
            server.shutdown()
            thread.join(PATIENCE)
            assert not thread.is_alive()
            peer.sendall(b"Y\n")
            assert read_exactly(peer, 2) == b"Y\n"
            report = server.drain(PATIENCE)
            assert (report.finished, report.cut) == (1, 0)
            assert read_all(peer) == b""
        server.close()
    assert set(threading.enumerate()) <= before


@each_loop
def test_closing_cuts_who_is_inside(loop: Callable[[], AbstractEventLoop]) -> None:
    before = set(threading.enumerate())
    for server in (
        jf.Server(jf.tcp("127.0.0.1", 0), shout, jf.Asyncio(loop=loop)),
        jf.Server(jf.tcp("127.0.0.1", 0), Echo, jf.Asyncio(loop=loop)),
    ):
        thread = server.serve_in_thread()
        with dial(server.address) as peer:
            peer.sendall(b"X\n")
            assert read_exactly(peer, 2) == b"X\n"
            server.close()
            assert read_all(peer) == b""
        thread.join(PATIENCE)
    assert set(threading.enumerate()) <= before


@each_loop
def test_a_coroutine_that_waits_is_cut_and_its_end_reported(loop: Callable[[], AbstractEventLoop]) -> None:
    seen = Seen()

    async def wait(connection: jf.AsyncConnection) -> None:
        await connection.receive_exactly(10)

    server = jf.Server(jf.tcp("127.0.0.1", 0), wait, jf.Asyncio(loop=loop), observer=seen)
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"half")
        seen.wait_for(Opened)
        await_taken(peer)
        report = server.drain(0.1)
        assert read_all(peer) == b""
        seen.wait_for(Closed)
    assert (report.finished, report.cut) == (0, 1)
    assert len(seen.of(Failed)) == 1


@each_loop
def test_what_is_no_exception_ends_serving(loop: Callable[[], AbstractEventLoop]) -> None:
    async def leave(connection: jf.AsyncConnection) -> None:
        if await connection.receive() == b"leave":
            raise KeyboardInterrupt
        await connection.send(b"well")

    with (
        jf.Server(jf.tcp("127.0.0.1", 0), leave, jf.Asyncio(loop=loop)) as server,
        dial(server.address) as other,
        dial(server.address) as peer,
    ):
        peer.sendall(b"leave")
        with pytest.raises(KeyboardInterrupt):
            server.serve_forever()
        assert read_all(peer) == b""
        assert exchange(other, b"stay") == b"well"


def test_an_executor_makes_the_calls_that_sessions_hand_out() -> None:
    with ThreadPoolExecutor(1, thread_name_prefix="worker") as pool:
        server = jf.Server(jf.tcp("127.0.0.1", 0), offloading, jf.Asyncio(executor=pool))
        with serving(server), dial(server.address) as peer:
            peer.sendall(b"a")
            assert read_exactly(peer, 13) == b"a on worker_0"
            assert not is_readable(peer)
