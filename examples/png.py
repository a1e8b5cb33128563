"""Reads and writes PNG files, chunk by chunk, each with its CRC.

    python examples/png.py picture.png

A chunk is declared once: its size is worked out, its CRC is checked on reading and written on building.
(W3C, Portable Network Graphics, third edition.)
"""

import sys
import zlib
from collections.abc import Iterable, Iterator
from enum import IntEnum
from pathlib import Path
from typing import Annotated

import jackfield as jf
from jackfield.messages import Codec

SIGNATURE = b"\x89PNG\r\n\x1a\n"


@jf.message
class Chunk:
    """Section 5.3."""

    size: jf.U32 = jf.computed()
    kind: Annotated[bytes, jf.Fixed(4)] = jf.field()
    data: bytes = jf.field(size=size)
    crc: jf.U32 = jf.checksum(zlib.crc32, since=kind)

    @property
    def critical(self) -> bool:
        """Whether a reader that does not know it cannot show the picture (section 5.4)."""
        return not self.kind[0] & 0x20


class Colour(IntEnum):
    GREY = 0
    TRUE = 2
    PALETTE = 3
    GREY_ALPHA = 4
    TRUE_ALPHA = 6


CHANNELS = {Colour.GREY: 1, Colour.TRUE: 3, Colour.PALETTE: 1, Colour.GREY_ALPHA: 2, Colour.TRUE_ALPHA: 4}


@jf.message
class Header:
    """The data of a chunk IHDR (section 11.2.1)."""

    width: jf.U32
    height: jf.U32
    depth: jf.U8
    colour: Annotated[Colour, jf.U8]
    compression: jf.U8 = jf.const(0)
    filtering: jf.U8 = jf.const(0)
    interlaced: jf.Bool = False


@jf.message
class Text:
    """The data of a chunk tEXt (section 11.3.3.2)."""

    keyword: Annotated[bytes, jf.Terminated(b"\0")]
    text: jf.Rest


chunks, headers, texts = Codec(Chunk), Codec(Header), Codec(Text)


def read(data: bytes) -> Iterator[Chunk]:
    """Give the chunks of a file; raises DecodeError where it is none, or damaged anywhere."""
    if not data.startswith(SIGNATURE):
        raise jf.DecodeError("PNG", None, 0, "has no signature")
    at = len(SIGNATURE)
    while at < len(data):
        chunk, at = chunks.parse_from(data, at)
        yield chunk
        if chunk.kind == b"IEND":
            return
    raise jf.DecodeError("PNG", None, at, "ends without IEND")


def write(parts: Iterable[Chunk]) -> bytes:
    """Return a file of *parts*."""
    return SIGNATURE + b"".join(chunks.build(part) for part in parts)


def picture(header: Header, rows: Iterable[bytes], texts_of: dict[str, str]) -> bytes:
    """Return a file that shows *rows*, each the bytes of its pixels, and carries texts in Latin-1."""
    plain = b"".join(b"\0" + row for row in rows)  # each row unfiltered (section 9.2)
    notes = [Text(name.encode("latin-1"), text.encode("latin-1")) for name, text in texts_of.items()]
    return write(
        [
            Chunk(b"IHDR", headers.build(header)),
            *(Chunk(b"tEXt", texts.build(note)) for note in notes),
            Chunk(b"IDAT", zlib.compress(plain)),
            Chunk(b"IEND", b""),
        ]
    )


def told(data: bytes) -> Iterator[str]:
    """Give a line for each chunk of a file."""
    for chunk in read(data):
        line = f"{chunk.kind.decode('latin-1')} {len(chunk.data)} bytes, CRC {zlib.crc32(chunk.kind + chunk.data):08x}"
        if chunk.kind == b"IHDR":
            header = headers.parse(chunk.data)
            line += f": {header.width} x {header.height}, {header.colour.name}, {header.depth} bits"
        if chunk.kind == b"tEXt":
            note = texts.parse(chunk.data)
            line += f": {note.keyword.decode('latin-1')} = {note.text.decode('latin-1')}"
        yield line


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: png.py FILE")
    try:
        for told_line in told(Path(sys.argv[1]).read_bytes()):
            print(told_line)
    except (OSError, jf.DecodeError) as error:
        sys.exit(str(error))
