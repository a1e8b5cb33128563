"""Build: records, choices, and rows."""

from __future__ import annotations

from typing import Final

from ._build_choices import ABSORBED, positional
from ._build_leaves import check_widths
from ._build_values import late as is_late
from ._build_values import tell
from ._expressions import CountOf, Expr, Following, Item, Present, Ref, Since, SizeOf, TagOf
from ._ir import (
    BitGroup,
    Derived,
    Field,
    Focus,
    Instance,
    Record,
    Row,
    Sized,
    Struct,
    Tagged,
)
from ._needs import referred, since, stops, subtree, tags_in
from ._parse_records import CODES
from ._runtime import StopRecord, as_row, count_of, nested, no, tag_of, take
from ._scope import Scope
from ._shapes import fields_of, parsed_of, slot_of
from ._writing import Ending, Later, Mark, Pack, Piece, Write, Writer


def record(emit: Writer, node: Record, value: str) -> str:
    """Write the fields of what is given."""
    value = _held(emit, node, value)
    scope = Scope(node, emit.scope, holder=value)
    scope.whole = value
    scope.derived = lambda expr: _derived(emit, scope, expr)
    outer, emit.scope = emit.scope, scope
    if outer is not None:
        outer.inner[emit.hint("")] = scope
    _context(emit, scope, outer)
    scope.ends_with = _ending(emit, node, scope)
    if stops(node):
        _stopping(emit, node, scope)
    else:
        _fields(emit, node, scope)
        _complete(emit, scope)
    emit.scope = outer
    return _handed_on(node, scope, value)


def _held(emit: Writer, node: Record, value: str) -> str:
    """Return the variable of what holds the fields' values."""
    match node.target:
        case Instance(cls=cls):
            value = emit.named(value, node.name.lower())
            fault = emit.fault(no, value, repr(cls.__name__))
            if emit.classes.get(value) is not cls:
                emit.line(f"if type({value}) is not {emit.constant(cls, cls.__name__)}: {fault}", emit.site("class"))
        case Struct():
            made = emit.source.fresh(emit.hint("record").lower())
            cls_name = emit.constant(parsed_of(node), node.name)
            value = emit.named(value, "given")
            optional = tuple(part.name for part in fields_of(node) if part.optional and part.name is not None)
            call = f"{emit.constant(take, 'take')}({cls_name}, {value}, {emit.constant(optional, 'optional')})"
            emit.line(f"{made} = {value} if type({value}) is {cls_name} else {call}", emit.site("value"))
            value = made
        case Row():
            row = emit.source.fresh("row")
            emit.line(f"{row} = {emit.constant(as_row, 'as_row')}({value}, {len(node.fields)})", emit.site("value"))
            value = row
        case _:
            value = emit.named(value, "focus")
    return value


def _context(emit: Writer, scope: Scope, outer: Scope | None) -> None:
    """Make the record's context, where something in it takes one."""
    if id(scope.record) not in emit.contexts:
        return
    around = outer.context if outer is not None else "root"
    scope.context = emit.source.fresh("context")
    subcons = emit.constant(getattr(scope.record.origin, "_subcons", None), "subcons")
    emit.line(f"{scope.context} = {emit.constant(nested, 'nested')}({around}, None, {subcons})")
    match scope.record.target:
        case Struct():
            emit.line(f"{scope.context}.update({scope.holder})")
        case Focus(name=name):
            emit.line(f"{scope.context}[{name!r}] = {scope.holder}")
        case _:
            pass


def _handed_on(node: Record, scope: Scope, value: str) -> str:
    match node.target:
        case Focus(name=name):
            return scope.values.get(name, value)
        case Struct() if scope.context is not None:
            return scope.context
        case _:
            return value


def _fields(emit: Writer, node: Record, scope: Scope) -> None:
    marks, needed, begin = since(node), referred(node), len(emit.atoms)
    if None in marks:
        _mark(emit, scope, None)
    for number, part in enumerate(node.fields):
        if isinstance(part, BitGroup):
            _bits(emit, part, scope, needed)
            continue
        with emit.inside(part.name):
            if part.name in marks:
                _mark(emit, scope, part.name)
            if part.name is not None and part.name == scope.ends_with:
                emit.ending = _ended(emit, scope, part.name, begin)
            _field(emit, part, scope, number, needed)
            if part.name is not None and part.name in marks:
                _end(emit, scope, part.name)


def _mark(emit: Writer, scope: Scope, name: str | None) -> None:
    mark = Mark()
    emit.atoms.append(mark)
    scope.places[name] = (mark, mark)


def _end(emit: Writer, scope: Scope, name: str) -> None:
    end = Mark()
    emit.atoms.append(end)
    scope.places[name] = (scope.places[name][0], end)


def _ending(emit: Writer, node: Record, scope: Scope) -> str | None:
    """Return the last field, where it is a choice by a tag, and each way of that can complete the record by itself.

    The tag has to be a field that is derived from the choice and nothing else, and so has its size, where it has one;
    nothing may look at a place, or from outside at what is derived.
    """
    last = node.fields[-1] if node.fields else None
    if not isinstance(last, Field) or last.name is None or emit.by_hand or id(node) in emit.contexts or stops(node):
        return None
    whole: Scope = scope
    while whole.outer is not None:
        whole = whole.outer
    if positional(last.node) or any(isinstance(one, Item) for one in subtree(whole.record)):
        return None
    match last.node:
        case Tagged() as choice:
            pass
        case Sized(size=Ref(up=0, name=name), inner=Tagged() as choice, strict=True) if name in _from(
            node, SizeOf, last.name
        ):
            pass
        case _:
            return None
    match choice.tag:
        case Ref(up=0, name=name) if name in _from(node, TagOf, last.name):
            return last.name
        case _:
            return None


def _from(node: Record, kind: type[SizeOf | TagOf], name: str) -> set[str | None]:
    """Return the fields that are nothing but the size, or the tag, of the field *name*."""
    return {
        one.name
        for one in node.fields
        if isinstance(one, Field) and isinstance(one.node, Derived) and one.node.value == kind(name)
    }


def _ended(emit: Writer, scope: Scope, name: str, begin: int) -> Ending | None:
    """Take what the record has so far out of the window, for each way of its last field to complete by itself."""
    at = 0 if all(isinstance(atom, (Pack, Piece)) for atom in emit.atoms[:begin]) else begin
    front = emit.atoms[at:]
    if len(front) > ABSORBED:
        return None
    del emit.atoms[at:]

    tags = {one for one in _from(scope.record, TagOf, name) if one is not None}
    waiting, values, places = frozenset(scope.waiting), dict(scope.values), dict(scope.places)

    def begin_way(tag: str) -> None:
        scope.tag = tag
        scope.waiting, scope.values, scope.places = (
            set(waiting - tags),
            {**values, **dict.fromkeys(tags, tag)},
            {**places},
        )

    def complete() -> None:
        if name in scope.places:
            _end(emit, scope, name)
        _complete(emit, scope)
        scope.waiting, scope.values, scope.places, scope.tag = set(waiting), dict(values), dict(places), None

    return Ending(front, begin_way, complete)


def _field(emit: Writer, part: Field, scope: Scope, number: int, needed: set[str]) -> None:
    """Write a field from where its value is held."""
    value = _value_of(part, scope, number)
    if part.name is not None and (part.name in needed or scope.context is not None) and value != "None":
        value = emit.named(value, part.name)
    if part.name is not None and scope.context is not None:
        emit.line(f"{scope.context}[{part.name!r}] = {value}")
    result = emit.write(part.node, value)
    if part.name is not None and part.name not in scope.waiting:
        scope.values[part.name] = result
        if scope.context is not None:
            emit.line(f"{scope.context}[{part.name!r}] = {result}")


def _value_of(part: Field, scope: Scope, number: int) -> str:
    match scope.record.target:
        case Instance():
            return f"{scope.holder}.{part.name}" if part.stored else "None"
        case Struct() if part.name is not None:
            return f"{scope.holder}.{slot_of(scope.record, part.name)}"
        case Struct():
            return "None" if part.optional else "missing(None)"
        case Row():
            return f"{scope.holder}[{number}]"
        case Focus(name=name):
            return str(scope.holder) if part.name == name else "None"


def _bits(emit: Writer, group: BitGroup, scope: Scope, needed: set[str]) -> None:
    """Put a word together, and let it be packed; later, where a part of it is derived from what comes then."""
    late = [part for part in group.fields if isinstance(part.node, Derived) and is_late(emit, part.node.value)]
    if not late:
        _word(emit, group, scope, needed)
        return
    scope.waiting |= {part.name for part in group.fields if part.name is not None and not part.stored}
    path = emit.path

    def write() -> None:
        outer, emit.path = emit.path, path
        scope.waiting -= {part.name for part in group.fields if part.name is not None}
        for part in late:
            if part.name is not None and isinstance(part.node, Derived):
                with emit.inside(part.name):
                    scope.worked_out[part.name] = emit.named(emit.expressions.text(part.node.value, scope), part.name)
        _word(emit, group, scope, needed)
        emit.path = outer

    needs_bytes = any(isinstance(one, Since) for part in late for one in subtree(part.node))
    emit.atoms.append(Later(group.size, needs_bytes, write, scope))


def _word(emit: Writer, group: BitGroup, scope: Scope, needed: set[str]) -> None:
    outer, emit.bits, emit.shift = (emit.bits, emit.shift), [], group.size * 8
    for part in group.fields:
        with emit.inside(part.name):
            _field(emit, part, scope, 0, needed)
    check_widths(emit)
    terms = " | ".join(emit.bits) or "0"
    emit.bits, emit.shift = outer
    word = emit.source.fresh("word")
    emit.line(f"{word} = {terms}")
    if group.size in CODES:
        emit.pack(CODES[group.size], group.size, word, little=False)
    else:
        emit.piece(f"{word}.to_bytes({group.size}, 'big')", group.size)


def _complete(emit: Writer, scope: Scope) -> None:
    """Write what waited for the record: first what sizes are enough for, from the last; then what needs bytes."""
    waiting = [atom for atom in emit.atoms if isinstance(atom, Later) and atom.scope is scope]
    for needs_bytes in (False, True):
        chosen = [atom for atom in waiting if atom.needs_bytes is needs_bytes]
        for later in chosen if needs_bytes else reversed(chosen):
            at = emit.atoms.index(later)
            emit.atoms, outer = [], emit.atoms
            scope.at = outer, at
            later.write()
            at = outer.index(later)
            outer[at : at + 1] = emit.atoms
            emit.atoms = outer


def _derived(emit: Writer, scope: Scope, expr: Expr) -> str:
    """Return the text of what is derived from this record."""
    match expr:
        case SizeOf(name=name):
            begin, end = scope.places[name]
            atoms = scope.at[0]
            return _bracketed(emit.length(atoms[atoms.index(begin) : atoms.index(end)]))
        case Following():
            atoms, at = scope.at
            return _bracketed(emit.length(atoms[at + 1 :]))
        case Since(name=name):
            atoms, at = scope.at
            first = atoms.index(scope.places[name][0])
            piece = emit.bytes_of(atoms[first:at])
            if not any(isinstance(atom, Later) and atom.scope is scope for atom in [*atoms[:at], *atoms[at + 1 :]]):
                atoms[first + 1 : at] = [Piece(piece, None)]  # packed once; nobody asks for a part of it
            return piece
        case CountOf(name=name):
            return f"{emit.constant(count_of, 'count_of')}({held(emit, scope, name)})"
        case Present(name=name):
            return f"({held(emit, scope, name)} is not None)"
        case TagOf() if scope.tag is not None:
            return scope.tag
        case TagOf(name=name):
            tags, unknown = tags_in(scope.record, name)
            call = f"{emit.constant(tag_of, 'tag_of')}({held(emit, scope, name)}, {emit.constant(tags, 'tags')}"
            return f"{call}, {emit.constant(unknown, 'unknown') if unknown is not None else 'None'})"
        case _:
            raise AssertionError(f"{expr!r} is not derived on build")


def _bracketed(text: str) -> str:
    return text if text.isdigit() else f"({text})"


def held(emit: Writer, scope: Scope, name: str) -> str:
    """Return the variable of what is to be written as the field *name*."""
    return emit.expressions.held(scope, name)


def _stopping(emit: Writer, node: Record, scope: Scope) -> None:
    """Write fields of which the last may not be there: each is complete before it is asked for the next."""
    out = emit.source.fresh("out")
    begin = tell(emit)
    emit.line(f"{out} = []")
    with emit.source.block("try"):
        for number, part in enumerate(node.fields):
            name = None if isinstance(part, BitGroup) else part.name
            with emit.inside(name), emit.window(f"({begin} + sum(map(len, {out})))") as atoms:
                if isinstance(part, BitGroup):
                    _bits(emit, part, scope, referred(node))
                else:
                    _field(emit, part, scope, number, referred(node))
                if atoms:
                    expression, site = emit.joined(atoms)
                    emit.line(f"{out}.append({expression})", site)
    with emit.source.block(f"except {emit.constant(StopRecord, 'Stop')}"):
        emit.line("pass")
    emit.piece(f"b''.join({out})")


RECORDS: Final[dict[type, Write]] = {Record: record}
"""What writes each kind of node."""
