"""Checks of parts, and faults in front of real ones."""

from __future__ import annotations

import socket
from typing import assert_type

import jackfield as jf
from jackfield.listeners import Memory
from jackfield.testing import (
    BrokenPromise,
    FailNth,
    Held,
    Promise,
    check_acceptor,
    check_dispatcher,
    check_listener,
    check_session,
    visitor,
)


@jf.message(tag=1)
class Ping(jf.OneWay):
    pass


service = jf.Service(jf.Wire(frame=jf.LengthPrefixed(jf.U8, maximum=10), tag=jf.U8))
tcp = jf.tcp("127.0.0.1", 0)


def knock(listener: Memory) -> socket.socket:
    return listener.connect()


def stream(connection: jf.Connection) -> None:
    connection.send(b"x")


check_listener(jf.memory, knock, patience=1)
check_acceptor(jf.Limit(total=5), visitor)
check_acceptor(jf.ProxyProtocol(trusted=["127.0.0.1"]), lambda: visitor("127.0.0.1"))
check_dispatcher(jf.Threads)
check_dispatcher(jf.EventLoop)
check_dispatcher(jf.Asyncio, patience=2.5)
check_session(service, [b"\x01\x01"])

for fault in FailNth.each("send"):
    assert_type(fault, FailNth)
    assert_type(fault.happened, bool)
    jf.Server(fault.listener(tcp), stream)
jf.Server(FailNth("accept", 3, error=OSError(24, "on purpose")).listener(jf.memory()), stream, jf.Forks())
proxied = tcp.through(FailNth("handshake", 1).acceptor(jf.ProxyProtocol(trusted=["127.0.0.1"])))


def greet(connection: jf.Connection[jf.Proxied]) -> None:
    connection.send(str(jf.Proxied.of(connection).client).encode())


jf.Server(proxied, stream)
assert_type(Held.now().more_than(Held.now()), str)
try:
    check_dispatcher(jf.Inline)
except BrokenPromise as broken:
    assert_type(broken.promise, Promise)
    assert_type(broken.found, str)
