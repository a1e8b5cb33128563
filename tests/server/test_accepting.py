"""Accept errors, refusals, limits given back: what stands between the listener and the handler."""

from __future__ import annotations

import errno
import gc
import os
import resource
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import final

import pytest

import jackfield as jf
from jackfield.addresses import Address
from jackfield.interfaces import AcceptFailed, Closed, Failed, Opened, Paused, Refused, Stopped
from support import PATIENCE, SESSION_DISPATCHERS, AnyDispatcher, Echo, Seen, dial, exchange, name_of, read_all, serving

every_dispatcher = pytest.mark.parametrize("dispatcher", SESSION_DISPATCHERS.values(), ids=SESSION_DISPATCHERS)


def echo(connection: jf.Connection) -> None:
    while data := connection.receive():
        connection.send(data)


@final
class Faulty:
    """A listener of one's own: a real one that fails as it is told, before it does its work."""

    def __init__(self, *errors: int) -> None:
        self._real = jf.tcp("127.0.0.1", 0)
        self._errors = list(errors)

    @property
    def address(self) -> Address:
        return self._real.address

    def fileno(self) -> int:
        return self._real.fileno()

    def accept(self) -> jf.RawConnection | None:
        if self._errors:
            number = self._errors.pop()
            raise OSError(number, os.strerror(number))
        return self._real.accept()

    def close(self) -> None:
        self._real.close()


@every_dispatcher
def test_a_connection_lost_before_it_was_accepted_is_told_and_accepting_goes_on(
    dispatcher: Callable[[], AnyDispatcher],
) -> None:
    seen = Seen()
    server = jf.Server(Faulty(errno.ECONNABORTED, errno.EPROTO), Echo, dispatcher(), observer=seen)
    with serving(server), dial(server.address) as peer:
        assert exchange(peer, b"hello") == b"hello"
    assert [event.error.errno for event in seen.of(AcceptFailed)] == [errno.EPROTO, errno.ECONNABORTED]


@every_dispatcher
def test_a_fatal_error_stops_the_server_and_is_raised(dispatcher: Callable[[], AnyDispatcher]) -> None:
    seen = Seen()
    with (
        jf.Server(Faulty(errno.EINVAL), Echo, dispatcher(), observer=seen) as server,
        dial(server.address),
        pytest.raises(OSError, match=os.strerror(errno.EINVAL)),
    ):
        server.serve_forever()
    (stopped,) = seen.of(Stopped)
    assert isinstance(stopped.error, OSError)


def test_a_signal_that_interrupts_accepting_is_nothing() -> None:
    seen = Seen()
    server = jf.Server(Faulty(errno.EINTR, errno.EAGAIN), echo, jf.Inline(), observer=seen)
    with serving(server), dial(server.address) as peer:
        assert exchange(peer, b"hello") == b"hello"
    assert not {"AcceptFailed", "Paused"} & set(seen.kinds())


@contextmanager
def descriptors_left(number: int) -> Generator[None]:
    """Within the block this process can open *number* more files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    probe = os.dup(0)
    os.close(probe)
    resource.setrlimit(resource.RLIMIT_NOFILE, (probe + number, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@every_dispatcher
def test_out_of_descriptors_accepting_pauses_and_then_serves_who_waited(
    dispatcher: Callable[[], AnyDispatcher],
) -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), Echo, dispatcher(), observer=seen)
    with serving(server):
        with dial(server.address) as warm:
            exchange(warm, b"x")
            seen.wait_for(Closed)
        peer = socket.socket()
        peer.settimeout(PATIENCE)
        with descriptors_left(0):
            peer.connect(name_of(server.address))
            first, *_ = seen.wait_for(Paused)
            assert first.error.errno == errno.EMFILE
        with peer:
            assert exchange(peer, b"waited") == b"waited"
    assert len(seen.of(Paused)) <= 20, "one event for each pause of 100 ms, not one for each turn"


@every_dispatcher
def test_a_refused_peer_costs_no_handler_and_is_told_with_the_steps_name(
    dispatcher: Callable[[], AnyDispatcher],
) -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(jf.Deny("127.0.0.0/8")), Echo, dispatcher(), observer=seen)
    with serving(server):
        for _ in range(3):
            with dial(server.address) as peer:
                assert read_all(peer) == b""
        refused = seen.wait_for(Refused, 3)
    assert {event.by for event in refused} == {"Deny"}
    assert not {"Opened", "Closed", "Failed"} & set(seen.kinds())


def test_a_step_that_raises_refuses_and_is_reported_once() -> None:
    def check(connection: jf.RawConnection) -> jf.RawConnection | None:
        raise LookupError("no such table")

    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(check), echo, jf.Inline(), observer=seen)
    with serving(server), dial(server.address) as peer:
        assert read_all(peer) == b""
        seen.wait_for(Refused)
    (failed,) = seen.of(Failed)
    assert isinstance(failed.error, jf.HandlerFailed)
    assert failed.error.handler.endswith("check")
    assert isinstance(failed.error.__cause__, LookupError)


@every_dispatcher
def test_a_limit_holds_while_somebody_is_inside_and_is_given_back_behind_them(
    dispatcher: Callable[[], AnyDispatcher],
) -> None:
    limit, seen = jf.Limit(total=1), Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(limit), Echo, dispatcher(), observer=seen)
    with serving(server):
        for number in range(1, 6):
            with dial(server.address) as peer:
                assert exchange(peer, b"hello") == b"hello"
                seen.wait_for(Closed, number)
            assert limit.inside == 0


def test_who_is_one_too_many_is_refused_while_the_first_is_served() -> None:
    limit, seen = jf.Limit(per_peer=1), Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(limit), echo, jf.Threads(), observer=seen)
    with serving(server), dial(server.address) as first:
        seen.wait_for(Opened)
        with dial(server.address) as second:
            assert read_all(second) == b""
        assert exchange(first, b"still here") == b"still here"
        seen.wait_for(Closed)
        with dial(server.address) as third:
            assert exchange(third, b"let in") == b"let in"
    assert limit.inside == 0


@pytest.mark.parametrize("failing", [False, True], ids=["handled", "failed"])
def test_a_limit_is_given_back_whatever_becomes_of_the_handler(failing: bool) -> None:
    def handle(connection: jf.Connection) -> None:
        if failing:
            raise RuntimeError("on purpose")

    limit, seen = jf.Limit(total=1), Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(limit), handle, jf.Threads(), observer=seen)
    with serving(server):
        for number in range(1, 4):
            with dial(server.address) as peer:
                assert read_all(peer) == b""
                seen.wait_for(Closed, number)
    assert limit.inside == 0
    assert len(seen.of(Refused)) == 0


def test_a_limit_is_given_back_by_who_got_past_it_and_was_refused_behind_it() -> None:
    limit, seen = jf.Limit(total=1), Seen()
    panel = jf.tcp("127.0.0.1", 0).through(limit).only(lambda _: False)
    server = jf.Server(panel, echo, jf.Threads(), observer=seen)
    with serving(server):
        for number in range(1, 4):
            with dial(server.address) as peer:
                assert read_all(peer) == b""
            seen.wait_for(Refused, number)
    assert limit.inside == 0
    assert {event.by for event in seen.of(Refused)} != {"Limit"}


def test_ten_thousand_connections_leak_nothing() -> None:
    limit, seen, count = jf.Limit(total=100), Counting(), 10_000
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(limit), echo, jf.ThreadPool(4), observer=seen)
    name = name_of(server.address)

    def clients() -> None:
        for _ in range(count // 8):
            with socket.create_connection(name, timeout=PATIENCE) as peer:
                peer.sendall(b"x")
                assert peer.recv(1) == b"x"
                # An abortive end, so that ten thousand connections in TIME_WAIT do not use up the ports.
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with serving(server):
        with ExitStack() as warm:  # one for each worker, so that all of them have started
            for peer in [warm.enter_context(dial(server.address)) for _ in range(4)]:
                peer.sendall(b"x")
                assert peer.recv(1) == b"x"
        for _ in range(4):
            seen.closed.acquire()
        gc.collect()  # what earlier tests left to it is no business of this one
        before = os.listdir("/proc/self/fd"), threading.active_count()
        threads = [threading.Thread(target=clients) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        for _ in range(count):
            assert seen.closed.acquire(timeout=PATIENCE)
        assert os.listdir("/proc/self/fd") == before[0]
        assert threading.active_count() <= before[1] + 4, "the pool may still have been starting its threads"
    assert limit.inside == 0


@final
class Counting:
    """Counts ends, and keeps nothing else: ten thousand events are not worth keeping."""

    def __init__(self) -> None:
        self.closed = threading.Semaphore(0)

    def __call__(self, event: jf.Event, /) -> None:
        if isinstance(event, Closed):
            self.closed.release()
