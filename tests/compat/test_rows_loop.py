"""Rows 32 to 41: the loop, and what begins and ends it."""

from __future__ import annotations

import os
import selectors
import socket
import threading
import time
from contextlib import suppress
from typing import Any

import pytest
from typing_extensions import override

from compat.rows import ask, both, dial, echo, handler, in_time, ours, serving
from support import PATIENCE, await_readable

LOCAL = ("127.0.0.1", 0)
FAR = 3600.0
"""A poll interval that no test lives to see the end of."""


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
    server._BaseServer__is_shut_down.set()  # as an earlier loop has left it
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
@pytest.mark.parametrize("when", ["in its actions", "while it waits"])
def test_the_turn_that_sees_the_shutdown_has_no_service_actions(
    module: Any, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Own(module.TCPServer):
        def service_actions(self) -> None:
            calls.append("actions")
            self._BaseServer__shutdown_request = True

    calls: list[str] = []
    with Own(LOCAL, None) as server:
        if when == "while it waits":
            shut_down_late(server, module, monkeypatch)
        server.serve_forever(0)
    assert calls == (["actions"] if when == "in its actions" else [])


def shut_down_late(server: Any, module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the shutdown come while the loop waits: it sees that and what is ready at the same time."""

    class Late(selectors.SelectSelector):
        @override
        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            ready = super().select(timeout)
            server._BaseServer__shutdown_request = True
            return ready

    monkeypatch.setattr(module, "_ServerSelector", Late)
    monkeypatch.setattr(selectors, "DefaultSelector", Late)


def ask_without_reply(server: Any) -> None:
    with suppress(OSError), dial(server) as client:
        client.shutdown(socket.SHUT_WR)


# Row 34.
@both
def test_a_request_that_comes_with_the_shutdown_is_left_alone(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(module.TCPServer):
        def get_request(self) -> tuple[Any, Any]:
            raise AssertionError

    with Own(LOCAL, None) as server, dial(server):
        shut_down_late(server, module, monkeypatch)
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
    """One is serving a request when the other ends: the shutdown is not met before both have."""
    begun, go_on, serving_it = threading.Event(), threading.Event(), list[threading.Thread]()

    def handle(self: Any) -> None:
        serving_it.append(threading.current_thread())
        begun.set()
        in_time(go_on)

    server = module.TCPServer(LOCAL, handler(module, handle))
    server.socket.setblocking(False)  # both see the same connection, one gets it
    threads = [threading.Thread(target=server.serve_forever) for _ in range(2)]
    shutter = threading.Thread(target=server.shutdown)
    for thread in threads:
        thread.start()
    with dial(server):
        in_time(begun)
        shutter.start()
        (idle,) = set(threads) - set(serving_it)
        idle.join(PATIENCE)
        assert (idle.is_alive(), shutter.is_alive()) == (False, True)
        go_on.set()
        for thread in (*threads, shutter):
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
    turned = threading.Event()
    server.service_actions = turned.set  # after this the loop waits, for its poll interval
    thread = threading.Thread(target=server.serve_forever, args=(0.01 if close == "socket" else FAR,))
    thread.start()
    assert ask(server, b"served\n") == b"served\n"
    in_time(turned)
    if close == "socket":  # nobody says so: the next turn sees it
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
        for _ in range(2):
            assert ask(server, b"after\n") == b"after\n"


@ours
def test_a_socket_that_is_being_exchanged_does_not_end_the_loop(module: Any) -> None:
    """Wrapping a socket into a TLS socket leaves the server without a descriptor for a moment."""
    restorers: list[threading.Timer] = []

    def handle(self: Any) -> None:
        echo(self)
        if not restorers:
            descriptor = self.server.socket.detach()
            restorers.append(threading.Timer(0.01, restore, [descriptor]))
            restorers[0].start()

    def restore(descriptor: int) -> None:
        server.socket = socket.socket(fileno=descriptor)

    server = module.TCPServer(LOCAL, handler(module, handle, "StreamRequestHandler"))
    with serving(server, FAR):
        assert ask(server, b"before\n") == b"before\n"
        restorers[0].join(PATIENCE)
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
