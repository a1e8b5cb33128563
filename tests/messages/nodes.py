"""The nodes of construct that a schema may hold, each with values that it carries: one axis of the matrix.

Whether a stream can be cut by a node is written here by hand, from what its bytes say, and not asked of the code.
"""

from __future__ import annotations

import zlib
from collections import namedtuple
from enum import IntEnum, IntFlag
from typing import Any, Final

import attrs
import construct
from construct import this

c: Any = construct
"""Most of what stands here is in no stub: the library under test needs but a part of it."""
len_, list_, obj_ = c.len_, c.list_, c.obj_


@attrs.frozen
class Node:
    """A schema, and what it carries."""

    schema: Any
    values: tuple[Any, ...]
    framed: bool | None = True
    """Whether it says itself where it ends; None where a framer may know or not."""
    empty: bool = False
    """Whether it may take no byte, so that a greedy range of it would never end."""
    extra: tuple[bytes, ...] = ()
    """Bytes worth parsing that none of the values builds."""
    alone: bool = False
    """Whether it looks at its stream's start, end or rest, so that only some places make sense of it."""


class Colour(IntEnum):
    RED = 1
    BLUE = 2


class Mode(IntFlag):
    READ = 1
    WRITE = 2
    BOTH = 3


Pair = namedtuple("Pair", "left right")  # noqa: PYI024  # the form that construct's NamedTuple takes


class Doubled(c.Adapter):  # type: ignore[misc, no-any-unimported]  # its base is Any here
    """Parses to twice the number."""

    def _decode(self, obj: Any, context: Any, path: Any) -> Any:
        return obj * 2

    def _encode(self, obj: Any, context: Any, path: Any) -> Any:
        return obj // 2


class Added(c.Adapter):  # type: ignore[misc, no-any-unimported]
    """Looks at the context that it stands in."""

    def _decode(self, obj: Any, context: Any, path: Any) -> Any:
        return obj + context.base

    def _encode(self, obj: Any, context: Any, path: Any) -> Any:
        return obj - context.base


class Even(c.Validator):  # type: ignore[misc, no-any-unimported]
    """Takes even numbers alone."""

    def _validate(self, obj: Any, context: Any, path: Any) -> Any:
        return obj % 2 == 0


class Marked(c.Construct):  # type: ignore[misc, no-any-unimported]
    """A construct of somebody's own, with its own way to parse and build."""

    def _parse(self, stream: Any, context: Any, path: Any) -> Any:
        return ("marked", c.stream_read(stream, 2, path))

    def _build(self, obj: Any, stream: Any, context: Any, path: Any) -> Any:
        c.stream_write(stream, obj[1], 2, path)
        return obj

    def _sizeof(self, context: Any, path: Any) -> int:
        return 2


class Squinting(type(c.Int8ub)):  # type: ignore[misc]
    """Looks like a number of construct's, and parses as it likes."""

    def _parse(self, stream: Any, context: Any, path: Any) -> Any:
        return super()._parse(stream, context, path) ^ 0xFF


def tree() -> Any:
    """Return a schema that holds itself."""
    node: Any = c.Struct("leaf" / c.Int8ub, "twigs" / c.PrefixedArray(c.Int8ub, c.LazyBound(lambda: node)))
    return node


def chain() -> Any:
    """Return a schema that ends in itself, or in nothing."""
    link: Any = c.Struct("at" / c.Int8ub, "next" / c.If(this.at > 0, c.LazyBound(lambda: link)))
    return link


def sized(data: Any, **more: Any) -> Any:
    """Return a count and what it counts."""
    return c.Struct("n" / c.Int8ub, "d" / data, **more)


def edges(bits: int) -> tuple[int, ...]:
    """Return what just fits an integer of *bits*, signed or not, and what just does not, between two that fit."""
    half, whole = 1 << bits - 1, 1 << bits
    return (1, half - 1, half, -half, -half - 1, whole - 1, whole, 0)


NUMBERS: Final = {
    name: Node(getattr(c, name), edges(bits))
    for bits, names in {
        8: ("Int8ub", "Int8sb", "Int8ul", "Int8sl", "Byte"),
        16: ("Int16ub", "Int16sb", "Int16ul", "Int16sl", "Int16un", "Int16sn", "Short"),
        24: ("Int24ub", "Int24sb", "Int24ul", "Int24sl", "Int24un"),
        32: ("Int32ub", "Int32sb", "Int32ul", "Int32sl", "Int32un", "Int"),
        64: ("Int64ub", "Int64sb", "Int64ul", "Int64sl", "Int64sn", "Long"),
    }.items()
    for name in names
} | {
    name: Node(getattr(c, name), (1.5, -0.0))
    for name in ("Float16b", "Float16l", "Float32b", "Float32l", "Float32n", "Float64b", "Float64l", "Half", "Single")
}

LEAVES: Final = {
    "Flag": Node(c.Flag, (True, False), extra=(b"\x02", b"\xff")),
    "BytesInteger(5)": Node(c.BytesInteger(5), (1, 2**40 - 1)),
    "BytesInteger(3, signed)": Node(c.BytesInteger(3, signed=True), (-(2**23), 2**23 - 1, -1)),
    "BytesInteger(3, signed, swapped)": Node(c.BytesInteger(3, signed=True, swapped=True), (-2, 258)),
    "BytesInteger(this.n)": Node(sized(c.BytesInteger(this.n)), ({"n": 2, "d": 770}, {"n": 1, "d": 3})),
    "BytesInteger(swapped=this.n)": Node(
        sized(c.BytesInteger(2, swapped=this.n)), ({"n": 0, "d": 3}, {"n": 1, "d": 3})
    ),
    "Bytes": Node(c.Bytes(3), (b"abc", bytearray(b"xyz"), 66051)),
    "Bytes(0)": Node(c.Bytes(0), (b"",), framed=None, empty=True),
    "Bytes(this.n)": Node(sized(c.Bytes(this.n)), ({"n": 3, "d": b"abc"}, {"n": 0, "d": b""})),
    "Bytes(this.n - 2)": Node(
        sized(c.Bytes(this.n - 2)), ({"n": 3, "d": b"a"}, {"n": 2, "d": b""}), extra=(b"\x01ab",)
    ),
    "Bytes(lambda)": Node(sized(c.Bytes(lambda ctx: ctx.n * 2)), ({"n": 1, "d": b"ab"}, {"n": 0, "d": b""})),
    "Const(bytes)": Node(c.Const(b"OK"), (None, b"OK")),
    "Const(number)": Node(c.Const(770, c.Int16ul), (None, 770)),
    "Const(text)": Node(c.Const("ab", c.PascalString(c.Int8ub, "utf8")), (None,)),
    "VarInt": Node(c.VarInt, (1, 300, 2**60), extra=(b"\x80\x00", b"\xff\xff\x03")),
    "ZigZag": Node(c.ZigZag, (-1, 300, -(2**60))),
    "Pass": Node(c.Pass, (None,), framed=None, empty=True),
    "Tell": Node(c.Struct("a" / c.Int8ub, "at" / c.Tell, "b" / c.Int8ub), ({"a": 1, "b": 2},)),
    "Computed(constant)": Node(c.Struct("a" / c.Int8ub, "b" / c.Computed(7)), ({"a": 1},)),
    "Computed(expression)": Node(
        c.Struct("a" / c.Int8ub, "b" / c.Computed((-this.a) ** 2 + (~this.a) * 3)), ({"a": 3}, {"a": 0})
    ),
    "Computed(lambda)": Node(c.Struct("a" / c.Int8ub, "b" / c.Computed(lambda ctx: sorted(ctx)[-1])), ({"a": 3},)),
    "Computed(this)": Node(c.Struct("a" / c.Int8ub, "b" / c.Computed(lambda ctx: dict(ctx.items())["a"])), ({"a": 3},)),
    "Check": Node(
        c.Struct("a" / c.Int8ub, c.Check(this.a < 100), "b" / c.Int8ub), ({"a": 3, "b": 4},), extra=(b"\xc8\1",)
    ),
    "Check(lambda)": Node(c.Struct("a" / c.Int8ub, c.Check(lambda ctx: ctx.a % 2)), ({"a": 3},), extra=(b"\2",)),
    "Error": Node(c.Struct("a" / c.Int8ub, "b" / c.If(this.a > 9, c.Error)), ({"a": 3},), extra=(b"\x0a",)),
    "Terminated": Node(c.Struct("a" / c.Int8ub, c.Terminated), ({"a": 3},), framed=False, alone=True),
    "Index": Node(c.Array(2, c.Struct("i" / c.Index, "a" / c.Int8ub)), ([{"a": 1}, {"a": 2}],)),
    "Marked": Node(Marked(), (("marked", b"ab"),), framed=False),
    "Squinting": Node(Squinting(">", "B"), (3,), framed=False),
}

TEXTS: Final = {
    "PascalString(utf8)": Node(c.PascalString(c.Int8ub, "utf8"), ("né", "")),
    "PascalString(utf16)": Node(c.PascalString(c.Int8ub, "utf16"), ("né", "")),
    "PascalString(VarInt)": Node(c.PascalString(c.VarInt, "ascii"), ("ab", "")),
    "CString(utf8)": Node(c.CString("utf8"), ("né", "")),
    "CString(ascii)": Node(c.CString("ascii"), ("no", "")),
    "CString(utf16)": Node(c.CString("utf_16_le"), ("nĀ", "a")),
    "CString(utf32)": Node(c.CString("utf_32_be"), ("n",)),
    "PaddedString(utf8)": Node(c.PaddedString(6, "utf8"), ("né", "")),
    "PaddedString(utf16)": Node(c.PaddedString(6, "utf_16_be"), ("ab", "")),
    "PaddedString(this.n)": Node(sized(c.PaddedString(this.n, "ascii")), ({"n": 4, "d": "ab"}, {"n": 2, "d": "ab"})),
    "GreedyString": Node(c.GreedyString("utf8"), ("né", ""), framed=False, empty=True),
    "GreedyBytes": Node(c.GreedyBytes, (b"abc", b""), framed=False, empty=True),
    "NullTerminated": Node(c.NullTerminated(c.GreedyBytes), (b"ab", b"")),
    "NullTerminated(term, include)": Node(c.NullTerminated(c.GreedyBytes, term=b"\r\n", include=True), (b"ab",)),
    "NullTerminated(not consumed)": Node(
        c.Struct("a" / c.NullTerminated(c.GreedyBytes, term=b";", consume=False), "b" / c.Const(b";")), ({"a": b"ab"},)
    ),
    "NullTerminated(not required)": Node(
        c.NullTerminated(c.GreedyBytes, term=b"|", require=False), (b"ab",), framed=False, empty=True
    ),
    "NullTerminated(Struct)": Node(
        c.NullTerminated(c.Struct("a" / c.Int8ub, "b" / c.GreedyBytes)), ({"a": 1, "b": b"x"},)
    ),
    "NullTerminated(short)": Node(c.NullTerminated(c.Int8ub), (7,)),
    "NullStripped": Node(c.NullStripped(c.GreedyBytes), (b"ab",), framed=False, empty=True),
    "NullStripped(pad)": Node(
        c.FixedSized(4, c.NullStripped(c.GreedyBytes, pad=b"xy")), (b"ab",), extra=(b"xyxy", b"axyx")
    ),
}

NAMES: Final = {
    "Enum": Node(c.Enum(c.Int8ub, one=1, two=2), ("one", 2, 9, Colour.BLUE), extra=(b"\x07",)),
    "Enum(IntEnum)": Node(c.Enum(c.Int16ul, Colour), ("RED", Colour.BLUE, 7)),
    "Enum(VarInt)": Node(c.Enum(c.VarInt, many=300), ("many", 1)),
    "Mapping": Node(c.Mapping(c.Int8ub, {"a": 1, "b": 2}), ("a", "b"), extra=(b"\x03",)),
    "Mapping(bytes)": Node(c.Mapping(c.Bytes(2), {1: b"ab", None: b"\0\0"}), (1, None)),
    "FlagsEnum": Node(
        c.FlagsEnum(c.Int8ub, one=1, two=2, eight=8), ({"one": True, "two": False}, 9, "one|eight"), extra=(b"\xff",)
    ),
    "FlagsEnum(IntFlag)": Node(c.FlagsEnum(c.Int16ul, Mode), ({"READ": True}, Mode.WRITE)),
    "Switch(Enum)": Node(
        c.Struct("t" / c.Enum(c.Int8ub, b=2, w=3), "v" / c.Switch(this.t, {"b": c.Int8ub, "w": c.Int16ub})),
        ({"t": "b", "v": 1}, {"t": "w", "v": 515}, {"t": 2, "v": 1}, {"t": 9, "v": None}),
    ),
    "Hex": Node(c.Hex(c.Int16ub), (515,)),
    "Hex(bytes)": Node(c.Hex(c.Bytes(3)), (b"abc",)),
    "HexDump": Node(c.HexDump(c.Bytes(3)), (b"abc",)),
}

RECORDS: Final = {
    "Struct()": Node(c.Struct(), ({}, None), framed=None, empty=True),
    "Struct": Node(c.Struct("a" / c.Int8ub, "b" / c.Int16ul, "c" / c.Int16ub), ({"a": 1, "b": 2, "c": 3},)),
    "Struct(unnamed)": Node(c.Struct("a" / c.Int8ub, c.Padding(2), c.Const(b"!"), "b" / c.Int8ub), ({"a": 1, "b": 2},)),
    "Struct(_private)": Node(c.Struct("_n" / c.Int8ub, "b" / c.Bytes(this._n)), ({"_n": 1, "b": b"a"},)),
    "Struct(odd names)": Node(
        c.Struct("class" / c.Int8ub, "items" / c.Int8ub, "two words" / c.Bytes(this.items), "self" / c.Int8ub),
        ({"class": 1, "items": 2, "two words": b"ab", "self": 3},),
    ),
    "Struct(twice)": Node(c.Struct("a" / c.Int8ub, "a" / c.Bytes(this.a)), ({"a": b""},), extra=(b"\x02ab",)),
    "Sequence": Node(c.Sequence(c.Int8ub, c.Int16ub, "n" / c.Int8ub, c.Bytes(this.n)), ([1, 2, 1, b"a"],)),
    "NamedTuple": Node(c.NamedTuple("Pair", "left right", c.Int8ub[2]), (Pair(1, 2), [3, 4])),
    "NamedTuple(Struct)": Node(
        c.NamedTuple("Pair", "left right", c.Struct("left" / c.Int8ub, "right" / c.Int8ub)), (Pair(1, 2),)
    ),
    "FocusedSeq": Node(c.FocusedSeq("b", "a" / c.Const(b"!"), "b" / c.Int8ub, c.Padding(1)), (1,)),
    "Renamed": Node(c.Renamed("inner" / c.Int8ub, "outer"), (1,)),
    "this._": Node(
        c.Struct("n" / c.Int8ub, "in" / c.Struct("m" / c.Int8ub, "d" / c.Bytes(this._.n + this.m))),
        ({"n": 1, "in": {"m": 1, "d": b"ab"}},),
    ),
    "this._root": Node(
        c.Struct("in" / c.Struct("deep" / c.Struct("r" / c.Computed(lambda ctx: "in" in ctx._root)), "m" / c.Int8ub)),
        ({"in": {"deep": {}, "m": 1}},),
    ),
    "this['x']['y']": Node(
        c.Struct(
            "h" / c.Struct("n" / c.Int8ub, "m" / c.Int8ub), "d" / c.Bytes(this.h.n), "e" / c.Bytes(this["h"]["m"])
        ),
        ({"h": {"n": 1, "m": 2}, "d": b"a", "e": b"bc"},),
    ),
    "_index": Node(
        c.Struct("a" / c.Array(3, c.Bytes(this._index)), "after" / c.Computed(this._index)),
        ({"a": [b"", b"a", b"bc"]},),
    ),
    "later name": Node(c.Struct("a" / c.Bytes(this.b), "b" / c.Int8ub), ({"a": b"x", "b": 1},)),
    "_parsing": Node(c.Struct("p" / c.Computed(this._parsing), "a" / c.Int8ub), ({"a": 1},)),
}

ROWS: Final = {
    "Array": Node(c.Array(3, c.Int16ub), ([1, 2, 3],)),
    "Array(0)": Node(c.Array(0, c.Int16ub), ([],), framed=None, empty=True),
    "Array(this.n)": Node(sized(c.Array(this.n, c.Int16ul)), ({"n": 2, "d": [1, 2]}, {"n": 0, "d": []})),
    "Array(this.n - 1)": Node(sized(c.Array(this.n - 1, c.Int8ub)), ({"n": 2, "d": [1]},), extra=(b"\0\1",)),
    "Array(Struct)": Node(
        sized(c.Array(this.n, c.Struct("a" / c.Int8ub, "b" / c.PascalString(c.Int8ub, "utf8")))),
        ({"n": 2, "d": [{"a": 1, "b": "x"}, {"a": 2, "b": ""}]},),
    ),
    "Array(Pass)": Node(sized(c.Array(this.n, c.Pass)), ({"n": 3, "d": [None] * 3},), framed=None),
    "Array(discard)": Node(c.Array(2, c.Int8ub, discard=True), ([1, 2],)),
    "Array(Array)": Node(c.Array(2, c.Array(2, c.Int8ub)), ([[1, 2], [3, 4]],)),
    "PrefixedArray": Node(c.PrefixedArray(c.Int8ub, c.Int16ub), ([1, 2], [])),
    "PrefixedArray(VarInt)": Node(c.PrefixedArray(c.VarInt, c.CString("ascii")), (["a", "bc"], [])),
    "GreedyRange": Node(c.GreedyRange(c.Int16ub), ([1, 2], []), framed=False, empty=True),
    "GreedyRange(Struct)": Node(
        c.GreedyRange(c.Struct("a" / c.Const(b"!"), "b" / c.Int8ub)), ([{"b": 1}, {"b": 2}],), framed=False, empty=True
    ),
    "GreedyRange(variable)": Node(
        c.GreedyRange(c.Struct("a" / c.Int8ub, "t" / c.PascalString(c.Int8ub, "utf8"))),
        ([{"a": 1, "t": "x"}, {"a": 2, "t": ""}],),
        framed=False,
        empty=True,
        extra=(b"\1\1a\2\5bc", b"\1\1a\2\1\xff"),
    ),
    "GreedyRange(variable), then more": Node(
        c.Struct(
            "r" / c.GreedyRange(c.Struct(c.Const(b"+"), "t" / c.PascalString(c.Int8ub, "utf8"))), "z" / c.GreedyBytes
        ),
        ({"r": [{"t": "x"}], "z": b"-"},),
        framed=False,
        empty=True,
        extra=(b"+\1a+\5bc", b"+\1a+\1\xffd"),
    ),
    "GreedyRange(VarInt and more)": Node(
        c.Struct("r" / c.GreedyRange(c.Struct("n" / c.VarInt, c.Const(b"!"))), "z" / c.GreedyBytes),
        ({"r": [{"n": 300}, {"n": 1}], "z": b""},),
        framed=False,
        empty=True,
        extra=(b"\x81\x01!\x82\x01?", b"\x81\x01!\x82"),
    ),
    "GreedyRange(StopIf)": Node(
        c.GreedyRange(c.FocusedSeq("a", "a" / c.Int8ub, c.StopIf(this.a == 0))), ([1, 2],), framed=False, empty=True
    ),
    "GreedyRange(lambda)": Node(
        c.GreedyRange(c.ExprValidator(c.Int8ub, lambda obj, ctx: 10 // obj > 0)), ([1, 2],), framed=False, empty=True
    ),
    "RepeatUntil": Node(c.RepeatUntil(obj_ == 0, c.Int8ub), ([1, 2, 0], [0]), extra=(b"\1\2",)),
    "RepeatUntil(list_)": Node(c.RepeatUntil(list_[-1] == 0, c.Int8ub), ([1, 2, 0],)),
    "RepeatUntil(lambda)": Node(c.RepeatUntil(lambda x, xs, ctx: len(xs) == 2, c.Int8ub), ([1, 2],)),
    "RepeatUntil(this)": Node(sized(c.RepeatUntil(obj_ == this.n, c.Int8ub)), ({"n": 3, "d": [1, 2, 3]},)),
    "RepeatUntil(discard)": Node(c.RepeatUntil(obj_ == 0, c.Int8ub, discard=True), ([1, 0],)),
    "RepeatUntil(Prefixed)": Node(c.RepeatUntil(obj_ == b"", c.Prefixed(c.Int8ub, c.GreedyBytes)), ([b"ab", b""],)),
}

BRANCHES: Final = {
    "If": Node(sized(c.If(this.n > 1, c.Int16ub)), ({"n": 2, "d": 3}, {"n": 1, "d": None}, {"n": 1})),
    "IfThenElse": Node(sized(c.IfThenElse(this.n & 1, c.Int16ub, c.Int8ub)), ({"n": 1, "d": 3}, {"n": 2, "d": 3})),
    "IfThenElse(constant)": Node(c.IfThenElse(True, c.Int8ub, c.Int16ub), (1,)),
    "IfThenElse(lambda)": Node(sized(c.IfThenElse(lambda ctx: ctx.n, c.Int16ub, c.Pass)), ({"n": 1, "d": 3}, {"n": 0})),
    "Switch": Node(
        sized(c.Switch(this.n, {1: c.Int8ub, 2: c.Int16ub})), ({"n": 1, "d": 3}, {"n": 2, "d": 3}, {"n": 3, "d": None})
    ),
    "Switch(default)": Node(
        sized(c.Switch(this.n, {1: c.Int8ub, 2: c.Struct("x" / c.Int8ub)}, default=c.Bytes(this.n))),
        ({"n": 1, "d": 3}, {"n": 2, "d": {"x": 1}}, {"n": 3, "d": b"abc"}),
    ),
    "Switch(Error)": Node(sized(c.Switch(this.n, {1: c.Int8ub}, default=c.Error)), ({"n": 1, "d": 3},), extra=(b"\2",)),
    "Switch(many)": Node(
        sized(c.Switch(this.n, {at: c.Bytes(at % 4) for at in range(12)})), ({"n": 11, "d": b"abc"}, {"n": 4, "d": b""})
    ),
    "Switch(bytes)": Node(
        c.Struct("t" / c.Bytes(2), "d" / c.Switch(this.t, {b"ab": c.Int8ub, b"cd": c.Int16ub})),
        ({"t": b"ab", "d": 1}, {"t": b"cd", "d": 1}),
    ),
    "Switch(lambda)": Node(sized(c.Switch(lambda ctx: ctx.n % 2, {0: c.Int8ub, 1: c.Int16ub})), ({"n": 2, "d": 1},)),
    "Switch(expression)": Node(
        sized(c.Switch(this.n >> 4, {0: c.Int8ub, 1: c.Int16ub})), ({"n": 2, "d": 1}, {"n": 17, "d": 2})
    ),
    "StopIf": Node(
        c.Struct("a" / c.Int8ub, c.StopIf(this.a == 0), "b" / c.Int8ub), ({"a": 0}, {"a": 1, "b": 2}), framed=None
    ),
    "Select": Node(c.Select(c.Const(b"ab"), c.Int8ub), (None, 7), framed=False),
    "Optional": Node(c.Optional(c.Int16ub), (7, None), framed=False, empty=True),
    "Union": Node(c.Union(0, "a" / c.Int16ub, "b" / c.Int8ub), ({"a": 515}, {"b": 1}), framed=False),
    "Union(None)": Node(c.Union(None, "a" / c.Int16ub, "b" / c.Int8ub), ({"a": 515},), framed=False, empty=True),
}

WINDOWS: Final = {
    "Prefixed": Node(c.Prefixed(c.Int8ub, c.GreedyBytes), (b"ab", b"")),
    "Prefixed(Int16ul)": Node(c.Prefixed(c.Int16ul, c.GreedyRange(c.Int16ub)), ([1, 2], [])),
    "Prefixed(includelength)": Node(
        c.Prefixed(c.Int16ub, c.GreedyBytes, includelength=True), (b"ab", b""), extra=(b"\0\1", b"\0\0")
    ),
    "Prefixed(fixed)": Node(c.Prefixed(c.Int8ub, c.Int16ub), (515,), extra=(b"\x04\1\2\3\4", b"\x01\1\2")),
    "Prefixed(Bytes(this.n))": Node(
        c.Struct("n" / c.Int8ub, "p" / c.Prefixed(c.Int8ub, c.Bytes(this.n))),
        ({"n": 2, "p": b"ab"},),
        extra=(b"\3\2abc",),
    ),
    "Prefixed(Struct)": Node(
        c.Prefixed(c.Int8ub, c.Struct("n" / c.Int8ub, "d" / c.Bytes(this.n), "r" / c.GreedyBytes)),
        ({"n": 1, "d": b"a", "r": b"b"},),
        extra=(b"\x02\x03abc",),
    ),
    "Prefixed(Tell)": Node(
        c.Struct("a" / c.Int8ub, "p" / c.Prefixed(c.Int8ub, c.Tell)), ({"a": 1},), extra=(b"\1\1x",)
    ),
    "FixedSized": Node(c.FixedSized(4, c.CString("ascii")), ("ab", "")),
    "FixedSized(this.n)": Node(sized(c.FixedSized(this.n, c.GreedyBytes)), ({"n": 2, "d": b"ab"}, {"n": 3, "d": b"a"})),
    "Padding": Node(c.Struct("a" / c.Int8ub, c.Padding(3)), ({"a": 1},), extra=(b"\1xyz",)),
    "Padded": Node(c.Padded(3, c.Int8ub, pattern=b"-"), (1,)),
    "Padded(VarInt)": Node(c.Padded(3, c.VarInt), (1, 300)),
    "Padded(this.n)": Node(sized(c.Padded(this.n, c.Int8ub)), ({"n": 3, "d": 1}, {"n": 1, "d": 1}), extra=(b"\0\1",)),
    "Aligned": Node(c.Aligned(4, c.Int8ub), (1,)),
    "Aligned(variable)": Node(c.Aligned(4, c.PascalString(c.Int8ub, "ascii")), ("abc", "abcd", "")),
    "AlignedStruct": Node(c.AlignedStruct(4, "a" / c.Int8ub, "b" / c.Int16ub), ({"a": 1, "b": 2},)),
    "RawCopy": Node(c.RawCopy(c.Struct("a" / c.Int8ub)), ({"value": {"a": 1}}, {"data": b"a"})),
    "RawCopy(variable)": Node(c.RawCopy(c.Prefixed(c.Int8ub, c.GreedyBytes)), ({"value": b"ab"}, {"data": b"\x01a"})),
    "RestreamData": Node(
        c.Struct("n" / c.Bytes(2), "r" / c.RestreamData(this.n, c.Int16ub)), ({"n": b"ab"},), framed=False
    ),
    "OffsettedEnd": Node(
        c.Struct("d" / c.OffsettedEnd(-2, c.GreedyBytes), "e" / c.Int16ub),
        ({"d": b"ab", "e": 1},),
        framed=False,
        alone=True,
    ),
    "Pointer": Node(
        c.Struct("a" / c.Int8ub, "p" / c.Pointer(0, c.Int8ub)), ({"a": 1, "p": 1},), framed=False, alone=True
    ),
    "Peek": Node(c.Struct("p" / c.Peek(c.Int16ub), "a" / c.Int8ub), ({"a": 1},), framed=False),
    "Seek": Node(c.Struct("a" / c.Int8ub, c.Seek(1, 1), "b" / c.Int8ub), ({"a": 1, "b": 2},), framed=False, alone=True),
    "Lazy": Node(c.Lazy(c.Int16ub), (lambda: 515,), framed=False, alone=True),
    "LazyStruct": Node(c.LazyStruct("a" / c.Int8ub, "b" / c.Int16ub), ({"a": 1, "b": 2},), framed=False, alone=True),
    "LazyArray": Node(c.LazyArray(2, c.Int8ub), ([1, 2],), framed=False, alone=True),
}

CHANGED: Final = {
    "ByteSwapped": Node(c.ByteSwapped(c.Struct("a" / c.Int8ub, "b" / c.Int16ub)), ({"a": 1, "b": 2},)),
    "BitsSwapped": Node(c.BitsSwapped(c.Bytes(2)), (b"\x01\x02",)),
    "Transformed": Node(c.Transformed(c.Bytes(2), bytes.swapcase, 2, bytes.swapcase, 2), (b"aB",)),
    "ProcessXor": Node(c.ProcessXor(0x55, c.Bytes(2)), (b"ab",), framed=False, empty=True),
    "ProcessRotateLeft": Node(c.ProcessRotateLeft(3, 1, c.Bytes(2)), (b"ab",), framed=False, empty=True),
    "Compressed": Node(c.Prefixed(c.Int8ub, c.Compressed(c.GreedyBytes, "zlib")), (b"aaaa",), framed=None),
    "Checksum": Node(
        c.Struct("b" / c.RawCopy(c.Int16ub), "s" / c.Checksum(c.Int32ub, zlib.crc32, this.b.data)),
        ({"b": {"value": 515}},),
        extra=(b"\2\3abcd",),
    ),
    "Rebuild(len_)": Node(sized(c.Bytes(this.n)), ({"n": 1, "d": b"a"},)),
    "Rebuild": Node(
        c.Struct("n" / c.Rebuild(c.Int8ub, len_(this.d)), "d" / c.Bytes(this.n)), ({"d": b"ab"}, {"n": 9, "d": b""})
    ),
    "Rebuild(lambda)": Node(
        c.Struct("n" / c.Rebuild(c.Int16ub, lambda ctx: len(ctx.d) * 2), "d" / c.Bytes(this.n // 2)), ({"d": b"ab"},)
    ),
    "Default": Node(
        c.Struct("a" / c.Default(c.Int8ub, 7), "b" / c.Int8ub), ({"b": 2}, {"a": 1, "b": 2}, {"a": None, "b": 1})
    ),
    "Default(expression)": Node(
        c.Struct("b" / c.Int8ub, "a" / c.Default(c.Int8ub, this.b + 1)), ({"b": 2}, {"b": 255})
    ),
    "ExprAdapter": Node(c.ExprAdapter(c.Int8ub, obj_ + 1, obj_ - 1), (1, 256)),
    "ExprAdapter(lambda)": Node(
        c.ExprAdapter(c.Int8ub, lambda obj, ctx: [obj], lambda obj, ctx: obj[0]), ([1],), framed=None
    ),
    "ExprSymmetricAdapter": Node(c.ExprSymmetricAdapter(c.Int8ub, obj_ & 0x0F), (1, 31)),
    "ExprValidator": Node(c.ExprValidator(c.Int8ub, obj_ < 10), (1,), extra=(b"\x0b",)),
    "OneOf": Node(c.OneOf(c.Int8ub, [1, 2]), (1, 2), extra=(b"\x03",)),
    "NoneOf": Node(c.NoneOf(c.Int8ub, [1, 2]), (3,), extra=(b"\x01",)),
    "Filter": Node(c.Filter(obj_ != 0, c.Array(3, c.Int8ub)), ([1, 2, 3],), extra=(b"\1\0\2",), framed=None),
    "Slicing": Node(c.Slicing(c.Array(4, c.Int8ub), 4, 1, 3, empty=0), ([2, 3],), extra=(b"\1\2\3\4",), framed=None),
    "Indexing": Node(c.Indexing(c.Array(4, c.Int8ub), 4, 2, empty=0), (3,), extra=(b"\1\2\3\4",), framed=None),
    "Adapter": Node(Doubled(c.Int8ub), (4,), framed=None),
    "Adapter(context)": Node(c.Struct("base" / c.Int8ub, "a" / Added(c.Int8ub)), ({"base": 1, "a": 3},), framed=None),
    "Validator": Node(Even(c.Int8ub), (4,), extra=(b"\x03",), framed=None),
    "LazyBound": Node(tree(), ({"leaf": 1, "twigs": [{"leaf": 2, "twigs": []}]},), framed=None),
    "LazyBound(If)": Node(chain(), ({"at": 1, "next": {"at": 0, "next": None}}, {"at": 0}), framed=None),
    "hook": Node("seen" / c.Int8ub * (lambda obj, ctx: None), (1,), framed=None),
}

SIGNED: Final = {
    "Bytes(signed)": Node(
        c.Struct("n" / c.Int8sb, "d" / c.Bytes(this.n)), ({"n": 2, "d": b"ab"}, {"n": 0, "d": b""}), extra=(b"\xffab",)
    ),
    "BytesInteger(signed)": Node(
        c.Struct("n" / c.Int8sb, "d" / c.BytesInteger(this.n)), ({"n": 2, "d": 515},), extra=(b"\xffab", b"\x00ab")
    ),
    "Array(signed)": Node(
        c.Struct("n" / c.Int16sl, "d" / c.Array(this.n, c.Int8ub)), ({"n": 2, "d": [1, 2]},), extra=(b"\xff\xffab",)
    ),
    "Array(signed, records)": Node(
        c.Struct("n" / c.Int8sb, "d" / c.Array(this.n, c.Struct("a" / c.Int8ub))),
        ({"n": 1, "d": [{"a": 1}]},),
        extra=(b"\xffab",),
    ),
    "FixedSized(signed)": Node(
        c.Struct("n" / c.Int24sb, "d" / c.FixedSized(this.n, c.GreedyBytes)),
        ({"n": 2, "d": b"ab"},),
        extra=(b"\xff\xff\xffab",),
    ),
    "Prefixed(signed)": Node(c.Prefixed(c.Int8sb, c.GreedyBytes), (b"ab", b""), extra=(b"\xffab",)),
    "Prefixed(ZigZag)": Node(c.Prefixed(c.ZigZag, c.GreedyBytes), (b"ab", b""), extra=(b"\x01ab",)),
    "PrefixedArray(signed)": Node(c.PrefixedArray(c.Int8sb, c.Int16ub), ([1, 2], []), extra=(b"\xff\0\1",)),
    "Padded(signed)": Node(
        c.Struct("n" / c.Int8sb, "d" / c.Padded(this.n, c.Int8ub)), ({"n": 3, "d": 1},), extra=(b"\xffab",)
    ),
    "Aligned(this.n)": Node(
        c.Struct("n" / c.Int8sb, "d" / c.Aligned(this.n, c.Int8ub)),
        ({"n": 3, "d": 1}, {"n": 2, "d": 1}),
        extra=(b"\xffab", b"\1ab", b"\0ab"),
    ),
}

EXPRESSIONS: Final = {
    name: Node(
        c.Struct("a" / c.Int8sb, "b" / c.Int8ub, "v" / c.Computed(expression), "d" / c.Bytes(1)),
        ({"a": 3, "b": 2, "d": b"x"}, {"a": -3, "b": 7, "d": b"x"}, {"a": 0, "b": 0, "d": b"x"}),
    )
    for name, expression in {
        "+ - *": this.a * 2 - this.b + 1,
        "- of -": this.a - (this.b - 1),
        "// %": this.a // this.b * 10 + this.a % this.b,
        "/": this.a / this.b,
        "**": (-this.b) ** 2,
        "<< >>": (this.b << this.a) >> 1,
        "& | ^ ~": (this.a & 6) | (this.b ^ 1),
        "comparisons": (this.a > this.b) + (this.a <= 3) * 2 + (this.a == this.b) * 4 + (this.a != 0) * 8,
        "and or": (this.a > 0) & (this.b > 1) | (this.a < -1),
        "not": ~(this.a > 0),
        "+ of a constant in front": 10 - this.a,
        "abs": c.abs_(this.a) if hasattr(c, "abs_") else this.a,
    }.items()
} | {
    "len_(this.d)": Node(
        c.Struct("d" / c.Prefixed(c.Int8ub, c.GreedyBytes), "n" / c.Computed(len_(this.d) * 2)), ({"d": b"ab"},)
    ),
    "a size that is computed": Node(
        c.Struct("n" / c.Int8ub, "m" / c.Computed(this.n * 2), "k" / c.Computed(this.m - 1), "d" / c.Bytes(this.k)),
        ({"n": 2, "d": b"abc"}, {"n": 1, "d": b"a"}),
        extra=(b"\0abc",),
    ),
    "text ==": Node(
        c.Struct("t" / c.PascalString(c.Int8ub, "utf8"), "v" / c.If(this.t == "on", c.Int8ub)),
        ({"t": "on", "v": 1}, {"t": "off", "v": None}),
    ),
    "bytes ==": Node(
        c.Struct("t" / c.Bytes(2), "v" / c.IfThenElse(this.t == b"ab", c.Int8ub, c.Int16ub)),
        ({"t": b"ab", "v": 1}, {"t": b"cd", "v": 1}),
    ),
    "Enum ==": Node(
        c.Struct("t" / c.Enum(c.Int8ub, on=1), "v" / c.If(this.t == "on", c.Int8ub)),
        ({"t": "on", "v": 1}, {"t": 1, "v": None}, {"t": 2, "v": None}),
    ),
    "a sum of counts": Node(
        c.Struct("r" / c.Array(2, c.Int8ub), "d" / c.Bytes(c.sum_(this.r))), ({"r": [1, 2], "d": b"abc"},)
    ),
    "an item": Node(c.Struct("r" / c.Array(2, c.Int8ub), "d" / c.Bytes(this.r[1])), ({"r": [9, 2], "d": b"ab"},)),
    "this._._": Node(
        c.Struct("n" / c.Int8ub, "o" / c.Struct("m" / c.Int8ub, "i" / c.Struct("d" / c.Bytes(this._._.n + this._.m)))),
        ({"n": 1, "o": {"m": 1, "i": {"d": b"ab"}}},),
    ),
    "through an array": Node(
        c.Struct("n" / c.Int8ub, "r" / c.Array(2, c.Struct("d" / c.Bytes(this._.n)))),
        ({"n": 2, "r": [{"d": b"ab"}, {"d": b"cd"}]},),
    ),
    "through a window": Node(
        c.Struct("n" / c.Int8ub, "w" / c.Prefixed(c.Int8ub, c.Struct("d" / c.Array(this._.n, c.Int16ub)))),
        ({"n": 2, "w": {"d": [1, 2]}},),
    ),
}

BITS: Final = {
    "BitsInteger": Node(c.BitsInteger(8), (1, 255)),
    "BitsInteger(3) and 5": Node(c.Struct("a" / c.BitsInteger(3), "b" / c.BitsInteger(5)), ({"a": 5, "b": 17},)),
    "BitsInteger(signed)": Node(
        c.Struct("a" / c.BitsInteger(3, signed=True), "b" / c.BitsInteger(5)), ({"a": -4, "b": 1},)
    ),
    "BitsInteger(swapped)": Node(c.BitsInteger(16, swapped=True), (258,)),
    "BitsInteger(this.n)": Node(
        c.Struct("n" / c.BitsInteger(4), "a" / c.BitsInteger(this.n), "b" / c.BitsInteger(12 - this.n)),
        ({"n": 5, "a": 17, "b": 3},),
        framed=None,
    ),
    "Flag": Node(c.Struct("f" / c.Array(8, c.Flag)), ({"f": [True, False] * 4},)),
    "Bit, Nibble, Octet": Node(
        c.Struct("a" / c.Bit, "b" / c.Nibble, "c" / c.Octet, "d" / c.BitsInteger(3)),
        ({"a": 1, "b": 9, "c": 200, "d": 7},),
    ),
    "Padding": Node(
        c.Struct("a" / c.BitsInteger(3), c.Padding(4), "b" / c.Flag), ({"a": 5, "b": True},), extra=(b"\xff",)
    ),
    "Const": Node(c.Struct("a" / c.Const(2, c.BitsInteger(3)), "b" / c.BitsInteger(5)), ({"b": 3},), extra=(b"\xff",)),
    "Enum": Node(
        c.Struct("a" / c.Enum(c.BitsInteger(3), x=1), "b" / c.BitsInteger(5)), ({"a": "x", "b": 3}, {"a": 6, "b": 3})
    ),
    "FlagsEnum": Node(c.FlagsEnum(c.BitsInteger(8), low=1, high=128), ({"high": True},)),
    "Computed": Node(c.Struct("a" / c.BitsInteger(8), "b" / c.Computed(this.a * 2)), ({"a": 3},)),
    "Rebuild": Node(c.Struct("n" / c.Rebuild(c.Octet, len_(this.a)), "a" / c.Array(2, c.Octet)), ({"a": [1, 2]},)),
    "Default": Node(c.Struct("a" / c.Default(c.Nibble, 7), "b" / c.Nibble), ({"b": 2}, {"a": 1, "b": 2})),
    "Array": Node(c.Array(4, c.Nibble), ([1, 2, 3, 4],)),
    "If": Node(
        c.Struct("k" / c.Flag, "x" / c.IfThenElse(this.k, c.BitsInteger(7), c.BitsInteger(7))),
        ({"k": True, "x": 99},),
        framed=None,
    ),
    "If(uneven)": Node(
        c.Struct("k" / c.Flag, "x" / c.If(this.k, c.BitsInteger(8)), "y" / c.BitsInteger(7)),
        ({"k": False, "y": 3},),
        framed=None,
        extra=(b"\xff\xff",),
    ),
    "Struct(nested)": Node(
        c.Struct("h" / c.Struct("a" / c.Nibble, "b" / c.Bit), "t" / c.BitsInteger(3)),
        ({"h": {"a": 9, "b": 1}, "t": 5},),
    ),
    "Sequence": Node(c.Sequence(c.Nibble, c.Flag, c.BitsInteger(3)), ([9, True, 5],)),
    "Bytewise": Node(
        c.Struct("a" / c.Nibble, "b" / c.Bytewise(c.Int16ub), "c" / c.Nibble), ({"a": 1, "b": 515, "c": 2},)
    ),
    "Bytes": Node(c.Struct("a" / c.Nibble, "raw" / c.Bytes(4)), ({"a": 1, "raw": b"\0\1\1\0"},)),
    "Wide": Node(c.Struct("a" / c.BitsInteger(70), "b" / c.BitsInteger(2)), ({"a": 2**70 - 3, "b": 1},)),
    "ExprAdapter": Node(c.ExprAdapter(c.Octet, obj_ + 1, obj_ - 1), (7,)),
    "ExprValidator": Node(c.OneOf(c.Octet, [1, 2]), (1,), extra=(b"\x03",)),
}

_NODES: Final = NUMBERS | LEAVES | TEXTS | NAMES | RECORDS | ROWS | BRANCHES | WINDOWS | CHANGED | SIGNED | EXPRESSIONS
ALL: Final[dict[str, Node]] = _NODES | {
    f"BitStruct[{name}]": attrs.evolve(node, schema=c.Bitwise(node.schema)) for name, node in BITS.items()
}
"""Every node that a schema of bytes may hold."""
HOPELESS: Final = {
    "later name": "asks for what is not parsed yet",
    "RepeatUntil(list_)": "construct hands its list only where it stands alone in the expression",
    "RepeatUntil(this)": "construct hands the element in the context's place",
}
"""Schemas that can be declared, yet no bytes that they build can be parsed."""
