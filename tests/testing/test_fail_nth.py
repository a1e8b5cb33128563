"""The n-th call fails, for each n until none is left: the next client is served, and nothing leaks."""

from __future__ import annotations

import errno
import gc
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import cache

import pytest
import uvloop

import jackfield as jf
from acceptors.certificates import Files, client_context, issued
from jackfield.interfaces import AcceptFailed, Closed, Event, Failed, Listener, Opened, Paused
from jackfield.testing import FailNth, Held, Kind
from support import SESSION_DISPATCHERS, Echo, Seen, dial, exchange, serving

LARGE = b"x" * 100_000
"""More than the system takes, or gives, in one call."""


def echo(connection: jf.Connection) -> None:
    while data := connection.receive():
        connection.send(data)


async def echo_async(connection: jf.AsyncConnection) -> None:
    while data := await connection.receive():
        await connection.send(data)


def coroutine(
    door: Listener[jf.Connection], seen: Callable[[Event], None], dispatcher: jf.Asyncio
) -> jf.Server[jf.Connection]:
    server: jf.Server[jf.Connection] = jf.Server(door, echo_async, dispatcher, observer=seen)
    return server


Compose = Callable[[Listener[jf.Connection], Callable[[Event], None]], jf.Server[jf.Connection]]
COMPOSED: dict[str, Compose] = {
    **{
        f"sessions, {name}": lambda door, seen, make=make: jf.Server(door, Echo, make(), observer=seen)  # type: ignore[misc]
        for name, make in SESSION_DISPATCHERS.items()
    },
    "blocking, threads": lambda door, seen: jf.Server(door, echo, jf.Threads(), observer=seen),
    "coroutine, asyncio": lambda door, seen: coroutine(door, seen, jf.Asyncio()),
    "coroutine, uvloop": lambda door, seen: coroutine(door, seen, jf.Asyncio(loop=uvloop.new_event_loop)),
}
every_composition = pytest.mark.parametrize("compose", COMPOSED.values(), ids=COMPOSED)


def plain(peer: socket.socket) -> bool:
    return exchange(peer, LARGE) == LARGE


def connections() -> int:
    gc.collect()
    return sum(isinstance(thing, jf.Connection) for thing in gc.get_objects())


def fail_each(
    kind: Kind,
    compose: Compose,
    through: Callable[[FailNth], Listener[jf.Connection]],
    talk: Callable[[socket.socket], bool],
) -> int:
    """Fail each call of *kind* that two clients come to; return how many there were."""
    with FailNth(kind, 1) as warm:
        fail_one(warm, compose, through, talk)
    before, alive = Held.now(), connections()
    count = sum(fail_one(fault, compose, through, talk) for fault in FailNth.each(kind))
    assert connections() <= alive
    assert Held.now().more_than(before) == ""
    return count


def fail_one(
    fault: FailNth,
    compose: Compose,
    through: Callable[[FailNth], Listener[jf.Connection]],
    talk: Callable[[socket.socket], bool],
) -> bool:
    """Serve two clients, who may meet *fault*, and a third one behind it; return whether it happened."""
    seen, what = Seen(), f"{fault.kind} number {fault.n}"
    server = compose(through(fault), seen)
    with serving(server):
        answered = 0
        for number in range(1, 3):
            with suppress(OSError), dial(server.address) as peer:
                answered += talk(peer)
            seen.wait_for(Closed, number)
        fault.disarm()
        with dial(server.address) as peer:
            assert talk(peer), f"behind {what} nobody is served"
    assert len(seen.of(Opened)) == len(seen.of(Closed)), what
    assert answered == 2 or seen.of(Failed), f"{what} is not told"
    return fault.happened


# What asyncio thinks of a socket that fails to close is asyncio's: that it is open still, and worth a traceback.
@pytest.mark.filterwarnings("ignore:unclosed transport", "ignore::pytest.PytestUnraisableExceptionWarning")
@every_composition
@pytest.mark.parametrize("kind", ["accept", "receive", "send", "close"])
def test_behind_each_failing_call_the_next_client_is_served_and_nothing_leaks(
    kind: Kind, compose: Compose, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL + 1, "asyncio")

    def through(fault: FailNth) -> Listener[jf.Connection]:
        return fault.listener(jf.tcp("127.0.0.1", 0))

    count = fail_each(kind, compose, through, plain)
    outside_python = kind != "accept" and compose in (COMPOSED["sessions, uvloop"], COMPOSED["coroutine, uvloop"])
    assert count >= (0 if outside_python else 2)
    gc.collect()  # what asyncio says of it, it says here


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return issued(tmp_path_factory.mktemp("tls"), "localhost")


@cache
def context() -> ssl.SSLContext:
    return client_context()


def securely(peer: socket.socket) -> bool:
    secure = context().wrap_socket(peer, server_hostname="localhost", do_handshake_on_connect=False)
    try:
        secure.do_handshake()
        secure.sendall(b"hello")
        return secure.recv(5) == b"hello"
    finally:
        with suppress(OSError):
            secure.shutdown(socket.SHUT_RDWR)  # a forked child has this socket, too
        secure.close()


@every_composition
def test_behind_each_failing_handshake_the_next_client_is_served_and_nothing_leaks(
    compose: Compose, files: Files
) -> None:
    tls = jf.Tls(certificate=files.certificate, key=files.key)

    def through(fault: FailNth) -> Listener[jf.Connection]:
        return jf.tcp("127.0.0.1", 0).through(fault.acceptor(tls))

    count = fail_each("handshake", compose, through, securely)
    assert count >= 4, "two clients, with a greeting and an answer at least"


CAPACITY = ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM")
LOST = ("ECONNABORTED", "EPROTO", "ENETDOWN")


@pytest.mark.parametrize("make", SESSION_DISPATCHERS.values(), ids=SESSION_DISPATCHERS)
@pytest.mark.parametrize("name", CAPACITY + LOST)
def test_each_accept_error_pauses_once_or_costs_one_connection(
    make: Callable[[], jf.interfaces.Dispatcher], name: str
) -> None:
    seen, number = Seen(), getattr(errno, name)
    with FailNth("accept", 2, error=OSError(number, name)) as fault:
        server = jf.Server(fault.listener(jf.tcp("127.0.0.1", 0)), Echo, make(), observer=seen)
        with serving(server):
            for _ in range(2):
                with dial(server.address) as peer:
                    assert exchange(peer, b"hello") == b"hello"
            seen.wait_for(Closed, 2)
        assert fault.happened
    paused, lost = (int(name in CAPACITY), int(name in LOST))
    assert [event.error.errno for event in seen.of(Paused)] == [number] * paused
    assert [event.error.errno for event in seen.of(AcceptFailed)] == [number] * lost
