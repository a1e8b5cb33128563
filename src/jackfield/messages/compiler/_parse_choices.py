"""Parse: one node or another, and many of one."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Final

from ._fold import constant
from ._ir import (
    CountedBy,
    Exactly,
    If,
    Node,
    Optional,
    Repeat,
    Switch,
    Tagged,
    ToEnd,
    Until,
    UntilMark,
)
from ._leaves import Nothing, Scalar
from ._parse_leaves import emit_hint, is_natural
from ._parse_windows import natural_length
from ._reading import Read, Reader
from ._runtime import EXPLICIT, MOST_EMPTY, Fault, StopRecord, endless, short, too_many, too_small
from ._sizes import WIDTHS, is_node, least_size
from ._source import Count, Place

_unpack_from: Final = struct.unpack_from
LADDER: Final = 8
"""Cases up to which they are compared one by one; above, a dict finds the case and comparisons halve the rest."""


def branch(emit: Reader, node: Node, name: str) -> None:
    """Emit one of several ways, which leaves the value in *name* and the position in the cursor."""
    here, window = emit.here, emit.window
    value = emit.read(node, name)
    emit.flush()
    if value != name:
        emit.source.line(f"{name} = {value}")
    emit.settle()
    emit.here, emit.window = here, window


def choose(emit: Reader, name: str, ways: Sequence[tuple[str, Callable[..., None]]], last: Callable[[], None]) -> str:
    """Emit ways under their conditions, the *last* one under ``else``; return *name*, where each leaves its value."""
    for number, (condition, way) in enumerate(ways):
        with emit.source.block(f"{'elif' if number else 'if'} {condition}"):
            way()
    if not ways:
        last()
    else:
        with emit.source.block("else"):
            last()
    emit.here = Place(emit.cursor, 0)
    return name


def either(emit: Reader, node: If, target: str | None) -> str:
    """Read one of two."""
    condition = emit.named(emit.text(node.condition), "condition")
    emit.settle()
    name = target or emit.source.fresh(emit_hint(emit, "value"))
    way = lambda: branch(emit, node.then, name)  # noqa: E731
    return choose(emit, name, [(condition, way)], lambda: branch(emit, node.otherwise, name))


def optional(emit: Reader, node: Optional, target: str | None) -> str:
    """Read, or have None."""
    return either(emit, If(node.when, node.inner, Nothing()), target)


def switch(emit: Reader, node: Switch, target: str | None) -> str:
    """Read the case of a key."""
    key = emit.source.fresh("key")
    text = emit.text(node.key)
    emit.source.line(f"{key} = {text}", emit.site("computed"))
    name = target or emit.source.fresh(emit_hint(emit, "value"))
    cases = [(value, lambda case=case: branch(emit, case, name)) for value, case in node.cases]
    emit.settle()
    return dispatch(emit, key, name, cases, lambda: branch(emit, node.default, name))


def dispatch(
    emit: Reader,
    key: str,
    name: str,
    cases: Sequence[tuple[object, Callable[..., None]]],
    last: Callable[[], None],
) -> str:
    """Emit the way to the case of *key*: a ladder where they are few, else a table and halving."""
    if len(cases) <= LADDER:
        ways = [(f"{key} == {emit.source.literal(value, 'case')}", way) for value, way in cases]
        return choose(emit, name, ways, last)
    table = emit.constant({value: number for number, (value, _) in enumerate(cases)}, "cases")
    number = emit.source.fresh("case")
    emit.source.line(f"{number} = {table}.get({key}, -1)", emit.site("computed"))
    with emit.source.block(f"if {number} < 0"):
        last()
    with emit.source.block("else"):
        _halve(emit, number, cases, 0, len(cases))
    emit.here = Place(emit.cursor, 0)
    return name


def _halve(emit: Reader, number: str, cases: Sequence[tuple[object, Callable[..., None]]], low: int, high: int) -> None:
    if high - low == 1:
        cases[low][1]()
        return
    middle = (low + high) // 2
    with emit.source.block(f"if {number} < {middle}"):
        _halve(emit, number, cases, low, middle)
    with emit.source.block("else"):
        _halve(emit, number, cases, middle, high)


def tagged(emit: Reader, node: Tagged, target: str | None) -> str:
    """Read the message of a tag."""
    tag = emit.source.fresh("tag")
    text = emit.read(node.tag, tag) if is_node(node.tag) else emit.text(node.tag)
    emit.flush()
    if text != tag:
        emit.source.line(f"{tag} = {text}", emit.site("computed"))
    name = target or emit.source.fresh(emit_hint(emit, "value"))
    emit.settle()

    def otherwise() -> None:
        data, end, cursor = emit.window.data, emit.window.end, emit.cursor
        if node.unknown is None:
            fault = f"{emit.constant(Fault, 'Fault')}('SwitchError', f'has the unknown tag {{{tag}!r}}', {cursor})"
            emit.source.line(f"raise {fault}", emit.site("SwitchError"))
            return
        unknown = emit.constant(node.unknown, "unknown")
        emit.source.line(f"{name} = {unknown}({tag}, {data}[{cursor}:{end}])", emit.site("adapted"))
        emit.source.line(f"{cursor} = {end}")

    cases = [(value, lambda case=case: branch(emit, case, name)) for value, _, case in node.cases]
    return dispatch(emit, tag, name, cases, otherwise)


# ------------------------------------------------------------------------------------------------ many


def repeat(emit: Reader, node: Repeat, target: str | None) -> str:
    """Read elements in a row."""
    match node.extent:
        case Exactly(count=count):
            number = constant(count)
            natural = is_natural(count, emit.scope)
            known = str(number) if number is not None else emit.named(emit.text(count), "count")
            return _counted(emit, node, known, target, natural=natural)
        case CountedBy(number=inner, plus=plus):
            count_name = emit.named(emit.read(inner), "count")
            emit.flush()
            if plus > 0 or not natural_length(inner):
                fault = emit.fault(too_small, count_name, str(plus), emit.here.text())
                emit.source.line(f"if {count_name} < {plus}: {fault}", emit.site("RangeError"))
            known = emit.named(f"{count_name} - {plus}" if plus else count_name, "count")
            return _counted(emit, node, known, target, natural=True)
        case ToEnd(swallow=swallow):
            return _greedy(emit, node, target) if swallow else _to_end(emit, node, target)
        case Until():
            return _until(emit, node, node.extent, target)
        case UntilMark(mark=mark):
            return _until_mark(emit, node, mark, target)


def _counted(emit: Reader, node: Repeat, count: str, target: str | None, *, natural: bool) -> str:
    emit.flush()
    least = least_size(node.element)
    here, end = emit.here.text(), emit.window.end
    fault = emit.fault(too_many, count, str(least), here, end)
    if least:
        room = f"{end} - ({here})" if "+" in here else f"{end} - {here}"
        beyond = f"{count} * {least} > {room}" if least > 1 else f"{count} > {room}"
    else:
        beyond = f"{count} > {MOST_EMPTY}"
    negative = "" if natural else f"{count} < 0 or "
    emit.source.line(f"if {negative}{beyond}: {fault}", emit.site("RangeError"))
    if isinstance(node.element, Scalar) and node.element.code not in "tT" and not node.discard:
        return _numbers(emit, node, node.element, count)
    emit.settle()
    items = emit.source.fresh("items")
    emit.source.line(f"{items} = []")
    index = emit.source.fresh("index")
    with emit.source.block(f"for {index} in range({count})"):
        _element(emit, node, items, index)
    return _made(emit, node, items, target)


def _numbers(emit: Reader, node: Repeat, element: Scalar, count: str) -> str:
    """Read numbers of a fixed size in one go; their count was compared with what is left."""
    size, data, begin = WIDTHS[element.code], emit.window.data, emit.here.text()
    stop = emit.source.fresh("stop")
    emit.source.line(f"{stop} = {begin} + {f'{count} * {size}' if size > 1 else count}")
    kind = "tuple" if node.kind == "tuple" else "list"
    emit.here = Place(stop, 0)
    name = emit.source.fresh(emit_hint(emit, "numbers"))
    if element.code == "B":
        emit.source.line(f"{name} = {kind}({data}[{begin}:{stop}])")
        return name
    order = "<" if element.little else ">"
    unpack = emit.constant(_unpack_from, "unpack_from")
    call = f"{unpack}(f'{order}{{{count}}}{element.code}', {data}, {begin})"
    emit.source.line(f"{name} = {call}" if kind == "tuple" else f"{name} = list({call})", emit.site("StreamError"))
    return name


def _element(emit: Reader, node: Repeat, items: str, index: str | None, name: str | None = None) -> None:
    """Emit the reading of one element into *items*, and into *name*; the position is settled."""
    if index is not None:
        note_index(emit, index)
    with emit.inside(None if node.kind == "raw" else Count(items)):
        value = emit.read(node.element, name)
        emit.flush()
    if name is not None and value != name:
        emit.source.line(f"{name} = {value}")
        value = name
    if not node.discard:
        emit.source.line(f"{items}.append({value})")
    emit.settle()


def note_index(emit: Reader, index: str) -> None:
    """Let the context know the index of the element that comes now."""
    context = emit.scope.context if emit.scope is not None else "root" if emit.rooted else None
    if context is not None:
        emit.source.line(f"{context}['_index'] = {index}")


def _made(emit: Reader, node: Repeat, items: str, target: str | None) -> str:
    if node.kind != "tuple":
        return items
    name = target or emit.source.fresh(emit_hint(emit, "items"))
    emit.source.line(f"{name} = tuple({items})")
    return name


def _to_end(emit: Reader, node: Repeat, target: str | None) -> str:
    emit.settle()
    items, begin = emit.source.fresh("items"), emit.source.fresh("begin")
    emit.source.line(f"{items} = []")
    with emit.source.block(f"while {emit.cursor} < {emit.window.end}"):
        if least_size(node.element) == 0:
            emit.source.line(f"{begin} = {emit.cursor}")
        _element(emit, node, items, None)
        if least_size(node.element) == 0:
            fault = emit.fault(endless, emit.cursor)
            emit.source.line(f"if {emit.cursor} == {begin}: {fault}", emit.site("RangeError"))
    return _made(emit, node, items, target)


def _greedy(emit: Reader, node: Repeat, target: str | None) -> str:
    emit.settle()
    cursor, end = emit.cursor, emit.window.end
    if isinstance(node.element, Scalar) and node.element.code not in "tT" and not node.discard:
        count = emit.source.fresh("count")
        emit.source.line(f"{count} = ({end} - {cursor}) // {WIDTHS[node.element.code]}")
        return _numbers(emit, node, node.element, count)
    items, begin, index = emit.source.fresh("items"), emit.source.fresh("begin"), emit.source.fresh("index")
    emit.source.line(f"{items} = []")
    emit.source.line(f"{index} = -1")
    with emit.source.block("while True"):
        emit.source.line(f"{begin} = {cursor}")
        emit.source.line(f"{index} += 1")
        with emit.source.block("try"):
            _element(emit, node, items, index)
        with emit.source.block(f"except {emit.constant(StopRecord, 'Stop')}"):
            emit.source.line("break")
        with emit.source.block(f"except {emit.constant(EXPLICIT, 'EXPLICIT')}"):
            emit.source.line("raise")
        with emit.source.block("except Exception"):
            emit.source.line(f"{cursor} = {begin}")
            emit.source.line("break")
        fault = emit.fault(endless, cursor)
        emit.source.line(f"if {cursor} == {begin}: {fault}", emit.site("RangeError"))
    return _made(emit, node, items, target)


def _until(emit: Reader, node: Repeat, extent: Until, target: str | None) -> str:
    emit.settle()
    items, index, element = emit.source.fresh("items"), emit.source.fresh("index"), emit.source.fresh("element")
    emit.source.line(f"{items} = []")
    emit.source.line(f"{index} = -1")
    with emit.source.block("while True"):
        emit.source.line(f"{index} += 1")
        _element(emit, node, items, index, element)
        condition = emit.condition(extent.condition, element, items)
        emit.source.line(f"if {condition}: break", emit.site("computed"))
        if least_size(node.element) == 0:
            fault = emit.fault(endless, emit.cursor)
            emit.source.line(f"if {index} >= {MOST_EMPTY}: {fault}", emit.site("RangeError"))
    return _made(emit, node, items, target)


def _until_mark(emit: Reader, node: Repeat, mark: bytes, target: str | None) -> str:
    emit.settle()
    data, cursor, end, size = emit.window.data, emit.cursor, emit.window.end, len(mark)
    items = emit.source.fresh("items")
    emit.source.line(f"{items} = []")
    with emit.source.block(f"while {data}[{cursor}:{cursor} + {size}] != {mark!r} or {cursor} + {size} > {end}"):
        fault = emit.fault(short, cursor, str(size), end)
        emit.source.line(f"if {cursor} + {size} > {end}: {fault}", emit.site("StreamError"))
        begin = emit.source.fresh("begin")
        emit.source.line(f"{begin} = {cursor}")
        _element(emit, node, items, None)
        fault = emit.fault(endless, cursor)
        emit.source.line(f"if {cursor} == {begin}: {fault}", emit.site("RangeError"))
    emit.here = Place(cursor, size)
    return _made(emit, node, items, target)


CHOICES: Final[dict[type, Read]] = {
    If: either,
    Optional: optional,
    Switch: switch,
    Tagged: tagged,
    Repeat: repeat,
}
"""What reads each kind of node."""
