"""Parse: records, groups of bits, and the length that bounds what follows it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Final

from ._expressions import CountOf, Expr, Following, Present, Since, SizeOf, TagOf
from ._ir import BitGroup, Field, Focus, Instance, Length, Record, Row, Struct
from ._needs import referred, since, stops, tags_in
from ._parse_leaves import emit_hint
from ._parse_windows import natural_length
from ._reading import Read, Reader
from ._runtime import StopRecord, count_of, left_over, nested, tag_of, too_small
from ._scope import Scope
from ._shapes import fields_of, parsed_of, slot_of
from ._source import Place

NEW: Final = object.__new__
CODES: Final = {1: "B", 2: "H", 4: "L", 8: "Q"}


def record(emit: Reader, node: Record, target: str | None) -> str:
    """Read fields, and make of them what the record is."""
    scope = Scope(node, emit.scope)
    scope.derived = lambda expr: _derived(emit, scope, expr)
    outer, emit.scope = emit.scope, scope
    open_context(emit, scope, outer)
    made = _begin(emit, node)
    window = emit.window
    with ExitStack() as ways:
        if stops(node):
            emit.settle()
            ways.enter_context(emit.source.block("try"))
        _fields(emit, node, scope, made)
        _close(emit, window)
        if stops(node):
            emit.settle()
    if stops(node):
        with emit.source.block(f"except {emit.constant(StopRecord, 'Stop')}"):
            emit.source.line("pass")
        emit.here = Place(emit.cursor, 0)
    value = _end(emit, node, scope, made, target)
    scope.whole = value
    for compare in scope.late:
        compare()
    emit.scope, emit.window = outer, window
    return value


def open_context(emit: Reader, scope: Scope, outer: Scope | None) -> None:
    """Make the record's context, where something in it takes one."""
    if id(scope.record) not in emit.contexts:
        return
    scope.context = emit.source.fresh("context")
    around = outer.context if outer is not None else "root"
    origin = emit.constant(getattr(scope.record.origin, "_subcons", None), "subcons")
    call = f"{emit.constant(nested, 'nested')}({around}, {emit.window.stream}, {origin})"
    emit.flush()
    emit.source.line(f"{scope.context} = {call}")


def _begin(emit: Reader, node: Record) -> str:
    """Emit the making of what fields are stored into as they come; return its name, "" where there is none."""
    match node.target:
        case Instance(cls=cls, plain=True):
            made = emit.source.fresh(node.name.lower())
            emit.before(f"{made} = {emit.constant(NEW, 'new')}({emit.constant(cls, cls.__name__)})")
            return made
        case Struct():
            made = emit.source.fresh(emit_hint(emit, node.name).lower())
            emit.before(f"{made} = {emit.constant(parsed_of(node), node.name)}()")
            return made
        case Row():
            made = emit.source.fresh("row")
            emit.before(f"{made} = []")
            return made
        case _:
            return ""


def _fields(emit: Reader, node: Record, scope: Scope, made: str) -> None:
    needed, marks = referred(node), since(node)
    if None in marks:
        _mark(emit, scope.marks, None)
    for part in node.fields:
        if isinstance(part, BitGroup):
            _bits(emit, part, scope, made, needed)
            continue
        with emit.inside(part.name):
            if part.name in marks:
                _mark(emit, scope.marks, part.name)
            _field(emit, part, scope, made, needed)
            if part.name is not None and part.name in marks:
                _mark(emit, scope.ends, part.name)


def _mark(emit: Reader, marks: dict[str | None, str] | dict[str, str], name: str | None) -> None:
    if emit.here.variable is None:
        marks[name] = emit.here.text()  # type: ignore[index]
        return
    mark = marks[name] = emit.source.fresh("mark")  # type: ignore[index]
    emit.then(f"{mark} = {emit.here.text()}")


def _field(emit: Reader, part: Field, scope: Scope, made: str, needed: set[str]) -> None:
    """Read a field, and store it where it belongs."""
    place = _place(scope.record, part, made)
    local = part.name is not None and (
        part.name in needed or scope.context is not None or (place is None and part.stored)
    )
    if isinstance(part.node, Length):
        value = _length(emit, part.node)
    else:
        value = emit.read(part.node, None if local or place is None else place)
    if part.name is not None and local:
        value = scope.values[part.name] = emit.named(value, part.name)
    elif isinstance(scope.record.target, Row):
        value = emit.named(value, "item")
    if isinstance(scope.record.target, Row):
        emit.then(f"{made}.append({value})")
    elif place is not None and value != place:
        emit.then(f"{place} = {value}")
    if part.name is not None and scope.context is not None:
        emit.then(f"{scope.context}[{part.name!r}] = {value}")


def _place(record: Record, part: Field, made: str) -> str | None:
    """Return where the value of *part* is stored, None for nowhere."""
    if part.name is None:
        return None
    match record.target:
        case Instance(plain=True):
            return f"{made}.{part.name}" if part.stored else None
        case Struct():
            return f"{made}.{slot_of(record, part.name)}"
        case _:
            return None


def _end(emit: Reader, node: Record, scope: Scope, made: str, target: str | None) -> str:
    """Return what the record is."""
    match node.target:
        case Focus(name=name):
            return scope.values.get(name, "None")
        case Instance(cls=cls, plain=False, late=late):
            names = [
                part.name for part in fields_of(node) if part.stored and part.name is not None and part.name not in late
            ]
            arguments = ", ".join(f"{name}={scope.values[name]}" for name in names)
            value = target or emit.source.fresh(node.name.lower())
            emit.check(f"{value} = {emit.constant(cls, cls.__name__)}({arguments})", emit.site("class"))
            for name in late:
                emit.source.line(f"{value}.{name} = {scope.values[name]}")
            return value
        case _:
            return made


def _bits(emit: Reader, group: BitGroup, scope: Scope, made: str, needed: set[str]) -> None:
    """Read a word in the run, and take it apart."""
    first = next((part.name for part in group.fields if part.name is not None), None)
    word = emit.source.fresh("word")
    with emit.inside(first):
        if group.size in CODES:
            emit.take(CODES[group.size], group.size, word, little=False if group.size > 1 else None)
        else:
            raw = emit.source.fresh("raw")
            emit.take(f"{group.size}s", group.size, raw)
            emit.then(f"{word} = int.from_bytes({raw}, 'big')")
    outer, emit.bits = emit.bits, (word, group.size * 8)
    for part in group.fields:
        with emit.inside(part.name):
            _field(emit, part, scope, made, needed)
    emit.bits = outer


def bit_group(emit: Reader, group: BitGroup, target: str | None) -> str:
    """Read bits that stand alone: their only value."""
    raise AssertionError(f"{group} stands in a record, and {target} is none")


def _length(emit: Reader, node: Length) -> str:
    """Read the length of what follows, and end the window there."""
    length = emit.named(emit.read(node.inner), "length")
    emit.flush()
    plus = node.plus
    if plus > 0 or not natural_length(node.inner):
        fault = emit.fault(too_small, length, str(plus), emit.here.text())
        emit.source.line(f"if {length} < {plus}: {fault}", emit.site("StreamError"))
    size = f"{length} - {plus}" if plus > 0 else f"{length} + {-plus}" if plus else length
    stop = emit.stop_at(size, natural=True)
    emit.window = emit.window._replace(end=stop, bounded=True)
    return length


def _close(emit: Reader, window: object) -> None:
    """Refuse what a length bounded and nothing read."""
    if emit.window is window or emit.window == window:
        return
    emit.flush()
    at, stop = emit.here.text(), emit.window.end
    if at != stop:
        site = emit.site("TerminatedError")
        emit.source.line(f"if {at} != {stop}: {emit.fault(left_over, at, stop)}", site)


def _derived(emit: Reader, scope: Scope, expr: Expr) -> str:
    """Return the text of what is derived from what was read."""
    data = emit.window.data
    match expr:
        case Since(name=name):
            taken = f"{data}[{scope.marks[name]}:{emit.here.text()}]"
            return taken if data == "data" else f"bytes({taken})"  # a function of bytes is given no other buffer
        case SizeOf(name=name):
            return f"({scope.ends[name]} - {scope.marks[name]})"
        case CountOf(name=name):
            return f"{emit.constant(count_of, 'count_of')}({scope.values[name]})"
        case Present(name=name):
            return f"({scope.values[name]} is not None)"
        case TagOf(name=name):
            tags, unknown = tags_in(scope.record, name)
            call = f"{emit.constant(tag_of, 'tag_of')}({scope.values[name]}, {emit.constant(tags, 'tags')}"
            return f"{call}, {emit.constant(unknown, 'unknown') if unknown is not None else 'None'})"
        case Following():
            raise AssertionError("what follows is a Length's to say")
        case _:
            raise AssertionError(f"{expr!r} is not checked on parse")


RECORDS: Final[dict[type, Read]] = {Record: record, BitGroup: bit_group}
"""What reads each kind of node."""
