"""dissect.cstruct: C declarations. It has no CRC and no choice by a tag: B goes unchecked, E is one function, flat."""

from dissect.cstruct import cstruct

TYPES = cstruct(endian=">")
TYPES.load(
    """
    struct Reading { uint8 version; uint8 kind; uint16 flags; uint32 sequence; uint64 at; int32 value; uint8 battery; };
    struct Envelope {
        char magic[2]; uint8 version; uint8 flags; uint32 sequence; uint16 size; char payload[size]; uint32 crc;
    };
    struct Modbus {
        uint16 transaction; uint16 protocol; uint16 rest; uint8 unit; uint8 function;
        uint16 address; uint16 count; uint8 size; uint16 values[count];
    };
    """
)


def _of(kind):
    return kind, kind.dumps


CONTENDERS = {"dissect.cstruct": {"A": _of(TYPES.Reading), "B": _of(TYPES.Envelope), "E": _of(TYPES.Modbus)}}
