"""Each node at each place: what construct does with it, a codec does: values, ends, bytes, errors."""

from __future__ import annotations

from typing import Any

import pytest

from jackfield.messages import Codec
from messages.nodes import ALL, HOPELESS
from messages.oracle import assert_builds_alike, assert_parses_alike, built, damages, parsed, spoiled
from messages.positions import PLACES, cells
from support import THOROUGH

CELLS = cells(ALL, every=THOROUGH)
each_cell = pytest.mark.parametrize(("place", "name"), CELLS, ids=[f"{name} {place}" for place, name in CELLS])


@each_cell
def test_a_node_is_what_construct_makes_of_it(place: str, name: str) -> None:
    node = PLACES[place](ALL[name])
    codec: Codec[Any] = Codec(node.schema)
    wires = [wire for value in node.values if (wire := assert_builds_alike(node.schema, codec, value)) is not None]
    for wire in (*wires, *node.extra):
        assert_parses_alike(node.schema, codec, wire)
    for data in damages(max((*wires, *node.extra), key=len, default=b"\1\1\1\1")):
        assert_parses_alike(node.schema, codec, data)
    for data in (b"", bytes(6), b"\xff" * 6):
        assert_parses_alike(node.schema, codec, b"@" + data + b"\x01\x02", offset=1)
    worse = [value for good in node.values[:2] for value in spoiled(good)]
    for value in worse[:: max(1, len(worse) // 24)]:
        assert_builds_alike(node.schema, codec, value)
    for wire in wires[:1]:
        if (again := parsed(node.schema, wire)) is not None and not ALL[name].alone:
            ours, _ = codec.parse_from(wire, 0)
            assert ours == again[0]
            assert again[0] == ours
            assert_builds_alike(node.schema, codec, again[0])
            assert_builds_alike(node.schema, codec, ours)


@pytest.mark.parametrize("name", ALL)
def test_a_node_carries_some_of_its_values(name: str) -> None:
    """Else the matrix would compare errors alone."""
    node = ALL[name]
    wires = (*node.extra, *(wire for value in node.values if (wire := built(node.schema, value)) is not None))
    assert any(parsed(node.schema, wire) for wire in wires) == (name not in HOPELESS)
