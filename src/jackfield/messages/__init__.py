"""The message language: a schema is declared once, as a class or a construct, and a codec is made of it.

A declaration goes from a class body (or a construct tree) to a plan, and from the plan to functions that parse,
build and frame. The only room that knows construct; no I/O.
"""

from ._codec import Codec as Codec
from ._codec import codec_for as codec_for
from ._declare import Message as Message
from ._declare import TagRule as TagRule
from ._declare import TagValue as TagValue
from ._declare import evolve as evolve
from ._declare import is_message as is_message
from ._declare import message as message
from ._declare import tag_of as tag_of
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
from ._fields import Bool as Bool
from ._fields import Bytes8 as Bytes8
from ._fields import Bytes16 as Bytes16
from ._fields import F32le as F32le
from ._fields import F64le as F64le
from ._fields import I16le as I16le
from ._fields import I24le as I24le
from ._fields import I32le as I32le
from ._fields import I64le as I64le
from ._fields import Rest as Rest
from ._fields import Schema as Schema
from ._fields import Text8 as Text8
from ._fields import Text16 as Text16
from ._fields import U16le as U16le
from ._fields import U24le as U24le
from ._fields import U32le as U32le
from ._fields import U64le as U64le
from ._fields import const as const
from ._fields import field as field
from ._fusing import Fusing as Fusing
from ._fusing import can_fuse as can_fuse
from ._fusing import fits_fusing as fits_fusing
from ._fusing import parser_of as parser_of
from ._fusing import size_of as size_of
from ._words import Bits as Bits
from ._words import Fixed as Fixed
from ._words import Number as Number
from ._words import Prefixed as Prefixed
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
    "Bit",
    "Bits",
    "Bool",
    "Bytes8",
    "Bytes16",
    "Codec",
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
    "Prefixed",
    "Rest",
    "Schema",
    "TagRule",
    "TagValue",
    "Text8",
    "Text16",
    "U16le",
    "U24le",
    "U32le",
    "U64le",
    "UntilEnd",
    "can_fuse",
    "codec_for",
    "const",
    "evolve",
    "field",
    "fits_fusing",
    "is_message",
    "message",
    "number_of",
    "parser_of",
    "size_of",
    "tag_of",
]
