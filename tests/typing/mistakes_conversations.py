"""Streams, pushes, policies and hand-overs that both checkers must refuse; see test_typing for how to read it."""

from __future__ import annotations

from collections.abc import Generator

import jackfield as jf


class Badge(jf.Facet):
    pass


class State:
    pass


class Other:
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
class Count(jf.StreamRequest[Sum, Done]):
    limit: jf.U16


@jf.message(tag=0x03)
class Raw(jf.Request[bytes]):
    pass


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=1000), tag=jf.U8)
service = jf.Service(wire)
stateful: jf.Service[State, Badge] = jf.Service(wire, state=State)
other: jf.Service[Other] = jf.Service(wire, state=Other)


def with_context(request: Add, context: jf.Context) -> Sum:
    raise NotImplementedError


def text_unknown(what: str, context: jf.Context) -> None: ...


def no_reply_unknown(what: jf.Unknown, context: jf.Context) -> int:
    raise NotImplementedError


def wrong_state(context: jf.Context[Other]) -> None: ...


# ---------------------------------------------------------------- streams


@service.on(Count)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Count], Sum]"; expected "Callable[[Count], Generator[Sum, None, Done]]"
# pyright says: No overloads for "__call__" match the provided arguments
def one_reply(request: Count) -> Sum:
    raise NotImplementedError


@service.on(Count)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Count], Generator[Sum, None, None]]"; expected "Callable[[Count], Generator[Sum, None, Done]]"
# pyright says: No overloads for "__call__" match the provided arguments
def no_end(request: Count) -> Generator[Sum]:
    yield Sum(1)


@service.on(Count)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Count], Generator[Sum, None, None]]"; expected "Callable[[Count], Generator[Sum, None, Done]]"
# pyright says: No overloads for "__call__" match the provided arguments
def ends_in_none(request: Count) -> Generator[Sum, None, None]:
    yield Sum(1)


@service.on(Count)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Count], Generator[Done, None, Done]]"; expected "Callable[[Count], Generator[Sum, None, Done]]"
# pyright says: No overloads for "__call__" match the provided arguments
def wrong_items(request: Count) -> jf.Replies[Done, Done]:
    yield Done()
    return Done()


@service.on(Add)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Add], Generator[Sum, None, Done]]"; expected "Callable[[Add], Sum]"
# pyright says: No overloads for "__call__" match the provided arguments
def stream_for_one(request: Add) -> jf.Replies[Sum, Done]:
    yield Sum(1)
    return Done()


@service.on(Raw)
# mypy says: Argument 1 to "__call__" of "On" has incompatible type "Callable[[Raw], str]"; expected "Callable[[Raw], bytes]"
# pyright says: No overloads for "__call__" match the provided arguments
def text_for_bytes(request: Raw) -> str:
    raise NotImplementedError


class EndsInNumber(jf.StreamRequest[Sum, int]): ...


# mypy says: Type argument "int" of "StreamRequest" must be a subtype of "Message"
# pyright says: Type "int" cannot be assigned to type variable "LastT_co@StreamRequest"


class WithoutEnd(jf.StreamRequest[Sum]): ...


# mypy says: "StreamRequest" expects 2 type arguments, but 1 given
# pyright says: Too few type arguments provided for "StreamRequest"; expected 2 but received 1

# ---------------------------------------------------------------- offloading

service.on(Add, offload=True)(with_context)
# mypy says: Argument 1 has incompatible type "Callable[[Add, Context[None, Never]], Sum]"; expected "Callable[[Add], Sum]"
# pyright says: Argument of type "(request: Add, context: Context[None, Never]) -> Sum" cannot be assigned to parameter of type "(Add) -> Sum"
service.on(Add, offload="yes")(with_context)
# mypy says: No overload variant of "on" of "Service" matches argument types "type[Add]", "str"
# pyright says: No overloads for "on" match the provided arguments
service.on(Count, offload=True)
# mypy says: No overload variant of "on" of "Service" matches argument types "type[Count]", "bool"
# pyright says: No overloads for "on" match the provided arguments

# ---------------------------------------------------------------- policies and hooks

jf.Service(wire, unknown="raise")
# mypy says: Argument "unknown" to "Service" has incompatible type "Literal['raise']"; expected "Literal['close', 'ignore'] | Callable[[Unknown, Context[None, Never]], Message | None]"
# pyright says: Argument of type "Literal['raise']" cannot be assigned to parameter "unknown" of type "Refusal | ((Unknown, Context[StateT@Service, NeedsT_co@Service]) -> (Message | None))" in function "__init__"
jf.Service(wire, failed="ignore")
# mypy says: Argument "failed" to "Service" has incompatible type "Literal['ignore']"; expected "Literal['close'] | Callable[[Exception, Context[None, Never]], Message | None]"
# pyright says: Argument of type "Literal['ignore']" cannot be assigned to parameter "failed" of type "((Exception, Context[StateT@Service, NeedsT_co@Service]) -> (Message | None)) | Literal['close']" in function "__init__"
jf.Service(wire, unknown=text_unknown)
# mypy says: Argument "unknown" to "Service" has incompatible type "Callable[[str, Context[None, Never]], None]"; expected "Literal['close', 'ignore'] | Callable[[Unknown, Context[None, Never]], Message | None]"
# pyright says: Argument of type "(what: str, context: Context[None, Never]) -> None" cannot be assigned to parameter "unknown" of type "Refusal | ((Unknown, Context[StateT@Service, NeedsT_co@Service]) -> (Message | None))" in function "__init__"
jf.Service(wire, unknown=no_reply_unknown)
# mypy says: Argument "unknown" to "Service" has incompatible type "Callable[[Unknown, Context[None, Never]], int]"; expected "Literal['close', 'ignore'] | Callable[[Unknown, Context[None, Never]], Message | None]"
# pyright says: Argument of type "(what: Unknown, context: Context[None, Never]) -> int" cannot be assigned to parameter "unknown" of type "Refusal | ((Unknown, Context[StateT@Service, NeedsT_co@Service]) -> (Message | None))" in function "__init__"
jf.Service(wire, malformed=text_unknown)
# mypy says: Argument "malformed" to "Service" has incompatible type "Callable[[str, Context[None, Never]], None]"; expected "Literal['close', 'ignore'] | Callable[[DecodeError, Context[None, Never]], Message | None]"
# pyright says: Argument of type "(what: str, context: Context[None, Never]) -> None" cannot be assigned to parameter "malformed" of type "Refusal | ((DecodeError, Context[StateT@Service, NeedsT_co@Service]) -> (Message | None))" in function "__init__"
stateful.on_open(wrong_state)
# mypy says: Argument 1 to "on_open" of "Service" has incompatible type "Callable[[Context[Other, Never]], None]"; expected "Callable[[Context[State, Badge]], None]"
# pyright says: Argument of type "(context: Context[Other, Never]) -> None" cannot be assigned to parameter "hook" of type "(Context[State, Badge]) -> None" in function "on_open"
stateful.on_close(wrong_state)
# mypy says: Argument 1 to "on_close" of "Service" has incompatible type "Callable[[Context[Other, Never]], None]"; expected "Callable[[Context[State, Badge]], None]"
# pyright says: Argument of type "(context: Context[Other, Never]) -> None" cannot be assigned to parameter "hook" of type "(Context[State, Badge]) -> None" in function "on_close"

# ---------------------------------------------------------------- contexts


def push(context: jf.Context[State, Badge]) -> None:
    context.send("text")
    # mypy says: Argument 1 to "send" of "Context" has incompatible type "str"; expected "Message"
    # pyright says: Argument of type "Literal['text']" cannot be assigned to parameter "message" of type "Message" in function "send"
    context.send(Sum)
    # mypy says: Argument 1 to "send" of "Context" has incompatible type "type[Sum]"; expected "Message"
    # pyright says: Argument of type "type[Sum]" cannot be assigned to parameter "message" of type "Message" in function "send"
    context.send(Sum(1), Sum(2))
    # mypy says: Too many arguments for "send" of "Context"
    # pyright says: Expected 1 positional argument
    context.become(other)
    # mypy says: Argument 1 to "become" of "Context" has incompatible type "Service[Other, Never]"; expected "Takes[State, Badge]"
    # pyright says: Argument of type "Service[Other, Never]" cannot be assigned to parameter "service" of type "Takes[State, Badge]" in function "become"
    context.become(wire)
    # mypy says: Argument 1 to "become" of "Context" has incompatible type "Wire"; expected "Takes[State, Badge]"
    # pyright says: Argument of type "Wire" cannot be assigned to parameter "service" of type "Takes[State, Badge]" in function "become"
    context.state = State()
    # mypy says: Property "state" defined in "Context" is read-only
    # pyright says: Cannot assign to attribute "state" for class "Context[State, Badge]"


def badgeless(context: jf.Context[State]) -> None:
    context.become(stateful)
    # mypy says: Argument 1 to "become" of "Context" has incompatible type "Service[State, Badge]"; expected "Takes[State, Never]"
    # pyright says: Argument of type "Service[State, Badge]" cannot be assigned to parameter "service" of type "Takes[State, Never]" in function "become"


# ---------------------------------------------------------------- frames, tags

jf.Delimited("\n", maximum=10)
# mypy says: Argument 1 to "Delimited" has incompatible type "str"; expected "bytes"
# pyright says: Argument of type "Literal['\n']" cannot be assigned to parameter "mark" of type "bytes" in function "__init__"
jf.Delimited(b"\n")
# mypy says: Missing named argument "maximum" for "Delimited"
# pyright says: Argument missing for parameter "maximum"
jf.SelfFramed(100)
# mypy says: Too many positional arguments for "SelfFramed"
# pyright says: Expected 0 positional arguments
jf.SelfFramed()
# mypy says: Missing named argument "maximum" for "SelfFramed"
# pyright says: Argument missing for parameter "maximum"
jf.Wire(reply=jf.U8)
# mypy says: Argument "reply" to "Wire" has incompatible type "type[int]"; expected "type[Packet[Any]] | Wire | None"
# pyright says: Argument of type "U8" cannot be assigned to parameter "reply" of type "type[Packet[Any]] | Wire | None" in function "__init__"
jf.message(tag=lambda asked: "text")
# mypy says: Argument "tag" to "message" has incompatible type "Callable[[int], str]"; expected "int | bytes | tuple[int, ...] | Callable[[int], int]"
# pyright says: Argument of type "(asked: int) -> Literal['text']" cannot be assigned to parameter "tag" of type "TagValue | TagRule" in function "message"
jf.Wire(packet=Sum)
# mypy says: Argument "packet" to "Wire" has incompatible type "type[Sum]"; expected "type[Packet[Any]] | None"
# pyright says: Argument of type "type[Sum]" cannot be assigned to parameter "packet" of type "type[Packet[Any]] | None" in function "__init__"
jf.Wire(packet="Frame")
# mypy says: Argument "packet" to "Wire" has incompatible type "str"; expected "type[Packet[Any]] | None"
# pyright says: Argument of type "Literal['Frame']" cannot be assigned to parameter "packet" of type "type[Packet[Any]] | None" in function "__init__"
