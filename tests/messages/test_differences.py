"""Where a codec differs from construct on purpose: the one table, and the page that tells it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
from construct import this

import jackfield as jf
from jackfield.messages import Codec
from messages.nodes import c
from messages.oracle import parsed

PAGE: Final = (Path(__file__).parents[2] / "docs/messages.md").read_text()
BULLETS: Final = [
    " ".join(bullet.split()) for bullet in re.findall(r"^- (.*?)(?=^- |\Z)", PAGE, re.MULTILINE | re.DOTALL)
]

# what the page says: (schema, bytes, whether construct takes them; None: it would never return)
DIFFERENCES: Final[dict[str, tuple[Any, bytes, bool | None]]] = {
    "`parse` refuses what is left over": (c.Int8ub, b"\1\2", True),
    "elements that may take no bytes are 65 536 at most": (
        c.Struct("n" / c.Int32ub, "d" / c.Array(this.n, c.Pass)),
        b"\0\1\0\1",
        True,
    ),
    "A `GreedyRange` whose element takes no bytes is a fault": (c.GreedyRange(c.Computed(1)), b"", None),
    "A `VarInt` is read up to 10 bytes": (c.VarInt, b"\x80" * 10 + b"\1", True),
    "another of them may be the one that is named": (c.Struct(c.Const(b"ab"), c.Int8ub), b"xy", False),
}


@pytest.mark.parametrize(("schema", "data", "taken"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_what_differs_is_refused_where_construct_takes_it(schema: Any, data: bytes, taken: bool | None) -> None:
    if taken is not None:
        assert (parsed(schema, data) is not None) == taken
    with pytest.raises(jf.DecodeError):
        Codec(schema).parse(data)


def test_the_page_tells_each_difference_and_no_other() -> None:
    for bullet in BULLETS:
        assert any(said in bullet for said in DIFFERENCES), bullet
    for said in DIFFERENCES:
        assert any(said in bullet for bullet in BULLETS), said


def test_just_as_many_elements_of_nothing_as_are_allowed_are_read() -> None:
    schema = DIFFERENCES["elements that may take no bytes are 65 536 at most"][0]
    assert len(Codec[Any](schema).parse(b"\0\1\0\0")["d"]) == 65_536
