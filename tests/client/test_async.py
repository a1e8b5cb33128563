"""The asynchronous client, against the same servers and the same misbehaviour, on asyncio and on uvloop."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

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
from client.test_exchanges import lossy
from service.calculator import framed, sum_bytes
from support import PATIENCE, read_exactly

SHORT = 0.05
every_transport = pytest.mark.parametrize("transport", ["tcp", "udp"])


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, None]], None]:
    """Run a coroutine to its end on one loop or the other, within PATIENCE."""

    def in_time(main: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop if request.param == "uvloop" else None) as runner:
            runner.run(asyncio.wait_for(main, PATIENCE))

    return in_time


Run = Callable[[Coroutine[Any, Any, None]], None]


@every_transport
def test_calls_give_replies_streams_items_and_silence_none(run: Run, transport: str) -> None:
    async def main(url: str) -> None:
        async with await jf.connect_async(wire, url, pushed=[Other]) as client:
            assert await client.call(Add(1, 2)) == Sum(3)
            assert await client.call(Raw()) == b"\0\0\0\3raw"
            items = client.call(Count(3, 2))
            with pytest.raises(jf.CompositionError, match="was not read yet"):
                items.last
            assert [item async for item in items] == [Piece(b"xx")] * 3
            assert items.last == Done(3)
            assert await client.call(Find(7)) == Found(7)
            assert await client.call_many(Add(index, 1) for index in range(200)) == [
                Sum(index + 1) for index in range(200)
            ]
            await client.send(Poke(0))
            assert await client.call(Find(0), deadline=SHORT) is None

    with served(transport) as url:
        run(main(url))


@every_transport
def test_many_tasks_call_at_once_and_each_gets_its_own(run: Run, transport: str) -> None:
    async def main(url: str) -> None:
        async with await jf.connect_async(wire, url) as client:
            sums = await asyncio.gather(*(client.call(Add(index, index)) for index in range(300)))
            assert sums == [Sum(2 * index) for index in range(300)]

    with served(transport) as url:
        run(main(url))


def test_over_a_stream_the_requests_of_tasks_leave_before_the_first_reply_has_come(run: Run) -> None:
    def talk(peer: socket.socket) -> None:
        read_exactly(peer, 21 * 10)
        peer.sendall(b"".join(framed(sum_bytes(index)) for index in range(10)))

    async def main(url: str) -> None:
        async with await jf.connect_async(wire, url) as client:
            assert await asyncio.gather(*(client.call(Add(0, 0)) for _ in range(10))) == [Sum(one) for one in range(10)]

    with by_hand(talk) as url:
        run(main(url))


def test_items_are_made_as_they_are_read(run: Run) -> None:
    made = Served()

    async def main(url: str) -> None:
        async with await jf.connect_async(wire, url, pushed=[Other]) as client:
            items = client.call(Count(1500, 60_000))
            assert await anext(items) == Piece(b"x" * 60_000)
            await client.send(Poke(0))
            assert made.made < 1000, "90 MB were not made for who has read 60 kB"
            assert len([item async for item in items]) == 1499

    with served("tcp", made) as url:
        run(main(url))


@every_transport
def test_a_stream_that_is_closed_early_is_in_nobodys_way(run: Run, transport: str) -> None:
    async def main(url: str) -> None:
        async with await jf.connect_async(wire, url) as client:
            async with client.call(Count(200, 1000)) as items:
                await anext(items)
            assert [item async for item in items] == []
            assert await client.call(Add(1, 2)) == Sum(3)

    with served(transport) as url:
        run(main(url))


@every_transport
def test_a_call_that_is_cancelled_harms_no_other(run: Run, transport: str) -> None:
    async def main(url: str) -> None:
        async with await jf.connect_async(wire, url) as client:
            task = asyncio.create_task(client.call(Find(0)))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(task, SHORT)
            assert await client.call(Add(1, 2)) == Sum(3)

    with served(transport) as url:
        run(main(url))


def test_what_is_pushed_is_given_by_class(run: Run) -> None:
    async def main(url: str) -> None:
        async with await jf.connect_async(wire, url, pushed=[Note, Other]) as client:
            notes: list[Note] = []

            async def take() -> None:
                async for note in client.pushed(Note):
                    notes.append(note)

            task = asyncio.create_task(take())
            assert await client.call(Ask("a")) == Sum(1)
            await client.send(Poke(2))
            assert await anext(client.pushed(Other)) == Other(7)
            client.close()
            await task
            assert notes == [Note("a"), Note("0"), Note("1")]

        async with await jf.connect_async(wire, url) as client:
            with pytest.raises(jf.DeadlineExceeded):
                await anext(client.pushed(Note, deadline=SHORT))
            assert await client.call(Add(1, 2)) == Sum(3)

    with served("tcp") as url:
        run(main(url))


def test_replies_are_cut_by_the_schema_of_what_was_asked_for(run: Run) -> None:
    async def main(url: str) -> None:
        async with await jf.connect_async(lines, url) as client:
            assert await client.call(Add(1, 2)) == Sum(3)
            assert [item async for item in client.call(Count(2, 1))] == [Piece(b"x")] * 2

    with served("tcp", Served(lines)) as url:
        run(main(url))


def test_over_a_stream_a_deadline_ends_the_client(run: Run) -> None:
    async def main(url: str) -> None:
        async with await jf.connect_async(wire, url) as client:
            with pytest.raises(jf.DeadlineExceeded) as caught:
                await client.call(Add(1, 2), deadline=SHORT)
            assert (caught.value.waited_for, caught.value.seconds) == ("reply", SHORT)
            with pytest.raises(jf.ClosedError):
                await client.call(Add(1, 2))

    with by_hand(lambda peer: read_exactly(peer, 21) and peer.recv(1)) as url:
        run(main(url))


BAD_REPLIES: dict[str, tuple[bytes, type[jf.JackfieldError]]] = {
    "an unknown tag": (framed(b"\x99"), jf.UnknownMessage),
    "too short": (framed(b"\x81\0"), jf.DecodeError),
    "above the maximum": (b"\xff\xff\xff\xff", jf.FrameTooLarge),
    "cut off": (framed(sum_bytes(3))[:7], jf.ConnectionLost),
    "nothing at all": (b"", jf.ConnectionLost),
    "pushes without end": (framed(b"\x85\1a") * 1001, jf.Overloaded),
}


@pytest.mark.parametrize(("reply", "kind"), BAD_REPLIES.values(), ids=BAD_REPLIES)
def test_a_reply_that_is_none_is_a_typed_error_for_all_who_wait(
    run: Run, reply: bytes, kind: type[jf.JackfieldError]
) -> None:
    def talk(peer: socket.socket) -> None:
        read_exactly(peer, 42)
        peer.sendall(reply)

    async def main(url: str) -> None:
        async with await jf.connect_async(wire, url, pushed=[Note]) as client:
            errors = await asyncio.gather(*(client.call(Add(1, 2)) for _ in range(2)), return_exceptions=True)
            assert [type(error) for error in errors] == [kind] * 2
            with pytest.raises(jf.ClosedError):
                await client.send(Poke(1))

    with by_hand(talk) as url:
        run(main(url))


def test_a_server_that_goes_is_told_to_who_waits_for_pushes_or_items(run: Run) -> None:
    def talk(peer: socket.socket) -> None:
        read_exactly(peer, 11)
        peer.sendall(framed(b"\x83\0\1x") + framed(b"\x85\1a"))

    async def main(url: str) -> None:
        async with await jf.connect_async(wire, url, pushed=[Note]) as client:
            items, notes = client.call(Count(3, 2)), client.pushed(Note)
            assert await anext(items) == Piece(b"x")
            assert await anext(notes) == Note("a")
            with pytest.raises(jf.ConnectionLost):
                await anext(notes)
            with pytest.raises((jf.ConnectionLost, jf.ClosedError)):
                await anext(items)

    with by_hand(talk) as url:
        run(main(url))


@pytest.mark.parametrize("losses", [0, 2])
def test_a_lost_datagram_is_sent_again_and_late_ones_are_nobodys(run: Run, losses: int) -> None:
    async def main(url: str) -> None:
        async with await jf.connect_async(wire, url, retries=2) as client:
            assert await client.call(Add(1, 2), deadline=0.3) == Sum(3)
            assert await client.call(Add(3, 4)) == Sum(7)

    with datagrams_by_hand(lossy(losses)) as url:
        run(main(url))


@every_transport
def test_a_request_that_cannot_be_built_sends_nothing_and_harms_nothing(run: Run, transport: str) -> None:
    async def main(url: str) -> None:
        async with await jf.connect_async(wire, url) as client:
            with pytest.raises(jf.EncodeError):
                await client.call(Add(2**63, 0))
            assert await client.call(Add(1, 2)) == Sum(3)
            wrong: Any = Sum(1)
            with pytest.raises(jf.DeclarationError, match="is no request"):
                await client.call(wrong)

    with served(transport) as url:
        run(main(url))


def test_where_nobody_listens_the_connection_is_lost(run: Run) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    listener.close()

    async def main() -> None:
        with pytest.raises(jf.ConnectionLost):
            await jf.connect_async(wire, f"tcp://127.0.0.1:{port}")
        async with await jf.connect_async(wire, f"udp://127.0.0.1:{port}") as client:
            with pytest.raises(jf.ConnectionLost):
                await client.call(Add(1, 2))
        with pytest.raises(jf.CompositionError):
            await jf.connect_async(wire, "ftp://127.0.0.1:1")

    run(main())


def test_who_does_not_use_it_does_not_import_asyncio() -> None:
    program = "import sys, jackfield; sys.exit('asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
