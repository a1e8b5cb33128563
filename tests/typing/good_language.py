"""The message language as both checkers must see it: types of fields, exact arguments, nothing to remark."""

from __future__ import annotations

import datetime as dt
import enum
import zlib
from typing import Annotated, Any, Literal, assert_never, assert_type

from construct import Int8ub, Int16ub, PascalString

import jackfield as jf
from jackfield.messages import Carrying, Codec, codec_for


class Color(enum.IntEnum):
    RED = 1


class Access(enum.IntFlag):
    READ = 1


def crc16(data: bytes) -> int:
    return zlib.crc32(data) & 0xFFFF


@jf.message
class Frame(jf.Packet):
    start: bytes = jf.const(b"\x78\x78")
    length: jf.U8 = jf.length(plus=-2)
    kind: jf.U8 = jf.tag()
    body: jf.Body
    serial: jf.U16 = jf.echo()
    crc: jf.U16 = jf.checksum(crc16, since=length)
    stop: bytes = jf.const(b"\r\n")


@jf.message(tag=1)
class Add:
    left: jf.I64
    right: jf.I64 = 0


@jf.message(tag=b"LOG ")
class Log:
    text: jf.CText


@jf.message(tag=(1, 2))
class Parts:
    pass


@jf.message(tag=lambda requested: requested | 0x80)
class Reply:
    pass


@jf.message
class Header:
    kind: Annotated[int, jf.Bits(4)] = jf.tag()
    flags: Annotated[int, jf.Bits(4)] = jf.field(default=0, kw_only=True)
    size: jf.VarInt = jf.length()


@jf.message(tag=3)
class Publish(Header):
    qos: jf.U8 = jf.field()
    number: jf.U16 | None = jf.field(when=qos > 0)
    payload: jf.Rest


@jf.message
class Everything:
    flags: jf.U8 = jf.computed()
    size: jf.U16 = jf.computed()
    count: jf.VarInt = jf.computed()
    kind: jf.U8 = jf.computed()
    total: jf.U8 = jf.computed(lambda message: message.color)
    digits: jf.Decimal
    line: Annotated[str, jf.Terminated(b"\r\n")]
    data: bytes = jf.field(size=size - 2)
    values: tuple[jf.U16, ...] = jf.field(count=count)
    rows: list[jf.Text8] = jf.field(size=size * 2, count=count)
    body: Add | Log | jf.Unknown = jf.field(tag=kind, size=size)
    maybe: jf.U16 | None = jf.field(when=flags & 4)
    outer: jf.U16 | None = jf.field(when=jf.this.version >= 2)
    color: Annotated[Color, jf.U8]
    access: Annotated[Access, jf.Bits(8)]
    number: Annotated[Literal[1, 2], jf.U16]
    tagged: Annotated[Add | jf.Unknown, jf.Tagged(jf.U8), jf.Prefixed(jf.VarInt)]
    day: Annotated[dt.date, jf.Adapt(jf.U32, decode=dt.date.fromordinal, encode=dt.date.toordinal)]
    again: dt.date = jf.field(jf.Adapt(jf.U32, decode=dt.date.fromordinal, encode=dt.date.toordinal))
    hand: bytes = jf.field(jf.Custom(read=lambda data, at: (data[at : at + 1], at + 1), write=lambda value, _: value))
    name: str = jf.field(PascalString(Int8ub, "utf8"), when=flags & 1)
    port: int = jf.field(Int16ub, default=80)
    netstring: Annotated[bytes, jf.Prefixed(Annotated[int, jf.Terminated(b":")])] = b""
    keyword: jf.U8 = jf.field(default=1, kw_only=True)
    chosen: jf.U8 | None = jf.field(when=flags & 2, default=None)


# ---------------------------------------------------------------- arguments

assert_type(Frame(Add(1)), Frame)
assert_type(Frame(body=Add(1)).serial, int)
assert_type(Frame(Add(1)).start, bytes)
assert_type(Frame(Add(1)).crc, int)
assert_type(Publish(1, 2, b"x", flags=3), Publish)
assert_type(Publish(qos=0, number=None, payload=b"").size, int)
assert_type(jf.evolve(Publish(0, None, b""), payload=b"y"), Publish)

whole = Everything(
    12,
    "line",
    b"data",
    (1, 2),
    ["a"],
    Add(1, 2),
    None,
    3,
    Color.RED,
    Access.READ,
    1,
    jf.Unknown(1, b""),
    dt.date(2000, 1, 1),
    dt.date(2000, 1, 1),
    b"x",
    "name",
    keyword=2,
)
assert_type(whole.flags, int)
assert_type(whole.total, int)
assert_type(whole.values, tuple[int, ...])
assert_type(whole.rows, list[str])
assert_type(whole.maybe, int | None)
assert_type(whole.color, Color)
assert_type(whole.number, Literal[1, 2])
assert_type(whole.day, dt.date)
assert_type(whole.again, dt.date)
assert_type(whole.port, int)
assert_type(codec_for(Everything), Codec[Everything])
assert_type(codec_for(Reply, tag=0x81).parse(b"\x81"), Reply)


def what(body: Add | Log | jf.Unknown) -> str:
    match body:
        case Add(left, right):
            assert_type(left, int)
            return str(left + right)
        case Log(text):
            return text
        case jf.Unknown(tag=tag, payload=payload):
            assert_type(tag, int | bytes | tuple[int, ...])
            return payload.hex()
        case _:
            assert_never(body)


what(whole.body)


def packet_of(context: Carrying) -> None:
    frame = Frame.of(context)
    assert_type(frame, Frame)
    assert_type(frame.serial, int)


def typed(packet: jf.Packet[Add]) -> Any:
    return packet


# ---------------------------------------------------------------- numbers

jf.Prefixed(jf.U8)
jf.Prefixed(jf.VarInt, plus=2)
jf.Tagged(jf.U16le)
jf.Tagged(jf.Decimal)
assert_type(jf.Adapt(jf.U8, decode=str, encode=int), jf.Adapt[str, int])
assert_type(
    jf.Adapt(Annotated[bytes, jf.Fixed(4)], decode=bytes.hex, encode=bytes.fromhex),
    jf.Adapt[str, bytes],
)
