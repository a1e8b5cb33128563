"""Constructs to be written as classes, each with values that it builds."""

from __future__ import annotations

from typing import Any, Final

import construct
from construct import this

c: Any = construct

reading = c.Struct(
    "version" / c.Int8ub,
    "kind" / c.Int8sb,
    "flags" / c.Int16ub,
    "sequence" / c.Int32ul,
    "at" / c.Int64ub,
    "value" / c.Int24sb,
    "battery" / c.Float32b,
    "on" / c.Flag,
    "count" / c.VarInt,
)
texts = c.Struct(
    "magic" / c.Const(b"TX"),
    c.Padding(2),
    "short" / c.PascalString(c.Int8ub, "utf8"),
    "long" / c.PascalString(c.Int16ul, "utf8"),
    "ended" / c.CString("utf8"),
    "padded" / c.PaddedString(8, "utf8"),
    "fixed" / c.Bytes(3),
    "blob" / c.Prefixed(c.Int32ub, c.GreedyBytes),
    "marked" / c.NullTerminated(c.GreedyBytes, term=b"\r\n"),
    "zero" / c.Const(0, c.Int16ub),
    "rest" / c.GreedyString("utf8"),
)
question = c.Struct(
    "ident" / c.Int16ub,
    "flags" / c.BitStruct("response" / c.Flag, "opcode" / c.BitsInteger(4), c.Padding(3), "code" / c.BitsInteger(8)),
    "counts" / c.Array(4, c.Int16ub),
    "names" / c.PrefixedArray(c.Int8ub, c.Struct("name" / c.PascalString(c.Int8ub, "utf8"), "weight" / c.Int8ub)),
    "tail" / c.GreedyRange(c.Int16ub),
)
sized = c.Struct(
    "count" / c.Int8ub,
    "size" / c.Rebuild(c.Int16ub, construct.len_(this.payload)),
    "values" / c.Array(this.count, c.Int16ub),
    "payload" / c.Bytes(this.size),
    "extra" / c.If(this.count & 1, c.Int32ub),
    "inner" / c.Prefixed(c.Int8ub, c.Struct("flag" / c.Int8ub, "data" / c.Bytes(this._.count * 2 + 1))),
)
modbus = c.Struct(
    "transaction" / c.Int16ub,
    "protocol" / c.Const(0, c.Int16ub),
    "rest"
    / c.Prefixed(
        c.Int16ub,
        c.Struct(
            "unit" / c.Int8ub,
            "function" / c.Int8ub,
            "data"
            / c.Switch(
                this.function,
                {
                    3: c.Struct("address" / c.Int16ub, "count" / c.Int16ub),
                    16: c.Struct("address" / c.Int16ub, "count" / c.Int16ub, "values" / c.Array(this.count, c.Int16ub)),
                },
                default=c.Error,
            ),
        ),
    ),
)
coloured = c.Struct("colour" / c.Enum(c.Int8ub, red=1, blue=2), "shade" / c.Default(c.Int8ub, 7))

VALUES: Final[dict[str, list[Any]]] = {
    "reading": [
        {
            "version": 1,
            "kind": -2,
            "flags": 3,
            "sequence": 4,
            "at": 2**60,
            "value": -7,
            "battery": 0.5,
            "on": True,
            "count": 300,
        }
    ],
    "texts": [
        {
            "short": "é",
            "long": "",
            "ended": "abc",
            "padded": "x",
            "fixed": b"123",
            "blob": b"..",
            "marked": b"line",
            "rest": "all",
        }
    ],
    "question": [
        {
            "ident": 7,
            "flags": {"response": True, "opcode": 9, "code": 200},
            "counts": [1, 2, 3, 4],
            "names": [{"name": "a", "weight": 1}, {"name": "", "weight": 2}],
            "tail": [5, 6],
        },
        {"ident": 7, "flags": {"response": False, "opcode": 0, "code": 0}, "counts": [0] * 4, "names": [], "tail": []},
    ],
    "sized": [
        {"count": 1, "values": [9], "payload": b"abc", "extra": 5, "inner": {"flag": 1, "data": b"xyz"}},
        {"count": 2, "values": [1, 2], "payload": b"", "extra": None, "inner": {"flag": 0, "data": b"12345"}},
    ],
    "modbus": [
        {"transaction": 1, "rest": {"unit": 2, "function": 3, "data": {"address": 4, "count": 5}}},
        {"transaction": 1, "rest": {"unit": 2, "function": 16, "data": {"address": 4, "count": 2, "values": [6, 7]}}},
    ],
    "coloured": [{"colour": "red", "shade": 3}, {"colour": 2}],
}
