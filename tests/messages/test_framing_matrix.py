"""Each node at each place, on a stream: its end is known at every prefix, or it is refused when a handler is made."""

from __future__ import annotations

import random
from typing import Any, Final
from zlib import crc32

import pytest

import jackfield as jf
from jackfield.messages import Codec
from messages.framing import MAXIMUM, assert_cut_from_a_stream, assert_frames_alike
from messages.nodes import ALL, Node, c
from messages.oracle import built, damages, parsed
from messages.positions import PLACES, cells
from support import THOROUGH

CELLS: Final = [cell for cell in cells(ALL, every=THOROUGH) if THOROUGH or crc32("".join(cell).encode()) % 2]
each_cell = pytest.mark.parametrize(("place", "name"), CELLS, ids=[f"{name} {place}" for place, name in CELLS])


def accepts(node: Node) -> bool:
    """Return whether a stream handler can be made of *node*."""
    try:
        jf.stream_handler(node.schema, maximum=MAXIMUM)
    except jf.DeclarationError:
        return False
    return True


@each_cell
def test_a_node_is_found_on_a_stream_or_refused(place: str, name: str) -> None:
    node = PLACES[place](ALL[name])
    accepted = accepts(node)
    assert node.framed is None or accepted == node.framed
    if not accepted:
        return
    codec: Codec[Any] = Codec(node.schema)
    wires = [wire for value in node.values if (wire := built(node.schema, value))]
    for wire in wires[:2]:
        assert_frames_alike(node.schema, codec, wire + b"\x01\x02")
    longest = max((*wires, *node.extra), key=len, default=b"\1\1\1\1")
    for data in (*node.extra[:1], *list(damages(longest))[1:8:2]):
        assert_frames_alike(node.schema, codec, data + b"\x00\x01\xfe\x02")
    dice, whole = random.Random(name), [wire for wire in wires if is_whole(node.schema, wire)]
    if whole:
        stream = [dice.choice(whole) for _ in range(4)]
        pieces = [dice.randint(1, 7) for _ in b"".join(stream)]
        assert_cut_from_a_stream(codec, stream, pieces)


def is_whole(schema: Any, wire: bytes) -> bool:
    """Return whether *wire* is one message that ends where it does."""
    expected = parsed(schema, wire + b"?")
    return expected is not None and expected[1] == len(wire)


def test_a_refusal_names_the_field_by_its_path_and_the_way_out() -> None:
    outer = c.Struct(
        "a" / c.Int8ub, "deep" / c.Struct("b" / c.Int8ub, "rows" / c.Array(2, c.Struct("x" / c.GreedyBytes)))
    )
    with pytest.raises(jf.DeclarationError) as caught:
        jf.stream_handler(outer)
    assert caught.value.field == "deep.rows.x"
    assert "length prefix" in caught.value.reason
    assert "datagrams" in caught.value.reason
