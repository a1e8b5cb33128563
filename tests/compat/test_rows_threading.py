"""Rows 56 to 61: a thread for each request."""

from __future__ import annotations

import http.server
import importlib
import threading
import urllib.request
from typing import Any

import pytest
from typing_extensions import override

from compat.rows import OURS, both, dial, handler, in_time, name_of, ours, python
from support import PATIENCE, read_all

LOCAL = ("127.0.0.1", 0)


class Held:
    """A handler that waits until it may go on."""

    def __init__(self, module: Any) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.threads: list[threading.Thread] = []
        self.handler = handler(module, lambda handler: self.handle())

    def handle(self) -> None:
        self.threads.append(threading.current_thread())
        self.begun.set()
        in_time(self.go_on)


# Row 56.
@both
@pytest.mark.parametrize("daemon", [False, True])
def test_each_request_gets_a_thread_and_serving_goes_on(module: Any, daemon: bool) -> None:
    held = Held(module)
    server = module.ThreadingTCPServer(LOCAL, held.handler)
    server.daemon_threads = daemon
    with dial(server) as client:
        server.handle_request()
        in_time(held.begun)
        (thread,) = held.threads
        assert thread is not threading.current_thread()
        assert thread.is_alive()
        assert thread.daemon is daemon
        assert thread.name.endswith(" (process_request_thread)")
        held.go_on.set()
        assert read_all(client) == b""
        thread.join(PATIENCE)
    server.server_close()


@both
def test_a_thread_is_kept_before_it_starts(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: Any) -> None:
        kept.append(list(server._threads))
        begin(self)

    begin = threading.Thread.start
    kept: list[list[Any]] = []
    with module.ThreadingTCPServer(LOCAL, handler(module, lambda handler: None)) as server, dial(server):
        monkeypatch.setattr(threading.Thread, "start", start)
        server.handle_request()
    assert [len(threads) for threads in kept] == [1]


# Row 57.
@both
@pytest.mark.parametrize("error", [LookupError, SystemExit, ArithmeticError, KeyboardInterrupt])
def test_a_threads_exception_is_handled_and_its_request_closed(
    module: Any, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Own(module.ThreadingTCPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            calls.append("handled")

        def shutdown_request(self, request: Any) -> None:
            calls.append("shutdown")
            super().shutdown_request(request)

    def handle(self: Any) -> None:
        raise error

    calls: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: calls.append(arguments.exc_type.__name__))
    with Own(LOCAL, handler(module, handle)) as server, dial(server) as client:
        server.handle_request()
        assert read_all(client) == b""
    expected = ["handled", "shutdown"] if issubclass(error, Exception) else ["shutdown", error.__name__]
    assert calls == expected


@both
def test_a_thread_goes_through_the_servers_own_steps(module: Any) -> None:
    class Own(module.ThreadingTCPServer):
        def process_request_thread(self, request: Any, client_address: Any) -> None:
            request.sendall(b"mine ")
            super().process_request_thread(request, client_address)

    own = handler(module, lambda handler: handler.request.sendall(b"theirs"))
    with Own(LOCAL, own) as server, dial(server) as client:
        server.handle_request()
        assert read_all(client) == b"mine theirs"


# Row 58.
@both
def test_only_running_threads_that_are_no_daemons_are_kept(module: Any) -> None:
    held = Held(module)
    server = module.ThreadingTCPServer(LOCAL, held.handler)
    with server, dial(server), dial(server), dial(server), dial(server):
        for daemon, block, count in ((False, True, 1), (True, True, 1), (False, True, 2)):
            server.daemon_threads, server.block_on_close = daemon, block
            held.begun.clear()
            server.handle_request()
            in_time(held.begun)
            assert len(server._threads) == count
        assert server._threads is vars(server)["_threads"]
        held.go_on.set()
        for thread in held.threads:
            thread.join(PATIENCE)
        server.handle_request()
        assert len(server._threads) == 1
    server = module.ThreadingTCPServer(LOCAL, held.handler)
    server.block_on_close = False
    with server, dial(server):
        server.handle_request()
        assert "_threads" not in vars(server)


# Row 59.
@both
def test_closing_closes_the_socket_and_then_joins(module: Any) -> None:
    held = Held(module)
    server = module.ThreadingTCPServer(LOCAL, held.handler)
    with dial(server) as client:
        server.handle_request()
        in_time(held.begun)
        closer = threading.Thread(target=server.server_close)
        closer.start()
        closer.join(0.05)  # long enough for one that does not join
        assert closer.is_alive()
        assert server.fileno() == -1
        held.go_on.set()
        closer.join(PATIENCE)
        assert not closer.is_alive()
        assert not held.threads[0].is_alive()
        assert read_all(client) == b""


@both
@pytest.mark.parametrize("attributes", [{"block_on_close": False}, {"daemon_threads": True}])
def test_closing_does_not_join_where_it_is_told_not_to(module: Any, attributes: dict[str, bool]) -> None:
    held = Held(module)
    server = type("Own", (module.ThreadingTCPServer,), attributes)(LOCAL, held.handler)
    with dial(server):
        server.handle_request()
        in_time(held.begun)
        server.server_close()
        assert held.threads[0].is_alive()
        held.go_on.set()
        held.threads[0].join(PATIENCE)


OUTLIVES = """
import atexit, importlib, socket, sys, threading
atexit.register(print, "the end", flush=True)
module = importlib.import_module(sys.argv[1])
class Handler(module.BaseRequestHandler):
    def handle(self):
        begun.set()
        if Server.daemon_threads:
            self.request.recv(1)
        threading.main_thread().join()  # it has ended when the interpreter begins to wait for threads
        print("handled", flush=True)
class Server(module.ThreadingTCPServer):
    daemon_threads = sys.argv[2] == "daemon"
begun = threading.Event()
server = Server(("127.0.0.1", 0), Handler)
client = socket.create_connection(server.server_address)
server.handle_request()
begun.wait()
"""


# Row 60.
@both
@pytest.mark.parametrize(("kind", "printed"), [("daemon", "the end\n"), ("plain", "handled\nthe end\n")])
def test_a_program_ends_when_its_threads_have_but_for_daemons(module: Any, kind: str, printed: str) -> None:
    ran = python(OUTLIVES, name_of(module), kind)
    assert (ran.returncode, ran.stdout) == (0, printed)


# Row 61.
@both
@pytest.mark.parametrize("base", ["http.server.HTTPServer", "wsgiref.simple_server.WSGIServer"])
def test_the_mix_in_goes_over_any_server(module: Any, base: str) -> None:
    """The servers here are the standard library's, on the standard module: the mix-in knows them by their methods."""
    home, _, name = base.rpartition(".")
    threads: list[threading.Thread] = []
    done = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            threads.append(threading.current_thread())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"over")

        @override
        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    class Over(module.ThreadingMixIn, getattr(importlib.import_module(home), name)):  # type: ignore[misc]
        def close_request(self, request: Any) -> None:
            super().close_request(request)
            done.set()

    with Over(LOCAL, Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_address[1]}/", timeout=PATIENCE) as reply:
            assert reply.read() == b"over"
        thread.join(PATIENCE)
        in_time(done)
    assert threads[0] not in {threading.current_thread(), thread}


@ours
def test_a_request_that_gets_no_thread_is_reported_and_closed(
    module: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The standard module keeps the thread that did not start, and cannot be closed then."""

    def start(self: Any) -> None:
        raise RuntimeError("can't start new thread")

    server = module.ThreadingTCPServer(LOCAL, handler(module, lambda handler: None))
    with dial(server) as client:
        monkeypatch.setattr(threading.Thread, "start", start)
        server.handle_request()
        monkeypatch.undo()
        assert read_all(client) == b""
    assert len(server._threads) == 0
    server.server_close()
    assert "RuntimeError: can't start new thread" in capsys.readouterr().err


def test_threads_can_be_kept_and_joined_by_the_program() -> None:
    threads, done = OURS._Threads(), threading.Event()
    thread = threading.Thread(target=in_time, args=(done,))
    thread.start()
    threads.append(thread)
    threads.append(threading.Thread(daemon=True))
    assert list(threads) == [thread]
    done.set()
    threads.join()
    assert (list(threads), thread.is_alive()) == ([], False)
    assert threads.pop_all() == []
