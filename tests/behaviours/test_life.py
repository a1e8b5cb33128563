"""The life of one request: what is called in which order, and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable

import pytest

import jackfield as jf
from jackfield.addresses import InternetAddress
from jackfield.interfaces import Closed, Dispatcher, Event, Failed, Refused
from support import DISPATCHERS, PATIENCE, Seen, datagrams_to, dial, exchange, is_readable, read_all, serving

every_dispatcher = pytest.mark.parametrize("dispatcher", DISPATCHERS.values(), ids=DISPATCHERS)


def test_a_request_meets_step_handler_closing_and_its_calls_in_this_order() -> None:
    order: list[str] = []

    def step(connection: jf.RawConnection) -> jf.RawConnection:
        order.append("step")
        connection.on_close(lambda: order.append("given back"))
        return connection

    def watch(event: Event) -> None:
        order.append(type(event).__name__)

    def handle(connection: jf.Connection) -> None:
        order.append("set up")
        try:
            order.append("handle")
            raise RuntimeError("on purpose")
        finally:
            order.append("finish")

    server = jf.Server(jf.tcp("127.0.0.1", 0).through(step), handle, jf.Inline(), observer=watch)
    with server, dial(server.address) as peer:
        assert server.handle_request(PATIENCE)
        assert read_all(peer) == b""
    assert order == [
        *("Started", "step", "Opened", "set up", "handle", "finish", "Failed", "given back", "Closed"),
        "Stopped",
    ]


class Conversation:
    """A handler with state of its own, a new one for each connection."""

    def __init__(self, connection: jf.Connection) -> None:
        self.connection = connection
        self.lines: list[bytes] = []

    def run(self) -> None:
        for line in self.connection.lines():
            self.lines.append(line.strip())
            self.connection.send(b" ".join(self.lines) + b"\n")


@every_dispatcher
def test_each_request_may_have_an_object_of_its_own(dispatcher: Callable[[], Dispatcher]) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), lambda connection: Conversation(connection).run(), dispatcher())
    with serving(server):
        for _ in range(2):
            with dial(server.address) as peer:
                assert exchange(peer, b"a\nb\n") == b"a\na b\n"


@pytest.mark.parametrize("answer", [False, 0, "", None], ids=repr)
def test_a_predicate_refuses_by_anything_that_is_not_true_before_a_handler_is_made(answer: object) -> None:
    seen = Seen()

    def allow(connection: jf.RawConnection) -> bool:
        return answer  # type: ignore[return-value]  # as callers without a type checker do

    def never(connection: jf.Connection) -> None:
        connection.send(b"handled")

    server = jf.Server(jf.tcp("127.0.0.1", 0).only(allow), never, observer=seen)
    with serving(server), dial(server.address) as peer:
        assert read_all(peer) == b""
        (refused,) = seen.wait_for(Refused)
    assert refused.by.endswith("allow")


def test_a_failure_is_told_with_the_place_where_it_was_raised() -> None:
    def fail(connection: jf.Connection) -> None:
        raise LookupError("on purpose")

    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), fail, jf.Inline(), observer=seen)
    with server, dial(server.address) as peer:
        server.handle_request(PATIENCE)
        assert read_all(peer) == b""
    (failed,) = seen.of(Failed)
    assert isinstance(failed.peer, InternetAddress)
    cause = failed.error.__cause__
    assert isinstance(cause, LookupError)
    where = cause.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    assert where is not None
    assert where.tb_frame.f_code.co_name == "fail"


@every_dispatcher
def test_the_peer_sees_the_end_though_somebody_else_holds_a_copy_of_the_socket(
    dispatcher: Callable[[], Dispatcher],
) -> None:
    copies: list[int] = []

    def copy(connection: jf.RawConnection) -> jf.RawConnection:
        copies.append(os.dup(connection.socket.fileno()))
        return connection

    server = jf.Server(jf.tcp("127.0.0.1", 0).through(copy), lambda c: c.send(b"bye"), dispatcher())
    with serving(server), dial(server.address) as peer:
        assert read_all(peer) == b"bye"
    for number in copies:
        os.close(number)


def test_a_server_that_was_never_served_can_be_closed_and_a_block_ends_it_without_hiding_an_error() -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), lambda connection: None)
    with pytest.raises(ZeroDivisionError), server as entered:
        assert entered is server
        raise ZeroDivisionError
    assert server.fileno() == -1
    with pytest.raises(ConnectionRefusedError):
        dial(server.address)


def test_nothing_is_answered_for_a_datagram_whose_handler_failed_or_had_nothing_to_say() -> None:
    def answer(datagram: jf.Datagram) -> None:
        match datagram.payload:
            case b"fail":
                raise RuntimeError("on purpose")
            case b"silent":
                return
            case text:
                datagram.reply(text.upper())

    seen = Seen()
    server = jf.Server(jf.udp("127.0.0.1", 0), answer, observer=seen)
    with serving(server), datagrams_to(server.address) as peer:
        for text in (b"fail", b"silent", b"hello"):
            peer.send(text)
        assert peer.recv(100) == b"HELLO"
        assert not is_readable(peer)
    assert len(seen.of(Failed)) == 1


def test_threads_that_are_done_are_forgotten() -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), lambda connection: None, jf.Threads(), observer=seen)
    with serving(server):
        before = threading.active_count()
        for number in range(1, 101):
            with dial(server.address) as peer:
                assert read_all(peer) == b""
            seen.wait_for(Closed, number)
        assert threading.active_count() <= before + 2


IDLE = """
    import socket
    import jackfield as jf

    def wait(connection: jf.Connection) -> None:
        connection.send(b"in")
        connection.receive()

    server = jf.Server(jf.tcp("127.0.0.1", 0), wait, jf.{dispatcher}())
    server.serve_in_thread()
    peer = socket.create_connection((server.address.host, server.address.port))
    assert peer.recv(2) == b"in"
    {end}
"""


@pytest.mark.parametrize("dispatcher", ["Inline", "Threads", "ThreadPool", "Forks"])
@pytest.mark.parametrize("end", ["server.close()", ""], ids=["closed", "not closed"])
def test_an_idle_client_does_not_keep_a_program_from_ending(dispatcher: str, end: str) -> None:
    """Nor a child: it sees that its parent is gone. Whatever holds the program's output would be waited for here."""
    text = textwrap.dedent(IDLE.format(dispatcher=dispatcher, end=end))
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, timeout=3 * PATIENCE, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
