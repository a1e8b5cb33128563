"""What a peer may cost in memory: a download is never all there at once, and who is idle holds next to nothing."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

import jackfield as jf
from support import IN_PROCESS, AnyDispatcher, dial, exchange, read_exactly, serving

PIECE = 60_000
PIECES = 1000
MIB = 1024 * 1024


@jf.message(tag=0x91)
class Piece:
    data: jf.Rest


@jf.message(tag=0x92)
class Done:
    pass


@jf.message(tag=0x11)
class Download(jf.StreamRequest[Piece, Done]):
    pieces: jf.U32


@jf.message(tag=0x12)
class Ping(jf.Request[Done]):
    pass


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=64 * 1024), tag=jf.U8)
service, awaited = jf.Service(wire), jf.AsyncService(wire)


@service.on(Download)
def download(request: Download) -> Generator[Piece, None, Done]:
    for number in range(request.pieces):
        yield Piece(number.to_bytes(4, "big") * (PIECE // 4))
    return Done()


@service.on(Ping)
def ping(request: Ping) -> Done:
    return Done()


@awaited.on(Download)
async def download_awaited(request: Download) -> AsyncGenerator[Piece | Done, None]:
    for number in range(request.pieces):
        yield Piece(number.to_bytes(4, "big") * (PIECE // 4))
    yield Done()


@contextmanager
def tracing() -> Generator[None]:
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def highest_while_downloading(server: jf.Server[Any]) -> int:
    """Return the bytes that memory rose by while 60 MB were downloaded through *server*, the peer's own among them."""
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"\0\0\0\5\x11" + PIECES.to_bytes(4, "big"))
        read_exactly(peer, PIECE)
        with tracing():
            left, chunk = (PIECE + 5) * (PIECES - 1) + 10, bytearray(64 * 1024)
            while left:
                size = peer.recv_into(chunk, min(left, len(chunk)))
                assert size
                left -= size
            assert exchange(peer, b"") == b""
            return tracemalloc.get_traced_memory()[1]


@pytest.mark.parametrize("dispatcher", IN_PROCESS.values(), ids=IN_PROCESS)
def test_a_download_is_never_all_in_memory(dispatcher: Callable[[], AnyDispatcher]) -> None:
    server: jf.Server[jf.RawConnection] = jf.Server(jf.tcp("127.0.0.1", 0), service, dispatcher())
    assert highest_while_downloading(server) < 4 * MIB


def test_a_download_that_is_awaited_is_not_either() -> None:
    assert highest_while_downloading(jf.Server(jf.tcp("127.0.0.1", 0), awaited)) < 4 * MIB


def test_a_connection_that_has_nothing_to_say_holds_less_than_two_kibibytes_in_an_event_loop() -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, jf.EventLoop())
    count = 200
    with serving(server), ExitStack() as stack:

        def ask() -> None:
            peer = stack.enter_context(dial(server.address))
            peer.sendall(b"\0\0\0\1\x12")
            assert read_exactly(peer, 5) == b"\0\0\0\1\x92"

        for _ in range(20):
            ask()
        with tracing():
            for _ in range(count):
                ask()
            ours = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "*/jackfield/*")])
        held = sum(one.size for one in ours.statistics("filename"))
        assert held / count < 2048
