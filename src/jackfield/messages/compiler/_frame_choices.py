"""Framing: one node or another, and many of one."""

from __future__ import annotations

from typing import Final

from ._expressions import Element, Elements, Expr, Item
from ._fold import constant
from ._ir import (
    CountedBy,
    Exactly,
    If,
    Node,
    Optional,
    Record,
    Repeat,
    Switch,
    Tagged,
    Until,
    UntilMark,
)
from ._leaves import (
    Nothing,
)
from ._needs import subtree
from ._parse_windows import natural_length
from ._runtime import MOST_EMPTY, Fault, endless, too_many, too_small
from ._sizes import fixed_size, is_node, least_size
from ._source import Count, Place
from ._walking import Step, Unsupported, Walker


def either(emit: Walker, node: If | Optional, wanted: bool) -> str | None:
    """Walk one of two ways."""
    condition = emit.text(node.condition if isinstance(node, If) else node.when)
    then, otherwise = (node.then, node.otherwise) if isinstance(node, If) else (node.inner, Nothing())
    return _ways(emit, [(condition, then)], otherwise, wanted)


def switch(emit: Walker, node: Switch, wanted: bool) -> str | None:
    """Walk the way of a key."""
    key = emit.named(emit.text(node.key), "key")
    ways = [(f"{key} == {emit.source.literal(value, 'case')}", case) for value, case in node.cases]
    return _ways(emit, ways, node.default, wanted)


def tagged(emit: Walker, node: Tagged, wanted: bool) -> str | None:
    """Walk the way of a tag."""
    raw = emit.value(node.tag) if is_node(node.tag) else emit.text(node.tag)
    tag = emit.named(raw, "tag")
    emit.flush()
    ways = [(f"{tag} == {emit.source.literal(value, 'case')}", case) for value, _, case in node.cases]
    return _ways(emit, ways, None, wanted, f"f'has the unknown tag {{{tag}!r}}'")


def _ways(emit: Walker, ways: list[tuple[str, Node]], last: Node | None, wanted: bool, unknown: str = "") -> str | None:
    emit.settle()
    name = emit.source.fresh("value")

    def way(node: Node) -> None:
        value = emit.walk(node, wanted=wanted)
        emit.flush()
        if wanted:
            emit.source.line(f"{name} = {value}")
        emit.settle()
        emit.here = Place("off", 0)

    for number, (condition, node) in enumerate(ways):
        emit.here = Place("off", 0)
        with emit.source.block(f"{'elif' if number else 'if'} {condition}"):
            way(node)
    emit.here = Place("off", 0)
    with emit.source.block("else" if ways else "if True"):
        if last is None:
            fault = f"{emit.constant(Fault, 'Fault')}('SwitchError', {unknown}, off)"
            emit.source.line(f"raise {fault}", emit.site("SwitchError"))
        else:
            way(last)
    return name if wanted else None


def repeat(emit: Walker, node: Repeat, wanted: bool) -> str | None:
    """Walk over a row."""
    if wanted:
        raise Unsupported("a row")
    match node.extent:
        case Exactly(count=count):
            number = constant(count)
            _counted(emit, node, str(number) if number is not None else emit.named(emit.text(count), "count"))
        case CountedBy(number=inner, plus=plus):
            count_name = emit.named(emit.value(inner), "count")
            emit.flush()
            if plus > 0 or not natural_length(inner):
                fault = emit.fault(too_small, count_name, str(plus), emit.here.text())
                emit.source.line(f"if {count_name} < {plus}: {fault}", emit.site("RangeError"))
            _counted(emit, node, emit.named(f"{count_name} - {plus}" if plus else count_name, "count"))
        case Until(condition=condition):
            _until(emit, node, condition)
        case UntilMark(mark=mark):
            _until_mark(emit, node, mark)
        case _:
            raise Unsupported("a row without end")
    return None


def _counted(emit: Walker, node: Repeat, count: str) -> None:
    emit.flush()
    size, least = fixed_size(node.element), least_size(node.element)
    here = emit.here.text()
    if not count.isdigit() or least == 0:
        test = f"{count} < 0" + (f" or {count} > {MOST_EMPTY}" if least == 0 else "")
        fault = emit.fault(too_many, count, str(least), here, here)
        emit.source.line(f"if {test}: {fault}", emit.site("RangeError"))
    if size is not None:
        emit.skip(f"{count} * {size}", natural=True)
        return
    emit.settle()
    index = emit.source.fresh("index")
    with (
        emit.source.block(f"for {index} in range({count})"),
        emit.followed(0, f"({count} - 1 - {index}) * {least}" if least else None),
        emit.inside(None if node.kind == "raw" else Count(index)),
    ):
        emit.walk(node.element, wanted=False)
        emit.settle()


def _until(emit: Walker, node: Repeat, condition: Expr) -> None:
    if any(isinstance(one, Elements) for one in subtree(condition)):
        raise Unsupported("a condition on the whole row")
    keys = {one.key for one in subtree(condition) if isinstance(one, Item) and isinstance(one.of, Element)}
    emit.settle()
    index, begin = emit.source.fresh("index"), emit.source.fresh("begin")
    emit.source.line(f"{index} = 0")
    with emit.source.block("while True"):
        emit.source.line(f"{begin} = off")
        if isinstance(node.element, Record):
            emit.live[id(node.element)] = {key for key in keys if isinstance(key, str)}
            emit.walk(node.element, wanted=True)
            emit.settle()
            emit.expressions.parts = emit.last.values if emit.last is not None else {}
            element = "None"
        else:
            element = emit.named(emit.value(node.element), "element")
            emit.settle()
        emit.expressions.element = element
        emit.source.line(f"if {emit.text(condition)}: break", emit.site("computed"))
        emit.expressions.parts = {}
        emit.source.line(f"{index} += {begin} == off")
        fault = emit.fault(endless, "off")
        emit.source.line(f"if {index} > {MOST_EMPTY}: {fault}", emit.site("RangeError"))


def _until_mark(emit: Walker, node: Repeat, mark: bytes) -> None:
    emit.settle()
    size = len(mark)
    with emit.source.block("while True"):
        emit.wait(f"off + {size}")
        emit.source.line(f"if w.bytes_at(off, off + {size}) == {mark!r}: break")
        with emit.followed(size), emit.inside(None):
            emit.walk(node.element, wanted=False)
            emit.settle()
    emit.here = Place("off", size)


CHOICES: Final[dict[type, Step]] = {
    If: either,
    Optional: either,
    Switch: switch,
    Tagged: tagged,
    Repeat: repeat,
}
"""What walks over each kind of node."""
