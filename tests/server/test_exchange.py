"""Datagrams by the batch behind a server: which handlers get it, and that nobody can tell but by the cost."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import final

import pytest

import jackfield as jf
from jackfield.addresses import Address, InternetAddress
from jackfield.interfaces import (
    CLOSING,
    MORE,
    READY,
    Answer,
    Buffer,
    Dispatcher,
    Dropped,
    Envelope,
    Event,
    Failed,
    Stopped,
)
from jackfield.listeners import UdpListener
from service.calculator import DIALOGUE, add_bytes, service, sum_bytes
from support import PATIENCE, Seen, datagrams_to, is_readable, serving


@final
class Watched:
    """A listener of one's own around a real one: it counts what is asked of it."""

    def __init__(self, *, batches: bool = True, maximum: int | None = None) -> None:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        self._real = UdpListener(sock, batches=batches, maximum=maximum)
        self.accepted = 0
        self.exchanged = 0

    @property
    def address(self) -> Address:
        return self._real.address

    def fileno(self) -> int:
        return self._real.fileno()

    def accept(self) -> jf.Datagram | None:
        datagram = self._real.accept()
        self.accepted += datagram is not None
        return datagram

    def exchange(self, answer: Answer[jf.Datagram], /) -> int:
        count = self._real.exchange(answer)
        self.exchanged += count
        return count

    def on_drop(self, call: Callable[[Dropped], None], /) -> None:
        self._real.on_drop(call)

    def close(self) -> None:
        self._real.close()


@final
class Shout:
    """A session written by hand: several replies for b"many", none for b"none", and so on."""

    def __init__(self, log: list[str]) -> None:
        self.status = READY
        self.fault: jf.JackfieldError | None = None
        self._left = 0
        self._log = log

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        data = bytes(buffer[:size])
        match data:
            case b"none":
                return b""
            case b"many":
                self._left, self.status = 2, MORE
            case b"empty":
                self._left, self.status = 0, MORE
                return b""
            case b"fault":
                self.status, self.fault = CLOSING, jf.DecodeError("Shout", None, 0, "is no word")
            case b"raise":
                raise RuntimeError("a session that raises")
            case _:
                pass
        return data.upper()

    def resume(self) -> bytes:
        self._left -= 1
        if self._left <= 0:
            self.status = READY
        return b"%d" % self._left if self._left >= 0 else b""

    def close(self, why: Exception | None, /) -> None:
        self._log.append(type(why).__name__)


def shouting(log: list[str]) -> Callable[[jf.Datagram], Shout]:
    @jf.sessions
    def shout(datagram: jf.Datagram) -> Shout:
        return Shout(log)

    return shout


# ---------------------------------------------------------------- who gets it


def plain(datagram: jf.Datagram) -> None:
    datagram.reply(datagram.payload.upper())


def ask(server: jf.Server[jf.Datagram], payload: bytes) -> bytes:
    with datagrams_to(server.address) as peer:
        peer.send(payload)
        return peer.recv(65_536)


@pytest.mark.parametrize("batches", [True, False], ids=["by the batch", "one by one"])
def test_sessions_inline_are_answered_in_place(batches: bool) -> None:
    for handler in (service, shouting([])):
        listener = Watched(batches=batches)
        server = jf.Server(listener, handler, observer=Seen())
        with serving(server):
            assert ask(server, add_bytes(1, 2)) in (sum_bytes(3), add_bytes(1, 2).upper())
        assert (listener.accepted, listener.exchanged) == (0, 1)


def test_a_handler_that_answers_by_itself_has_no_session_made_unless_it_asks() -> None:
    made: list[bytes] = []

    @jf.sessions
    @final
    class Own:
        def __call__(self, request: jf.Datagram) -> Shout:
            made.append(request.payload)
            return Shout([])

        def answer_datagram(
            self, buffer: Buffer, start: int, end: int, envelope: Envelope[jf.Datagram], /
        ) -> bytes | None:
            data = bytes(buffer[start:end])
            return envelope.by_session(self) if data == b"ask" else b"at once"

    server = jf.Server(jf.udp("127.0.0.1", 0), Own())
    with serving(server):
        assert [ask(server, b"tell"), ask(server, b"ask"), ask(server, b"tell")] == [b"at once", b"ASK", b"at once"]
    assert made == [b"ask"]


def test_a_service_makes_a_state_for_those_alone_whose_handlers_take_a_context() -> None:
    made: list[str] = []

    def state() -> str:
        made.append("state")
        return "state"

    asked = jf.Service(jf.Wire(tag=jf.U8), state=state)

    @asked.on(Who)
    def who(request: Who, context: jf.Context[str]) -> Yes:
        return Yes()

    @asked.on(Whether)
    def whether(request: Whether) -> Yes:
        return Yes()

    server = jf.Server(jf.udp("127.0.0.1", 0), asked)
    with serving(server):
        assert [ask(server, b"\x03"), ask(server, b"\x01"), ask(server, b"\x03")] == [b"\x02"] * 3
    assert made == ["state"]


def test_a_datagram_handler_inline_is_answered_in_place() -> None:
    @jf.message
    class Byte:
        value: jf.U8

    @jf.datagram_handler(Byte)
    def one_more(request: Byte) -> Byte:
        return Byte(request.value + 1)

    listener, seen = Watched(), Seen()
    server = jf.Server(listener, one_more, observer=seen)
    with serving(server):
        assert ask(server, b"\x01") == b"\x02"
        with datagrams_to(server.address) as peer:
            peer.send(b"\xff")
            peer.send(b"\xff\xff")
            failed = [type(one.error) for one in seen.wait_for(Failed, 2)]
        assert ask(server, b"\x02") == b"\x03"
    assert failed == [jf.EncodeError, jf.DecodeError]
    assert (listener.accepted, listener.exchanged) == (0, 4)


@pytest.mark.parametrize("dispatcher", [jf.Threads, lambda: jf.ThreadPool(2)], ids=["threads", "pool"])
def test_whoever_answers_elsewhere_accepts_one_by_one(dispatcher: Callable[[], Dispatcher]) -> None:
    listener = Watched()
    server = jf.Server(listener, service, dispatcher())
    with serving(server):
        assert ask(server, add_bytes(1, 2)) == sum_bytes(3)
    assert (listener.accepted, listener.exchanged) == (1, 0)


def test_behind_an_acceptor_each_datagram_passes_it() -> None:
    listener, passed = Watched(), list[bytes]()

    def note(datagram: jf.Datagram) -> jf.Datagram:
        passed.append(datagram.payload)
        return datagram

    server = jf.Server(jf.Incoming[jf.Datagram](listener).through(note), service)
    with serving(server):
        assert ask(server, add_bytes(1, 2)) == sum_bytes(3)
    assert passed == [add_bytes(1, 2)]
    assert (listener.accepted, listener.exchanged) == (1, 0)


def test_a_blocking_handler_holds_its_datagram() -> None:
    listener = Watched()
    server = jf.Server(listener, plain)
    with serving(server):
        assert ask(server, b"hello") == b"HELLO"
    assert (listener.accepted, listener.exchanged) == (1, 0)


def test_handling_one_request_leaves_the_others_for_later() -> None:
    server = jf.Server(jf.udp("127.0.0.1", 0), service)
    with server, datagrams_to(server.address) as peer:
        for number in range(3):
            peer.send(add_bytes(number, 0))
        assert server.handle_request(PATIENCE)
        assert peer.recv(100) == sum_bytes(0)
        assert not is_readable(peer)
        with serving(server):
            assert [peer.recv(100), peer.recv(100)] == [sum_bytes(1), sum_bytes(2)]


# ---------------------------------------------------------------- that nobody can tell


def told(handler: Callable[[jf.Datagram], Shout], dispatcher: Dispatcher, words: list[bytes]) -> tuple[object, ...]:
    """Return what a client of *handler* gets for *words*, and what the observer is told, but for the times."""
    seen = Seen()
    server = jf.Server(jf.udp("127.0.0.1", 0, maximum=100), handler, dispatcher, observer=seen)
    replies: list[bytes] = []
    with serving(server), datagrams_to(server.address) as peer:
        for word in words:
            peer.send(word)
        while not replies or replies[-1] != b"END":
            replies.append(peer.recv(100))
    events = [(type(event).__name__, str(getattr(event, "error", ""))) for event in seen_events(seen)]
    return replies, events


def seen_events(seen: Seen) -> list[Event]:
    return [*seen.of(Failed), *seen.of(Dropped), *seen.of(Stopped)]


def test_in_place_and_one_by_one_give_the_same_replies_and_the_same_events() -> None:
    words = [b"one", b"none", b"many", b"", b"x" * 101, b"empty", b"fault", b"raise", b"two", b"end"]
    logs: list[list[str]] = [[], []]
    in_place = told(shouting(logs[0]), jf.Inline(), words)
    assert in_place == told(shouting(logs[1]), jf.ThreadPool(1), words)
    replies, events = in_place
    assert replies == [b"ONE", b"MANY", b"1", b"0", b"", b"FAULT", b"TWO", b"END"]
    assert events == [
        ("Failed", "Shout at byte 0: is no word"),
        ("Failed", "shouting.<locals>.shout raised RuntimeError('a session that raises')"),
        ("Dropped", "the input ended after 100 of at least 101 bytes"),
        ("Stopped", "None"),
    ]
    assert logs[0] == logs[1]
    assert len(logs[0]) == len(words) - 1, "each session is closed once"


def test_a_burst_from_many_clients_is_answered_each_in_its_order() -> None:
    server = jf.Server(jf.udp("127.0.0.1", 0), service, observer=Seen())
    peers = [datagrams_to(server.address) for _ in range(10)]
    for _ in range(2):
        for peer in peers:
            for request, _ in DIALOGUE:
                peer.send(request)
    expected = [reply for _, reply in DIALOGUE if reply is not None] * 2
    with serving(server):
        for peer in peers:
            with peer:
                assert [peer.recv(65_536) for _ in expected] == expected


class Told:
    """What handlers saw of who asked."""

    def __init__(self) -> None:
        self.ends: list[tuple[Address, Address]] = []
        self.limits: list[jf.Limits] = []


@jf.message(tag=2)
class Yes:
    pass


@jf.message(tag=1)
class Who(jf.Request[Yes]):
    pass


@jf.message(tag=3)
class Whether(jf.Request[Yes]):
    pass


def test_a_handler_that_asks_is_told_who_sent_what_it_answers() -> None:
    told, limits = Told(), jf.Limits(unsent=1234)
    asked = jf.Service(jf.Wire(tag=jf.U8))

    @asked.on(Who)
    def who(request: Who, context: jf.Context[None]) -> Yes:
        told.ends.append((context.peer, context.local))
        told.limits.append(context.limits)
        return Yes()

    server = jf.Server(jf.udp("127.0.0.1", 0), asked, limits=limits)
    with serving(server), datagrams_to(server.address) as one, datagrams_to(server.address) as other:
        for peer in (one, other):
            peer.send(b"\x01")
            assert peer.recv(100) == b"\x02"
        names = [InternetAddress(*peer.getsockname()) for peer in (one, other)]
    assert told.ends == [(name, server.address) for name in names]
    assert told.limits == [limits, limits]


# ---------------------------------------------------------------- faults, and the end


def test_a_fault_is_told_with_its_peer_and_costs_nobody_else_anything() -> None:
    seen = Seen()
    server = jf.Server(jf.udp("127.0.0.1", 0), service, observer=seen)
    with datagrams_to(server.address) as good, datagrams_to(server.address) as bad:
        for request in (b"\x7fwhat", b"\x01garbage", b"\x05", b""):
            good.send(add_bytes(1, 2))
            bad.send(request)
        good.send(add_bytes(3, 4))
        with serving(server):
            assert [good.recv(100) for _ in range(5)] == [sum_bytes(3)] * 4 + [sum_bytes(7)]
        failed = seen.of(Failed)
        assert [type(one.error) for one in failed] == [
            jf.UnknownMessage,
            jf.DecodeError,
            jf.HandlerFailed,
            jf.DecodeError,
        ]
        assert {one.peer for one in failed} == {InternetAddress(*bad.getsockname())}
        assert not is_readable(bad)


@pytest.mark.parametrize("dispatcher", [jf.Inline, lambda: jf.ThreadPool(1)], ids=["inline", "pool"])
def test_a_reply_that_cannot_leave_is_dropped_and_told_and_serving_goes_on(
    dispatcher: Callable[[], Dispatcher], tmp_path: Path
) -> None:
    seen = Seen()
    server = jf.Server(jf.unix_datagram(tmp_path / "socket"), service, dispatcher(), observer=seen)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as gone:
        gone.bind(str(tmp_path / "gone"))
        gone.sendto(add_bytes(1, 2), str(server.address))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nameless:
        nameless.sendto(add_bytes(1, 2), str(server.address))
    with serving(server), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
        peer.bind("")
        peer.settimeout(PATIENCE)
        peer.sendto(add_bytes(1, 2), str(server.address))
        assert peer.recv(100) == sum_bytes(3)
        drops = seen.wait_for(Dropped, 2)
    assert [(drop.what, str(drop.peer), type(drop.error)) for drop in drops] == [
        ("reply", str(tmp_path / "gone"), jf.ConnectionLost),
        ("reply", "unnamed", jf.Unanswerable),
    ]
    assert seen.of(Failed) == []


def test_an_end_out_of_a_handler_ends_serving_after_its_replies_and_the_server_may_serve_again() -> None:
    @final
    class Interrupted:
        def __init__(self) -> None:
            self.status = READY
            self.fault: jf.JackfieldError | None = None

        def receive(self, buffer: Buffer, size: int, /) -> bytes:
            if bytes(buffer[:size]) == b"stop":
                raise KeyboardInterrupt
            return b"answered"

        def resume(self) -> bytes:
            return b""

        def close(self, why: Exception | None, /) -> None:
            pass

    @jf.sessions
    def interrupted(datagram: jf.Datagram) -> Interrupted:
        return Interrupted()

    server = jf.Server(jf.udp("127.0.0.1", 0), interrupted, observer=Seen())
    with server, datagrams_to(server.address) as peer:
        peer.send(b"go on")
        peer.send(b"stop")
        with pytest.raises(KeyboardInterrupt):
            server.serve_forever()
        assert peer.recv(100) == b"answered"
        with serving(server):
            peer.send(b"go on")
            assert peer.recv(100) == b"answered"


def test_shutting_down_from_a_handler_ends_serving_once_the_batch_is_answered() -> None:
    asked = jf.Service(jf.Wire(tag=jf.U8))
    servers: list[jf.Server[jf.Datagram]] = []

    @asked.on(Who)
    def who(request: Who) -> Yes:
        servers[0].shutdown()
        return Yes()

    servers.append(jf.Server(jf.udp("127.0.0.1", 0), asked))
    with servers[0] as server, datagrams_to(server.address) as peer:
        for _ in range(3):
            peer.send(b"\x01")
        server.serve_forever()
        assert [peer.recv(100) for _ in range(3)] == [b"\x02"] * 3


def test_a_drain_waits_for_the_batch_that_is_being_answered_and_a_handler_cannot_drain() -> None:
    asked = jf.Service(jf.Wire(tag=jf.U8))
    entered, leave = threading.Event(), threading.Event()
    refused: list[jf.CompositionError] = []
    servers: list[jf.Server[jf.Datagram]] = []

    @asked.on(Who)
    def who(request: Who) -> Yes:
        try:
            servers[0].drain()
        except jf.CompositionError as error:
            refused.append(error)
        entered.set()
        assert leave.wait(PATIENCE)
        return Yes()

    server = jf.Server(jf.udp("127.0.0.1", 0), asked)
    servers.append(server)
    with serving(server), datagrams_to(server.address) as peer:
        peer.send(b"\x01")
        assert entered.wait(PATIENCE)
        reports: list[jf.DrainReport] = []
        drain = threading.Thread(target=lambda: reports.append(server.drain(PATIENCE)))
        drain.start()
        drain.join(0.05)
        assert reports == []
        leave.set()
        drain.join(PATIENCE)
        assert peer.recv(100) == b"\x02"
    assert [(one.finished, one.cut) for one in reports] == [(1, 0)]
    assert len(refused) == 1


def test_a_batch_whose_handler_does_not_return_is_cut_by_the_drains_deadline() -> None:
    asked = jf.Service(jf.Wire(tag=jf.U8))
    entered, leave = threading.Event(), threading.Event()

    @asked.on(Who)
    def who(request: Who) -> Yes:
        entered.set()
        leave.wait(PATIENCE)
        return Yes()

    server = jf.Server(jf.udp("127.0.0.1", 0), asked)
    with serving(server), datagrams_to(server.address) as peer:
        peer.send(b"\x01")
        assert entered.wait(PATIENCE)
        report = server.drain(0.01)
        leave.set()
    assert (report.finished, report.cut) == (0, 1)


def test_what_a_listener_drops_reaches_the_observer_of_a_blocking_handler_too() -> None:
    seen = Seen()
    server = jf.Server(jf.udp("127.0.0.1", 0, maximum=5), plain, observer=seen)
    with serving(server), datagrams_to(server.address) as peer:
        peer.send(b"too long")
        peer.send(b"short")
        assert peer.recv(100) == b"SHORT"
        (drop,) = seen.of(Dropped)
    assert (drop.what, drop.local) == ("datagram", server.address)
    assert isinstance(drop.error, jf.Truncated)
    assert (drop.error.received, drop.error.needed) == (5, 8)


def test_a_maximum_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="maximum must be at least 1"):
        jf.udp("127.0.0.1", 0, maximum=0)
    with pytest.raises(ValueError, match="maximum must be at least 1"):
        jf.unix_datagram("\0jackfield-none", maximum=-1)
    jf.unix_datagram("\0jackfield-none").close()
