"""The five messages that codecs are compared on: their bytes, and their schemas as raw constructs.

A  21 bytes of integers
B  a header, 64 bytes of payload, a CRC-32 of both
C  ten items of four kinds, each with its kind and size in front
D  a DNS question: bit fields, labels, two numbers
E  Modbus/TCP: a length that bounds a function and its arguments
"""

import zlib

from construct import (
    Array,
    BitsInteger,
    BitStruct,
    Bytes,
    Checksum,
    Const,
    Flag,
    GreedyBytes,
    Int8ub,
    Int16ub,
    Int32sb,
    Int32ub,
    Int64ub,
    Prefixed,
    PrefixedArray,
    RawCopy,
    Rebuild,
    RepeatUntil,
    Struct,
    Switch,
    len_,
    obj_,
    this,
)

READING = Struct(
    "version" / Int8ub,
    "kind" / Int8ub,
    "flags" / Int16ub,
    "sequence" / Int32ub,
    "at" / Int64ub,
    "value" / Int32sb,
    "battery" / Int8ub,
)

ENVELOPE = Struct(
    "body"
    / RawCopy(
        Struct(
            "magic" / Const(b"\xab\xcd"),
            "version" / Int8ub,
            "flags" / Int8ub,
            "sequence" / Int32ub,
            "size" / Rebuild(Int16ub, len_(this.payload)),
            "payload" / Bytes(this.size),
        )
    ),
    "crc" / Checksum(Int32ub, zlib.crc32, this.body.data),
)

ITEM = Struct(
    "kind" / Int8ub,
    "size" / Int8ub,
    "value"
    / Switch(
        this.kind,
        {1: Int32ub, 2: Int16ub, 3: Bytes(this.size), 4: Struct("low" / Int8ub, "high" / Int16ub)},
        default=Bytes(this.size),
    ),
)
ITEMS = Struct("ident" / Int16ub, "items" / PrefixedArray(Int8ub, ITEM))

FLAGS = BitStruct(
    "response" / Flag,
    "opcode" / BitsInteger(4),
    "authoritative" / Flag,
    "truncated" / Flag,
    "recursion_desired" / Flag,
    "recursion_available" / Flag,
    "zero" / BitsInteger(3),
    "code" / BitsInteger(4),
)
QUESTION = Struct(
    "ident" / Int16ub,
    "flags" / FLAGS,
    "questions" / Int16ub,
    "answers" / Int16ub,
    "authorities" / Int16ub,
    "additional" / Int16ub,
    "labels" / RepeatUntil(obj_ == b"", Prefixed(Int8ub, GreedyBytes)),
    "kind" / Int16ub,
    "space" / Int16ub,
)

FUNCTION = Struct(
    "function" / Int8ub,
    "data"
    / Switch(
        this.function,
        {
            3: Struct("address" / Int16ub, "count" / Int16ub),
            6: Struct("address" / Int16ub, "value" / Int16ub),
            16: Struct("address" / Int16ub, "count" / Int16ub, "size" / Int8ub, "values" / Array(this.count, Int16ub)),
        },
        default=GreedyBytes,
    ),
)
MODBUS = Struct(
    "transaction" / Int16ub,
    "protocol" / Const(0, Int16ub),
    "rest" / Prefixed(Int16ub, Struct("unit" / Int8ub, "pdu" / FUNCTION)),
)

SCHEMAS = {"A": READING, "B": ENVELOPE, "C": ITEMS, "D": QUESTION, "E": MODBUS}

_HEADED = b"\xab\xcd\x01\x02" + (77).to_bytes(4, "big") + b"\x00\x40" + bytes(range(64))
_ITEM_BYTES = (b"\x01\x04\0\0\0\x07", b"\x02\x02\0\x08", b"\x03\x08abcdefgh", b"\x04\x03\x07\0\x09")

SAMPLES = {
    "A": bytes(range(1, 22)),
    "B": _HEADED + zlib.crc32(_HEADED).to_bytes(4, "big"),
    "C": b"\x00\x2a\x0a" + b"".join(_ITEM_BYTES[at % 4] for at in range(10)),
    "D": b"\xbe\xef\x01\x00\0\1\0\0\0\0\0\0" + b"\x03www\x07example\x03com\x00" + b"\0\1\0\1",
    "E": b"\0\1\0\0\0\x0b\x11\x10\0\1\0\2\4\0\x0a\1\2",
}
