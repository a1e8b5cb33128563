"""The five messages as Jackfield declares them; hand-written code makes the same objects."""

import zlib
from typing import Annotated

import jackfield as jf


@jf.message
class Reading:
    version: jf.U8
    kind: jf.U8
    flags: jf.U16
    sequence: jf.U32
    at: jf.U64
    value: jf.I32
    battery: jf.U8


@jf.message
class Envelope:
    magic: bytes = jf.const(b"\xab\xcd")
    version: jf.U8
    flags: jf.U8
    sequence: jf.U32
    size: jf.U16 = jf.computed()
    payload: bytes = jf.field(size=size)
    crc: jf.U32 = jf.checksum(zlib.crc32)


@jf.message(tag=1)
class Word:
    value: jf.U32


@jf.message(tag=2)
class Half:
    value: jf.U16


@jf.message(tag=3)
class Blob:
    value: jf.Rest


@jf.message(tag=4)
class Pair:
    low: jf.U8
    high: jf.U16


@jf.message
class Item:
    kind: jf.U8 = jf.computed()
    size: jf.U8 = jf.computed()
    value: Word | Half | Blob | Pair | jf.Unknown = jf.field(tag=kind, size=size)


@jf.message
class Items:
    ident: jf.U16
    items: Annotated[list[Item], jf.Prefixed(jf.U8)]


@jf.message
class Flags:
    response: jf.Bit
    opcode: Annotated[int, jf.Bits(4)]
    authoritative: jf.Bit
    truncated: jf.Bit
    recursion_desired: jf.Bit
    recursion_available: jf.Bit
    zero: Annotated[int, jf.Bits(3)]
    code: Annotated[int, jf.Bits(4)]


@jf.message
class Question:
    ident: jf.U16
    flags: Flags
    questions: jf.U16
    answers: jf.U16
    authorities: jf.U16
    additional: jf.U16
    labels: Annotated[list[jf.Bytes8], jf.Terminated(b"\0")]
    kind: jf.U16
    space: jf.U16


@jf.message(tag=3)
class ReadRegisters:
    address: jf.U16
    count: jf.U16


@jf.message(tag=6)
class WriteRegister:
    address: jf.U16
    value: jf.U16


@jf.message(tag=16)
class WriteRegisters:
    address: jf.U16
    count: jf.U16 = jf.computed()
    size: jf.U8
    values: list[jf.U16] = jf.field(count=count)


@jf.message
class Modbus:
    transaction: jf.U16
    protocol: jf.U16 = jf.const(0)
    length: jf.U16 = jf.length()
    unit: jf.U8
    function: Annotated[ReadRegisters | WriteRegister | WriteRegisters | jf.Unknown, jf.Tagged(jf.U8)]


MESSAGES: dict[str, type[Reading | Envelope | Items | Question | Modbus]] = {
    "A": Reading,
    "B": Envelope,
    "C": Items,
    "D": Question,
    "E": Modbus,
}
