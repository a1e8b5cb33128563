"""Rows 25 to 31: one request at a time, and what a server is to a selector."""

from __future__ import annotations

import select
import selectors
import socket
import threading
from typing import Any

import pytest
from typing_extensions import override

from compat.rows import both, datagrams, dial, echo, handler, in_time, serving
from support import PATIENCE, await_readable

LOCAL = ("127.0.0.1", 0)
FAR = 3600.0
"""Seconds that no test lives to see the end of."""


class Clock:
    """A module's clock, and a selector that makes it go."""

    def __init__(self, module: Any, monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> None:
        """Have each wait last as long as *waits* says, and find nothing."""
        self.now = 1000.0
        self.asked: list[float | None] = []
        clock = self

        class Selector(selectors.SelectSelector):
            @override
            def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
                clock.asked.append(timeout)
                clock.now += waits.pop(0) if waits else FAR
                return []

        monkeypatch.setattr(module, "time", lambda: self.now)
        monkeypatch.setattr(module, "_ServerSelector", Selector)


# Row 25.
@both
def test_the_servers_own_fileno_is_what_is_waited_for(module: Any) -> None:
    elsewhere, bell = socket.socketpair()
    with elsewhere, bell:

        class Own(module.TCPServer):
            def fileno(self) -> int:
                return elsewhere.fileno()

            def get_request(self) -> tuple[Any, Any]:
                elsewhere.recv(1)
                done.set()
                raise OSError

        done = threading.Event()
        server = Own(LOCAL, None)
        with serving(server):
            bell.send(b"\0")
            in_time(done)
        server = Own(LOCAL, None)
        done.clear()
        bell.send(b"\0")
        server.timeout = PATIENCE
        server.handle_request()
        assert done.is_set()
        server.server_close()


@both
def test_a_server_can_be_selected_until_it_is_closed(module: Any) -> None:
    server = module.TCPServer(LOCAL, None)
    assert server.fileno() == server.socket.fileno() >= 0
    with selectors.DefaultSelector() as selector, dial(server):
        selector.register(server, selectors.EVENT_READ)
        assert [key.fileobj for key, _ in selector.select(PATIENCE)] == [server]
    server.server_close()
    assert server.fileno() == -1


# Row 26.
@both
def test_a_program_selects_several_servers_and_handles_what_is_ready(module: Any) -> None:
    stream = module.TCPServer(LOCAL, handler(module, echo, "StreamRequestHandler"))
    dgram = module.UDPServer(LOCAL, handler(module, echo, "DatagramRequestHandler"))
    with stream, dgram, dial(stream) as one, datagrams(dgram) as other:
        one.sendall(b"stream\n")
        other.send(b"datagram\n")
        left = {stream, dgram}
        while left:
            ready, _, _ = select.select(list(left), [], [], PATIENCE)
            assert ready
            for server in ready:
                server.handle_request()
                left.remove(server)
        assert (one.recv(100), other.recv(100)) == (b"stream\n", b"datagram\n")


# Row 27.
@both
def test_handle_request_returns_none_or_what_handle_timeout_does(module: Any) -> None:
    with module.TCPServer(LOCAL, handler(module, echo, "StreamRequestHandler")) as server:
        server.process_request_result = server.process_request
        server.handle_timeout = lambda: "nobody came"
        server.timeout = 0
        assert server.handle_request() == "nobody came"
        server.timeout = PATIENCE
        with dial(server) as client:
            client.sendall(b"somebody\n")
            assert server.handle_request() is None
            assert client.recv(100) == b"somebody\n"


# Row 28.
@both
@pytest.mark.parametrize(
    ("of_server", "of_socket", "waits"),
    [(None, 5.0, 5.0), (5.0, None, 5.0), (3.0, 7.0, 3.0), (7.0, 3.0, 3.0), (0, 7.0, 0), (0.5, None, 0.5)],
)
def test_the_shorter_timeout_counts(
    module: Any,
    monkeypatch: pytest.MonkeyPatch,
    of_server: float | None,
    of_socket: float | None,
    waits: float,
) -> None:
    with module.TCPServer(LOCAL, None) as server:
        server.timeout = of_server
        server.socket.settimeout(of_socket)
        clock = Clock(module, monkeypatch, [])
        server.handle_request()
    assert clock.asked == [waits]


@both
def test_without_timeouts_handle_request_waits_for_ever(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Enough(Exception):
        pass

    with module.TCPServer(LOCAL, None) as server:
        clock = Clock(module, monkeypatch, [FAR, FAR])
        server.handle_timeout = lambda: pytest.fail("there is no timeout")
        select_once, count = module._ServerSelector.select, 0

        def some(self: Any, timeout: float | None = None) -> Any:
            nonlocal count
            count += 1
            if count > 2:
                raise Enough
            return select_once(self, timeout)

        monkeypatch.setattr(module._ServerSelector, "select", some)
        with pytest.raises(Enough):
            server.handle_request()
    assert clock.asked == [None, None]


# Row 29.
@both
def test_early_wake_ups_do_not_prolong_the_timeout(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    timeouts = []
    with module.TCPServer(LOCAL, None) as server:
        server.timeout = 10
        clock = Clock(module, monkeypatch, [4.0, 5.0, 1.5])
        server.handle_timeout = lambda: timeouts.append(clock.now)
        server.handle_request()
    assert (clock.asked, timeouts) == ([10, 6.0, 1.0], [1010.5])


@both
def test_timeout_0_looks_once(module: Any) -> None:
    with module.TCPServer(LOCAL, handler(module, echo, "StreamRequestHandler")) as server:
        server.timeout, timeouts = 0, []
        server.handle_timeout = lambda: timeouts.append(1)
        server.handle_request()
        with dial(server) as client:
            client.sendall(b"seen\n")
            await_readable(server.socket)
            server.handle_request()
            assert client.recv(100) == b"seen\n"
    assert timeouts == [1]


# Row 30.
@both
def test_handle_request_calls_no_service_actions_and_keeps_no_selector(
    module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, closed = [], []

    class Selector(selectors.SelectSelector):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

        @override
        def close(self) -> None:
            super().close()
            closed.append(self)

    monkeypatch.setattr(module, "_ServerSelector", Selector)
    with module.TCPServer(LOCAL, None) as server:
        server.timeout, server.service_actions = 0, lambda: pytest.fail("called")
        server.handle_request()
        server.handle_request()
        with dial(server):
            await_readable(server.socket)
            server.RequestHandlerClass = lambda *arguments: None
            server.handle_request()
    assert made == closed
    assert len(made) == 3


STEPS = (
    *("get_request", "verify_request", "process_request", "finish_request"),
    *("setup", "handle", "finish", "shutdown_request", "close_request"),
)


# Row 31.
@both
@pytest.mark.parametrize("name", ["TCPServer", "ThreadingTCPServer", "UDPServer"])
def test_the_steps_of_a_request_come_in_order(module: Any, name: str) -> None:
    calls, done = [], threading.Event()

    def noted(cls: Any, step: str) -> Any:
        def call(self: Any, *arguments: Any) -> Any:
            calls.append(step)
            result = getattr(super(made[cls], self), step)(*arguments)
            if step == "close_request":
                done.set()
            return result

        return call

    made: dict[Any, Any] = {}
    for base, steps in ((getattr(module, name), STEPS[:4] + STEPS[7:]), (module.BaseRequestHandler, STEPS[4:7])):
        made[base] = type("Noted", (base,), {step: noted(base, step) for step in steps})
    server = made[getattr(module, name)](LOCAL, made[module.BaseRequestHandler])
    with server, socket.socket(server.address_family, server.socket_type) as client:
        client.connect(server.server_address)
        client.send(b"x")
        server.handle_request()
        in_time(done)
    assert calls == list(STEPS)
