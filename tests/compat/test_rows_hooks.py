"""Rows 42 to 55: the methods that programs override."""

from __future__ import annotations

import io
import socket
import sys
import threading
from typing import Any

import pytest

from compat.rows import ask, both, datagrams, dial, echo, handler, serving
from support import PATIENCE, read_all

LOCAL = ("127.0.0.1", 0)


def upper(self: Any) -> None:
    """Handle a datagram."""
    payload, sock = self.request
    sock.sendto(payload.upper(), self.client_address)


# Row 42.
@both
def test_get_request_accepts_or_receives(module: Any) -> None:
    with module.TCPServer(LOCAL, None) as server, dial(server) as client:
        request, address = server.get_request()
        with request:
            assert (request.getpeername(), address) == (client.getsockname(), client.getsockname())
    with module.UDPServer(LOCAL, None) as server, datagrams(server) as client:
        client.send(b"payload")
        assert server.get_request() == ((b"payload", server.socket), client.getsockname())


@both
def test_a_request_that_fails_to_come_is_dropped(module: Any, capsys: pytest.CaptureFixture[str]) -> None:
    class Own(module.TCPServer):
        def get_request(self) -> tuple[Any, Any]:
            request, address = super().get_request()
            if failures:
                request.close()
                raise failures.pop()
            return request, address

    failures = [OSError("any"), TimeoutError(), ConnectionAbortedError(103, "gone"), OSError(9, "bad descriptor")]
    server = Own(LOCAL, handler(module, echo, "StreamRequestHandler"))
    with serving(server):
        for _ in range(4):
            with dial(server) as client:
                assert read_all(client) == b""
        assert ask(server, b"on\n") == b"on\n"
    assert capsys.readouterr().err == ""


@both
def test_what_is_no_oserror_leaves_the_loop(module: Any) -> None:
    class Own(module.TCPServer):
        def get_request(self) -> tuple[Any, Any]:
            raise LookupError

    with Own(LOCAL, None) as server, dial(server):
        with pytest.raises(LookupError):
            server.serve_forever(0.01)
        with pytest.raises(LookupError):
            server.handle_request()


# Row 43.
@both
def test_a_datagram_is_cut_at_the_packet_size(module: Any) -> None:
    server = module.UDPServer(LOCAL, handler(module, upper))
    with server, datagrams(server) as client:
        client.send(b"x" * 8193)
        client.send(b"next")
        server.handle_request()
        assert client.recv(10_000) == b"X" * 8192
        server.handle_request()
        assert client.recv(10_000) == b"NEXT"
        server.max_packet_size = 9000
        client.send(b"x" * 8193)
        server.handle_request()
        assert client.recv(10_000) == b"X" * 8193


# Row 44.
@both
def test_what_is_not_verified_is_not_processed_but_closed_once(module: Any) -> None:
    class Own(module.TCPServer):
        def verify_request(self, request: Any, client_address: Any) -> Any:
            assert request.getpeername() == client_address
            calls.append("verify")
            return answers.pop(0)

        def process_request(self, request: Any, client_address: Any) -> None:
            calls.append("process")
            super().process_request(request, client_address)

        def shutdown_request(self, request: Any) -> None:
            calls.append("shutdown")
            super().shutdown_request(request)

    answers: list[object] = [False, 0, "truthy", True]
    calls: list[str] = []
    assert module.TCPServer.verify_request(object(), None, None) is True
    with Own(LOCAL, handler(module, lambda handler: None)) as server:
        while answers:
            with dial(server) as client:
                server.handle_request()
                assert read_all(client) == b""
    assert calls == ["verify", "shutdown"] * 2 + ["verify", "process", "shutdown"] * 2


@both
def test_an_exception_of_verify_request_leaves_the_loop(module: Any) -> None:
    class Own(module.TCPServer):
        def verify_request(self, request: Any, client_address: Any) -> bool:
            requests.append(request)
            raise LookupError

    requests: list[Any] = []
    with Own(LOCAL, None) as server, dial(server):
        with pytest.raises(LookupError):
            server.serve_forever(0.01)
        assert requests[0].fileno() >= 0
        requests[0].close()


# Row 45.
@both
def test_processing_is_finishing_and_shutting_down_whatever_it_returns(module: Any) -> None:
    class Own(module.TCPServer):
        def process_request(self, request: Any, client_address: Any) -> Any:
            super().process_request(request, client_address)
            return NotImplemented

        def finish_request(self, request: Any, client_address: Any) -> Any:
            calls.append(("finish", request.getpeername() == client_address))

        def shutdown_request(self, request: Any) -> None:
            calls.append(("shutdown", request.fileno() >= 0))
            super().shutdown_request(request)

    calls: list[Any] = []
    with Own(LOCAL, None) as server, dial(server):
        assert server.handle_request() is None
    assert calls == [("finish", True), ("shutdown", True)]


# Row 46.
@both
@pytest.mark.parametrize("name", ["TCPServer", "ThreadingTCPServer"])
def test_finish_request_is_called_through_the_server(module: Any, name: str) -> None:
    class Own(getattr(module, name)):  # type: ignore[misc]
        def finish_request(self, request: Any, client_address: Any) -> None:
            request.sendall(b"before ")
            self.RequestHandlerClass(request, client_address, self)

    server = Own(LOCAL, handler(module, echo, "StreamRequestHandler"))
    with serving(server):
        assert ask(server, b"the rest\n") == b"before the rest\n"


def failing(error: BaseException) -> Any:
    def handle(self: Any) -> None:
        raise error

    return handle


# Row 47.
@both
def test_an_exception_is_handled_the_request_closed_and_the_loop_goes_on(module: Any) -> None:
    class Own(module.TCPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            calls.append((sys.exc_info()[0], request.fileno() >= 0, request.getpeername() == client_address))

        def shutdown_request(self, request: Any) -> None:
            calls.append("shutdown")
            super().shutdown_request(request)

    calls: list[Any] = []
    server = Own(LOCAL, handler(module, failing(LookupError())))
    with serving(server):
        for _ in range(2):
            assert ask(server, b"") == b""
    assert calls == [(LookupError, True, True), "shutdown"] * 2


# Row 48.
@both
@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_what_is_no_exception_closes_the_request_and_leaves_the_loop(
    module: Any, error: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    with module.TCPServer(LOCAL, handler(module, failing(error()))) as server:
        for serve in (server.handle_request, server.serve_forever):
            with dial(server) as client:
                with pytest.raises(error):
                    serve()
                assert read_all(client) == b""
    assert capsys.readouterr().err == ""


# Row 49.
@both
@pytest.mark.parametrize("name", ["TCPServer", "ThreadingTCPServer"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_handle_error_can_raise_again(module: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(getattr(module, name)):  # type: ignore[misc]
        def handle_error(self, request: Any, client_address: Any) -> None:
            seen.append(sys.exc_info()[1])
            left.append(request)
            raise  # noqa: PLE0704

        def shutdown_request(self, request: Any) -> None:
            closed.append(request)
            super().shutdown_request(request)

    seen: list[Any] = []
    left: list[socket.socket] = []
    closed: list[Any] = []
    error = LookupError("raised")
    monkeypatch.setattr(threading, "excepthook", lambda arguments: seen.append(arguments.exc_value))
    with Own(LOCAL, handler(module, failing(error))) as server, dial(server):
        if name == "TCPServer":
            with pytest.raises(LookupError, match="raised"):
                server.handle_request()
            assert (seen, closed) == ([error], [])
            left[0].close()
        else:
            server.handle_request()
            server.server_close()
            assert (seen, len(closed)) == ([error, error], 1)


# Row 50.
@both
def test_errors_are_printed_between_rules_to_whatever_stderr_is(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.StringIO()
    own = handler(module, failing(LookupError("what happened")))
    with module.TCPServer(LOCAL, own) as server, dial(server) as client:
        monkeypatch.setattr(sys, "stderr", printed)
        server.handle_request()
        address = client.getsockname()
    first, second, third, *trace, last = printed.getvalue().splitlines()
    assert first == last == "-" * 40
    assert second == f"Exception occurred during processing of request from {address}"
    assert third == "Traceback (most recent call last):"
    assert trace[-1] == "LookupError: what happened"


# Row 51.
@both
def test_shutting_a_stream_tells_the_peer_though_the_socket_lives_on_elsewhere(module: Any) -> None:
    class Own(module.TCPServer):
        def close_request(self, request: Any) -> None:
            closed.append(request)
            super().close_request(request)

    copies: list[socket.socket] = []
    closed: list[Any] = []
    server = Own(LOCAL, handler(module, lambda handler: copies.append(handler.request.dup())))
    with server, dial(server) as client:
        server.handle_request()
        assert read_all(client) == b""
        with copies[0]:
            assert (len(closed), closed[0].fileno()) == (1, -1)

    class Gone:
        def shutdown(self, how: int) -> None:
            assert how == socket.SHUT_WR
            raise OSError(107, "not connected")

        def close(self) -> None:
            closed.append(self)

    server.shutdown_request(Gone())
    assert len(closed) == 3
    for bare in (module.BaseServer(LOCAL, None), module.UDPServer(LOCAL, None, False)):
        bare.close_request = closed.append
        bare.shutdown_request("request")
        assert closed.pop() == "request"
        bare.server_close()


# Row 52.
@both
def test_closing_a_request_closes_connections_alone(module: Any) -> None:
    one, other = socket.socketpair()
    with other, module.TCPServer(LOCAL, None) as server:
        server.close_request(one)
        assert one.fileno() == -1
    with module.UDPServer(LOCAL, handler(module, upper)) as server, datagrams(server) as client:
        for _ in range(2):
            client.send(b"again")
            server.handle_request()
            assert client.recv(100) == b"AGAIN"
        server.close_request((b"", server.socket))
        assert server.fileno() >= 0
    module.BaseServer(LOCAL, None).close_request(object())


# Row 53.
@both
def test_only_forking_servers_do_something_at_a_timeout(module: Any) -> None:
    for name in ("TCPServer", "UDPServer", "ThreadingTCPServer"):
        with getattr(module, name)(LOCAL, None) as server:
            assert server.handle_timeout() is None
    with module.ForkingTCPServer(LOCAL, None) as server:
        collected: list[bool] = []
        server.collect_children = lambda *, blocking=False: collected.append(blocking)
        server.handle_timeout()
        assert collected == [False]


# Row 54.
@both
def test_only_forking_servers_do_something_each_turn(module: Any) -> None:
    assert module.BaseServer(LOCAL, None).service_actions() is None
    with module.ForkingTCPServer(LOCAL, None) as server:
        collected: list[bool] = []
        server.collect_children = lambda *, blocking=False: collected.append(blocking)
        server.service_actions()
        assert collected == [False]


# Row 55.
@both
def test_hooks_of_an_instance_count(module: Any) -> None:
    calls: list[str] = []
    server = module.TCPServer(LOCAL, handler(module, echo, "StreamRequestHandler"), bind_and_activate=False)

    def noted(name: str) -> Any:
        real = getattr(server, name)

        def call(*arguments: Any) -> Any:
            calls.append(name)
            return real(*arguments)

        return call

    names = ["server_bind", "server_activate", "get_request", "verify_request", "process_request", "server_close"]
    for name in names:
        setattr(server, name, noted(name))
    server.server_bind()
    server.server_activate()
    with server, dial(server) as client:
        client.settimeout(PATIENCE)
        client.sendall(b"hooked\n")
        server.handle_request()
        assert client.recv(100) == b"hooked\n"
    assert calls == names
