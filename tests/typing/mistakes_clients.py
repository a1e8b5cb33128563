"""Clients that both checkers must refuse; see test_typing for how to read it."""

from __future__ import annotations

import jackfield as jf


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
class Count(jf.StreamRequest[Sum, Done]):
    limit: jf.U16


@jf.message(tag=0x05)
class Log(jf.OneWay):
    text: jf.Text8


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=1000), tag=jf.U8)
client = jf.connect(wire, "tcp://127.0.0.1:9")

client.call(Count(3)).total
# mypy says: "ReplyStream[Sum, Done]" has no attribute "total"
# pyright says: Cannot access attribute "total" for class "ReplyStream[Sum, Done]"
client.call(Count(3)).last.total
# mypy says: "Done" has no attribute "total"
# pyright says: Cannot access attribute "total" for class "Done"
next(client.call(Count(3))).left
# mypy says: "Sum" has no attribute "left"
# pyright says: Cannot access attribute "left" for class "Sum"
client.call_many(Add(1))
# mypy says: Argument 1 to "call_many" of "Client" has incompatible type "Add"; expected "Iterable[Request[Never]]"
# pyright says: Argument of type "Add" cannot be assigned to parameter "requests" of type "Iterable[Request[ReplyT@call_many]]" in function "call_many"
client.call_many([Count(1)])
# mypy says: Argument 1 to "call_many" of "Client" has incompatible type "list[Count]"; expected "Iterable[Request[Never]]"
# pyright says: Argument of type "list[Count]" cannot be assigned to parameter "requests" of type "Iterable[Request[ReplyT@call_many]]" in function "call_many"
client.call_many([Add(1)]).total
# mypy says: "list[Sum]" has no attribute "total"
# pyright says: Cannot access attribute "total" for class "list[Sum]"
client.pushed(Sum(1))
# mypy says: Argument 1 to "pushed" of "Client" has incompatible type "Sum"; expected "type[Never]"
# pyright says: Argument of type "Sum" cannot be assigned to parameter "kind" of type "type[MessageT@pushed]" in function "pushed"
client.pushed(int)
# mypy says: Value of type variable "MessageT" of "pushed" of "Client" cannot be "int"
# pyright says: Argument of type "type[int]" cannot be assigned to parameter "kind" of type "type[MessageT@pushed]" in function "pushed"
next(client.pushed(Sum)).text
# mypy says: "Sum" has no attribute "text"
# pyright says: Cannot access attribute "text" for class "Sum"
jf.connect(wire, "udp://127.0.0.1:9", retries="2")
# mypy says: Argument "retries" to "connect" has incompatible type "str"; expected "int"
# pyright says: Argument of type "Literal['2']" cannot be assigned to parameter "retries" of type "int" in function "connect"
jf.connect(wire, "udp://127.0.0.1:9", pushed=Sum)
# mypy says: Argument "pushed" to "connect" has incompatible type "type[Sum]"; expected "Iterable[type]"
# pyright says: Argument of type "type[Sum]" cannot be assigned to parameter "pushed" of type "Iterable[type]" in function "connect"


async def wrong(other: jf.AsyncClient) -> None:
    other.call(Add(1)).total
    # mypy says: "Coroutine[object, None, Sum]" has no attribute "total"
    # pyright says: Cannot access attribute "total" for class "Coroutine[object, None, Sum]"
    await other.call(Count(3))
    # mypy says: Incompatible types in "await" (actual type "AsyncReplyStream[Sum, Done]", expected type "Awaitable[Any]")
    # pyright says: "AsyncReplyStream[Sum, Done]" is not awaitable
    await other.send(Add(1))
    # mypy says: Argument 1 to "send" of "AsyncClient" has incompatible type "Add"; expected "OneWay"
    # pyright says: Argument of type "Add" cannot be assigned to parameter "message" of type "OneWay" in function "send"
    client = jf.connect_async(wire, "tcp://127.0.0.1:9")
    await client.call(Add(1))
    # mypy says: "Coroutine[Any, Any, AsyncClient]" has no attribute "call"
    # pyright says: Cannot access attribute "call" for class "CoroutineType[Any, Any, AsyncClient]"
