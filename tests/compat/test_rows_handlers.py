"""Rows 70 to 79: the handlers."""

from __future__ import annotations

import io
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from compat.rows import both, datagrams, dial, echo, handler, in_time, serving
from support import PATIENCE, read_all, read_exactly

LOCAL = ("127.0.0.1", 0)


def steps(module: Any, calls: list[str], *failing: str, error: type[BaseException] = LookupError) -> Any:
    """Return a handler class that notes its steps, and raises in those of *failing*."""

    def step(name: str) -> Any:
        def call(self: Any) -> None:
            calls.append(name)
            if name in failing:
                raise error(name)

        return call

    return type("Steps", (module.BaseRequestHandler,), {name: step(name) for name in ("setup", "handle", "finish")})


# Row 70.
@both
def test_constructing_a_handler_serves_the_request(module: Any) -> None:
    calls: list[str] = []
    made = steps(module, calls)("request", "address", "server")
    assert (made.request, made.client_address, made.server) == ("request", "address", "server")
    assert calls == ["setup", "handle", "finish"]
    bare = module.BaseRequestHandler(None, None, None)
    assert [bare.setup(), bare.handle(), bare.finish()] == [None] * 3


@both
def test_each_request_has_a_handler_of_its_own(module: Any) -> None:
    def handle(self: Any) -> None:
        seen.append(self)

    seen: list[Any] = []
    with module.TCPServer(LOCAL, handler(module, handle)) as server:
        for _ in range(2):
            with dial(server):
                server.handle_request()
    assert seen[0] is not seen[1]
    assert seen[0].server is seen[1].server is server


# Row 71.
@both
@pytest.mark.parametrize("error", [LookupError, KeyboardInterrupt])
def test_finish_is_called_whatever_handle_does_but_not_after_setup_failed(
    module: Any, error: type[BaseException]
) -> None:
    for failing, called in (("setup", 1), ("handle", 3), ("finish", 3)):
        calls: list[str] = []
        with pytest.raises(error, match=failing):
            steps(module, calls, failing, error=error)(None, None, None)
        assert len(calls) == called
    with pytest.raises(LookupError, match="finish") as caught:
        steps(module, [], "handle", "finish")(None, None, None)
    assert repr(caught.value.__context__) == "LookupError('handle')"


# Row 72.
@both
def test_requests_and_addresses_are_those_of_the_family(module: Any, tmp_path: Path) -> None:
    seen: list[Any] = []
    keep = handler(module, lambda handler: seen.append((handler.request, handler.client_address)))
    with module.TCPServer(LOCAL, keep) as server, dial(server) as client:
        server.handle_request()
        request, address = seen.pop()
        assert isinstance(request, socket.socket)
        assert address == client.getsockname()
    six = type("Six", (module.TCPServer,), {"address_family": socket.AF_INET6})
    with six(("::1", 0), keep) as server, dial(server) as client:
        server.handle_request()
        assert seen.pop()[1] == client.getsockname()
        assert len(client.getsockname()) == 4
    with module.UnixStreamServer(str(tmp_path / "stream"), keep) as server, dial(server):
        server.handle_request()
        assert seen.pop()[1] == ""
    with module.UDPServer(LOCAL, keep) as server, datagrams(server) as client:
        client.send(b"payload")
        server.handle_request()
        assert seen.pop() == ((b"payload", server.socket), client.getsockname())
    with module.UnixDatagramServer(str(tmp_path / "datagrams"), keep) as server:
        for bound, address in (
            (None, None),
            (str(tmp_path / "client"), str(tmp_path / "client")),
            ("\0name", b"\0name"),
        ):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
                if bound is not None:
                    client.bind(bound)
                client.sendto(b"payload", server.server_address)
                server.handle_request()
                assert seen.pop() == ((b"payload", server.socket), address)


# Row 73.
@both
def test_a_stream_handler_applies_its_options(module: Any) -> None:
    def look(self: Any) -> None:
        assert self.connection is self.request
        nodelay = self.connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        seen.append((self.connection.gettimeout(), bool(nodelay), type(self.rfile)))

    seen: list[Any] = []
    cases: list[tuple[dict[str, Any], Any]] = [
        ({}, (None, False, io.BufferedReader)),
        ({"timeout": 7.0, "disable_nagle_algorithm": True}, (7.0, True, io.BufferedReader)),
        ({"timeout": 0.5, "rbufsize": 0}, (0.5, False, socket.SocketIO)),
    ]
    for attributes, expected in cases:
        own = handler(module, look, "StreamRequestHandler", **attributes)
        with module.TCPServer(LOCAL, own) as server, dial(server):
            server.handle_request()
        assert seen.pop() == expected


@both
def test_a_handler_without_a_timeout_leaves_the_sockets_own(module: Any) -> None:
    one, other = socket.socketpair()
    with one, other:
        one.settimeout(7.0)
        handler(module, lambda handler: None, "StreamRequestHandler")(one, "", None)
        assert one.gettimeout() == 7.0


@both
def test_disabling_nagle_on_a_unix_socket_is_an_error(module: Any, tmp_path: Path) -> None:
    own = handler(module, echo, "StreamRequestHandler", disable_nagle_algorithm=True)
    one, other = socket.socketpair()
    with one, other, pytest.raises(OSError, match="not supported"):
        own(one, "", None)


# Row 74.
@both
def test_an_unbuffered_file_sends_at_once_and_whole(module: Any) -> None:
    def handle(self: Any) -> None:
        assert isinstance(self.wfile, io.BufferedIOBase)
        assert (self.wfile.writable(), self.wfile.fileno()) == (True, self.request.fileno())
        assert self.wfile.write(b"first") == 5
        assert self.request.recv(100) == b"seen"  # so it had left
        assert self.wfile.write(memoryview(b"12345678").cast("I")) == 8
        text: Any = "text"
        with pytest.raises(TypeError):
            self.wfile.write(text)
        self.wfile.flush()
        with pytest.raises(OSError, match="read"):
            self.wfile.read()

    server = module.TCPServer(LOCAL, handler(module, handle, "StreamRequestHandler"))
    server.handle_error = lambda request, address: pytest.fail("the handler failed")
    with serving(server), dial(server) as client:
        assert read_exactly(client, 5) == b"first"
        client.sendall(b"seen")
        assert read_all(client) == b"12345678"


@both
def test_a_write_that_a_signal_interrupts_goes_on(module: Any) -> None:
    size = 4_000_000
    sent: list[int] = []
    server = module.TCPServer(
        LOCAL, handler(module, lambda handler: sent.append(handler.wfile.write(bytes(size))), "StreamRequestHandler")
    )
    interrupted, received = threading.Event(), bytearray()
    before = signal.signal(signal.SIGUSR1, lambda number, frame: interrupted.set())

    def read() -> None:
        with dial(server) as client:
            received.extend(client.recv(100))
            signal.pthread_kill(main, signal.SIGUSR1)
            in_time(interrupted)
            received.extend(read_all(client))

    main = threading.get_ident()
    reader = threading.Thread(target=read)
    reader.start()
    with server:
        server.handle_request()
    reader.join(PATIENCE)
    signal.signal(signal.SIGUSR1, before)
    assert (sent, len(received)) == ([size], size)


@both
def test_a_buffered_file_sends_what_it_has_at_the_end(module: Any) -> None:
    def handle(self: Any) -> None:
        assert isinstance(self.wfile, io.BufferedWriter)
        self.wfile.write(b"held")
        self.request.sendall(b"first ")

    own = handler(module, handle, "StreamRequestHandler", wbufsize=-1)
    with module.TCPServer(LOCAL, own) as server, dial(server) as client:
        server.handle_request()
        assert read_all(client) == b"first held"


# Row 75.
@both
def test_files_are_flushed_and_closed_and_a_gone_peer_is_no_error(module: Any) -> None:
    class File(io.BytesIO):
        @override
        def flush(self) -> None:
            calls.append("flush")
            if not self.closed:
                raise ConnectionAbortedError

        @override
        def close(self) -> None:
            calls.append("close")
            self.flush = lambda: None  # type: ignore[method-assign]
            super().close()

    def handle(self: Any) -> None:
        kept.append(self)
        if self.server == "replace":
            self.wfile = File()

    calls: list[str] = []
    kept: list[Any] = []
    for what in ("replace", "keep"):
        one, other = socket.socketpair()
        with one, other:
            handler(module, handle, "StreamRequestHandler")(one, "", what)
            assert (kept[-1].wfile.closed, kept[-1].rfile.closed) == (True, True)
    assert calls[:2] == ["flush", "close"]


@both
def test_a_file_that_the_handler_closed_is_left_alone(module: Any) -> None:
    def handle(self: Any) -> None:
        self.wfile.close()
        self.wfile.flush = lambda: pytest.fail("flushed")

    one, other = socket.socketpair()
    with one, other:
        handler(module, handle, "StreamRequestHandler")(one, "", None)


# Row 76.
@both
def test_a_silent_peer_is_a_timeout_error_of_the_handler(module: Any) -> None:
    class Own(module.TCPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            try:
                raise  # noqa: PLE0704
            except TimeoutError:
                caught.append(True)

    caught: list[bool] = []
    own = handler(module, echo, "StreamRequestHandler", timeout=0.01)
    with Own(LOCAL, own) as server, dial(server) as client:
        server.handle_request()
        assert read_all(client) == b""
    assert caught == [True]


# Row 77.
@both
def test_a_datagram_handler_sends_one_reply_whatever_happens(module: Any) -> None:
    def handle(self: Any) -> None:
        assert (self.packet, self.socket) == self.request
        for line in self.rfile:
            self.wfile.write(line.upper())
        if b"raise" in self.packet:
            raise LookupError

    own = handler(module, handle, "DatagramRequestHandler")
    with module.UDPServer(LOCAL, own) as server, datagrams(server) as client:
        errors: list[Any] = []
        server.handle_error = lambda request, address: errors.append(address)
        for payload in (b"one\ntwo\n", b"", b"raise"):
            client.send(payload)
            server.handle_request()
            assert client.recv(100) == payload.upper()
        assert errors == [client.getsockname()]
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(100)


# Row 78.
@both
def test_a_datagram_without_an_address_is_an_error_of_the_handler(module: Any, tmp_path: Path) -> None:
    class Own(module.UnixDatagramServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            try:
                raise  # noqa: PLE0704
            except TypeError:
                caught.append(client_address)

    caught: list[Any] = []
    own = handler(module, lambda handler: seen.append(handler.socket), "DatagramRequestHandler")
    seen: list[Any] = []
    with Own(str(tmp_path / "socket"), own) as server:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.sendto(b"payload", server.server_address)
            server.handle_request()
        assert (seen, caught) == ([server.socket], [None])


# Row 79.
@both
def test_a_handler_keeps_what_it_likes_and_serves_as_long_as_it_likes(module: Any) -> None:
    def handle(self: Any) -> None:
        self.total = 0
        for line in self.rfile:
            self.total += int(line)
            self.wfile.write(b"%d\n" % self.total)

    server = module.ThreadingTCPServer(LOCAL, handler(module, handle, "StreamRequestHandler"))
    with serving(server), dial(server) as one, dial(server) as other:
        for expected in (b"5\n", b"10\n"):
            for client in (one, other):
                client.sendall(b"5\n")
                assert read_exactly(client, len(expected)) == expected
