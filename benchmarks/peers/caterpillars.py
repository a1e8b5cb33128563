"""caterpillar: annotated classes. B goes without the check of its CRC; D and E are not written."""

from caterpillar.py import BigEndian, Bytes, Field, int32, pack, struct, this, uint8, uint16, uint32, uint64, unpack


@struct(order=BigEndian)
class Reading:
    version: uint8
    kind: uint8
    flags: uint16
    sequence: uint32
    at: uint64
    value: int32
    battery: uint8


@struct(order=BigEndian)
class Envelope:
    magic: b"\xab\xcd"
    version: uint8
    flags: uint8
    sequence: uint32
    size: uint16
    payload: Bytes(this.size)
    crc: uint32


@struct(order=BigEndian)
class Pair:
    low: uint8
    high: uint16


@struct(order=BigEndian)
class Item:
    kind: uint8
    size: uint8
    value: Field(this.kind) >> {1: uint32, 2: uint16, 3: Bytes(this.size), 4: Pair}


@struct(order=BigEndian)
class Items:
    ident: uint16
    items: Item[uint8::]


def _of(cls):
    return lambda data: unpack(cls, data), pack


CONTENDERS = {"caterpillar": {"A": _of(Reading), "B": _of(Envelope), "C": _of(Items)}}
