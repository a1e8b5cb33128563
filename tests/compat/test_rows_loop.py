"""Rows 25 to 41: what is called from outside."""

from __future__ import annotations

import os
import select
import selectors
import socket
import threading
import time
from contextlib import suppress
from typing import Any

import pytest
from typing_extensions import override

from compat.rows import ask, both, datagrams, dial, echo, handler, in_time, ours, serving
from support import PATIENCE, await_readable

LOCAL = ("127.0.0.1", 0)
FAR = 3600.0
"""A poll interval that no test lives to see the end of."""


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


# Row 32.
@both
def test_serve_forever_ignores_the_timeout(module: Any) -> None:
    class Own(module.TCPServer):
        timeout = 0

        def handle_timeout(self) -> None:
            raise AssertionError

        def service_actions(self) -> None:
            turns.append(self._BaseServer__is_shut_down.is_set())
            if len(turns) == 5:
                enough.set()

    turns: list[bool] = []
    enough = threading.Event()
    server = Own(LOCAL, handler(module, echo, "StreamRequestHandler"))
    with serving(server):
        in_time(enough)
        assert ask(server, b"on\n") == b"on\n"
    assert set(turns) == {False}
    assert server._BaseServer__is_shut_down.is_set()


# Row 33.
@both
def test_service_actions_are_called_each_turn_ready_or_not(module: Any) -> None:
    """A turn comes with each request and, where nothing comes, with each poll interval."""

    class Own(module.TCPServer):
        def service_actions(self) -> None:
            called.set()

    called = threading.Event()
    server = Own(LOCAL, handler(module, echo, "StreamRequestHandler"))
    with serving(server, FAR):
        for _ in range(3):
            called.clear()
            ask(server, b"\n")
            in_time(called)
        server._BaseServer__shutdown_request = True
        ask_without_reply(server)  # ends the turn of the standard module, which waits for its poll interval
    server = Own(LOCAL, None)
    with serving(server, 0.001):
        for _ in range(3):
            called.clear()
            in_time(called)


@both
def test_service_actions_of_an_instance_count(module: Any) -> None:
    server, called = module.TCPServer(LOCAL, None), threading.Event()
    server.service_actions = called.set
    with serving(server, 0.001):
        in_time(called)


@both
def test_the_turn_that_sees_the_shutdown_has_no_service_actions(module: Any) -> None:
    class Own(module.TCPServer):
        def service_actions(self) -> None:
            calls.append("actions")
            self._BaseServer__shutdown_request = True

    calls: list[str] = []
    with Own(LOCAL, None) as server:
        server.serve_forever(0)
    assert calls == ["actions"]


def ask_without_reply(server: Any) -> None:
    with suppress(OSError), dial(server) as client:
        client.shutdown(socket.SHUT_WR)


# Row 34.
@both
def test_a_request_that_comes_with_the_shutdown_is_left_alone(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(module.TCPServer):
        def get_request(self) -> tuple[Any, Any]:
            raise AssertionError

    class Late(selectors.SelectSelector):
        @override
        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            ready = super().select(timeout)
            server._BaseServer__shutdown_request = True
            return ready

    monkeypatch.setattr(module, "_ServerSelector", Late)
    monkeypatch.setattr(selectors, "DefaultSelector", Late)
    with Own(LOCAL, None) as server, dial(server):
        await_readable(server.socket)
        server.serve_forever()


# Row 35.
@both
def test_a_server_can_serve_again(module: Any) -> None:
    class Own(module.TCPServer):
        failing = False

        def service_actions(self) -> None:
            if self.failing:
                raise ArithmeticError

    server = Own(LOCAL, handler(module, echo, "StreamRequestHandler"))
    for _ in range(3):
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        assert ask(server, b"again\n") == b"again\n"
        server.shutdown()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        server.failing = True
        server._BaseServer__is_shut_down.clear()
        with pytest.raises(ArithmeticError):
            server.serve_forever(0.01)
        assert server._BaseServer__is_shut_down.is_set()
        server.failing = False
    server.server_close()


# Row 36.
@both
def test_shutdown_waits_for_the_request_under_way_and_the_end_of_the_loop(module: Any) -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), []

    def handle(self: Any) -> None:
        begun.set()
        in_time(go_on)
        ended.append("handler")

    class Own(module.TCPServer):
        def serve_forever(self, poll_interval: float = 0.01) -> None:
            super().serve_forever(poll_interval)

    def shut() -> None:
        server.shutdown()
        ended.append("shutdown")

    server = Own(LOCAL, handler(module, handle))
    loop, shutter = threading.Thread(target=server.serve_forever), threading.Thread(target=shut)
    loop.start()
    with dial(server):
        in_time(begun)
        shutter.start()
        shutter.join(0.05)  # long enough for one that does not wait
        assert ended == []
        go_on.set()
        shutter.join(PATIENCE)
        loop.join(PATIENCE)
    server.server_close()
    assert ended == ["handler", "shutdown"]


# Row 37.
@both
def test_a_loop_that_begins_while_it_is_shut_down_ends(module: Any) -> None:
    servers = [module.TCPServer(LOCAL, None) for _ in range(20)]
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,)) for server in servers]
    for server, thread in zip(servers, threads, strict=True):
        thread.start()
        server.shutdown()
    for server, thread in zip(servers, threads, strict=True):
        thread.join(PATIENCE)
        assert not thread.is_alive()
        server.server_close()


@both
def test_a_stop_that_is_set_before_the_loop_makes_it_return_at_once(module: Any) -> None:
    with module.TCPServer(LOCAL, None) as server:
        server.get_request = lambda: pytest.fail("a request was taken")
        with dial(server):
            server._BaseServer__shutdown_request = True
            server.serve_forever()


@ours
def test_a_shutdown_meant_for_a_later_loop_is_not_lost(module: Any) -> None:
    """The thread was on its way to serve again, so the shutdown is its, though the loop has not begun."""
    server = module.TCPServer(LOCAL, None)
    with serving(server):
        pass
    held, go_on = threading.Event(), threading.Event()

    def serve() -> None:
        held.set()
        in_time(go_on)
        server.serve_forever()

    server.socket = socket.create_server(LOCAL)
    thread = threading.Thread(target=serve)
    thread.start()
    in_time(held)
    server.shutdown()
    go_on.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    server.server_close()


# Row 38.
@ours
def test_shutdown_where_the_standard_one_waits_for_ever_returns(module: Any) -> None:
    server = module.TCPServer(LOCAL, handler(module, lambda handler: handler.server.shutdown()))
    server.shutdown()
    server.serve_forever()  # the shutdown before the first start was meant for it
    with dial(server):
        server.serve_forever()  # ended by its own handler
    server.service_actions = server.shutdown
    server.serve_forever(0)
    server.server_close()


@ours
def test_a_second_shutdown_does_not_hit_the_next_start(module: Any) -> None:
    server = module.TCPServer(LOCAL, handler(module, echo, "StreamRequestHandler"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    server.shutdown()
    server.shutdown()
    thread.join(PATIENCE)
    with serving(server):
        assert ask(server, b"still\n") == b"still\n"


@ours
@pytest.mark.parametrize("how", ["shutdown", "private name"])
def test_an_idle_loop_is_woken_by_a_shutdown(module: Any, how: str) -> None:
    server = module.TCPServer(LOCAL, None)
    thread = threading.Thread(target=server.serve_forever, args=(FAR,))
    thread.start()
    while server._BaseServer__is_shut_down.is_set():
        pass
    if how == "shutdown":
        server.shutdown()
    else:
        server._BaseServer__shutdown_request = True
    thread.join(PATIENCE)
    assert not thread.is_alive()
    server.server_close()


@ours
def test_two_loops_of_one_server_are_both_ended(module: Any) -> None:
    server = module.TCPServer(LOCAL, None)
    server.socket.setblocking(False)  # both see the same connection, one gets it
    threads = [threading.Thread(target=server.serve_forever) for _ in range(2)]
    for thread in threads:
        thread.start()
    server.shutdown()
    server.shutdown()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    server.server_close()


# Row 39.
@both
def test_closing_is_idempotent_and_leaves_connections_alone(module: Any) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def handle(self: Any) -> None:
        begun.set()
        in_time(go_on)
        self.request.sendall(b"finished")

    server = module.ThreadingTCPServer(LOCAL, handler(module, handle))
    server.block_on_close = False
    with dial(server) as client:
        server.handle_request()
        in_time(begun)
        server.server_close()
        server.server_close()
        assert server.fileno() == -1
        go_on.set()
        assert client.recv(100) == b"finished"


@both
def test_a_server_that_never_served_can_be_closed(module: Any) -> None:
    for name in ("TCPServer", "UDPServer", "ThreadingTCPServer", "ForkingTCPServer"):
        getattr(module, name)(LOCAL, lambda: None).server_close()
    module.BaseServer(LOCAL, None).server_close()


@ours
@pytest.mark.parametrize("close", ["server_close", "socket"])
def test_closing_under_the_loop_ends_it(module: Any, close: str) -> None:
    """The standard module spins for ever."""
    server = module.TCPServer(LOCAL, handler(module, echo, "StreamRequestHandler"))
    server.service_actions = lambda: None  # a program's own: so there is a turn that sees a socket that was closed
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    assert ask(server, b"served\n") == b"served\n"
    if close == "socket":
        server.socket.close()
    else:
        server.server_close()
    thread.join(PATIENCE)
    assert not thread.is_alive()


@ours
def test_a_socket_that_is_exchanged_under_the_loop_does_not_end_it(module: Any) -> None:
    class Own(module.TCPServer):
        def service_actions(self) -> None:
            turned.set()
            in_time(go_on)

    turned, go_on = threading.Event(), threading.Event()
    server = Own(LOCAL, handler(module, echo, "StreamRequestHandler"))
    with serving(server, FAR):
        with dial(server) as client:
            client.shutdown(socket.SHUT_WR)
            in_time(turned)
        # As wrapping it into a TLS socket does; the other descriptor is what makes it hard.
        detached = server.socket.detach()
        server.socket = socket.socket(fileno=os.dup(detached))
        os.close(detached)
        go_on.set()
        assert ask(server, b"after\n") == b"after\n"


# Row 40.
@both
def test_a_with_block_gives_the_server_and_closes_it(module: Any) -> None:
    server = module.TCPServer(LOCAL, None)
    server.shutdown = server.serve_forever = lambda: pytest.fail("called")
    with server as given:
        assert given is server
        assert server.fileno() >= 0
    assert server.fileno() == -1
    server = module.TCPServer(LOCAL, None)
    with pytest.raises(ZeroDivisionError), server:
        raise ZeroDivisionError
    assert server.fileno() == -1


# Row 41.
@both
def test_socket_address_and_handler_can_be_exchanged(module: Any) -> None:
    server = module.TCPServer(LOCAL, None)
    server.socket.close()
    server.socket = socket.create_server(LOCAL)
    server.server_address = server.socket.getsockname()
    server.RequestHandlerClass = handler(module, echo, "StreamRequestHandler")
    with serving(server):
        assert ask(server, b"exchanged\n") == b"exchanged\n"


@ours
def test_running_out_of_descriptors_pauses_the_loop(module: Any) -> None:
    """The standard module spins; see accept(2) for EMFILE."""

    class Own(module.TCPServer):
        def get_request(self) -> tuple[Any, Any]:
            attempts.append(time.monotonic())
            if len(attempts) == 3:
                return super().get_request()
            raise OSError(24, "Too many open files")

    attempts: list[float] = []
    server = Own(LOCAL, handler(module, echo, "StreamRequestHandler"))
    with serving(server):
        assert ask(server, b"at last\n") == b"at last\n"
    assert len(attempts) == 3
    assert attempts[2] - attempts[0] >= 0.2
    attempts.clear()
    with Own(LOCAL, None) as server, dial(server):
        server.handle_request()
        server.handle_request()
        assert time.monotonic() - attempts[0] >= 0.2
