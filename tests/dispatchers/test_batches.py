"""Datagrams by the batch, in loops: who can answer by themselves is asked to, where nobody else would wait for it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import uvloop

import jackfield as jf
from jackfield.interfaces import Buffer, Closed, Envelope, Failed, Peered, SessionDispatcher
from support import Echo, Seen, datagrams_to, serving

LOOPS: dict[str, Callable[[], SessionDispatcher]] = {
    "event loop": jf.EventLoop,
    "asyncio": jf.Asyncio,
    "uvloop": lambda: jf.Asyncio(loop=uvloop.new_event_loop),
}
each_loop = pytest.mark.parametrize("dispatcher", LOOPS.values(), ids=LOOPS)


@jf.sessions
class ByItself:
    """Answers datagrams without a session, and counts those that it had to make all the same."""

    def __init__(self) -> None:
        self.sessions = 0

    def __call__(self, request: Peered) -> Echo:
        self.sessions += 1
        return Echo(request)

    def answer_datagram(self, buffer: Buffer, start: int, end: int, envelope: Envelope[jf.Datagram], /) -> bytes | None:
        payload = bytes(buffer[start:end])
        if payload == b"fail":
            raise LookupError
        return payload.upper()


@each_loop
def test_who_can_answer_datagrams_by_themselves_does(dispatcher: Callable[[], SessionDispatcher]) -> None:
    handler, seen = ByItself(), Seen()
    server = jf.Server(jf.udp("127.0.0.1", 0), handler, dispatcher(), observer=seen)
    with serving(server), datagrams_to(server.address) as peer:
        for number in range(200):
            peer.send(b"x%d" % number)
            assert peer.recv(100) == b"X%d" % number
        peer.send(b"fail")
        (failed,) = seen.wait_for(Failed)
        peer.send(b"on")
        assert peer.recv(100) == b"ON"
    assert isinstance(failed.error.__cause__, LookupError)
    assert (handler.sessions, seen.of(Closed)) == (0, [])


@pytest.mark.parametrize("kind", [jf.EventLoop, jf.Asyncio])
def test_where_there_is_an_executor_each_datagram_has_its_session(kind: type[jf.EventLoop | jf.Asyncio]) -> None:
    handler = ByItself()
    with ThreadPoolExecutor(1) as pool:
        server = jf.Server(jf.udp("127.0.0.1", 0), handler, kind(executor=pool))
        with serving(server), datagrams_to(server.address) as peer:
            peer.send(b"x")
            assert peer.recv(100) == b"x"
    assert handler.sessions == 1


@each_loop
def test_a_shutdown_ends_a_server_of_datagrams(dispatcher: Callable[[], SessionDispatcher]) -> None:
    server = jf.Server(jf.udp("127.0.0.1", 0), ByItself(), dispatcher())
    with server:
        for _ in range(2):
            thread = server.serve_in_thread()
            with datagrams_to(server.address) as peer:
                peer.send(b"x")
                assert peer.recv(100) == b"X"
            server.shutdown()
            thread.join(10)
            assert not thread.is_alive()
