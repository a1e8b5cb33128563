"""Streams, pushes, policies, hooks and hand-overs that both checkers must accept, with the types they must see."""

from __future__ import annotations

from collections.abc import Generator
from typing import Never, assert_type

import jackfield as jf


class Badge(jf.Facet):
    pass


class State:
    count = 0


@jf.message(tag=0x81)
class Sum:
    total: jf.I64


@jf.message(tag=lambda asked: asked | 0x80)
class Done:
    pass


@jf.message(tag=0x01)
class Add(jf.Request[Sum]):
    left: jf.I64


@jf.message(tag=0x02)
class Count(jf.StreamRequest[Sum, Done]):
    limit: jf.U16


@jf.message(tag=0x03)
class Either(jf.StreamRequest[Sum | Add, Done]):
    pass


@jf.message(tag=0x04)
class Raw(jf.Request[bytes]):
    pass


@jf.message(tag=0x05)
class RawOrNothing(jf.Request[bytes | None]):
    pass


@jf.message(tag=b"PING")
class Worded(jf.OneWay):
    pass


@jf.message(tag=(1, 2))
class Paired(jf.OneWay):
    pass


wire = jf.Wire(frame=jf.Delimited(b"\r\n", maximum=100), tag=jf.U8)
jf.Wire(frame=jf.SelfFramed(maximum=100), tag=jf.U8, reply=wire)
service = jf.Service(wire)


@service.on(Count)
def count(request: Count) -> jf.Replies[Sum, Done]:
    for total in range(request.limit):
        yield Sum(total)
    return Done()


@service.on(Either)
def either(request: Either, context: jf.Context) -> Generator[Sum | Add, None, Done]:
    yield Sum(1)
    return Done()


@service.on(Either)
def items_of_one_class(request: Either) -> jf.Replies[Sum, Done]:
    yield Sum(1)
    return Done()


@service.on(Raw)
def raw(request: Raw) -> bytes:
    return b""


@service.on(RawOrNothing)
def raw_or_nothing(request: RawOrNothing) -> bytes | None:
    return None


@service.on(Add, offload=True)
def add(request: Add) -> Sum:
    return Sum(request.left)


assert_type(add(Add(1)), Sum)
assert_type(count(Count(1)), Generator[Sum, None, Done])


def unknown(what: jf.Unknown, context: jf.Context[State, Badge]) -> Sum | None:
    assert_type(what.payload, bytes)
    assert_type(context.state.count, int)
    return None


def malformed(error: jf.DecodeError, context: jf.Context[State, Badge]) -> Sum:
    return Sum(error.offset)


def failed(error: Exception, context: jf.Context[State, Badge]) -> None: ...


full: jf.Service[State, Badge] = jf.Service(wire, state=State, unknown=unknown, malformed=malformed, failed=failed)
jf.Service(wire, unknown="ignore", malformed="close", failed="close")
jf.Service(wire, state=State, failed=lambda error, context: Sum(context.state.count))
plain: jf.Service[State] = jf.Service(wire, state=State)
assert_type(full.connections, tuple[jf.Context[State, Badge], ...])
assert_type(plain.dropped, int)


@full.on_open
def opened(context: jf.Context[State, Badge]) -> None:
    assert_type(Badge.of(context), Badge)
    context.send(Sum(1))


@plain.on_close
def closed(context: jf.Context[State]) -> None:
    for other in plain.connections:
        other.send(Sum(other.state.count))
    context.close()


@plain.on(Add)
def hand_over(request: Add, context: jf.Context[State]) -> Sum:
    assert_type(context, jf.Context[State, Never])
    context.become(plain)
    return Sum(1)


@full.on(Add)
def hand_over_with_badge(request: Add, context: jf.Context[State, Badge]) -> Sum:
    context.become(full)
    return Sum(1)


jf.Server(jf.tcp("127.0.0.1", 0), plain)


# ---------------------------------------------------------------- packets, headers


@jf.message
class Envelope(jf.Packet):
    kind: jf.U8 = jf.tag()
    body: jf.Body
    serial: jf.U16 = jf.echo()


@jf.message
class Header:
    kind: jf.U8 = jf.tag()


@jf.message(tag=1)
class Headed(Header, jf.Request[Sum]):
    value: jf.U8


packets = jf.Wire(frame=jf.SelfFramed(maximum=100), packet=Envelope)
jf.Wire(packet=Envelope, reply=Envelope)
jf.Wire(packet=Envelope, reply=wire)
in_packets: jf.Service[State] = jf.Service(packets, state=State)


@in_packets.on(Add)
def in_packet(request: Add, context: jf.Context[State]) -> Sum:
    assert_type(Envelope.of(context), Envelope)
    return Sum(Envelope.of(context).serial)


jf.Service(jf.Wire()).on(Headed)(lambda request: Sum(request.value))
