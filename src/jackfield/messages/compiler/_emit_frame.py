"""IR -> source of the walk that finds a message's end."""

from __future__ import annotations

from typing import Final

from ._expressions import Opaque
from ._frame_choices import CHOICES
from ._frame_leaves import LEAVES
from ._frame_records import RECORDS
from ._frame_values import VALUES
from ._ir import Node
from ._needs import subtree
from ._source import Source
from ._walking import Step, Unsupported, Walker

TABLE: Final[dict[type, Step]] = {**LEAVES, **VALUES, **RECORDS, **CHOICES}


def emit_frame(source: Source, node: Node) -> None:
    """Write ``frame(w)``, a walk; raises Unsupported where only a parser can tell the end."""
    if any(isinstance(one, Opaque) for one in subtree(node)):
        raise Unsupported("a function of the context")
    with source.block("def frame(w)"):
        emit = Walker(source, TABLE)
        emit.walk(node, wanted=False)
        emit.flush()
        end = emit.here.text()
        source.line(f"return {end}")
        source.line("yield 0")
