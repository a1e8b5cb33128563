"""Rows 62 to 69: a child for each request. Requests are handled on the main thread: nothing forks beside threads."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from compat.rows import OURS, both, dial, handler, name_of, ours, python
from support import PATIENCE, read_all

LOCAL = ("127.0.0.1", 0)


def wait_until_ended(pid: int) -> None:
    """Wait until a child has ended, and leave it to be reaped."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


@contextmanager
def child_of_ours(work: Callable[[], None] = lambda: None) -> Generator[int]:
    """Have a child that is not the server's; at the end it must be there to be reaped."""
    pid = os.fork()
    if not pid:
        try:
            work()
        finally:
            os._exit(72)
    yield pid
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 72


def hang_up(client: socket.socket) -> None:
    """End a connection, of whose client's side children have copies, too."""
    client.shutdown(socket.SHUT_RDWR)


def only_child(server: Any) -> int:
    (pid,) = server.active_children
    assert isinstance(pid, int)
    return pid


# Row 62.
@both
@pytest.mark.parametrize("name", ["ForkingTCPServer", "ForkingUDPServer"])
def test_the_parent_notes_its_child_closes_its_copy_and_goes_on(module: Any, name: str) -> None:
    class Own(getattr(module, name)):  # type: ignore[misc]
        def close_request(self, request: Any) -> None:
            calls.append("close")
            super().close_request(request)

        def shutdown_request(self, request: Any) -> None:
            calls.append("shutdown")
            super().shutdown_request(request)

    def handle(self: Any) -> None:
        if isinstance(self.request, tuple):
            self.request[1].sendto(b"child %d" % os.getpid(), self.client_address)
        else:
            self.request.sendall(b"child %d" % os.getpid())

    calls: list[str] = []
    server: Any = Own(LOCAL, handler(module, handle))
    assert not server.active_children
    with server, socket.socket(server.address_family, server.socket_type) as client:
        client.settimeout(PATIENCE)
        client.connect(server.server_address)
        client.send(b"x")
        assert server.handle_request() is None
        assert isinstance(server.active_children, set)
        assert client.recv(100) == b"child %d" % only_child(server)
        assert calls == ["close"]


@both
def test_a_fork_that_fails_is_reported_and_the_request_closed(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise OSError(errno.EAGAIN, "no more processes")

    errors: list[Any] = []
    with module.ForkingTCPServer(LOCAL, None) as server, dial(server) as client:
        server.handle_error = lambda request, address: errors.append(sys.exc_info()[1])
        monkeypatch.setattr(os, "fork", fork)
        server.handle_request()
        assert read_all(client) == b""
    assert [error.errno for error in errors] == [errno.EAGAIN]


# Row 63.
@both
@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (None, 0, b"shutdown "),
        (LookupError, 1, b"error shutdown "),
        (SystemExit, 1, b"shutdown "),
        (KeyboardInterrupt, 1, b"shutdown "),
    ],
)
def test_a_child_reports_closes_and_leaves_by_its_status(
    module: Any, error: type[BaseException] | None, status: int, said: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    class Own(module.ForkingTCPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            request.sendall(b"error ")

        def shutdown_request(self, request: Any) -> None:
            request.sendall(b"shutdown ")
            super().shutdown_request(request)

        def process_request(self, request: Any, client_address: Any) -> None:
            super().process_request(request, client_address)
            if os.getpid() != parent:
                request.sendall(b"came back")

    def handle(self: Any) -> None:
        if error is not None:
            raise error

    parent = os.getpid()
    with Own(LOCAL, handler(module, handle)) as server:
        with dial(server) as client:
            server.handle_request()
            pid = only_child(server)
            assert read_all(client) == said
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == status
    assert capfd.readouterr().err == ""


# Row 64.
@both
def test_what_a_child_changes_stays_in_it(module: Any) -> None:
    def handle(self: Any) -> None:
        self.server.counter += 1
        self.request.sendall(b"%d" % self.server.counter)

    with module.ForkingTCPServer(LOCAL, handler(module, handle)) as server:
        server.counter = 0
        for _ in range(2):
            with dial(server) as client:
                server.handle_request()
                assert read_all(client) == b"1"
        assert server.counter == 0


# Row 65.
@both
def test_collecting_reaps_the_servers_own_children_that_have_ended(module: Any) -> None:
    server = module.ForkingTCPServer(LOCAL, handler(module, lambda handler: handler.request.recv(1)))
    server.collect_children()
    assert not server.active_children
    with server, child_of_ours() as foreign:
        wait_until_ended(foreign)
        with dial(server) as stays:
            server.handle_request()
            staying = only_child(server)
            with dial(server) as ends:
                server.handle_request()
                (ending,) = server.active_children - {staying}
                hang_up(ends)
            wait_until_ended(ending)
            server.collect_children()
            assert server.active_children == {staying}
            with pytest.raises(ChildProcessError):
                os.waitpid(ending, os.WNOHANG)
            hang_up(stays)
            server.collect_children(blocking=True)
            assert server.active_children == set()


@both
def test_a_child_that_somebody_else_reaped_is_forgotten(module: Any) -> None:
    with module.ForkingTCPServer(LOCAL, handler(module, lambda handler: None)) as server, dial(server):
        server.handle_request()
        os.waitpid(only_child(server), 0)
        server.collect_children()
        assert server.active_children == set()
        server.active_children = {2**22 + 1}
        server.max_children = 1
        server.collect_children()
        assert server.active_children == set()


@both
def test_at_its_maximum_a_server_waits_for_a_child(module: Any) -> None:
    with module.ForkingTCPServer(LOCAL, handler(module, lambda handler: handler.request.recv(1))) as server:
        server.max_children = 2
        with dial(server) as one, dial(server) as other:
            server.handle_request()
            staying = only_child(server)
            server.handle_request()
            closer = threading.Timer(0.05, hang_up, [other])  # ends the second child, not the first
            closer.start()
            server.collect_children()
            assert server.active_children == {staying}
            closer.join(PATIENCE)
            hang_up(one)


# Row 66.
@both
def test_a_child_of_the_programs_own_is_left_to_it(module: Any) -> None:
    with child_of_ours() as foreign:
        wait_until_ended(foreign)
        with module.ForkingTCPServer(LOCAL, handler(module, lambda handler: None)) as server:
            for _ in range(3):
                with dial(server) as client:
                    server.handle_request()
                    assert read_all(client) == b""
                server.service_actions()


@ours
def test_a_child_of_the_programs_own_is_left_to_it_even_at_the_maximum(module: Any) -> None:
    """The standard module waits for any child there, and takes this one's status."""
    with child_of_ours() as foreign:
        wait_until_ended(foreign)
        with module.ForkingTCPServer(LOCAL, handler(module, lambda handler: None)) as server, dial(server) as client:
            server.max_children = 1
            server.handle_request()
            assert read_all(client) == b""
            server.service_actions()
            assert server.active_children == set()


@ours
@pytest.mark.parametrize("error", [errno.ENOSYS, errno.EMFILE])
def test_without_descriptors_for_children_the_maximum_is_kept_all_the_same(
    module: Any, error: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pidfd_open(pid: int, flags: int = 0) -> int:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "pidfd_open", pidfd_open)
    with module.ForkingTCPServer(LOCAL, handler(module, lambda handler: handler.request.recv(1))) as server:
        server.max_children = 1
        with dial(server) as client:
            server.handle_request()
            closer = threading.Timer(0.05, hang_up, [client])
            closer.start()
            server.collect_children()
            assert server.active_children == set()
            closer.join(PATIENCE)


# Row 67.
@both
def test_turns_and_timeouts_reap_but_requests_do_not(module: Any) -> None:
    with module.ForkingTCPServer(LOCAL, handler(module, lambda handler: None)) as server:
        server.timeout = 0
        for reap in (server.service_actions, server.handle_timeout, server.handle_request):
            for count in (1, 2):
                with dial(server):
                    server.handle_request()
                for pid in server.active_children:
                    wait_until_ended(pid)
                assert len(server.active_children) == count
            reap()
            assert server.active_children == set()


# Row 68.
@both
def test_closing_closes_the_socket_and_then_waits_for_the_children(module: Any) -> None:
    class Own(module.ForkingTCPServer):
        def collect_children(self, *, blocking: bool = False) -> None:
            collected.append((self.fileno(), blocking))
            super().collect_children(blocking=blocking)

    collected: list[tuple[int, bool]] = []
    server = Own(LOCAL, handler(module, lambda handler: handler.request.recv(1)))
    with dial(server) as client:
        server.handle_request()
        pid = only_child(server)
        closer = threading.Timer(0.05, hang_up, [client])
        closer.start()
        server.server_close()
        assert (collected, server.active_children) == ([(-1, True)], set())
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        closer.join(PATIENCE)


@both
def test_closing_does_not_wait_where_it_is_told_not_to(module: Any) -> None:
    server = module.ForkingTCPServer(LOCAL, handler(module, lambda handler: handler.request.recv(1)))
    server.block_on_close = False
    with dial(server) as client:
        server.handle_request()
        server.server_close()
        pid = only_child(server)
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)
        hang_up(client)
    os.waitpid(pid, 0)


WARNED = """
import importlib, socket, sys, threading, warnings
module = importlib.import_module(sys.argv[1])
server = module.ForkingTCPServer(("127.0.0.1", 0), lambda *arguments: None)
client = socket.create_connection(server.server_address)
go_on = threading.Event()
thread = threading.Thread(target=go_on.wait)
thread.start()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    server.handle_request()
print([(warning.category.__name__, "fork" in str(warning.message)) for warning in caught])
go_on.set()
thread.join()
client.close()
server.server_close()
"""


# Row 69.
@both
def test_forking_beside_threads_warns_as_the_interpreter_does(module: Any) -> None:
    expected = [("DeprecationWarning", True)] if sys.version_info >= (3, 12) else []
    assert python(WARNED, name_of(module)).stdout == f"{expected}\n"


@ours
def test_a_child_keeps_no_listener(module: Any) -> None:
    """In the standard module a child keeps the address taken, and its clients in a backlog that nobody serves."""

    def handle(handler: Any) -> None:
        handler.request.sendall(b"x")
        handler.request.recv(1)

    server = module.ForkingTCPServer(LOCAL, handler(module, handle))
    server.block_on_close = False
    with dial(server) as client:
        server.handle_request()
        pid = only_child(server)
        server.server_close()
        assert client.recv(1) == b"x", "the child is in its handler, and has let go of what is not its own"
        with pytest.raises(ConnectionRefusedError):
            dial_address(server.server_address)
        hang_up(client)
    os.waitpid(pid, 0)


def dial_address(address: tuple[str, int]) -> None:
    socket.create_connection(address, PATIENCE).close()


PRINTS = """
import importlib, socket, sys
module = importlib.import_module(sys.argv[1])
print("parent")  # waits in a buffer, since this is no terminal
server = module.ForkingTCPServer(("127.0.0.1", 0), lambda *arguments: print("child"))
client = socket.create_connection(server.server_address)
server.handle_request()
client.close()
server.server_close()
"""


def test_what_is_printed_is_printed_once() -> None:
    assert python(PRINTS, OURS.__name__).stdout == "parent\nchild\n"


@ours
def test_a_child_can_shut_down_its_copy_of_the_server(module: Any) -> None:
    """In the standard module it waits for ever."""
    with module.ForkingTCPServer(LOCAL, handler(module, lambda handler: handler.server.shutdown())) as server:
        with dial(server) as client:
            server.handle_request()
            assert read_all(client) == b""
        assert server._BaseServer__shutdown_request is False
        with suppress(ProcessLookupError):
            os.kill(only_child(server), signal.SIGCONT)
