"""Server pipelines that both checkers must accept, with the types that they must see."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TypeVar, assert_type

import jackfield as jf
from jackfield.addresses import Address
from jackfield.interfaces import READY, Buffer, Dispatcher, Gate, Listener, Observer, Peered

RequestT = TypeVar("RequestT")


class Badge(jf.Facet):
    name = "ann"


class Stamp(jf.Facet):
    number = 7


# ---------------------------------------------------------------- handlers


def blocking(connection: jf.Connection) -> None:
    assert_type(connection.receive(), bytes)
    assert_type(connection.peer, Address)
    for line in connection.lines():
        assert_type(line, bytes)
    with connection.deadline(2.5):
        connection.send(bytearray(b"x"))


def raw(connection: jf.RawConnection) -> None:
    connection.send_eof()


def datagrams(datagram: jf.Datagram) -> None:
    assert_type(datagram.payload, bytes)
    datagram.reply(datagram.payload)


def badged(connection: jf.Connection[Badge]) -> None:
    assert_type(Badge.of(connection), Badge)
    assert_type(Badge.of(connection).name, str)


def both(connection: jf.Connection[Badge | Stamp]) -> None:
    assert_type(Badge.of(connection), Badge)
    assert_type(Stamp.of(connection), Stamp)


def badged_datagram(datagram: jf.Datagram[Badge]) -> None:
    assert_type(Badge.of(datagram), Badge)


def either(request: jf.Connection | jf.Datagram) -> None:
    assert_type(request.local, Address)


class Handlers:
    def __call__(self, connection: jf.Connection) -> None: ...

    def bound(self, connection: jf.Connection) -> None: ...


@jf.sessions
class Upper:
    """Sessions of one's own."""

    def __init__(self, request: Peered[Badge]) -> None:
        self.status = READY
        self.fault: jf.JackfieldError | None = None
        self.badge = Badge.of(request)

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        return bytes(buffer[:size]).upper()

    def resume(self) -> bytes:
        return b""

    def close(self, why: Exception | None, /) -> None: ...


@jf.sessions
def upper(request: Peered[Badge]) -> Upper:
    return Upper(request)


# ---------------------------------------------------------------- every handler, every dispatcher

tcp = jf.tcp("127.0.0.1", 0)
udp = jf.udp("127.0.0.1", 0)
assert_type(tcp, jf.Incoming[jf.RawConnection])
assert_type(udp, jf.Incoming[jf.Datagram])

jf.Server(tcp, blocking)
jf.Server(tcp, blocking, jf.Inline())
jf.Server(tcp, blocking, jf.Threads())
jf.Server(tcp, blocking, jf.Threads(limit=8))
jf.Server(tcp, blocking, jf.ThreadPool(2))
jf.Server(tcp, raw, limits=jf.Limits(idle=None), observer=print)
jf.Server(tcp, Handlers(), jf.Threads())
jf.Server(tcp, Handlers().bound, jf.Threads())
jf.Server(tcp, lambda connection: connection.send(b"x"), jf.Threads())
jf.Server(tcp, either)
jf.Server(udp, datagrams)
jf.Server(udp, datagrams, jf.ThreadPool(2))
jf.Server(udp, either, jf.Threads())
jf.Server(jf.memory(), blocking, jf.Inline())
jf.Server(jf.adopt(socket.socket()), blocking)
jf.Server(jf.adopt(socket.socket(), datagrams=True), datagrams)
assert_type(jf.adopt(socket.socket()), jf.Incoming[jf.RawConnection])
assert_type(jf.adopt(socket.socket(), datagrams=True), jf.Incoming[jf.Datagram])

server = jf.Server(tcp, blocking)
assert_type(server.address, Address)
assert_type(server.handle_request(1.0), bool)
assert_type(server.drain(), jf.DrainReport)
with server as entered:
    entered.serve_forever()

assert_type(jf.run(jf.Server(tcp, blocking), jf.Server(udp, datagrams)), list[jf.DrainReport])
jf.run(jf.Server(jf.udp("", 0), datagrams))

# ---------------------------------------------------------------- acceptors


def everybody(request: jf.RawConnection) -> jf.RawConnection | None:
    return request


def identify(connection: jf.RawConnection) -> jf.RawConnection[Badge] | None:
    return connection.learn(Badge())


def stamp(connection: jf.RawConnection[Badge]) -> jf.RawConnection[Badge | Stamp]:
    return connection.learn(Stamp())


def identify_datagram(datagram: jf.Datagram) -> jf.Datagram[Badge]:
    return datagram.learn(Badge())


assert_type(tcp.through(everybody), jf.Incoming[jf.RawConnection])
assert_type(tcp.only(lambda connection: connection.peer is not None), jf.Incoming[jf.RawConnection])
assert_type(tcp.through(jf.Allow("10.0.0.0/8")), jf.Incoming[jf.RawConnection])
assert_type(tcp.through(jf.Deny("10.0.0.0/8")), jf.Incoming[jf.RawConnection])
assert_type(tcp.through(jf.Limit(total=3)), jf.Incoming[jf.RawConnection])
assert_type(udp.through(jf.Limit(per_peer=3)).through(jf.Allow("::1")), jf.Incoming[jf.Datagram])
assert_type(jf.memory().through(jf.Limit(total=3)), jf.Incoming[jf.RawConnection])
assert_type(jf.memory().only(lambda connection: True), jf.Incoming[jf.RawConnection])
assert_type(tcp.through(identify).through(jf.Limit(total=3)), jf.Incoming[jf.RawConnection[Badge]])

jf.Server(tcp.through(jf.Limit(total=3)).through(identify), badged, jf.Threads())
jf.Server(tcp.through(identify).through(stamp), both)
jf.Server(tcp.through(identify).through(stamp), badged)
jf.Server(tcp.through(identify).through(stamp), blocking)
jf.Server(tcp.through(identify), upper, jf.ThreadPool(2))
jf.Server(udp.through(identify_datagram), upper, jf.Inline())
jf.Server(udp.through(identify_datagram), badged_datagram)
jf.Server(udp.through(identify_datagram), datagrams)

# ---------------------------------------------------------------- parts of one's own


class OwnListener:
    @property
    def address(self) -> Address:
        raise NotImplementedError

    def fileno(self) -> int:
        return -1

    def accept(self) -> jf.RawConnection[Stamp] | None:
        return None

    def close(self) -> None: ...


class OwnDispatcher:
    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        for ticket in gate:
            gate.handle(handler, ticket)

    def close(self) -> None: ...


def observe(event: jf.Event) -> None: ...


def stamped(connection: jf.Connection[Stamp]) -> None: ...


listener: Listener[jf.RawConnection[Stamp]] = OwnListener()
dispatcher: Dispatcher = OwnDispatcher()
observer: Observer = observe
jf.Server(OwnListener(), stamped, OwnDispatcher(), observer=observe)
jf.Server(jf.Incoming(OwnListener()).through(jf.Limit(total=1)), stamped)
