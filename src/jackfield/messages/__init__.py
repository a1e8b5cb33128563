"""The message language: a schema is declared once, as a class or a construct, and a codec is made of it.

A declaration goes from a class body (or a construct tree) to a plan, and from the plan to functions that parse,
build and frame. The only room that knows construct; no I/O.
"""

from ._around import body_field as body_field
from ._around import echoes_of as echoes_of
from ._around import head_size as head_size
from ._around import header_of as header_of
from ._around import new_packet as new_packet
from ._around import number_echoes as number_echoes
from ._codec import Codec as Codec
from ._codec import codec_for as codec_for
from ._declare import Message as Message
from ._declare import evolve as evolve
from ._declare import message as message
from ._declared import carry_echoes as carry_echoes
from ._declared import echo_fields as echo_fields
from ._declared import has_tag_field as has_tag_field
from ._declared import is_message as is_message
from ._declared import tag_of as tag_of
from ._expressions import this as this
from ._fields import F32 as F32
from ._fields import F64 as F64
from ._fields import I8 as I8
from ._fields import I16 as I16
from ._fields import I24 as I24
from ._fields import I32 as I32
from ._fields import I64 as I64
from ._fields import U8 as U8
from ._fields import U16 as U16
from ._fields import U24 as U24
from ._fields import U32 as U32
from ._fields import U64 as U64
from ._fields import Bit as Bit
from ._fields import Body as Body
from ._fields import Bool as Bool
from ._fields import Bytes8 as Bytes8
from ._fields import Bytes16 as Bytes16
from ._fields import CText as CText
from ._fields import Decimal as Decimal
from ._fields import F32le as F32le
from ._fields import F64le as F64le
from ._fields import I16le as I16le
from ._fields import I24le as I24le
from ._fields import I32le as I32le
from ._fields import I64le as I64le
from ._fields import Rest as Rest
from ._fields import Text8 as Text8
from ._fields import Text16 as Text16
from ._fields import U16le as U16le
from ._fields import U24le as U24le
from ._fields import U32le as U32le
from ._fields import U64le as U64le
from ._fields import VarInt as VarInt
from ._fusing import Fusing as Fusing
from ._fusing import can_fuse as can_fuse
from ._fusing import fits_fusing as fits_fusing
from ._fusing import parser_of as parser_of
from ._fusing import size_of as size_of
from ._packet import Carrying as Carrying
from ._packet import Packet as Packet
from ._purposes import Schema as Schema
from ._purposes import checksum as checksum
from ._purposes import computed as computed
from ._purposes import const as const
from ._purposes import echo as echo
from ._purposes import field as field
from ._purposes import length as length
from ._purposes import tag as tag
from ._tags import tag_reader as tag_reader
from ._transcribe import is_schema as is_schema
from ._transcribe import transcribe as transcribe
from ._unknown import TagRule as TagRule
from ._unknown import TagValue as TagValue
from ._unknown import Unknown as Unknown
from ._words import Adapt as Adapt
from ._words import Bits as Bits
from ._words import Custom as Custom
from ._words import Fixed as Fixed
from ._words import Number as Number
from ._words import Prefixed as Prefixed
from ._words import Tagged as Tagged
from ._words import Terminated as Terminated
from ._words import UntilEnd as UntilEnd
from ._words import number_of as number_of

__all__ = [
    "F32",
    "F64",
    "I8",
    "I16",
    "I24",
    "I32",
    "I64",
    "U8",
    "U16",
    "U24",
    "U32",
    "U64",
    "Adapt",
    "Bit",
    "Bits",
    "Body",
    "Bool",
    "Bytes8",
    "Bytes16",
    "CText",
    "Carrying",
    "Codec",
    "Custom",
    "Decimal",
    "F32le",
    "F64le",
    "Fixed",
    "Fusing",
    "I16le",
    "I24le",
    "I32le",
    "I64le",
    "Message",
    "Number",
    "Packet",
    "Prefixed",
    "Rest",
    "Schema",
    "TagRule",
    "TagValue",
    "Tagged",
    "Terminated",
    "Text8",
    "Text16",
    "U16le",
    "U24le",
    "U32le",
    "U64le",
    "Unknown",
    "UntilEnd",
    "VarInt",
    "body_field",
    "can_fuse",
    "carry_echoes",
    "checksum",
    "codec_for",
    "computed",
    "const",
    "echo",
    "echo_fields",
    "echoes_of",
    "evolve",
    "field",
    "fits_fusing",
    "has_tag_field",
    "head_size",
    "header_of",
    "is_message",
    "is_schema",
    "length",
    "message",
    "new_packet",
    "number_echoes",
    "number_of",
    "parser_of",
    "size_of",
    "tag",
    "tag_of",
    "tag_reader",
    "this",
    "transcribe",
]
