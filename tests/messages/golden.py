"""The text that some declarations are compiled to, kept in `kept/`, one file for each.

Written anew, for a change of the compiler whose difference is then read by a person:

    PYTHONPATH=tests .venv/3.13/bin/python -m messages.golden
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Annotated, Any

import construct
from construct import this

import jackfield as jf
from jackfield.messages import Codec

FOLDER = Path(__file__).parent / "kept"


@jf.message
class Envelope:
    magic: bytes = jf.const(b"\xab\xcd")
    sequence: jf.U32
    size: jf.U16 = jf.computed()
    payload: bytes = jf.field(size=size)
    crc: jf.U32 = jf.checksum(zlib.crc32)


@jf.message(tag=1)
class Word:
    value: jf.U32


@jf.message(tag=2)
class Blob:
    value: jf.Rest


@jf.message
class Item:
    kind: jf.U8 = jf.computed()
    size: jf.U8 = jf.computed()
    value: Word | Blob | jf.Unknown = jf.field(tag=kind, size=size)


@jf.message
class Items:
    urgent: jf.Bit
    level: Annotated[int, jf.Bits(7)]
    items: Annotated[list[Item], jf.Prefixed(jf.U8)]


@jf.message
class Line:
    number: Annotated[int, jf.Decimal]
    labels: Annotated[list[jf.Bytes8], jf.Terminated(b"\0")]
    note: Annotated[str, jf.Terminated(b"\r\n")]


RAW = construct.Struct(
    "kind" / construct.Int8ub,
    "value" / construct.Switch(this.kind, {1: construct.Int16ul, 2: construct.Bytes(3)}, construct.Pass),
    "row" / construct.Array(this.kind, construct.Struct("low" / construct.Int8ub, "high" / construct.Int24sb)),
    "flags" / construct.BitStruct("up" / construct.Flag, "rest" / construct.BitsInteger(7)),
)

SCHEMAS: dict[str, Any] = {"envelope": Envelope, "items": Items, "line": Line, "raw": RAW}


def path_of(name: str) -> Path:
    """Return the file of the schema *name*."""
    return FOLDER / f"{name}.txt"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, schema in SCHEMAS.items():
        path_of(name).write_text(Codec(schema).source)
