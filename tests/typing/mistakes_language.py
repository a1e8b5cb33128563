"""Declarations and messages that both checkers must refuse; see test_typing for how to read it."""

from __future__ import annotations

import enum
from typing import Annotated, Literal

from construct import Int8ub

import jackfield as jf


class Color(enum.IntEnum):
    RED = 1


def crc(data: bytes) -> int:
    return len(data)


def name_of(data: bytes) -> str:
    return data.hex()


@jf.message(tag=1)
class Add:
    left: jf.I64


@jf.message(tag=2)
class Log:
    text: jf.CText


@jf.message
class Frame(jf.Packet):
    start: bytes = jf.const(b"\x78\x78")
    length: jf.U8 = jf.length(plus=-2)
    kind: jf.U8 = jf.tag()
    body: jf.Body
    serial: jf.U16 = jf.echo()
    crc: jf.U16 = jf.checksum(crc, since=length)


@jf.message
class Whole:
    flags: jf.U8 = jf.computed()
    total: jf.U8 = jf.computed(len)
    values: tuple[jf.U16, ...] = jf.field(count=flags)
    color: Annotated[Color, jf.U8]
    number: Annotated[Literal[1, 2], jf.U8]
    body: Annotated[Add | Log, jf.Tagged(jf.U8)]
    maybe: jf.U8 | None = jf.field(when=flags & 1, default=None)


# ---------------------------------------------------------------- what is derived is no argument

Frame()
# mypy says: Missing positional argument "body" in call to "Frame"
# pyright says: Argument missing for parameter "body"
Frame(Add(1), start=b"")
# mypy says: Unexpected keyword argument "start" for "Frame"
# pyright says: No parameter named "start"
Frame(Add(1), length=1)
# mypy says: Unexpected keyword argument "length" for "Frame"
# pyright says: No parameter named "length"
Frame(Add(1), kind=1)
# mypy says: Unexpected keyword argument "kind" for "Frame"
# pyright says: No parameter named "kind"
Frame(Add(1), serial=1)
# mypy says: Unexpected keyword argument "serial" for "Frame"
# pyright says: No parameter named "serial"
Frame(Add(1), crc=1)
# mypy says: Unexpected keyword argument "crc" for "Frame"
# pyright says: No parameter named "crc"
Frame(1, 2)
# mypy says: Too many arguments for "Frame"
# pyright says: Expected 1 positional argument
Whole((), Color.RED, 1, Add(1), flags=0)
# mypy says: Unexpected keyword argument "flags" for "Whole"
# pyright says: No parameter named "flags"
Whole((), Color.RED, 1, Add(1), total=0)
# mypy says: Unexpected keyword argument "total" for "Whole"
# pyright says: No parameter named "total"
Frame(1).serial = 2
# mypy says: Property "serial" defined in "Frame" is read-only
# pyright says: Cannot assign to attribute "serial" for class "Frame"

# ---------------------------------------------------------------- arguments are what their fields are

Whole((1, "2"), Color.RED, 1, Add(1))
# mypy says: Argument 1 to "Whole" has incompatible type "tuple[int, str]"; expected "tuple[int, ...]"
# pyright says: Argument of type "tuple[Literal[1], Literal['2']]" cannot be assigned to parameter "values"
Whole((), 1, 1, Add(1))
# mypy says: Argument 2 to "Whole" has incompatible type "int"; expected "Color"
# pyright says: Argument of type "Literal[1]" cannot be assigned to parameter "color" of type "Color"
Whole((), Color.RED, 3, Add(1))
# mypy says: Argument 3 to "Whole" has incompatible type "Literal[3]"; expected "Literal[1, 2]"
# pyright says: Argument of type "Literal[3]" cannot be assigned to parameter "number" of type "Literal[1, 2]"
Whole((), Color.RED, 1, jf.Unknown(1, b""))
# mypy says: Argument 4 to "Whole" has incompatible type "Unknown"; expected "Add | Log"
# pyright says: Argument of type "Unknown" cannot be assigned to parameter "body" of type "Add | Log"
Whole((), Color.RED, 1, Add(1), "2")
# mypy says: Argument 5 to "Whole" has incompatible type "str"; expected "int | None"
# pyright says: Argument of type "Literal['2']" cannot be assigned to parameter "maybe" of type "U8 | None"
Whole((), Color.RED, 1, Add(1)).body.text
# mypy says: Item "Add" of "Add | Log" has no attribute "text"
# pyright says: Cannot access attribute "text" for class "Add"
Whole((), Color.RED, 1, Add(1)).maybe + 1
# mypy says: Unsupported operand types for + ("None" and "int")
# pyright says: Operator "+" not supported for "None"
jf.Unknown(b"x", "text")
# mypy says: Argument 2 to "Unknown" has incompatible type "str"; expected "bytes"
# pyright says: Argument of type "Literal['text']" cannot be assigned to parameter "payload" of type "bytes"
Frame.of(Frame(1))
# mypy says: Argument 1 to "of" of "Packet" has incompatible type "Frame"; expected "Carrying"
# pyright says: Argument of type "Frame" cannot be assigned to parameter "context" of type "Carrying"

# ---------------------------------------------------------------- numbers

jf.Tagged(4)
# mypy says: Argument 1 to "Tagged" has incompatible type "int"; expected "TypeForm[int]"
# pyright says: Argument of type "Literal[4]" cannot be assigned to parameter "number" of type "TypeForm[int]"
jf.Tagged(jf.Text8)
# mypy says: Argument 1 to "Tagged" has incompatible type "TypeForm[str]"; expected "TypeForm[int]"
# pyright says: Argument of type "Text8" cannot be assigned to parameter "number" of type "TypeForm[int]"
jf.Prefixed(jf.CText)
# mypy says: Argument 1 to "Prefixed" has incompatible type "TypeForm[str]"; expected "TypeForm[int]"
# pyright says: Argument of type "CText" cannot be assigned to parameter "number" of type "TypeForm[int]"
jf.Terminated(0)
# mypy says: Argument 1 to "Terminated" has incompatible type "int"; expected "bytes"
# pyright says: Argument of type "Literal[0]" cannot be assigned to parameter "mark" of type "bytes"
jf.Adapt(jf.U8, decode=bytes.hex, encode=int)
# mypy says: Argument "decode" to "Adapt" has incompatible type "Callable[[bytes, str | bytes, SupportsIndex], str]"; expected "Callable[[int], str]"
# pyright says: cannot be assigned to parameter "decode" of type "(S@Adapt) -> T@Adapt"
jf.Custom(read=crc, write=bytes.join)
# mypy says: Argument "read" to "Custom" has incompatible type "Callable[[bytes], int]"; expected "Callable[[bytes, int], tuple[bytes, int]]"
# mypy says: Argument "write" to "Custom" has incompatible type "Callable[[bytes, Iterable[Buffer]], bytes]"; expected "Callable[[bytes, bytes], bytes]"
# pyright says: Argument of type "(data: bytes) -> int" cannot be assigned to parameter "read" of type "(bytes, int) -> tuple[T@Custom, int]"

# ---------------------------------------------------------------- references and pairings


@jf.message
class Wrong:
    size: jf.U8 = jf.computed()
    name: jf.Text8 = jf.field()
    one: bytes = jf.field(size=sise)  # noqa: F821
    # mypy says: Name "sise" is not defined
    # pyright says: "sise" is not defined
    two: bytes = jf.field(size=name)
    # mypy says: No overload variant of "field" matches argument type "str"
    # pyright says: Argument of type "Text8" cannot be assigned to parameter "size" of type "int | None" in function "field"
    three: bytes = jf.field(size=size + "1")
    # mypy says: Unsupported operand types for + ("int" and "str")
    # pyright says: Operator "+" not supported for types "U8" and "Literal['1']"
    four: str = jf.field(jf.Adapt(jf.U8, decode=float, encode=int))
    # mypy says: Incompatible types in assignment (expression has type "float", variable has type "str")
    # pyright says: Type "float" is not assignable to declared type "str"
    five: str = jf.field(Int8ub, when=size > 1)
    # mypy says: Incompatible types in assignment (expression has type "int", variable has type "str")
    # pyright says: Type "int" is not assignable to declared type "str"
    six: jf.U8 = jf.field(default="6")
    # mypy says: Incompatible types in assignment (expression has type "str", variable has type "int")
    # pyright says: Type "str" is not assignable to declared type "U8"
    seven: jf.U8 = jf.checksum(name_of)
    # mypy says: Incompatible types in assignment (expression has type "str", variable has type "int")
    # pyright says: Type "str" is not assignable to declared type "U8"
    eight: bytes = jf.const("text")
    # mypy says: Incompatible types in assignment (expression has type "str", variable has type "bytes")
    # pyright says: Type "str" is not assignable to declared type "bytes"
    nine: jf.U8 = jf.length(plus="2")
    # mypy says: Argument "plus" to "length" has incompatible type "str"; expected "int"
    # pyright says: Argument of type "Literal['2']" cannot be assigned to parameter "plus" of type "int"
    ten: jf.U8 = jf.checksum(crc, init=True)
    # mypy says: Argument "init" to "checksum" has incompatible type "Literal[True]"; expected "Literal[False]"
    # pyright says: Argument of type "Literal[True]" cannot be assigned to parameter "init" of type "Literal[False]"


@jf.message(tag="text")
# mypy says: No overload variant of "message" matches argument type "str"
# pyright says: Argument of type "Literal['text']" cannot be assigned to parameter "tag"
class Named: ...
