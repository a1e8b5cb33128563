"""Services whose handlers are awaited, as both checkers must accept them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine
from typing import Any, assert_type

import jackfield as jf
from jackfield.interfaces import AsyncDriver


class Badge(jf.Facet):
    pass


class State:
    pass


@jf.message(tag=0x81)
class Sum:
    total: jf.I64


@jf.message(tag=0x82)
class Done:
    pass


@jf.message(tag=0x01)
class Add(jf.Request[Sum]):
    left: jf.I64


@jf.message(tag=0x02)
class Find(jf.Request[Sum | None]):
    name: jf.Text8


@jf.message(tag=0x03)
class Count(jf.StreamRequest[Sum, Done]):
    limit: jf.U16


@jf.message(tag=0x04)
class Log(jf.OneWay):
    text: jf.Text16


def identify(connection: jf.RawConnection) -> jf.Connection[Badge]:
    return connection.learn(Badge())


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=1000), tag=jf.U8)
service = jf.AsyncService(wire)
stateful: jf.AsyncService[State, Badge] = jf.AsyncService(
    wire, state=State, unknown="ignore", failed=lambda error, context: None
)


@service.on(Add)
async def add(request: Add) -> Sum:
    return Sum(request.left)


@service.on(Find)
async def find(request: Find, context: jf.Context) -> Sum | None:
    return None


@service.on(Count)
async def count(request: Count) -> AsyncGenerator[Sum | Done, None]:
    yield Sum(1)
    yield Done()


@service.on(Log)
async def log(request: Log) -> None: ...


@stateful.on(Add)
async def named(request: Add, context: jf.Context[State, Badge]) -> Sum:
    assert_type(context.state, State)
    assert_type(Badge.of(context), Badge)
    context.become(stateful)
    return Sum(1)


@stateful.on_open
def opened(context: jf.Context[State, Badge]) -> None: ...


added: Coroutine[Any, Any, Sum] = add(Add(1))
tcp = jf.tcp("127.0.0.1", 0)
jf.Server(tcp, service)
jf.Server(tcp, service, jf.Asyncio())
jf.Server(jf.udp("127.0.0.1", 0), service, jf.Asyncio())
jf.Server(tcp.through(identify), stateful)
jf.Server(tcp.through(identify), service, jf.Asyncio())
assert_type(service.wire, jf.Wire)
assert_type(stateful.connections, tuple[jf.Context[State, Badge], ...])


def begin(driver: AsyncDriver) -> None:
    driver.start(add(Add(1)), lambda outcome: print(assert_type(outcome(), Sum)))()
