"""The emitters and what makes functions of their text: imported when the first schema is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ._assemble import assemble as assemble
from ._emit_build import emit_build
from ._emit_frame import emit_frame
from ._emit_parse import emit_parse, emit_parse_from
from ._ir import Node
from ._source import Source
from ._walking import Unsupported

EMIT: Final[dict[str, Callable[[Source, Node], None]]] = {
    "parse": emit_parse,
    "parse_from": emit_parse_from,
    "build": emit_build,
}
"""What writes each function."""


def emit_walk(source: Source, node: Node) -> bool:
    """Write the walk that finds a message's end; return False where only a parser can find it."""
    try:
        emit_frame(source, node)
    except Unsupported:
        return False
    return True
