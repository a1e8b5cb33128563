"""Framing: records and what bounds them."""

from __future__ import annotations

from typing import Final

from ._expressions import Item, Ref
from ._frame_live import live_names
from ._ir import (
    BitGroup,
    Field,
    Length,
    Record,
)
from ._leaves import (
    BitPad,
    Bits,
)
from ._needs import subtree
from ._parse_records import CODES
from ._parse_windows import natural_length
from ._runtime import too_small
from ._scope import Scope
from ._sizes import least_size
from ._walking import Step, Unsupported, Walker


def record(emit: Walker, node: Record, wanted: bool) -> str | None:
    """Walk over fields, keeping those that decide where something ends."""
    if wanted and id(node) not in emit.live:
        raise Unsupported("a record")
    scope = Scope(node, emit.scope)
    needed = live_names(node) | emit.live.get(id(node), set())
    outer, emit.scope = emit.scope, scope
    outside, emit.outside = emit.outside, emit.tail
    if outer is not None and emit.path and isinstance(emit.path[-1], str):
        outer.inner[emit.path[-1]] = scope
    emit.last = scope
    for number, part in enumerate(node.fields):
        behind = sum(least_size(one if isinstance(one, BitGroup) else one.node) for one in node.fields[number + 1 :])
        with emit.followed(behind):
            if isinstance(part, BitGroup):
                _bits(emit, part, scope, needed)
                continue
            with emit.inside(part.name):
                _need_items(emit, node, part)
                wants = part.name in needed and not isinstance(part.node, Record)
                value = emit.walk(part.node, wanted=wants)
                if wants and part.name is not None:
                    if value is None:
                        raise Unsupported(part.name)
                    scope.values[part.name] = emit.named(value, part.name)
        if isinstance(part.node, Length):
            break
    emit.scope, emit.outside = outer, outside
    return None


def _need_items(emit: Walker, node: Record, part: Field) -> None:
    """Let the record in *part* keep those of its fields that are asked for through it."""
    if isinstance(part.node, Record):
        keys = {
            one.key
            for one in subtree(node)
            if isinstance(one, Item)
            and isinstance(one.of, Ref)
            and one.of.name == part.name
            and isinstance(one.key, str)
        }
        if keys:
            emit.live[id(part.node)] = keys


def _bits(emit: Walker, group: BitGroup, scope: Scope, needed: set[str]) -> None:
    names = {part.name for part in group.fields}
    if not names & needed:
        emit.take(group.size)
        return
    word, left = emit.source.fresh("word"), group.size * 8
    if group.size in CODES:
        emit.take(group.size, CODES[group.size], word)
    else:
        raw = emit.source.fresh("raw")
        emit.take(group.size, f"{group.size}s", raw)
        emit.then(f"{word} = int.from_bytes({raw}, 'big')")
    for part in group.fields:
        if not isinstance(part.node, (Bits, BitPad)):
            raise Unsupported("bits behind a table")
        left -= part.node.width
        if part.name is not None and part.name in needed and isinstance(part.node, Bits):
            if part.node.signed or part.node.swapped:
                raise Unsupported("signed bits")
            value = f"{word} >> {left} & {(1 << part.node.width) - 1}"
            scope.values[part.name] = emit.named(f"({value}) != 0" if part.node.boolean else value, part.name)


def length(emit: Walker, node: Length, wanted: bool) -> str | None:
    """Walk over a length and what it bounds, which is the rest of the record."""
    name = emit.named(emit.value(node.inner), "length")
    emit.flush()
    if node.plus > 0 or not natural_length(node.inner):
        fault = emit.fault(too_small, name, str(node.plus), emit.here.text())
        emit.source.line(f"if {name} < {node.plus}: {fault}", emit.site("StreamError"))
    outer, emit.tail = emit.tail, emit.outside
    emit.skip(f"{name} - {node.plus}" if node.plus else name, natural=True)
    emit.tail = outer
    return name


RECORDS: Final[dict[type, Step]] = {
    Record: record,
    Length: length,
}
"""What walks over each kind of node."""
