"""Rows 7 to 24: how a server comes to be, and what it is by default."""

from __future__ import annotations

import functools
import os
import socket
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from compat.rows import ask, both, dial, echo, handler, ours, serving

LOCAL = ("127.0.0.1", 0)


# Row 7.
@both
def test_a_base_server_notes_what_it_is_given_and_makes_no_socket(module: Any) -> None:
    class Alarmed(module.BaseServer):
        def server_bind(self) -> None:
            raise AssertionError

        server_activate = server_close = server_bind

    handler_class = object()
    server = Alarmed(LOCAL, handler_class)
    assert (server.server_address, server.RequestHandlerClass) == (LOCAL, handler_class)
    assert not hasattr(server, "socket")
    assert not hasattr(module.BaseServer, "fileno")


# Row 8.
@both
@pytest.mark.parametrize("how", [(), (True,)])
def test_a_socket_is_made_bound_and_activated_in_this_order(module: Any, how: tuple[bool, ...]) -> None:
    calls = []

    class Noted(module.TCPServer):
        def server_bind(self) -> None:
            calls.append(("bind", self.socket.getsockname(), self.RequestHandlerClass))
            super().server_bind()

        def server_activate(self) -> None:
            calls.append(("activate", self.server_address, self.RequestHandlerClass))
            super().server_activate()

    with Noted(LOCAL, "handler", *how) as server:
        assert calls == [
            ("bind", ("0.0.0.0", 0), "handler"),
            ("activate", server.socket.getsockname(), "handler"),
        ]
        dial(server).close()


# Row 9.
@both
@pytest.mark.parametrize("how", [{"bind_and_activate": False}, {}])
def test_without_bind_and_activate_the_rest_is_the_callers(module: Any, how: dict[str, bool]) -> None:
    positional = () if how else (False,)
    server = module.TCPServer(LOCAL, handler(module, echo, "StreamRequestHandler"), *positional, **how)
    assert (server.server_address, server.socket.getsockname()) == (LOCAL, ("0.0.0.0", 0))
    server.allow_reuse_address = True
    server.server_bind()
    with pytest.raises(ConnectionRefusedError):
        dial(server)
    server.server_activate()
    with serving(server):
        assert ask(server, b"there\n") == b"there\n"


# Row 10.
@both
def test_a_server_that_cannot_bind_is_closed_and_leaves_nothing(module: Any) -> None:
    closed = []

    class Noted(module.TCPServer):
        def server_close(self) -> None:
            super().server_close()
            closed.append(self.socket.fileno())

    def descriptors() -> int:
        return len(os.listdir("/dev/fd"))

    before = descriptors()
    for _ in range(1024):
        with pytest.raises(OverflowError):
            Noted(("127.0.0.1", -1), None)
    assert closed == [-1] * 1024
    assert descriptors() == before

    class Interrupted(Noted):
        def server_activate(self) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Interrupted(LOCAL, None)
    assert closed == [-1] * 1025


# Row 11.
@both
@pytest.mark.parametrize(
    ("attribute", "option"),
    [("allow_reuse_address", socket.SO_REUSEADDR), ("allow_reuse_port", socket.SO_REUSEPORT)],
)
@pytest.mark.parametrize("value", [1, True, 0, None])
def test_reuse_options_are_set_where_the_attribute_is_true(
    module: Any, attribute: str, option: int, value: object
) -> None:
    with type("Own", (module.TCPServer,), {attribute: value})(LOCAL, None) as server:
        assert bool(server.socket.getsockopt(socket.SOL_SOCKET, option)) is bool(value)


@both
def test_a_server_is_bound_to_the_address_it_is_given(module: Any) -> None:
    with module.TCPServer(("127.0.0.2", 0), None) as server:
        assert server.server_address[0] == "127.0.0.2"
        with module.TCPServer(("127.0.0.3", server.server_address[1]), None) as other:
            assert other.socket.getsockname() == ("127.0.0.3", server.server_address[1])


@both
def test_reuse_options_that_the_platform_has_not_are_passed_over(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SO_REUSEADDR", "SO_REUSEPORT"):
        monkeypatch.delattr(socket, name)
    own = type("Own", (module.TCPServer,), {"allow_reuse_address": True, "allow_reuse_port": True})
    own(LOCAL, None).server_close()


@ours  # with Python 3.14, and this kernel, the standard module does likewise: before, Unix servers could not have it
def test_ports_are_not_shared_where_there_are_none(module: Any, tmp_path: Any) -> None:
    own = type("Own", (module.UnixStreamServer,), {"allow_reuse_port": True})
    with own(str(tmp_path / "socket"), None) as server:
        assert server.socket.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT) == 0


# Row 12.
@both
def test_port_0_is_resolved(module: Any) -> None:
    with module.TCPServer(LOCAL, None) as server:
        assert server.server_address == server.socket.getsockname()
        assert server.server_address[1] != 0


# Row 13.
@both
def test_activation_listens_with_the_queue_size_on_streams_alone(module: Any) -> None:
    listened = []

    class Ear:
        def listen(self, backlog: int) -> None:
            listened.append(backlog)

    for name in ("TCPServer", "UDPServer"):
        server = module.BaseServer.__new__(getattr(module, name))
        server.socket = Ear()
        server.request_queue_size = 7
        server.server_activate()
    module.BaseServer(LOCAL, None).server_activate()
    assert listened == [7]


# Row 14.
@both
@pytest.mark.parametrize(
    ("attribute", "option"),
    [("allow_reuse_address", socket.SO_REUSEADDR), ("allow_reuse_port", socket.SO_REUSEPORT)],
)
def test_options_count_as_they_are_when_binding(module: Any, attribute: str, option: int) -> None:
    server = module.TCPServer(LOCAL, None, False)
    setattr(server, attribute, True)
    server.server_bind()
    assert server.socket.getsockopt(socket.SOL_SOCKET, option)
    server.server_close()


# Row 15.
@both
def test_a_handler_is_any_callable(module: Any) -> None:
    def reply(word: bytes, /, sock: socket.socket, address: Any, whose: Any) -> None:  # the names are the program's
        assert whose.server_address == sock.getsockname()
        assert address == sock.getpeername()
        sock.sendall(word)

    with module.TCPServer(LOCAL, None) as server:
        for word in (b"function", b"partial"):
            server.RequestHandlerClass = functools.partial(reply, word)
            with dial(server) as client:
                server.handle_request()
                assert client.recv(100) == word
    module.TCPServer(LOCAL, lambda: None).server_close()


# Row 16.
@both
def test_the_socket_is_there_before_binding(module: Any) -> None:
    """A server may be the side that connects: its socket is its one request."""
    with socket.create_server(LOCAL) as other:

        class Reversed(module.TCPServer):
            def server_bind(self) -> None:
                assert self.socket.fileno() >= 0

            def server_activate(self) -> None:
                self.socket.connect(self.server_address)

            def get_request(self) -> tuple[Any, Any]:
                return self.socket, self.server_address

        server = Reversed(other.getsockname(), handler(module, echo, "StreamRequestHandler"))
        peer, _ = other.accept()
        with peer:
            peer.sendall(b"reversed\n")
            server.handle_request()
            assert peer.recv(100) == b"reversed\n"
        server.server_close()


# Row 17.
# Row 18.
# Row 19.
# Row 20.
# Row 21.
# Row 22.
# Row 23.
@both
@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("BaseServer", {"timeout": None}),
        (
            "TCPServer",
            {
                "address_family": socket.AF_INET,
                "socket_type": socket.SOCK_STREAM,
                "request_queue_size": 5 if sys.version_info < (3, 15) else socket.SOMAXCONN,
                "allow_reuse_address": False,
                "allow_reuse_port": False,
                "timeout": None,
            },
        ),
        (
            "UDPServer",
            {
                "socket_type": socket.SOCK_DGRAM,
                "max_packet_size": 8192,
                "allow_reuse_address": False,
                "allow_reuse_port": False,
            },
        ),
        ("UnixStreamServer", {"address_family": socket.AF_UNIX, "socket_type": socket.SOCK_STREAM}),
        ("UnixDatagramServer", {"address_family": socket.AF_UNIX, "socket_type": socket.SOCK_DGRAM}),
        ("ForkingMixIn", {"timeout": 300, "active_children": None, "max_children": 40, "block_on_close": True}),
        ("ThreadingMixIn", {"daemon_threads": False, "block_on_close": True}),
        (
            "StreamRequestHandler",
            {"rbufsize": -1, "wbufsize": 0, "timeout": None, "disable_nagle_algorithm": False},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_defaults_are_the_documented_ones(module: Any, name: str, attributes: dict[str, object]) -> None:
    cls = getattr(module, name)
    assert {attribute: getattr(cls, attribute) for attribute in attributes} == attributes
    for attribute in ("allow_reuse_address", "allow_reuse_port"):
        assert name != "UDPServer" or attribute in vars(cls)


@both
def test_servers_share_a_threads_object_that_keeps_nothing(module: Any) -> None:
    one, other = module.ThreadingTCPServer(LOCAL, None), module.ThreadingTCPServer(LOCAL, None)
    assert one._threads is other._threads is module.ThreadingMixIn._threads
    one._threads.append(None)
    one._threads.join()
    for server in (one, other):
        server.server_close()


# Row 24.
@both
def test_an_attribute_counts_wherever_it_is_set(module: Any) -> None:
    backlogs: list[int] = []

    class Own(module.TCPServer):
        timeout = 0
        request_queue_size = 1
        address_family = socket.AF_INET6

        def handle_timeout(self) -> str:
            return "timed out"

    with Own(("::1", 0), None) as server:
        assert server.handle_request() == "timed out"
        assert server.socket.family == socket.AF_INET6
        server.socket.close()
        server.socket = SimpleNamespace(listen=backlogs.append, close=lambda: None)
        server.server_activate()
    assert backlogs == [1]
    with module.TCPServer(LOCAL, None) as server:
        server.timeout, server.handle_timeout = 0, lambda: "by the instance"
        assert server.handle_request() == "by the instance"
    with module.ForkingTCPServer(LOCAL, None) as server:
        assert server.timeout == 300
