"""One thread for all: what it costs, what it bounds, and how it ends."""

from __future__ import annotations

import select
import socket
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

import pytest
from typing_extensions import override

import jackfield as jf
from dispatchers.offloading import offloading
from jackfield.interfaces import MORE, READY, WAITING, Buffer, Closed, Failed, Opened, Peered, SessionDispatcher
from service.calculator import REPLIES, REQUESTS, add_bytes, framed, service, sum_bytes
from support import (
    PATIENCE,
    Echo,
    Seen,
    await_readable,
    datagrams_to,
    dial,
    exchange,
    is_readable,
    read_all,
    read_exactly,
    serving,
)


def test_it_drives_sessions_and_nothing_else() -> None:
    assert isinstance(jf.EventLoop(), SessionDispatcher)
    listener = jf.tcp("127.0.0.1", 0)
    loop: jf.Inline = jf.EventLoop()  # type: ignore[assignment]
    with pytest.raises(jf.CompositionError, match="EventLoop drives sessions"):
        jf.Server(listener, lambda connection: None, loop)
    listener.close()


class Silent:
    """A session that says nothing."""

    def __init__(self, request: Peered) -> None:
        self.status = READY
        self.fault: jf.JackfieldError | None = None

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        return b""

    def resume(self) -> bytes:
        return b""

    def close(self, why: Exception | None, /) -> None:
        """Nothing is held."""


# ---------------------------------------------------------------- what a request costs


class Profiled:
    """An echo that has the loop's thread profiled from its first byte on: which C functions it calls, how often."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    @jf.sessions
    def session(self, request: jf.Connection) -> Echo:
        sys.setprofile(self._note)
        return Echo(request)

    def _note(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "c_call":
            self.calls[getattr(argument, "__name__", "?")] += 1


def test_an_ordinary_request_costs_a_receive_and_a_send_and_its_share_of_a_wait() -> None:
    profiled, count = Profiled(), 200
    server = jf.Server(jf.tcp("127.0.0.1", 0), profiled.session, jf.EventLoop())
    with serving(server), dial(server.address) as peer:
        for _ in range(count):
            peer.sendall(b"x")
            assert peer.recv(1) == b"x"
        calls = profiled.calls
        assert (calls["recv_into"], calls["send"]) == (count, count)
        assert calls["poll"] <= count + 5
        assert calls["monotonic"] <= count + 10
        assert calls["register"] <= 1
        assert calls["modify"] + calls["unregister"] + calls["settimeout"] + calls["setblocking"] <= 5


# ---------------------------------------------------------------- what a peer can cost


class Generous:
    """Answers each piece of input with much, and counts what it answered."""

    def __init__(self, request: Peered, size: int) -> None:
        self.status = READY
        self.fault: jf.JackfieldError | None = None
        self.given = 0
        self._size = size

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        if size:
            self.given += self._size
            return b"x" * self._size
        return b""

    def resume(self) -> bytes:
        return b""

    def close(self, why: Exception | None, /) -> None:
        """Nothing is held."""


def narrow(sock: socket.socket, size: int = 4096) -> socket.socket:
    """Leave the system little room for what *sock* receives."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    return sock


def send_until_full(peer: socket.socket, data: bytes) -> None:
    """Send *data* again and again until the system takes no more: the server has stopped reading."""
    peer.settimeout(0.3)
    with pytest.raises(TimeoutError):
        while True:
            peer.sendall(data)


def test_a_peer_that_never_reads_costs_the_high_water_mark_and_no_more() -> None:
    made: list[Generous] = []
    high, size = 50_000, 20_000

    @jf.sessions
    def generous(request: jf.Connection) -> Generous:
        narrow(request.socket).setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        made.append(Generous(request, size))
        return made[0]

    server = jf.Server(jf.tcp("127.0.0.1", 0), generous, jf.EventLoop(), limits=jf.Limits(unsent=high))
    with serving(server), narrow(dial(server.address)) as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        send_until_full(peer, b"y" * 1000)
        taken = len(peer.recv(1 << 20, socket.MSG_PEEK))
        assert made[0].given - taken <= high + size + 64 * 1024, "what the system holds in between is not ours"


def test_one_chunk_of_requests_with_large_replies_costs_no_more_either() -> None:
    calls: list[int] = []

    @jf.message
    class Large:
        data: jf.Rest

    @jf.message
    class Ask:
        number: jf.U8

    @jf.stream_handler(Ask, reply=Large)
    def answer(request: Ask) -> Large:
        calls.append(request.number)
        return Large(b"x" * 60_000)

    limits = jf.Limits(unsent=100_000)
    server = jf.Server(jf.tcp("127.0.0.1", 0), answer, jf.EventLoop(), limits=limits)
    with serving(server), narrow(dial(server.address), 256 * 1024) as peer:
        peer.sendall(bytes(range(256)) * 100)
        await_readable(peer)
        assert len(calls) * 60_000 < 8_000_000, "25,600 requests arrived at once; what is answered is what has room"
        read_exactly(peer, 60_000 * 300)
        assert calls[:256] == list(range(256))


class Endless:
    """Has always more to say."""

    def __init__(self, request: Peered) -> None:
        self.status = MORE
        self.fault: jf.JackfieldError | None = None

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        return b""

    def resume(self) -> bytes:
        return b"x" * 10_000

    def close(self, why: Exception | None, /) -> None:
        """Nothing is held."""


def test_a_reply_without_an_end_keeps_nobody_else_waiting() -> None:
    made: list[Endless] = []

    @jf.sessions
    def either(request: jf.Connection) -> Endless | Echo:
        if made:
            return Echo(request)
        made.append(Endless(request))
        return made[0]

    def read(peer: socket.socket) -> None:
        while peer.recv(1 << 20):
            pass

    server = jf.Server(jf.tcp("127.0.0.1", 0), either, jf.EventLoop())
    with serving(server), dial(server.address) as reader:
        read_exactly(reader, 1)
        reading = threading.Thread(target=read, args=(reader,))
        reading.start()
        with dial(server.address) as peer:
            assert exchange(peer, b"me too") == b"me too"
        made[0].status = READY
        reader.shutdown(socket.SHUT_WR)
        reading.join(PATIENCE)
        assert not reading.is_alive()


# ---------------------------------------------------------------- faults


class Broken:
    """Breaks its promise: it raises."""

    def __init__(self, request: Peered) -> None:
        self.status = READY
        self.fault: jf.JackfieldError | None = None
        self.closed: list[Exception | None] = []

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        raise LookupError("receive")

    def resume(self) -> bytes:
        return b""

    def close(self, why: Exception | None, /) -> None:
        self.closed.append(why)


def test_a_session_that_raises_costs_its_connection_alone() -> None:
    made: list[Broken] = []
    seen = Seen()

    @jf.sessions
    def broken(request: jf.Connection) -> Broken | Echo:
        if made:
            return Echo(request)
        made.append(Broken(request))
        return made[0]

    server = jf.Server(jf.tcp("127.0.0.1", 0), broken, jf.EventLoop(), observer=seen)
    with serving(server), dial(server.address) as one, dial(server.address) as other:
        one.sendall(b"x")
        assert read_all(one) == b""
        assert exchange(other, b"well") == b"well"
        seen.wait_for(Closed, 2)
    (failed,) = seen.of(Failed)
    assert isinstance(failed.error, jf.HandlerFailed)
    assert failed.error.handler.endswith("broken")
    assert isinstance(failed.error.__cause__, LookupError)
    assert made[0].closed == [failed.error]


def test_a_factory_that_raises_costs_its_request_alone() -> None:
    seen = Seen()
    refusals = iter([True, False])

    @jf.sessions
    def factory(request: Peered) -> Echo:
        if next(refusals):
            raise LookupError("no session for you")
        return Echo(request)

    server = jf.Server(jf.tcp("127.0.0.1", 0), factory, jf.EventLoop(), observer=seen)
    with serving(server):
        with dial(server.address) as peer:
            assert read_all(peer) == b""
        with dial(server.address) as peer:
            assert exchange(peer, b"x") == b"x"
    (failed,) = seen.of(Failed)
    assert isinstance(failed.error.__cause__, LookupError)


def test_a_peer_that_resets_is_told_as_lost_and_as_nothing_else() -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), Echo, jf.EventLoop(), observer=seen)
    with serving(server):
        with dial(server.address) as peer:
            peer.sendall(b"x")
            assert peer.recv(1) == b"x"
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        seen.wait_for(Closed)
    (failed,) = seen.of(Failed)
    assert isinstance(failed.error, jf.ConnectionLost)


class Away:
    """Has a call out for ever."""

    def __init__(self, request: Peered) -> None:
        self.status = WAITING
        self.fault: jf.JackfieldError | None = None

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        raise AssertionError("nothing may be read")

    def resume(self) -> bytes:
        return b""

    def close(self, why: Exception | None, /) -> None:
        """Nothing is held."""


def test_a_peer_that_resets_while_a_call_is_out_is_noticed() -> None:
    seen = Seen()

    @jf.sessions
    def away(request: Peered) -> Away:
        return Away(request)

    server = jf.Server(jf.tcp("127.0.0.1", 0), away, jf.EventLoop(), observer=seen)
    with serving(server):
        with dial(server.address) as peer:
            seen.wait_for(Opened)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        seen.wait_for(Closed)
    (failed,) = seen.of(Failed)
    assert isinstance(failed.error, jf.ConnectionLost)


# ---------------------------------------------------------------- its life


def test_connections_under_way_go_on_behind_a_shutdown_and_beside_the_next_run() -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), Echo, jf.EventLoop(), observer=seen)
    with server:
        thread = server.serve_in_thread()
        with dial(server.address) as old:
            old.sendall(b"before")
            assert read_exactly(old, 6) == b"before"
            server.shutdown()
            thread.join(PATIENCE)
            assert not thread.is_alive()
            old.sendall(b"between")
            assert read_exactly(old, 7) == b"between"
            thread = server.serve_in_thread()
            with dial(server.address) as new:
                assert exchange(new, b"new") == b"new"
            assert exchange(old, b"still") == b"still"
        seen.wait_for(Closed, 2)
        server.shutdown()
        thread.join(PATIENCE)


def test_a_drain_behind_a_shutdown_ends_who_is_inside() -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), Echo, jf.EventLoop())
    with server:
        thread = server.serve_in_thread()
        with dial(server.address) as peer:
            peer.sendall(b"x")
            assert read_exactly(peer, 1) == b"x"
            server.shutdown()
            thread.join(PATIENCE)
            report = server.drain(PATIENCE)
            assert read_all(peer) == b""
    assert (report.finished, report.cut) == (1, 0)


def test_closing_ends_the_thread_that_goes_on() -> None:
    before = set(threading.enumerate())
    server = jf.Server(jf.tcp("127.0.0.1", 0), Echo, jf.EventLoop())
    thread = server.serve_in_thread()
    with dial(server.address) as peer, dial(server.address) as lingering:
        for one in (peer, lingering):
            one.sendall(b"x")
            assert read_exactly(one, 1) == b"x"
        server.close()
        assert read_all(peer) == b""
    thread.join(PATIENCE)
    assert set(threading.enumerate()) <= before


def test_closing_waits_for_nobody_who_lingers() -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, jf.EventLoop(), limits=jf.Limits(linger=None))
    seen_end = threading.Event()
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"\xff" * 100_000)  # too large a frame, and unread input behind it, of a peer that never ends
        assert read_some(peer) == b""
        seen_end.set()
    assert seen_end.is_set()


def read_some(peer: socket.socket) -> bytes:
    try:
        return peer.recv(1)
    except ConnectionResetError:
        return b""


def test_handle_request_serves_one_which_then_goes_on_by_itself() -> None:
    with jf.Server(jf.tcp("127.0.0.1", 0), Echo, jf.EventLoop()) as server:
        assert not server.handle_request(0.0)
        assert not server.handle_request(0.01)
        with dial(server.address) as first, dial(server.address) as second:
            assert server.handle_request(PATIENCE)
            assert exchange(first, b"one") == b"one"
            assert not is_readable(second)
            assert server.handle_request(PATIENCE)
            assert exchange(second, b"two") == b"two"


def test_what_is_no_exception_ends_serving_and_its_connection_but_not_the_others() -> None:
    class Leaving(Silent):
        @override
        def receive(self, buffer: Buffer, size: int, /) -> bytes:
            if bytes(buffer[:size]) == b"leave":
                raise KeyboardInterrupt
            return bytes(buffer[:size])

    @jf.sessions
    def leaving(request: jf.Connection) -> Leaving:
        return Leaving(request)

    seen = Seen()
    with (
        jf.Server(jf.tcp("127.0.0.1", 0), leaving, jf.EventLoop(), observer=seen) as server,
        dial(server.address) as other,
        dial(server.address) as one,
    ):
        one.sendall(b"leave")
        with pytest.raises(KeyboardInterrupt):
            server.serve_forever()
        assert read_all(one) == b""
        assert len(seen.of(Opened)) == 2
        assert exchange(other, b"stay") == b"stay"


def test_a_handler_cannot_drain_its_own_server_on_any_thread_of_the_loop() -> None:
    errors: list[Exception] = []

    class Draining(Silent):
        @override
        def receive(self, buffer: Buffer, size: int, /) -> bytes:
            try:
                if size:
                    server.drain(0.1)
            except jf.CompositionError as error:
                errors.append(error)
            return b"x"

    @jf.sessions
    def draining(request: jf.Connection) -> Draining:
        return Draining(request)

    server: jf.Server[jf.RawConnection] = jf.Server(jf.tcp("127.0.0.1", 0), draining, jf.EventLoop())
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"x")
        assert read_exactly(peer, 1) == b"x"
        server.shutdown()
        peer.sendall(b"x")
        assert read_exactly(peer, 1) == b"x"
    assert len(errors) == 2


def is_endless_wait(call: list[str]) -> bool:
    """Tell epoll_wait(epoll, events, count, -1) on x86-64, and epoll_pwait on arm64."""
    return call[0] in ("232", "281", "22") and int(call[4], 16) & 0xFFFFFFFF == 0xFFFFFFFF


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_where_nobody_is_connected_no_timer_runs() -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), Echo, jf.EventLoop(), observer=seen)
    before = {thread.native_id for thread in threading.enumerate()}
    with serving(server):
        with dial(server.address) as peer:
            assert exchange(peer, b"x") == b"x"
        seen.wait_for(Closed)
        (added,) = {thread.native_id for thread in threading.enumerate() if thread.native_id} - before
        assert any(is_endless_wait(Path(f"/proc/self/task/{added}/syscall").read_text().split()) for _ in range(10_000))


def test_where_the_system_has_no_epoll_poll_does(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, jf.EventLoop(), observer=seen, limits=jf.Limits(message=0.05))
    monkeypatch.delattr(select, "epoll")
    with serving(server), dial(server.address) as peer, dial(server.address) as late:
        for start in range(0, len(REQUESTS), 7):
            peer.sendall(REQUESTS[start : start + 7])
        assert read_exactly(peer, len(REPLIES)) == REPLIES
        late.sendall(b"\0")
        assert read_all(late) == b""
        assert exchange(peer, framed(add_bytes(1, 2))) == framed(sum_bytes(3))
        seen.wait_for(Closed, 2)


# ---------------------------------------------------------------- an executor


def test_calls_are_made_on_the_executor_and_their_outcome_comes_back() -> None:
    with ThreadPoolExecutor(1, thread_name_prefix="worker") as pool:
        server = jf.Server(jf.tcp("127.0.0.1", 0), offloading, jf.EventLoop(pool))
        with serving(server), dial(server.address) as peer:
            for request, reply in ((b"a", b"a on worker_0"), (b"fail", b"LookupError"), (b"b", b"b on worker_0")):
                peer.sendall(request)
                assert read_exactly(peer, len(reply)) == reply
        other = jf.Server(jf.udp("127.0.0.1", 0), offloading, jf.EventLoop(pool))
        with serving(other), datagrams_to(other.address) as sender:
            sender.send(b"c")
            assert sender.recv(100) == b"c on worker_0"


def test_an_executor_that_is_shut_down_is_the_outcome_of_a_call() -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    server = jf.Server(jf.tcp("127.0.0.1", 0), offloading, jf.EventLoop(pool))
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"a")
        assert read_exactly(peer, 12) == b"RuntimeError"
