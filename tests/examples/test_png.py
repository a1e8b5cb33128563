"""The PNG example, beside Pillow: its files are read to the last chunk, ours are shown by it."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

import jackfield as jf
import png
from examples.programs import output_of


def saved(mode: str, size: tuple[int, int], **options: object) -> bytes:
    """Return a file that Pillow wrote."""
    out = io.BytesIO()
    image = Image.effect_noise(size, 50).convert(mode)
    image.save(out, "PNG", **options)
    return out.getvalue()


MODES = {
    "L": png.Colour.GREY,
    "LA": png.Colour.GREY_ALPHA,
    "P": png.Colour.PALETTE,
    "RGB": png.Colour.TRUE,
    "RGBA": png.Colour.TRUE_ALPHA,
    "1": png.Colour.GREY,
}


@pytest.mark.parametrize(("mode", "colour"), MODES.items(), ids=MODES)
def test_a_file_of_pillows_is_read_chunk_by_chunk_and_written_as_it_was(mode: str, colour: png.Colour) -> None:
    data = saved(mode, (200, 90))
    chunks = list(png.read(data))
    header = png.headers.parse(chunks[0].data)
    assert (header.width, header.height, header.colour) == (200, 90, colour)
    assert header.depth == (1 if mode == "1" else 8)
    assert [chunk.kind for chunk in chunks[-2:]] == [b"IDAT", b"IEND"]
    row = (200 * png.CHANNELS[colour] * header.depth + 7) // 8
    assert len(zlib.decompress(b"".join(part.data for part in chunks if part.kind == b"IDAT"))) == 90 * (1 + row)
    assert png.write(chunks) == data


def test_texts_that_pillow_wrote_are_read(tmp_path: Path) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Title", "Café")
    file = tmp_path / "noted.png"
    file.write_bytes(saved("RGB", (3, 2), pnginfo=notes, dpi=(72, 72)))
    lines = output_of("png.py", str(file)).splitlines()
    assert lines[0].endswith("3 x 2, TRUE, 8 bits")
    assert any(line.startswith("tEXt") and line.endswith("Title = Café") for line in lines)
    assert any(line.startswith("pHYs 9 bytes") for line in lines)
    assert lines[-1] == "IEND 0 bytes, CRC ae426082"


@pytest.mark.parametrize("colour", [png.Colour.GREY, png.Colour.TRUE, png.Colour.TRUE_ALPHA], ids=lambda one: one.name)
def test_pillow_shows_what_was_written_here(colour: png.Colour) -> None:
    rows = [bytes(range(at, at + 3 * png.CHANNELS[colour])) for at in range(5)]
    data = png.picture(png.Header(3, 5, 8, colour), rows, {"Author": "nobody"})
    image = Image.open(io.BytesIO(data))
    image.load()
    assert image.size == (3, 5)
    assert image.tobytes() == b"".join(rows)
    assert image.info["Author"] == "nobody"


def test_a_changed_byte_anywhere_in_a_chunk_is_found_by_its_crc() -> None:
    data = saved("L", (8, 8))
    begin = data.index(b"IDAT")
    for at in range(begin, begin + 12):
        broken = bytearray(data)
        broken[at] ^= 1
        with pytest.raises(jf.DecodeError) as caught:
            list(png.read(bytes(broken)))
        assert caught.value.field == "crc"


def test_a_file_that_is_cut_anywhere_is_a_decode_error() -> None:
    data = saved("L", (4, 4))
    for end in range(len(data)):
        with pytest.raises(jf.DecodeError):
            list(png.read(data[:end]))


def test_critical_chunks_are_told_from_others() -> None:
    assert png.Chunk(b"IHDR", b"").critical
    assert not png.Chunk(b"tEXt", b"").critical
