"""Services, messages and clients that both checkers must refuse; see test_typing for how to read it."""

from __future__ import annotations

import jackfield as jf


class Badge(jf.Facet):
    pass


class Stamp(jf.Facet):
    pass


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
    right: jf.I64 = jf.field(default=0, kw_only=True)


@jf.message(tag=0x02)
class Find(jf.Request[Sum | None]):
    name: jf.Text8


@jf.message(tag=0x03)
class Divide(jf.Request[Sum | Other]):
    value: jf.I64


@jf.message(tag=0x04)
class Log(jf.OneWay):
    text: jf.Text16


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=1000), tag=jf.U8)
service = jf.Service(wire)
stateful: jf.Service[State, Badge] = jf.Service(wire, state=State)


def needs_badge(request: Add, context: jf.Context[None, Badge]) -> Sum:
    raise NotImplementedError


def needs_stamp(request: Add, context: jf.Context[State, Stamp]) -> Sum:
    raise NotImplementedError


def returns_other(request: Find) -> Other | None:
    raise NotImplementedError


def returns_none(request: Divide) -> Sum | Other | None:
    raise NotImplementedError


async def of_log(request: Log) -> None: ...


class Methods:
    def of_log(self, request: Log) -> Sum:
        raise NotImplementedError


# ---------------------------------------------------------------- handlers of a service

service.on(Add)(needs_badge)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Add, Context[None, Badge]], Sum]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "(request: Add, context: Context[None, Badge]) -> Sum" cannot be assigned to parameter "handler" of type "(Add, Context[None, Never]) -> Sum" in function "__call__"
stateful.on(Add)(needs_stamp)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Add, Context[State, Stamp]], Sum]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "(request: Add, context: Context[State, Stamp]) -> Sum" cannot be assigned to parameter "handler" of type "(Add, Context[State, Badge]) -> Sum" in function "__call__"
service.on(Find)(returns_other)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Find], Other | None]"; expected "Callable[[Find], Sum | None]"
# pyright says: Argument of type "(request: Find) -> (Other | None)" cannot be assigned to parameter "handler" of type "(Find, Context[None, Never]) -> (Sum | None)" in function "__call__"
service.on(Divide)(returns_none)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Divide], Sum | Other | None]"; expected "Callable[[Divide], Sum | Other]"
# pyright says: Argument of type "(request: Divide) -> (Sum | Other | None)" cannot be assigned to parameter "handler" of type "(Divide, Context[None, Never]) -> (Sum | Other)" in function "__call__"
service.on(Log)(of_log)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Log], Coroutine[Any, Any, None]]"; expected "Callable[[Log], None]"
# pyright says: Argument of type "(request: Log) -> CoroutineType[Any, Any, None]" cannot be assigned to parameter "handler" of type "(Log, Context[None, Never]) -> None" in function "__call__"
service.on(Add)(Methods().of_log)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Log], Sum]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "(request: Log) -> Sum" cannot be assigned to parameter "handler" of type "(Add, Context[None, Never]) -> Sum" in function "__call__"
service.on(Add)(Methods)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "type[Methods]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "type[Methods]" cannot be assigned to parameter "handler" of type "(Add, Context[None, Never]) -> Sum" in function "__call__"
service.on(Add, Log)
# mypy says: No overload variant of "on" of "Service" matches argument types "type[Add]", "type[Log]"
# pyright says: No overloads for "on" match the provided arguments


@service.on(Add)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Log], Sum]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "(request: Log) -> Sum" cannot be assigned to parameter "handler" of type "(Add, Context[None, Never]) -> Sum" in function "__call__"
def wrong_request(request: Log) -> Sum:
    raise NotImplementedError


@service.on(Add)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Add], int]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "(request: Add) -> int" cannot be assigned to parameter "handler" of type "(Add, Context[None, Never]) -> Sum" in function "__call__"
def wrong_reply(request: Add) -> int:
    raise NotImplementedError


@service.on(Divide)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Divide], Sum | Other | Log]"; expected "Callable[[Divide], Sum | Other]"
# pyright says: Argument of type "(request: Divide) -> (Sum | Other | Log)" cannot be assigned to parameter "handler" of type "(Divide, Context[None, Never]) -> (Sum | Other)" in function "__call__"
def outside_the_union(request: Divide) -> Sum | Other | Log:
    raise NotImplementedError


@service.on(Add)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Add], Sum | None]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "(request: Add) -> (Sum | None)" cannot be assigned to parameter "handler" of type "(Add, Context[None, Never]) -> Sum" in function "__call__"
def none_not_declared(request: Add) -> Sum | None:
    raise NotImplementedError


@service.on(Log)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Log], Sum]"; expected "Callable[[Log], None]"
# pyright says: Argument of type "(request: Log) -> Sum" cannot be assigned to parameter "handler" of type "(Log, Context[None, Never]) -> None" in function "__call__"
def answers_one_way(request: Log) -> Sum:
    raise NotImplementedError


@service.on(Add)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Add], Coroutine[Any, Any, Sum]]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "(request: Add) -> CoroutineType[Any, Any, Sum]" cannot be assigned to parameter "handler" of type "(Add, Context[None, Never]) -> Sum" in function "__call__"
async def coroutine(request: Add) -> Sum:
    raise NotImplementedError


@service.on(Sum)
# mypy says: No overload variant of "on" of "Service" matches argument type "type[Sum]"
# pyright says: No overloads for "on" match the provided arguments
def no_request(request: Sum) -> Sum:
    raise NotImplementedError


@service.on(str)
# mypy says: No overload variant of "on" of "Service" matches argument type "type[str]"
# pyright says: No overloads for "on" match the provided arguments
def no_message(request: str) -> Sum:
    raise NotImplementedError


@service.on
# mypy says: No overload variant of "on" of "Service" matches argument type "Callable[[Add], Sum]"
# pyright says: No overloads for "on" match the provided arguments
def not_called(request: Add) -> Sum:
    raise NotImplementedError


# ---------------------------------------------------------------- declarations


class OrNumber(jf.Request[Sum | int]): ...


# mypy says: Type argument "Sum | int" of "Request" must be a subtype of "Message | bytes | None"
# pyright says: Type "Sum | int" cannot be assigned to type variable "ReplyT_co@Request"


class OfText(jf.Request[str]): ...


# mypy says: Type argument "str" of "Request" must be a subtype of "Message | bytes | None"
# pyright says: Type "str" cannot be assigned to type variable "ReplyT_co@Request"


class OfNothing(jf.Request): ...


# mypy says: Missing type arguments for generic type "Request"
# pyright says: Expected type arguments for generic class "Request"


class OfTwo(jf.Request[Sum, Other]): ...


# mypy says: "Request" expects 1 type argument, but 2 given
# pyright says: Too many type arguments provided for "Request"; expected 1 but received 2


class Answered(jf.OneWay[Sum]): ...


# mypy says: "OneWay" expects no type arguments, but 1 given
# pyright says: Expected no type arguments for class "OneWay"


# ---------------------------------------------------------------- messages

Add()
# mypy says: Missing positional argument "left" in call to "Add"
# pyright says: Argument missing for parameter "left"
Add("1")
# mypy says: Argument 1 to "Add" has incompatible type "str"; expected "int"
# pyright says: Argument of type "Literal['1']" cannot be assigned to parameter "left" of type "I64" in function "__init__"
Add(1, 2)
# mypy says: Too many positional arguments for "Add"
# pyright says: Expected 1 positional argument
Add(1, right="2")
# mypy says: Argument "right" to "Add" has incompatible type "str"; expected "int"
# pyright says: Argument of type "Literal['2']" cannot be assigned to parameter "right" of type "I64" in function "__init__"
Add(b"+", 1)
# mypy says: Too many positional arguments for "Add"
# mypy says: Argument 1 to "Add" has incompatible type "bytes"; expected "int"
# pyright says: Expected 1 positional argument
Add(1, magic=b"+")
# mypy says: Unexpected keyword argument "magic" for "Add"
# pyright says: No parameter named "magic"
Add(1).magic = b"-"
# mypy says: Property "magic" defined in "Add" is read-only
# pyright says: Cannot assign to attribute "magic" for class "Add"
Add(1).right = 3
# mypy says: Property "right" defined in "Add" is read-only
# pyright says: Cannot assign to attribute "right" for class "Add"
Sum(1).more = 2
# mypy says: "Sum" has no attribute "more"
# pyright says: Cannot assign to attribute "more" for class "Sum"
Log(b"bytes")
# mypy says: Argument 1 to "Log" has incompatible type "bytes"; expected "str"
# pyright says: Argument of type "Literal[b"bytes"]" cannot be assigned to parameter "text" of type "Text16" in function "__init__"
Divide(1.5)
# mypy says: Argument 1 to "Divide" has incompatible type "float"; expected "int"
# pyright says: Argument of type "float" cannot be assigned to parameter "value" of type "I64" in function "__init__"

# ---------------------------------------------------------------- frames

jf.LengthPrefixed(jf.F32, maximum=10)
# mypy says: Argument 1 to "LengthPrefixed" has incompatible type "TypeForm[float]"; expected "TypeForm[int]"
# pyright says: Argument of type "F32" cannot be assigned to parameter "number" of type "TypeForm[int]" in function "__init__"
jf.LengthPrefixed(None, maximum=10)
# mypy says: Argument 1 to "LengthPrefixed" has incompatible type "TypeForm[None]"; expected "TypeForm[int]"
# pyright says: Argument of type "None" cannot be assigned to parameter "number" of type "TypeForm[int]" in function "__init__"
jf.LengthPrefixed(jf.U8, 100)
# mypy says: Too many positional arguments for "LengthPrefixed"
# pyright says: Expected 1 positional argument
jf.LengthPrefixed(maximum=10)
# mypy says: Too few arguments for "LengthPrefixed"
# pyright says: Expected 1 more positional argument
jf.LengthPrefixed(jf.U8, maximum=10, plus="4")
# mypy says: Argument "plus" to "LengthPrefixed" has incompatible type "str"; expected "int"
# pyright says: Argument of type "Literal['4']" cannot be assigned to parameter "plus" of type "int" in function "__init__"
jf.Prefixed("kind")
# mypy says: Argument 1 to "Prefixed" has incompatible type "str"; expected "TypeForm[int]"
# pyright says: Argument of type "Literal['kind']" cannot be assigned to parameter "number" of type "TypeForm[int]" in function "__init__"
jf.Prefixed(jf.Text8)
# mypy says: Argument 1 to "Prefixed" has incompatible type "TypeForm[str]"; expected "TypeForm[int]"
# pyright says: Argument of type "Text8" cannot be assigned to parameter "number" of type "TypeForm[int]" in function "__init__"
jf.Prefixed()
# mypy says: Too few arguments for "Prefixed"
# pyright says: Expected 1 more positional argument
jf.Wire(tag=jf.Text8)
# mypy says: Argument "tag" to "Wire" has incompatible type "type[str]"; expected "TypeForm[int] | None"
# pyright says: Argument of type "Text8" cannot be assigned to parameter "tag" of type "TypeForm[int] | None" in function "__init__"
jf.Wire(tag="kind")
# mypy says: Argument "tag" to "Wire" has incompatible type "str"; expected "TypeForm[int] | None"
# pyright says: Argument of type "Literal['kind']" cannot be assigned to parameter "tag" of type "TypeForm[int] | None" in function "__init__"
jf.Wire(frame=jf.LengthPrefixed)
# mypy says: Argument "frame" to "Wire" has incompatible type "type[LengthPrefixed]"; expected "Frame | SelfFramed | None"
# pyright says: Argument of type "type[LengthPrefixed]" cannot be assigned to parameter "frame" of type "Frame | SelfFramed | None" in function "__init__"

# ---------------------------------------------------------------- clients

client = jf.connect(wire, "tcp://127.0.0.1:9")
client.call(Add)
# mypy says: No overload variant of "call" of "Client" matches argument type "type[Add]"
# pyright says: No overloads for "call" match the provided arguments
client.call(Log)
# mypy says: No overload variant of "call" of "Client" matches argument type "type[Log]"
# pyright says: No overloads for "call" match the provided arguments
client.call(None)
# mypy says: No overload variant of "call" of "Client" matches argument type "None"
# pyright says: No overloads for "call" match the provided arguments
client.call(Add(1), 3.0)
# mypy says: No overload variant of "call" of "Client" matches argument types "Add", "float"
# pyright says: No overloads for "call" match the provided arguments
client.call(Add(1), deadline="3")
# mypy says: No overload variant of "call" of "Client" matches argument types "Add", "str"
# pyright says: Argument of type "Literal['3']" cannot be assigned to parameter "deadline" of type "float | None" in function "call"
client.call(Add(1)).other
# mypy says: "Sum" has no attribute "other"
# pyright says: Cannot access attribute "other" for class "Sum"
client.call(Find("x")).total
# mypy says: Item "None" of "Sum | None" has no attribute "total"
# pyright says: "total" is not a known attribute of "None"
client.send(Sum(1))
# mypy says: Argument 1 to "send" of "Client" has incompatible type "Sum"; expected "OneWay"
# pyright says: Argument of type "Sum" cannot be assigned to parameter "message" of type "OneWay" in function "send"
client.send(Log)
# mypy says: Argument 1 to "send" of "Client" has incompatible type "type[Log]"; expected "OneWay"
# pyright says: Argument of type "type[Log]" cannot be assigned to parameter "message" of type "OneWay" in function "send"
client.send(b"bytes")
# mypy says: Argument 1 to "send" of "Client" has incompatible type "bytes"; expected "OneWay"
# pyright says: Argument of type "Literal[b"bytes"]" cannot be assigned to parameter "message" of type "OneWay" in function "send"
text: str = client.call(Add(1)).total
# mypy says: Incompatible types in assignment (expression has type "int", variable has type "str")
# pyright says: Type "I64" is not assignable to declared type "str"
log: Log = client.call(Add(1))
# mypy says: Incompatible types in assignment (expression has type "Sum", variable has type "Log")
# pyright says: Type "Sum" is not assignable to declared type "Log"
found: Sum = client.call(Find("x"))
# mypy says: Incompatible types in assignment (expression has type "Sum | None", variable has type "Sum")
# pyright says: Type "Sum | None" is not assignable to declared type "Sum"
request: Add = client.call(Add(1))
# mypy says: Incompatible types in assignment (expression has type "Sum", variable has type "Add")
# pyright says: Type "Sum" is not assignable to declared type "Add"
other: Other = client.call(Divide(1))
# mypy says: Incompatible types in assignment (expression has type "Sum | Other", variable has type "Other")
# pyright says: Type "Sum | Other" is not assignable to declared type "Other"
jf.connect(wire, 9)
# mypy says: Argument 2 to "connect" has incompatible type "int"; expected "str"
# pyright says: Argument of type "Literal[9]" cannot be assigned to parameter "url" of type "str" in function "connect"
jf.connect(wire, "tcp://127.0.0.1:9", 3.0)
# mypy says: Too many positional arguments for "connect"
# pyright says: Expected 2 positional arguments
