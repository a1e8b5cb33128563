"""Every kind of handler under every dispatcher, over every kind of listener: both checkers must accept them all."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TypeVar, assert_type

import jackfield as jf
from jackfield.interfaces import Accepted, Dispatcher, Gate, Handler, Listener, Session, SessionDispatcher

RequestT = TypeVar("RequestT")


@jf.message(tag=0x81)
class Sum:
    total: jf.I64


@jf.message(tag=0x01)
class Add(jf.Request[Sum]):
    left: jf.I64
    right: jf.I64


def function(connection: jf.Connection) -> None: ...


def datagrams(datagram: jf.Datagram) -> None: ...


class Handlers:
    """A callable object for connections, and methods."""

    def __call__(self, connection: jf.Connection) -> None: ...

    def method(self, connection: jf.Connection) -> None: ...

    def of_datagrams(self, datagram: jf.Datagram) -> None: ...

    @staticmethod
    def static(connection: jf.Connection) -> None: ...

    @classmethod
    def of_class(cls, connection: jf.Connection) -> None: ...


class DatagramObject:
    def __call__(self, datagram: jf.Datagram) -> None: ...


service = jf.Service(jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=1000), tag=jf.U8))


@service.on(Add)
def add(request: Add) -> Sum:
    return Sum(request.left + request.right)


@jf.stream_handler(Add, maximum=100)
def add_stream(request: Add) -> Sum:
    return Sum(0)


@jf.datagram_handler(Add)
def add_datagram(request: Add) -> Sum:
    return Sum(0)


handlers = Handlers()
tcp = jf.tcp("127.0.0.1", 0)
udp = jf.udp("127.0.0.1", 0)

# ---------------------------------------------------------------- streams

assert_type(jf.Server(tcp, function), jf.Server[jf.RawConnection])
jf.Server(tcp, function, jf.Inline())
jf.Server(tcp, function, jf.Threads())
jf.Server(tcp, function, jf.ThreadPool(2))
jf.Server(tcp, handlers.method)
jf.Server(tcp, handlers.method, jf.Inline())
jf.Server(tcp, handlers.method, jf.Threads())
jf.Server(tcp, handlers.method, jf.ThreadPool(2))
jf.Server(tcp, handlers)
jf.Server(tcp, handlers, jf.Inline())
jf.Server(tcp, handlers, jf.Threads())
jf.Server(tcp, handlers, jf.ThreadPool(2))
assert_type(jf.Server(tcp, service), jf.Server[jf.RawConnection])
jf.Server(tcp, service, jf.Inline())
jf.Server(tcp, service, jf.Threads())
jf.Server(tcp, service, jf.ThreadPool(2))
jf.Server(tcp, add_stream)
jf.Server(tcp, add_stream, jf.Inline())
jf.Server(tcp, add_stream, jf.Threads())
jf.Server(tcp, add_stream, jf.ThreadPool(2))
jf.Server(tcp, Handlers.static, jf.Threads())
jf.Server(tcp, Handlers.of_class, jf.Threads())

# ---------------------------------------------------------------- datagrams

assert_type(jf.Server(udp, datagrams), jf.Server[jf.Datagram])
jf.Server(udp, datagrams, jf.Inline())
jf.Server(udp, datagrams, jf.Threads())
jf.Server(udp, datagrams, jf.ThreadPool(2))
jf.Server(udp, handlers.of_datagrams, jf.Inline())
jf.Server(udp, DatagramObject(), jf.Inline())
jf.Server(udp, lambda datagram: datagram.reply(datagram.payload), jf.Inline())
assert_type(jf.Server(udp, service), jf.Server[jf.Datagram])
jf.Server(udp, service, jf.Inline())
jf.Server(udp, service, jf.Threads())
jf.Server(udp, service, jf.ThreadPool(2))
jf.Server(udp, add_datagram)
jf.Server(udp, add_datagram, jf.Inline())
jf.Server(udp, add_datagram, jf.Threads())
jf.Server(udp, add_datagram, jf.ThreadPool(2))

# ---------------------------------------------------------------- memory, adopted sockets

memory = jf.memory()
assert_type(memory.connect(), socket.socket)
assert_type(jf.Server(memory, function), jf.Server[jf.RawConnection])
jf.Server(memory, handlers.method, jf.Threads())
jf.Server(memory, service, jf.Inline())
jf.Server(memory, add_stream, jf.ThreadPool(2))
jf.Server(jf.adopt(socket.socket()), service, jf.Threads())
jf.Server(jf.adopt(socket.socket()), add_stream)
jf.Server(jf.adopt(socket.socket(), datagrams=False), function)
jf.Server(jf.adopt(socket.socket(), datagrams=True), service)
jf.Server(jf.adopt(socket.socket(), datagrams=True), add_datagram, jf.Inline())

# ---------------------------------------------------------------- several servers

reports = jf.run(
    jf.Server(tcp, function, jf.ThreadPool(2)),
    jf.Server(udp, datagrams),
    jf.Server(tcp, service),
    jf.Server(memory, handlers),
)
assert_type(reports, list[jf.DrainReport])
servers: list[jf.Server[jf.RawConnection]] = [jf.Server(tcp, function), jf.Server(tcp, service)]
jf.run(*servers)
mixed: tuple[jf.Server[jf.RawConnection], jf.Server[jf.Datagram]] = (jf.Server(tcp, function), jf.Server(udp, service))
jf.run(*mixed)

# ---------------------------------------------------------------- contracts

listeners: list[Listener[jf.RawConnection]] = [tcp, memory, jf.adopt(socket.socket())]
of_datagrams: Listener[jf.Datagram] = udp
plain: Listener[jf.Connection] = tcp
dispatchers: list[Dispatcher] = [jf.Inline(), jf.Threads(limit=8), jf.ThreadPool(2)]
handler: Handler[jf.Connection] = function
for_raw: Handler[jf.RawConnection] = handlers
jf.Server(tcp, handler, dispatchers[0])
jf.Server(tcp, for_raw)
jf.Server(listeners[0], function, dispatchers[1])
jf.Server(plain, function)


class OwnLoop:
    """A dispatcher that drives sessions by itself."""

    def drive(self, gate: Gate[RequestT], sessions: Callable[[RequestT], Session], /) -> None: ...

    def close(self) -> None: ...


loop: SessionDispatcher = OwnLoop()
jf.Server(tcp, service, loop)
jf.Server(tcp, service, OwnLoop())
jf.Server(tcp, add_stream, OwnLoop())
jf.Server(udp, add_datagram, OwnLoop())


def make(listener: Listener[Accepted], own: Handler[Accepted]) -> jf.Server[Accepted]:
    """Handlers and listeners of anything at all."""
    return jf.Server(listener, own)
