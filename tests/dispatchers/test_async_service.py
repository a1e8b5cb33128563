"""Services whose handlers are awaited: the same bytes as any other service's, in order, bounded, let go of in time."""

from __future__ import annotations

import asyncio
import queue
import socket
import struct
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future
from typing import Any

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

import jackfield as jf
from jackfield.interfaces import Failed
from jackfield.testing import Conversation
from service.calculator import (
    Add,
    Divide,
    Fail,
    Log,
    Quotient,
    Sum,
    Undefined,
    add_bytes,
    framed,
    number,
    sum_bytes,
    wire,
)
from support import PATIENCE, Seen, datagrams_to, dial, exchange, name_of, read_all, read_exactly, serving

LOOPS: dict[str, Callable[[], jf.Asyncio]] = {
    "asyncio": jf.Asyncio,
    "uvloop": lambda: jf.Asyncio(loop=uvloop.new_event_loop),
}
each_loop = pytest.mark.parametrize("dispatcher", LOOPS.values(), ids=LOOPS)


@jf.message(tag=0x90)
class Done:
    count: jf.U32


@jf.message(tag=0x91)
class Piece:
    data: jf.Rest


@jf.message(tag=0x92)
class Sorry:
    reason: jf.Text8


@jf.message(tag=0x10)
class Count(jf.StreamRequest[Sum, Done]):
    limit: jf.U32


@jf.message(tag=0x11)
class Download(jf.StreamRequest[Piece, Done]):
    pieces: jf.U32


ADD, SUM = framed(add_bytes(1, 2)), framed(sum_bytes(3))


def counting(limit: int) -> bytes:
    return framed(b"\x10" + limit.to_bytes(4, "big"))


def counted(limit: int) -> bytes:
    return b"".join(framed(sum_bytes(total)) for total in range(limit)) + framed(b"\x90" + limit.to_bytes(4, "big"))


def divide(dividend: int, divisor: int) -> bytes:
    return framed(b"\x02" + number(dividend) + number(divisor))


class Served:
    """A service, and what becomes of its handlers; those of Log wait until they are let on."""

    def __init__(self, **policies: Any) -> None:
        self.service = jf.AsyncService(wire, **policies)
        self.begun, self.let_on = threading.Event(), Future[None]()
        self.ended: Future[str] = Future()
        self.made, self.added = 0, 0
        self.service.on(Add)(self.add)
        self.service.on(Divide)(self.divide)
        self.service.on(Log)(self.log)
        self.service.on(Fail)(self.fail)
        self.service.on(Count)(self.count)
        self.service.on(Download)(self.download)

    async def add(self, request: Add) -> Sum:
        self.added += 1
        return Sum(request.left + request.right)

    async def divide(self, request: Divide, context: jf.Context) -> Quotient | Undefined:
        await asyncio.sleep(0)
        return Quotient(request.dividend // request.divisor) if request.divisor else Undefined("by zero")

    async def log(self, request: Log) -> None:
        self.begun.set()
        try:
            await asyncio.wrap_future(self.let_on)
        except asyncio.CancelledError:
            self.ended.set_result("cancelled")
            raise

    async def fail(self, request: Fail) -> Sum:
        raise LookupError("on purpose")

    async def count(self, request: Count) -> AsyncGenerator[Sum | Done, None]:
        for total in range(request.limit):
            if total % 3 == 0:
                await asyncio.sleep(0)
            yield Sum(total)
        yield Done(request.limit)

    async def download(self, request: Download) -> AsyncGenerator[Piece | Done, None]:
        try:
            for _ in range(request.pieces):
                self.made += 1
                yield Piece(bytes(16 * 1024))
                if request.pieces == 1:
                    self.begun.set()
                    await asyncio.wrap_future(self.let_on)
            yield Done(request.pieces)
        finally:
            await asyncio.sleep(0)
            self.ended.set_result("closed")


def served(served: Served, dispatcher: jf.Asyncio, seen: Seen | None = None, **limits: Any) -> Any:
    return jf.Server(jf.tcp("127.0.0.1", 0), served.service, dispatcher, observer=seen, limits=jf.Limits(**limits))


LOG = framed(b"\x04\x00\x01x")
FAIL = framed(b"\x05")


# ---------------------------------------------------------------- the same as a Service


def twin() -> jf.Service:
    service = jf.Service(wire)
    service.on(Add)(lambda request: Sum(request.left + request.right))

    @service.on(Divide)
    def quotient(request: Divide) -> Quotient | Undefined:
        return Quotient(request.dividend // request.divisor) if request.divisor else Undefined("by zero")

    @service.on(Count)
    def count(request: Count) -> jf.Replies[Sum, Done]:
        for total in range(request.limit):
            yield Sum(total)
        return Done(request.limit)

    return service


REQUESTS = st.one_of(
    st.just(ADD), st.builds(divide, st.integers(0, 9), st.integers(0, 2)), st.builds(counting, st.integers(0, 9))
)


@each_loop
def test_replies_are_those_of_a_service_however_requests_arrive(dispatcher: Callable[[], jf.Asyncio]) -> None:
    service = twin()
    server = served(Served(), dispatcher())
    with serving(server):

        @settings(max_examples=15)
        @given(st.lists(REQUESTS, min_size=1, max_size=8), st.integers(1, 30))
        def alike(requests: list[bytes], size: int) -> None:
            data = b"".join(requests)
            with dial(server.address) as peer:
                for at in range(0, len(data), size):
                    peer.sendall(data[at : at + size])
                assert exchange(peer, b"") == Conversation(service).send(data)

        alike()


@each_loop
def test_replies_keep_their_order_and_nothing_behind_a_call_that_is_out_is_begun(
    dispatcher: Callable[[], jf.Asyncio],
) -> None:
    program = Served()
    server = served(program, dispatcher())
    with serving(server), dial(server.address) as peer, dial(server.address) as other:
        peer.sendall(LOG + ADD + divide(6, 2))
        assert program.begun.wait(PATIENCE)
        assert exchange(other, ADD) == SUM, "the others are not held up"
        assert program.added == 1
        program.let_on.set_result(None)
        assert exchange(peer, b"") == SUM + framed(b"\x82" + number(3))


def test_it_runs_in_the_applications_own_loop() -> None:
    async def main() -> bytes:
        loops = []
        service = jf.AsyncService(wire)

        @service.on(Add)
        async def add(request: Add) -> Sum:
            loops.append(asyncio.get_running_loop())
            return Sum(3)

        with jf.Server(jf.tcp("127.0.0.1", 0), service) as server:
            task = asyncio.create_task(server.serve())
            reader, writer = await asyncio.open_connection(*name_of(server.address))
            writer.write(ADD)
            writer.write_eof()
            answered = await reader.read()
            writer.close()
            report = await server.drain_async()
            await task
        assert loops == [asyncio.get_running_loop()]
        assert (report.finished, report.cut) == (0, 0)
        return answered

    assert asyncio.run(main()) == SUM


# ---------------------------------------------------------------- streams of replies


@each_loop
def test_a_generator_is_asked_for_no_more_than_the_peer_takes(dispatcher: Callable[[], jf.Asyncio]) -> None:
    program = Served()
    server = served(program, dispatcher(), unsent=64 * 1024)
    pieces = 2000  # 32 MiB, far more than the system keeps for a peer that does not read
    with serving(server), dial(server.address) as peer:
        peer.sendall(framed(b"\x11" + pieces.to_bytes(4, "big")) + ADD)
        size = len(framed(b"\x91" + bytes(16 * 1024)))
        read_exactly(peer, size)
        asked = program.made
        assert asked < pieces // 2
        read_exactly(peer, size * (pieces - 1))
        assert exchange(peer, b"") == framed(b"\x90" + pieces.to_bytes(4, "big")) + SUM
        assert (program.made, program.ended.result(PATIENCE)) == (pieces, "closed")


@each_loop
def test_a_generator_is_closed_where_it_stands_when_its_peer_has_gone(dispatcher: Callable[[], jf.Asyncio]) -> None:
    program = Served()
    server = served(program, dispatcher(), unsent=64 * 1024)
    with serving(server):
        with dial(server.address) as peer:
            peer.sendall(framed(b"\x11" + (2000).to_bytes(4, "big")))
            read_exactly(peer, 100)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert program.ended.result(PATIENCE) == "closed"
        assert program.made < 1000


@each_loop
def test_a_generator_that_is_waited_for_is_closed_when_it_is_cut(dispatcher: Callable[[], jf.Asyncio]) -> None:
    program = Served()
    server = served(program, dispatcher())
    with serving(server), dial(server.address) as peer:
        peer.sendall(framed(b"\x11" + (1).to_bytes(4, "big")))
        assert program.begun.wait(PATIENCE)
        assert server.drain(0).cut == 1
        assert program.ended.result(PATIENCE) == "closed"


@each_loop
def test_a_handler_is_cancelled_when_its_conversation_is_cut(dispatcher: Callable[[], jf.Asyncio]) -> None:
    program = Served()
    server = served(program, dispatcher())
    with serving(server), dial(server.address) as peer:
        peer.sendall(LOG)
        assert program.begun.wait(PATIENCE)
        report = server.drain(0)
        assert (report.finished, report.cut) == (0, 1)
        assert program.ended.result(PATIENCE) == "cancelled"
        assert read_all(peer) == b""


@each_loop
def test_a_drain_waits_for_the_call_that_is_out(dispatcher: Callable[[], jf.Asyncio]) -> None:
    program = Served()
    server = served(program, dispatcher())
    with serving(server), dial(server.address) as peer:
        peer.sendall(LOG + ADD)
        assert program.begun.wait(PATIENCE)
        reports: Future[jf.DrainReport] = Future()
        draining = threading.Thread(target=lambda: reports.set_result(server.drain(PATIENCE)))
        draining.start()
        program.let_on.set_result(None)
        assert read_all(peer) == SUM
        report = reports.result(PATIENCE)
        draining.join(PATIENCE)
        assert (report.finished, report.cut) == (1, 0)


# ---------------------------------------------------------------- what goes wrong


@each_loop
def test_what_a_handler_raises_ends_its_conversation_behind_what_came_before(
    dispatcher: Callable[[], jf.Asyncio],
) -> None:
    seen = Seen()
    server = served(Served(), dispatcher(), seen)
    with serving(server), dial(server.address) as peer:
        peer.sendall(ADD + FAIL + ADD)
        assert read_all(peer) == SUM
        error = seen.wait_for(Failed)[0].error
        assert isinstance(error, jf.HandlerFailed)
        assert isinstance(error.__cause__, LookupError)


async def no_last(request: Count) -> AsyncGenerator[Sum | Done, None]:
    yield Sum(1)


async def not_declared(request: Count) -> AsyncGenerator[Any, None]:
    yield Sum(1)
    yield Piece(b"")


async def goes_on(request: Count) -> AsyncGenerator[Sum | Done, None]:
    yield Done(0)
    raise AssertionError("nobody asks for what follows the last one")


async def breaks(request: Count) -> AsyncGenerator[Sum | Done, None]:
    yield Sum(1)
    raise LookupError("on purpose")


async def cancels_itself(request: Count) -> AsyncGenerator[Sum | Done, None]:
    yield Sum(1)
    raise asyncio.CancelledError


SUM1, SORRY = framed(sum_bytes(1)), b"\x92"


@pytest.mark.parametrize(
    ("handler", "answer"),
    [
        (no_last, SUM1 + framed(SORRY + b"\x0bEncodeError")),
        (not_declared, SUM1 + framed(SORRY + b"\x0bEncodeError")),
        (goes_on, framed(b"\x90" + bytes(4))),
        (breaks, SUM1 + framed(SORRY + b"\x0bLookupError")),
        (cancels_itself, SUM1 + framed(SORRY + b"\x0dHandlerFailed")),
        (lambda request: Sum(1), framed(SORRY + b"\x0bEncodeError")),
    ],
    ids=["no last", "not declared", "goes on", "breaks", "cancels itself", "no generator"],
)
def test_policies_answer_in_place_of_a_generator(handler: Any, answer: bytes) -> None:
    service = jf.AsyncService(wire, failed=lambda error, context: Sorry(type(error).__name__))
    service.on(Count)(handler)
    server = jf.Server(jf.tcp("127.0.0.1", 0), service)
    with serving(server), dial(server.address) as peer:
        assert exchange(peer, counting(1)) == answer


def test_a_handler_whose_result_cannot_be_awaited_has_failed() -> None:
    service = jf.AsyncService(wire, failed=lambda error, context: Sorry(type(error).__name__))
    plain: Any = lambda request: Sum(1)  # noqa: E731
    service.on(Add)(plain)
    server = jf.Server(jf.tcp("127.0.0.1", 0), service)
    with serving(server), dial(server.address) as peer:
        assert exchange(peer, ADD) == framed(SORRY + b"\x09TypeError")


# ---------------------------------------------------------------- the conversation


@each_loop
def test_contexts_push_close_and_hand_over(dispatcher: Callable[[], jf.Asyncio]) -> None:
    first, second = jf.AsyncService(wire, state=list[str]), jf.AsyncService(wire, state=list[str])
    told: list[tuple[str, int]] = []
    closed = threading.Event()
    first.on_open(lambda context: told.append(("opened", len(first.connections))))

    @second.on_close
    def leave(context: jf.Context[list[str]]) -> None:
        told.append(("closed", len(context.state)))
        closed.set()

    @first.on(Add)
    async def add(request: Add, context: jf.Context[list[str]]) -> Sum:
        context.send(Quotient(1))
        await asyncio.sleep(0)
        context.send(Quotient(2))
        context.state.append("added")
        context.become(second)
        return Sum(3)

    @second.on(Divide)
    async def divided(request: Divide, context: jf.Context[list[str]]) -> Quotient | Undefined:
        context.close()
        await asyncio.sleep(0)
        return Quotient(3)

    server = jf.Server(jf.tcp("127.0.0.1", 0), first, dispatcher())
    with serving(server), dial(server.address) as peer:
        peer.sendall(ADD + divide(1, 1) + divide(1, 1))
        assert read_all(peer) == b"".join(
            (framed(b"\x82" + number(1)), framed(b"\x82" + number(2)), SUM, framed(b"\x82" + number(3)))
        )
        assert closed.wait(PATIENCE)
    assert told == [("opened", 1), ("closed", 1)]


# ---------------------------------------------------------------- datagrams


@each_loop
def test_datagrams_are_answered_each_by_itself_and_streams_by_many(dispatcher: Callable[[], jf.Asyncio]) -> None:
    program = Served()
    server = jf.Server(jf.udp("127.0.0.1", 0), program.service, dispatcher())
    with serving(server), datagrams_to(server.address) as peer:
        peer.send(b"\x04\x00\x01x")
        assert program.begun.wait(PATIENCE)
        peer.send(add_bytes(1, 2))
        assert peer.recv(100) == sum_bytes(3), "nobody waits for another's call"
        program.let_on.set_result(None)
        peer.send(b"\x10" + (3).to_bytes(4, "big"))
        got = [peer.recv(100) for _ in range(4)]
        assert got == [sum_bytes(0), sum_bytes(1), sum_bytes(2), b"\x90\0\0\0\3"]


@each_loop
def test_no_more_datagrams_are_taken_in_than_calls_may_be_out(dispatcher: Callable[[], jf.Asyncio]) -> None:
    service = jf.AsyncService(wire)
    let_on = Future[None]()
    inside: queue.SimpleQueue[int] = queue.SimpleQueue()
    loops: list[asyncio.AbstractEventLoop] = []

    @service.on(Add)
    async def add(request: Add) -> Sum:
        loops.append(asyncio.get_running_loop())
        inside.put(request.left)
        await asyncio.shield(asyncio.wrap_future(let_on))
        return Sum(request.left)

    server = jf.Server(jf.udp("127.0.0.1", 0), service, dispatcher())
    with serving(server), datagrams_to(server.address) as peer, datagrams_to(server.address) as other:
        for count in range(1024):
            peer.send(add_bytes(count, 0))
            assert inside.get(timeout=PATIENCE) == count
        other.send(add_bytes(-1, 0))
        for _ in range(5):  # turns of the loop, in which it would be taken in
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loops[0]).result(PATIENCE)
        assert inside.empty()
        let_on.set_result(None)
        assert other.recv(100) == sum_bytes(-1)


# ---------------------------------------------------------------- what does not fit


@pytest.mark.parametrize("dispatcher", [jf.Threads, jf.Inline, jf.EventLoop, jf.Forks, jf.ThreadPool])
def test_no_other_dispatcher_serves_it(dispatcher: Any) -> None:
    door = jf.memory()
    with pytest.raises(
        jf.CompositionError, match=f"AsyncService has its handlers awaited, which {dispatcher.__name__}"
    ):
        jf.Server(door, Served().service, dispatcher())
    door.close()


def test_a_conversation_that_nobody_can_await_is_not_handed_over_to_it() -> None:
    seen, service = Seen(), jf.Service(wire)
    later: Any = Served().service

    @service.on(Add)
    def add(request: Add, context: jf.Context) -> Sum:
        context.become(later)
        return Sum(3)

    server = jf.Server(jf.tcp("127.0.0.1", 0), service, jf.EventLoop(), observer=seen)
    with serving(server), dial(server.address) as peer:
        assert exchange(peer, ADD) == b""
        assert isinstance(seen.wait_for(Failed)[0].error.__cause__, jf.CompositionError)


def test_it_is_given_to_a_server_and_not_called() -> None:
    with pytest.raises(jf.CompositionError, match="a Server takes it"):
        asyncio.run(Served().service(Any))  # type: ignore[arg-type]


async def coroutine(request: Any) -> Any:
    """Answer once."""


async def generator(request: Any) -> Any:
    yield None


def blocking_generator(request: Any) -> Any:
    yield None


@pytest.mark.parametrize(
    ("request_class", "handler", "reason"),
    [
        (Add, blocking_generator, "blocking_generator: is a generator, and an AsyncService awaits"),
        (Add, generator, "generator: is an asynchronous generator, and its request has one reply"),
        (Count, coroutine, "coroutine: is a coroutine function, and a stream comes of"),
        (Sum, coroutine, "is no request"),
        (42, coroutine, "is no message class"),
    ],
    ids=["generator", "asynchronous generator", "coroutine for a stream", "no request", "no class"],
)
def test_a_handler_that_does_not_fit_is_refused_when_it_is_registered(
    request_class: Any, handler: Any, reason: str
) -> None:
    with pytest.raises(jf.DeclarationError, match=reason):
        jf.AsyncService(wire).on(request_class)(handler)


def test_a_second_handler_is_refused() -> None:
    with pytest.raises(jf.DeclarationError, match="two handlers"):
        Served().service.on(Add)(Served().add)
