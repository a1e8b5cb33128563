"""Messages, services and clients that both checkers must accept, with the types that they must see."""

from __future__ import annotations

from typing import Annotated, Any, Never, assert_type

from construct import Bytes, Int8ub, Int16ub, Struct, this

import jackfield as jf


class Badge(jf.Facet):
    name = "ann"


class State:
    count = 0


@jf.message
class Header:
    version: Annotated[int, jf.Bits(4)]
    urgent: jf.Bit
    spare: Annotated[int, jf.Bits(3)] = jf.field(default=0, kw_only=True)


@jf.message(tag=0x81)
class Sum:
    total: jf.I64


@jf.message(tag=0x82)
class Nothing:
    pass


@jf.message(tag=0x01)
class Add(jf.Request[Sum]):
    left: jf.I64
    right: jf.I64 = 0


@jf.message(tag=0x02)
class Find(jf.Request[Sum | None]):
    header: Header
    name: jf.Text8


@jf.message(tag=0x03)
class Divide(jf.Request[Sum | Nothing]):
    magic: bytes = jf.const(b"//")
    parts: Annotated[tuple[jf.U16, ...], jf.Prefixed(jf.U8)]
    scale: jf.F32


@jf.message(tag=0x04)
class Log(jf.OneWay):
    text: jf.Text16
    data: Annotated[bytes, jf.Fixed(2)]
    port: int = jf.field(Int16ub)
    on: jf.Bool = True


# ---------------------------------------------------------------- messages

assert_type(Add(1, 2), Add)
assert_type(Add(left=1).left, int)
assert_type(Header(1, True, spare=2).urgent, bool)
assert_type(Find(Header(1, False), "x").header.version, int)
assert_type(Divide((1, 2), 0.5).magic, bytes)
assert_type(Divide((1, 2), 0.5).parts, tuple[int, ...])
assert_type(Log("x", b"ab", 3).port, int)
assert_type(jf.evolve(Add(1, 2), left=3), Add)

# ---------------------------------------------------------------- services

wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=64 * 1024, plus=4), tag=jf.U8)
jf.Wire(tag=jf.U16le)
jf.Wire()
service = jf.Service(wire)
assert_type(service, jf.Service[None, Never])


@service.on(Add)
def add(request: Add) -> Sum:
    return Sum(request.left + request.right)


@service.on(Find)
def find(request: Find, context: jf.Context) -> Sum | None:
    assert_type(context.state, None)
    return Sum(1) if request.name else None


@service.on(Divide)
def divide(request: Divide) -> Sum | Nothing:
    return Sum(1) if request.scale else Nothing()


@service.on(Divide)
def one_of_both(request: Divide) -> Nothing:
    return Nothing()


@service.on(Log)
def log(request: Log, context: jf.Context[object]) -> None:
    print(context.peer, request.text)


assert_type(add(Add(1, 2)), Sum)

stateful: jf.Service[State, Badge] = jf.Service(wire, state=State)


@stateful.on(Add)
def count(request: Add, context: jf.Context[State, Badge]) -> Sum:
    assert_type(context.state.count, int)
    assert_type(Badge.of(context), Badge)
    return Sum(context.state.count)


@stateful.on(Log)
def ignore(request: Log) -> None: ...


plain_state = jf.Service(wire, state=State)
assert_type(plain_state, jf.Service[State, Never])


@plain_state.on(Add)
def again(request: Add, context: jf.Context[State]) -> Sum:
    return Sum(context.state.count)


class Methods:
    def add(self, request: Add) -> Sum:
        return Sum(0)

    def __call__(self, request: Log) -> None: ...


jf.Service(wire).on(Add)(Methods().add)
jf.Service(wire).on(Log)(Methods())

tcp = jf.tcp("127.0.0.1", 0)
udp = jf.udp("127.0.0.1", 0)
jf.Server(tcp, service)
jf.Server(tcp, service, jf.Threads())
jf.Server(tcp, service, jf.ThreadPool(2))
jf.Server(udp, service)
jf.Server(udp, service, jf.Inline())
jf.Server(jf.memory(), service, jf.Inline())
jf.run(jf.Server(tcp, service), jf.Server(udp, service))


def identify(connection: jf.RawConnection) -> jf.RawConnection[Badge]:
    return connection.learn(Badge())


jf.Server(tcp.through(identify), stateful, jf.Threads())
jf.Server(tcp.through(identify), service)

# ---------------------------------------------------------------- one schema, one function

packet = Struct("kind" / Int8ub, "size" / Int16ub, "data" / Bytes(this.size))


@jf.stream_handler(packet)
def echo(request: Any) -> Any:
    return request


@jf.stream_handler(Add, maximum=100)
def one(request: Add) -> Sum | None:
    return None


@jf.stream_handler(Add, frame=jf.LengthPrefixed(jf.U8, maximum=100), reply=Sum)
def two(request: Add) -> Sum:
    return Sum(0)


@jf.datagram_handler(Add)
def three(request: Add) -> Sum:
    return Sum(0)


@jf.datagram_handler(Int8ub, reply=Int16ub)
def four(request: int) -> int:
    return request


jf.Server(tcp, echo)
jf.Server(tcp, one, jf.Threads())
jf.Server(tcp.through(identify), two, jf.Inline())
jf.Server(udp, three)
jf.Server(udp, four, jf.Inline())

# ---------------------------------------------------------------- clients

with jf.connect(wire, "tcp://127.0.0.1:9", deadline=3) as client:
    assert_type(client, jf.Client)
    assert_type(client.call(Add(1, 2)), Sum)
    assert_type(client.call(Add(1, 2), deadline=0.5).total, int)
    assert_type(client.call(Find(Header(1, False), "x")), Sum | None)
    assert_type(client.call(Divide((), 1.0)), Sum | Nothing)
    client.send(Log("x", b"ab", 3))


def conversation(connection: jf.Connection) -> None:
    assert_type(connection.receive_message(Add, maximum=100), Add)
    connection.send(Sum(1))


def answer(datagram: jf.Datagram) -> None:
    datagram.reply(Sum(1))
