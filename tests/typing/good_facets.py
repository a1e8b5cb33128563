"""What acceptors learn and keep: both checkers must see just these types."""

from __future__ import annotations

from typing import TypeVar, assert_type

import jackfield as jf
from jackfield.connections import Connection
from jackfield.interfaces import READY, Acceptor, Buffer, Located, Peered

FacetsT = TypeVar("FacetsT")
LocatedT = TypeVar("LocatedT", bound=Located)


class Badge(jf.Facet):
    name = "ann"


class Stamp(jf.Facet):
    number = 7


def identify(connection: jf.RawConnection[FacetsT]) -> jf.RawConnection[FacetsT | Badge] | None:
    return connection.learn(Badge())


def stamp(connection: jf.RawConnection[FacetsT]) -> jf.RawConnection[FacetsT | Stamp]:
    return connection.learn(Stamp())


def negotiate(connection: jf.Connection[FacetsT]) -> jf.Connection[FacetsT | Stamp]:
    return connection.learn(Stamp())


def identify_datagram(datagram: jf.Datagram[FacetsT]) -> jf.Datagram[FacetsT | Badge]:
    return datagram.learn(Badge())


def stamp_datagram(datagram: jf.Datagram[FacetsT]) -> jf.Datagram[FacetsT | Stamp] | None:
    return datagram.learn(Stamp())


def plain(connection: jf.Connection) -> None: ...


def badged(connection: jf.Connection[Badge]) -> None:
    assert_type(Badge.of(connection), Badge)
    assert_type(Badge.of(connection).name, str)


def both(connection: jf.Connection[Badge | Stamp]) -> None:
    assert_type(Badge.of(connection).name, str)
    assert_type(Stamp.of(connection).number, int)


def both_reversed(connection: jf.Connection[Stamp | Badge]) -> None:
    badged(connection)
    both(connection)
    plain(connection)


def both_datagram(datagram: jf.Datagram[Badge | Stamp]) -> None:
    assert_type(Badge.of(datagram), Badge)
    assert_type(Stamp.of(datagram), Stamp)


def plain_datagram(datagram: jf.Datagram) -> None: ...


tcp = jf.tcp("127.0.0.1", 0)
udp = jf.udp("127.0.0.1", 0)

# ---------------------------------------------------------------- learnt, in both orders

assert_type(tcp.through(identify), jf.Incoming[jf.RawConnection[Badge]])
assert_type(tcp.through(identify).through(stamp), jf.Incoming[jf.RawConnection[Badge | Stamp]])
assert_type(tcp.through(stamp).through(identify), jf.Incoming[jf.RawConnection[Stamp | Badge]])
assert_type(tcp.through(identify).through(negotiate), jf.Incoming[Connection[Badge | Stamp]])
assert_type(udp.through(identify_datagram).through(stamp_datagram), jf.Incoming[jf.Datagram[Badge | Stamp]])
assert_type(jf.memory().through(stamp).through(identify), jf.Incoming[jf.RawConnection[Stamp | Badge]])

jf.Server(tcp.through(identify), badged)
jf.Server(tcp.through(identify), plain, jf.Threads())
jf.Server(tcp.through(identify).through(stamp), both)
jf.Server(tcp.through(stamp).through(identify), both, jf.Threads())
jf.Server(tcp.through(stamp).through(identify), both_reversed, jf.ThreadPool(2))
jf.Server(tcp.through(stamp).through(identify), badged)
jf.Server(tcp.through(stamp).through(identify), plain, jf.Inline())
jf.Server(tcp.through(identify).through(negotiate), both)
jf.Server(udp.through(identify_datagram).through(stamp_datagram), both_datagram)
jf.Server(udp.through(stamp_datagram).through(identify_datagram), both_datagram, jf.Inline())
jf.Server(udp.through(stamp_datagram), plain_datagram)

# ---------------------------------------------------------------- kept

known = tcp.through(identify)
of_datagrams = udp.through(identify_datagram)
assert_type(known.through(jf.Allow("::1")), jf.Incoming[jf.RawConnection[Badge]])
assert_type(known.through(jf.Deny("::1")), jf.Incoming[jf.RawConnection[Badge]])
assert_type(known.through(jf.Limit(per_peer=1)), jf.Incoming[jf.RawConnection[Badge]])
assert_type(known.only(lambda connection: Badge.of(connection).name == "ann"), jf.Incoming[jf.RawConnection[Badge]])
assert_type(of_datagrams.through(jf.Allow("::1")), jf.Incoming[jf.Datagram[Badge]])
assert_type(of_datagrams.through(jf.Deny("::1")), jf.Incoming[jf.Datagram[Badge]])
assert_type(of_datagrams.only(lambda datagram: datagram.payload != b""), jf.Incoming[jf.Datagram[Badge]])
assert_type(udp.through(jf.Deny("::1")), jf.Incoming[jf.Datagram])
assert_type(udp.only(lambda datagram: datagram.payload != b""), jf.Incoming[jf.Datagram])
assert_type(known.accept(), jf.RawConnection[Badge] | None)
jf.Server(known.through(jf.Limit(total=2)).only(lambda connection: True).through(jf.Deny("::1")).through(stamp), both)

# ---------------------------------------------------------------- acceptors of one's own


class Door:
    def __call__(self, request: jf.RawConnection, /) -> jf.RawConnection[Badge] | None:
        return request.learn(Badge())


class Keep:
    """Lets everything through, as it is."""

    def __call__(self, request: LocatedT, /) -> LocatedT | None:
        return request


class Steps:
    def first(self, connection: jf.RawConnection) -> jf.RawConnection[Badge]:
        return connection.learn(Badge())


door: Acceptor[jf.RawConnection, jf.RawConnection[Badge]] = Door()
learns: Acceptor[jf.RawConnection, jf.RawConnection[Badge]] = identify
allow: Acceptor[jf.RawConnection, jf.RawConnection] = jf.Allow("::1")
deny: Acceptor[jf.Datagram[Badge], jf.Datagram[Badge]] = jf.Deny("::1")
limit: Acceptor[jf.Datagram, jf.Datagram] = jf.Limit(total=1)
assert_type(tcp.through(door), jf.Incoming[jf.RawConnection[Badge]])
assert_type(tcp.through(Door()), jf.Incoming[jf.RawConnection[Badge]])
assert_type(tcp.through(Steps().first), jf.Incoming[jf.RawConnection[Badge]])
assert_type(tcp.through(Keep()), jf.Incoming[jf.RawConnection])
assert_type(known.through(Keep()), jf.Incoming[jf.RawConnection[Badge]])
assert_type(of_datagrams.through(Keep()), jf.Incoming[jf.Datagram[Badge]])
jf.Server(tcp.through(Door()).through(Keep()), badged)

# ---------------------------------------------------------------- services and sessions that need facets


@jf.message(tag=0x81)
class Sum:
    total: jf.I64


@jf.message(tag=0x01)
class Add(jf.Request[Sum]):
    left: jf.I64


class State:
    def __init__(self) -> None:
        self.count = 0


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=1000), tag=jf.U8)
needs_both: jf.Service[State, Badge | Stamp] = jf.Service(wire, state=State)


@needs_both.on(Add)
def add(request: Add, context: jf.Context[State, Badge | Stamp]) -> Sum:
    assert_type(context.state, State)
    assert_type(Badge.of(context), Badge)
    assert_type(Stamp.of(context).number, int)
    return Sum(context.state.count)


badge_only: jf.Service[None, Badge] = jf.Service(wire)


@badge_only.on(Add)
def add_without_state(request: Add, context: jf.Context[None, Badge]) -> Sum:
    assert_type(context.state, None)
    return Sum(len(Badge.of(context).name))


@jf.sessions
class Echo:
    """Sessions of one's own that need two facets."""

    def __init__(self, request: Peered[Badge | Stamp]) -> None:
        self.status = READY
        self.fault: jf.JackfieldError | None = None
        self.prefix = Badge.of(request).name.encode()

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        return self.prefix + bytes(buffer[:size])

    def resume(self) -> bytes:
        return b""

    def close(self, why: Exception | None, /) -> None: ...


session: jf.Session = Echo(
    jf.Datagram(b"", peer=tcp.address, local=tcp.address, reply=print).learn(Badge()).learn(Stamp())
)
jf.Server(tcp.through(identify).through(stamp), needs_both, jf.Threads())
jf.Server(tcp.through(stamp).through(identify), needs_both)
jf.Server(udp.through(stamp_datagram).through(identify_datagram), needs_both, jf.Inline())
jf.Server(tcp.through(identify), badge_only)
jf.Server(tcp.through(stamp).through(identify), badge_only)
jf.Server(tcp.through(stamp).through(identify), Echo)
jf.Server(tcp.through(identify).through(stamp), Echo, jf.ThreadPool(2))
jf.Server(udp.through(identify_datagram).through(stamp_datagram), Echo)
