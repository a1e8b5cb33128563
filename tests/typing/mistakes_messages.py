"""Messages, services and clients that both checkers must refuse; see test_typing for how to read it."""

from __future__ import annotations

from construct import Int8ub

import jackfield as jf


class State:
    pass


@jf.message(tag=0x81)
class Sum:
    total: jf.I64


@jf.message(tag=0x82)
class Other:
    pass


@jf.message(tag=0x01)
class Add(jf.Request[Sum]):
    magic: bytes = jf.const(b"+")
    left: jf.I64
    right: jf.I64


@jf.message(tag=0x02)
class Divide(jf.Request[Sum | Other]):
    value: jf.I64


@jf.message(tag=0x03)
class Log(jf.OneWay):
    text: jf.Text16


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=1000), tag=jf.U8)
service = jf.Service(wire)
stateful = jf.Service(wire, state=State)


def for_log(request: Log) -> Sum:
    raise NotImplementedError


def returns_other(request: Add) -> Other:
    raise NotImplementedError


def returns_three(request: Divide) -> Sum | Other | Log:
    raise NotImplementedError


def returns_none(request: Add) -> Sum | None:
    raise NotImplementedError


def returns_nothing(request: Add) -> None: ...


def answers(request: Log) -> Sum:
    raise NotImplementedError


async def coroutine(request: Add) -> Sum:
    raise NotImplementedError


def wrong_state(request: Add, context: jf.Context[int]) -> Sum:
    raise NotImplementedError


def three(request: Add, context: jf.Context, more: int) -> Sum:
    raise NotImplementedError


service.on(Add)(for_log)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Log], Sum]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "(request: Log) -> Sum" cannot be assigned to parameter "handler" of type "(Add, Context[None, Never]) -> Sum" in function "__call__"
service.on(Add)(returns_other)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Add], Other]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "(request: Add) -> Other" cannot be assigned to parameter "handler" of type "(Add, Context[None, Never]) -> Sum" in function "__call__"
service.on(Divide)(returns_three)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Divide], Sum | Other | Log]"; expected "Callable[[Divide], Sum | Other]"
# pyright says: Argument of type "(request: Divide) -> (Sum | Other | Log)" cannot be assigned to parameter "handler" of type "(Divide, Context[None, Never]) -> (Sum | Other)" in function "__call__"
service.on(Add)(returns_none)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Add], Sum | None]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "(request: Add) -> (Sum | None)" cannot be assigned to parameter "handler" of type "(Add, Context[None, Never]) -> Sum" in function "__call__"
service.on(Add)(returns_nothing)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Add], None]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "(request: Add) -> None" cannot be assigned to parameter "handler" of type "(Add, Context[None, Never]) -> Sum" in function "__call__"
service.on(Log)(answers)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Log], Sum]"; expected "Callable[[Log], None]"
# pyright says: Argument of type "(request: Log) -> Sum" cannot be assigned to parameter "handler" of type "(Log, Context[None, Never]) -> None" in function "__call__"
service.on(Add)(coroutine)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Add], Coroutine[Any, Any, Sum]]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "(request: Add) -> CoroutineType[Any, Any, Sum]" cannot be assigned to parameter "handler" of type "(Add, Context[None, Never]) -> Sum" in function "__call__"
service.on(Add)(three)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Add, Context[None, Never], int], Sum]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "(request: Add, context: Context[None, Never], more: int) -> Sum" cannot be assigned to parameter "handler" of type "(Add, Context[None, Never]) -> Sum" in function "__call__"
stateful.on(Add)(wrong_state)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Add, Context[int, Never]], Sum]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "(request: Add, context: Context[int, Never]) -> Sum" cannot be assigned to parameter "handler" of type "(Add, Context[State, Never]) -> Sum" in function "__call__"
service.on(Sum)
# mypy says: No overload variant of "on" of "Service" matches argument type "type[Sum]"
# pyright says: No overloads for "on" match the provided arguments
service.on(int)
# mypy says: No overload variant of "on" of "Service" matches argument type "type[int]"
# pyright says: No overloads for "on" match the provided arguments
jf.Service(wire, state=State())
# mypy says: Argument "state" to "Service" has incompatible type "State"; expected "Callable[[], None] | None"
# pyright says: Argument of type "State" cannot be assigned to parameter "state" of type "(() -> StateT@Service) | None" in function "__init__"
jf.Service(jf.U8)
# mypy says: Argument 1 to "Service" has incompatible type "type[int]"; expected "Wire"
# pyright says: Argument of type "U8" cannot be assigned to parameter "wire" of type "Wire" in function "__init__"


class Numbered(jf.Request[int]): ...


# mypy says: Type argument "int" of "Request" must be a subtype of "Message | bytes | None"
# pyright says: Type "int" cannot be assigned to type variable "ReplyT_co@Request"


Add("1", 2)
# mypy says: Argument 1 to "Add" has incompatible type "str"; expected "int"
# pyright says: Argument of type "Literal['1']" cannot be assigned to parameter "left" of type "I64" in function "__init__"
Add(1)
# mypy says: Missing positional argument "right" in call to "Add"
# pyright says: Argument missing for parameter "right"
Add(1, 2, 3)
# mypy says: Too many arguments for "Add"
# pyright says: Expected 2 positional arguments
Add(1, 2, magic=b"-")
# mypy says: Unexpected keyword argument "magic" for "Add"
# pyright says: No parameter named "magic"
Add(1, 2).left = 3
# mypy says: Property "left" defined in "Add" is read-only
# pyright says: Cannot assign to attribute "left" for class "Add"
Add(1, 2).middle
# mypy says: "Add" has no attribute "middle"
# pyright says: Cannot access attribute "middle" for class "Add"
Sum(total=b"")
# mypy says: Argument "total" to "Sum" has incompatible type "bytes"; expected "int"
# pyright says: Argument of type "Literal[b""]" cannot be assigned to parameter "total" of type "I64" in function "__init__"

jf.LengthPrefixed(jf.U32)
# mypy says: Missing named argument "maximum" for "LengthPrefixed"
# pyright says: Argument missing for parameter "maximum"
jf.LengthPrefixed(4, maximum=1000)
# mypy says: Argument 1 to "LengthPrefixed" has incompatible type "int"; expected "TypeForm[int]"
# pyright says: Argument of type "Literal[4]" cannot be assigned to parameter "number" of type "TypeForm[int]" in function "__init__"
jf.LengthPrefixed("kind", maximum=1000)
# mypy says: Argument 1 to "LengthPrefixed" has incompatible type "str"; expected "TypeForm[int]"
# pyright says: Argument of type "Literal['kind']" cannot be assigned to parameter "number" of type "TypeForm[int]" in function "__init__"
jf.LengthPrefixed(jf.Text8, maximum=1000)
# mypy says: Argument 1 to "LengthPrefixed" has incompatible type "TypeForm[str]"; expected "TypeForm[int]"
# pyright says: Argument of type "Text8" cannot be assigned to parameter "number" of type "TypeForm[int]" in function "__init__"
jf.LengthPrefixed(jf.U32, maximum="1000")
# mypy says: Argument "maximum" to "LengthPrefixed" has incompatible type "str"; expected "int"
# pyright says: Argument of type "Literal['1000']" cannot be assigned to parameter "maximum" of type "int" in function "__init__"
jf.Prefixed(4)
# mypy says: Argument 1 to "Prefixed" has incompatible type "int"; expected "TypeForm[int]"
# pyright says: Argument of type "Literal[4]" cannot be assigned to parameter "number" of type "TypeForm[int]" in function "__init__"
jf.Wire(tag=4)
# mypy says: Argument "tag" to "Wire" has incompatible type "int"; expected "TypeForm[int] | None"
# pyright says: Argument of type "Literal[4]" cannot be assigned to parameter "tag" of type "TypeForm[int] | None" in function "__init__"
jf.Wire(frame=jf.U32)
# mypy says: Argument "frame" to "Wire" has incompatible type "type[int]"; expected "Frame | SelfFramed | None"
# pyright says: Argument of type "U32" cannot be assigned to parameter "frame" of type "Frame | SelfFramed | None" in function "__init__"


@jf.message
class Pairing:
    text: str = jf.field(Int8ub)
    # mypy says: Incompatible types in assignment (expression has type "int", variable has type "str")
    # pyright says: Type "int" is not assignable to declared type "str"
    short: jf.U8 = "1"
    # mypy says: Incompatible types in assignment (expression has type "str", variable has type "int")
    # pyright says: Type "Literal['1']" is not assignable to declared type "U8"


@jf.message(tag=1.5)
# mypy says: No overload variant of "message" matches argument type "float"
# mypy says: tag: int | bytes | tuple[int, ...]
# pyright says: Argument of type "float" cannot be assigned to parameter "tag" of type "TagValue | TagRule" in function "message"
class Tagged: ...


client = jf.connect(wire, "tcp://127.0.0.1:9")
client.call(Log("x"))
# mypy says: No overload variant of "call" of "Client" matches argument type "Log"
# pyright says: No overloads for "call" match the provided arguments
client.call(Sum(1))
# mypy says: No overload variant of "call" of "Client" matches argument type "Sum"
# pyright says: No overloads for "call" match the provided arguments
client.call(b"bytes")
# mypy says: No overload variant of "call" of "Client" matches argument type "bytes"
# pyright says: No overloads for "call" match the provided arguments
client.send(Add(1, 2))
# mypy says: Argument 1 to "send" of "Client" has incompatible type "Add"; expected "OneWay"
# pyright says: Argument of type "Add" cannot be assigned to parameter "message" of type "OneWay" in function "send"
number: int = client.call(Add(1, 2))
# mypy says: Incompatible types in assignment (expression has type "Sum", variable has type "int")
# pyright says: Type "Sum" is not assignable to declared type "int"
quotient: Sum = client.call(Divide(1))
# mypy says: Incompatible types in assignment (expression has type "Sum | Other", variable has type "Sum")
# pyright says: Type "Sum | Other" is not assignable to declared type "Sum"
jf.connect("tcp://127.0.0.1:9", wire)
# mypy says: Argument 1 to "connect" has incompatible type "str"; expected "Wire"
# mypy says: Argument 2 to "connect" has incompatible type "Wire"; expected "str"
# pyright says: Argument of type "Literal['tcp://127.0.0.1:9']" cannot be assigned to parameter "wire" of type "Wire" in function "connect"
# pyright says: Argument of type "Wire" cannot be assigned to parameter "url" of type "str" in function "connect"


@jf.stream_handler(Add)
# mypy says: Argument 1 has incompatible type "Callable[[Log], Sum]"; expected "Callable[[Add], Message | None]"
# pyright says: Argument of type "(request: Log) -> Sum" cannot be assigned to parameter of type "(Add) -> (Message | None)"
def wrong_argument(request: Log) -> Sum:
    raise NotImplementedError


@jf.stream_handler(Add)
# mypy says: Argument 1 has incompatible type "Callable[[Add], int]"; expected "Callable[[Add], Message | None]"
# pyright says: Argument of type "(request: Add) -> int" cannot be assigned to parameter of type "(Add) -> (Message | None)"
def wrong_reply(request: Add) -> int:
    raise NotImplementedError


jf.Server(jf.tcp("", 0), jf.datagram_handler(Add)(returns_other))
# mypy says: Argument 2 to "Server" has incompatible type "DatagramHandler"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "DatagramHandler" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(jf.udp("", 0), jf.stream_handler(Add)(returns_other))
# mypy says: Argument 2 to "Server" has incompatible type "StreamHandler"; expected "Callable[[Datagram[Never]], None]"
# pyright says: Type "StreamHandler" is not assignable to type "(Datagram[Never]) -> Session"
