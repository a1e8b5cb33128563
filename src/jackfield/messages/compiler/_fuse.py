"""Records in the middle of a function that somebody else writes; see ``messages.Fusing``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, final

from ._ir import Instance, Node, Record
from ._needs import by_hand, contexts_of, opaque
from ._sizes import fixed_size
from ._source import Source

Head: TypeAlias = tuple[str, int, bool | None, str]
"""A number in front: its code, its size in bytes, its byte order, and the name or expression of its value."""


@final
class Fusion:
    """Emits records into one source."""

    def __init__(self) -> None:
        self.source: Source = Source()

    @staticmethod
    def takes(record: Record) -> bool:
        """Return whether *record* can be emitted: it is a plain instance, and nothing in it wants a context."""
        return isinstance(record.target, Instance) and record.target.plain and not opaque(record)

    @staticmethod
    def size(node: Node) -> int | None:
        """Return the size of *node* in bytes where it is always the same."""
        return fixed_size(node)

    def read(self, record: Record | None, heads: Sequence[Head], at: str) -> str:
        """Emit what reads *heads*, and *record* behind them, from ``buffer`` at *at*; return the record's name."""
        from ._emit_parse import TABLE  # noqa: PLC0415  # emitters are loaded when something is compiled
        from ._reading import Reader  # noqa: PLC0415

        emit = Reader(self.source, TABLE, None if at == "0" else at, set() if record is None else contexts_of(record))
        emit.window = emit.window._replace(data="buffer", end="end")
        for code, size, little, name in heads:
            emit.take(code, size, name, little=little)
        value = "" if record is None else emit.read(record)
        emit.flush()
        return value

    def write(self, record: Record, value: str, heads: Callable[[str], Sequence[Head]]) -> str:
        """Emit what writes the *record* in *value*; return the expression of its bytes behind the heads'."""
        from ._emit_build import TABLE, build_contexts  # noqa: PLC0415
        from ._writing import Pack, Writer  # noqa: PLC0415

        emit = Writer(self.source, TABLE, build_contexts(record))
        emit.by_hand = by_hand(record)
        emit.write(record, value)
        packs = [Pack(code, size, little, text, None) for code, size, little, text in heads(emit.length(emit.atoms))]
        expression, _ = emit.joined([*packs, *emit.atoms])
        return expression

    def assemble(self, name: str) -> dict[str, Any]:
        """Return the names that the source defines."""
        from ._assemble import assemble  # noqa: PLC0415

        return assemble(self.source, name, "receive")
