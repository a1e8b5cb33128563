"""What a moved program gains by `observer` and `limits`."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

import jackfield as jf
from compat.rows import OURS, ask, datagrams, dial, echo, handler, in_time, serving
from jackfield.addresses import UnixAddress
from jackfield.interfaces import AcceptFailed, Closed, Failed, Opened, Paused, Refused, Started, Stopped
from support import PATIENCE, Seen, read_all

LOCAL = ("127.0.0.1", 0)
SERVERS = ["TCPServer", "ThreadingTCPServer"]


def observed(name: str, handle: Any, base: str = "BaseRequestHandler") -> tuple[Any, Seen]:
    """Return a server with an observer."""
    server, seen = getattr(OURS, name)(LOCAL, handler(OURS, handle, base)), Seen()
    server.observer = seen
    return server, seen


@pytest.mark.parametrize("name", SERVERS)
def test_an_observer_is_told_of_a_requests_life(name: str) -> None:
    server, seen = observed(name, echo, "StreamRequestHandler")
    with serving(server):
        assert ask(server, b"told\n") == b"told\n"
        seen.wait_for(Closed)
    assert seen.kinds() == ["Started", "Opened", "Closed", "Stopped"]
    (opened,), (closed,) = seen.of(Opened), seen.of(Closed)
    assert (opened.peer, str(opened.local)) == (closed.peer, "{}:{}".format(*server.server_address))


@pytest.mark.parametrize("name", SERVERS)
def test_a_failure_is_told_in_place_of_being_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    def handle(self: Any) -> None:
        raise LookupError

    server, seen = observed(name, handle)
    with serving(server):
        assert ask(server, b"") == b""
        (failed,) = seen.wait_for(Failed)
        seen.wait_for(Closed)
    assert isinstance(failed.error, jf.HandlerFailed)
    assert isinstance(failed.error.__cause__, LookupError)
    assert capsys.readouterr().err == ""


def test_a_peer_that_is_gone_is_the_peers_fault() -> None:
    def handle(self: Any) -> None:
        raise ConnectionResetError(104, "reset")

    server, seen = observed("TCPServer", handle)
    with server, dial(server):
        server.handle_request()
    assert isinstance(seen.of(Failed)[0].error, jf.ConnectionLost)


def test_who_is_refused_or_cannot_be_had_is_told() -> None:
    server, seen = observed("TCPServer", echo)
    with server:
        server.verify_request = lambda request, address: False
        with dial(server):
            server.handle_request()
        (refused,) = seen.of(Refused)
        assert refused.by == "verify_request"
        for error in (aborted := OSError(103, "aborted"), many := OSError(24, "too many")):
            server.get_request = failing(error)
            with dial(server):
                server.handle_request()
            server.socket.accept()[0].close()
    assert [event.error for event in seen.of(AcceptFailed)] == [aborted]
    assert [event.error for event in seen.of(Paused)] == [many]
    assert seen.of(Opened) == []


def failing(error: Exception) -> Any:
    def call() -> Any:
        raise error

    return call


def test_datagrams_come_and_go_without_being_told() -> None:
    server, seen = OURS.UDPServer(LOCAL, handler(OURS, echo, "DatagramRequestHandler")), Seen()
    server.observer = seen
    with server, datagrams(server) as client:
        client.send(b"payload\n")
        server.handle_request()
        assert client.recv(100) == b"payload\n"
    assert seen.kinds() == []


def test_a_loop_that_is_ended_by_an_exception_says_so() -> None:
    server, seen = observed("TCPServer", echo)
    server.service_actions = failing(ArithmeticError())
    with server, pytest.raises(ArithmeticError):
        server.serve_forever(0)
    assert seen.kinds() == ["Started", "Stopped"]
    assert isinstance(seen.of(Stopped)[0].error, ArithmeticError)
    assert str(seen.of(Started)[0].local) == "{}:{}".format(*server.server_address)


@pytest.mark.parametrize(("handle", "said"), [("fail", "status 1"), ("die", "SIGKILL"), ("end", None)])
def test_a_childs_end_is_told_when_it_is_reaped(
    handle: str, said: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    program = {"fail": "raise LookupError('reason')", "die": "os.kill(os.getpid(), 9)", "end": "pass"}[handle]
    server, seen = observed("ForkingTCPServer", lambda self: exec(f"import os\n{program}"))
    with dial(server):
        server.handle_request()
        assert seen.kinds() == ["Opened"]
        server.server_close()
    assert seen.kinds() == (["Opened", "Closed"] if said is None else ["Opened", "Failed", "Closed"])
    for failed in seen.of(Failed):
        assert isinstance(failed.error, jf.ChildFailed)
        assert said is not None
        assert said in str(failed.error)
    assert ("LookupError: reason" in capfd.readouterr().err) is (handle == "fail")  # only the child can tell


def test_an_observer_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    server, _ = observed("TCPServer", echo, "StreamRequestHandler")
    server.observer = lambda event: 1 / 0
    with caplog.at_level(logging.CRITICAL), serving(server):
        assert ask(server, b"on\n") == b"on\n"


def test_made_up_addresses_are_told_as_they_are_spelt(tmp_path: Path) -> None:
    class Own(OURS.UnixStreamServer):
        def get_request(self) -> tuple[Any, Any]:
            request, _ = super().get_request()
            return request, ("127.0.0.1", "")

    server, seen = Own(str(tmp_path / "socket"), handler(OURS, echo, "StreamRequestHandler")), Seen()
    server.observer = seen
    with serving(server):
        assert ask(server, b"spelt\n") == b"spelt\n"
        seen.wait_for(Closed)
    assert seen.of(Opened)[0].peer == UnixAddress("('127.0.0.1', '')")


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize("name", SERVERS)
def test_a_silent_client_is_let_go_after_the_idle_limit(name: str) -> None:
    server, seen = observed(name, echo, "StreamRequestHandler")
    server.limits = jf.Limits(idle=0.02)
    with serving(server), dial(server) as client:
        assert read_all(client) == b""
        (failed,) = seen.wait_for(Failed)
    assert isinstance(failed.error, jf.DeadlineExceeded)
    assert (failed.error.waited_for, failed.error.seconds) == ("idle", 0.02)


def test_a_timeout_of_the_handlers_own_counts_before_the_limit() -> None:
    timeouts: list[Any] = []
    own = handler(OURS, lambda self: timeouts.append(self.request.gettimeout()), "StreamRequestHandler", timeout=7)
    with OURS.TCPServer(LOCAL, own) as server, dial(server):
        server.limits = jf.Limits(idle=0.02)
        server.handle_request()
    assert timeouts == [7]


def test_unread_input_does_not_lose_the_reply() -> None:
    """Without lingering the kernel answers unread input by a reset, and the client never sees what was sent."""
    size = 60_000
    server = OURS.TCPServer(LOCAL, handler(OURS, lambda self: self.request.sendall(b"x" * size)))
    server.limits = jf.Limits(linger=PATIENCE)
    with serving(server), dial(server) as client:
        client.sendall(b"never read" * 1000)
        assert read_all(client) == b"x" * size


def test_closing_cuts_who_is_left_after_the_drain_limit() -> None:
    ended: list[bytes] = []

    def handle(self: Any) -> None:
        begun.set()
        ended.append(self.request.recv(1))

    begun = threading.Event()
    server = OURS.ThreadingTCPServer(LOCAL, handler(OURS, handle))
    server.limits = jf.Limits(drain=0.02)
    with dial(server) as client:
        server.handle_request()
        in_time(begun)
        server.server_close()
        assert ended == [b""]
        assert read_all(client) == b""


@pytest.mark.parametrize("deaf", [False, True])
def test_closing_ends_children_that_are_left_after_the_drain_limit(deaf: bool) -> None:
    ready, bell = socket.socketpair()

    def handle(self: Any) -> None:
        if deaf:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        bell.send(b"\0")
        self.request.recv(1)

    server, seen = observed("ForkingTCPServer", handle)
    server.limits = jf.Limits(drain=0.02, idle=None)
    with ready, bell, dial(server):
        server.handle_request()
        assert ready.recv(1)
        server.server_close()
    assert server.active_children == set()
    assert ("SIGKILL" if deaf else "SIGTERM") in str(seen.of(Failed)[0].error)
