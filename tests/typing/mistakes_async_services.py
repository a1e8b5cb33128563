"""Services whose handlers are awaited: what both checkers must refuse; see test_typing for how to read it."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import jackfield as jf


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


@jf.message(tag=0x03)
class Count(jf.StreamRequest[Sum, Done]):
    limit: jf.U16


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=1000), tag=jf.U8)
service = jf.AsyncService(wire)
stateful: jf.AsyncService[State, Badge] = jf.AsyncService(wire, state=State)
tcp = jf.tcp("127.0.0.1", 0)


def blocking(request: Add) -> Sum:
    return Sum(1)


async def silent(request: Add) -> None: ...


async def counting(request: Count) -> AsyncGenerator[Sum | Add, None]:
    yield Sum(1)


async def once(request: Count) -> Sum:
    return Sum(1)


async def stateless(request: Add, context: jf.Context[int, Badge]) -> Sum:
    return Sum(1)


async def hook(context: jf.Context) -> None: ...


# ---------------------------------------------------------------- handlers

service.on(Add)(blocking)
# mypy says: incompatible type "Callable[[Add], Sum]"; expected "Callable[[Add], Coroutine[Any, Any, Sum]]"
# pyright says: Function return type "Sum" is incompatible with type "AsyncOf[Sum]"
service.on(Add)(silent)
# mypy says: incompatible type "Callable[[Add], Coroutine[Any, Any, None]]"; expected "Callable[[Add], Coroutine[Any, Any, Sum]]"
# pyright says: is not assignable to type "(Add, Context[None, Never]) -> AsyncOf[Sum]"
service.on(Count)(counting)
# mypy says: incompatible type "Callable[[Count], AsyncGenerator[Sum | Add, None]]"; expected "Callable[[Count], AsyncGenerator[Sum | Done, None]]"
# pyright says: is not assignable to type "(Count, Context[None, Never]) -> AsyncGenerator[Sum | Done, None]"
service.on(Count)(once)
# mypy says: incompatible type "Callable[[Count], Coroutine[Any, Any, Sum]]"; expected "Callable[[Count], AsyncGenerator[Sum | Done, None]]"
# pyright says: is not assignable to type "(Count, Context[None, Never]) -> AsyncGenerator[Sum | Done, None]"
stateful.on(Add)(stateless)
# mypy says: incompatible type "Callable[[Add, Context[int, Badge]], Coroutine[Any, Any, Sum]]"
# pyright says: cannot be assigned to parameter "handler" of type "(Add, Context[State, Badge]) -> AsyncOf[Sum]"
service.on(Sum)
# mypy says: No overload variant of "on" of "AsyncService" matches argument type "type[Sum]"
# pyright says: "__exchange__" is not present
service.on(Add, offload=True)
# mypy says: No overload variant of "on" of "AsyncService" matches argument types "type[Add]", "bool"
# pyright says: No overloads for "on" match the provided arguments
service.on_open(hook)
# mypy says: Argument 1 to "on_open" of "AsyncService" has incompatible type "Callable[[Context[None, Never]], Coroutine[Any, Any, None]]"
# pyright says: cannot be assigned to parameter "hook" of type "(Context[None, Never]) -> None"

# ---------------------------------------------------------------- where it is served

jf.Server(tcp, service, jf.Threads())
# mypy says: Argument 2 to "Server" has incompatible type "AsyncService[None, Never]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Argument of type "Threads" cannot be assigned to parameter "dispatcher" of type "AsyncDispatcher | None"
jf.Server(tcp, service, jf.EventLoop())
# mypy says: Argument 2 to "Server" has incompatible type "AsyncService[None, Never]"; expected "Callable[[Connection[Never, Unread]], Session]"
# pyright says: Argument of type "EventLoop" cannot be assigned to parameter "dispatcher" of type "AsyncDispatcher | None"
jf.Server(jf.udp("127.0.0.1", 0), service, jf.Inline())
# mypy says: Argument 2 to "Server" has incompatible type "AsyncService[None, Never]"; expected "Callable[[Datagram[Never]], None]"
# pyright says: Argument of type "Inline" cannot be assigned to parameter "dispatcher" of type "AsyncDispatcher | None"
jf.Server(tcp, stateful)
# mypy says: Argument 2 to "Server" has incompatible type "AsyncService[State, Badge]"
# pyright says: is incompatible with protocol "Peered[Badge]"
