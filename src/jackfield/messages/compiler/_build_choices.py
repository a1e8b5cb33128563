"""Build: one node or another, and many of one."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Final

from ._build_leaves import scalar
from ._build_values import tell
from ._ir import CountedBy, Exactly, If, Node, Optional, Repeat, Switch, Tagged, Until, UntilMark
from ._leaves import Interpreted, Nothing, Scalar, Stop, Tell
from ._needs import subtree
from ._parse_choices import LADDER
from ._runtime import Fault, StopRecord, marked, no, row_of, wrong_count
from ._sizes import WIDTHS, is_node
from ._source import Count, Entry, Site
from ._writing import Atom, Pack, Piece, Write, Writer

ABSORBED: Final = 8
"""Atoms in front of a choice up to which each of its ways packs them together with its own."""
_pack: Final = struct.pack


def absorbed(emit: Writer) -> list[Atom]:
    """Take the atoms in front of a choice out of the window, for its ways to pack; none where they have to stay."""
    if len(emit.atoms) > ABSORBED or not all(isinstance(atom, (Pack, Piece)) for atom in emit.atoms):
        return []
    taken = list(emit.atoms)
    emit.atoms.clear()
    return taken


def way(emit: Writer, front: list[Atom], node: Node, value: str, piece: str, result: str) -> None:
    """Emit one of several ways, which leaves bytes in *piece*, and in *result* what references see."""
    with emit.window(emit.origin) as atoms:
        atoms.extend(front)
        handed = emit.write(node, value)
        expression, site = emit.joined(atoms)
    emit.line(f"{piece} = {expression}", site)
    if emit.context is not None:
        emit.line(f"{result} = {handed}")


def choose(emit: Writer, ways: Sequence[tuple[str, Callable[..., None]]], last: Callable[[], None]) -> None:
    """Emit ways under their conditions, the *last* one under ``else``."""
    for number, (condition, emit_way) in enumerate(ways):
        with emit.source.block(f"{'elif' if number else 'if'} {condition}"):
            emit_way()
    if not ways:
        last()
    else:
        with emit.source.block("else"):
            last()


def either(emit: Writer, node: If, value: str) -> str:
    """Write one of two."""
    condition = emit.text(node.condition)
    value = emit.named(value, emit.hint("value"))
    piece, result, front = emit.source.fresh("piece"), emit.source.fresh("built"), absorbed(emit)
    choose(
        emit,
        [(condition, lambda: way(emit, front, node.then, value, piece, result))],
        lambda: way(emit, front, node.otherwise, value, piece, result),
    )
    emit.piece(piece)
    return result if emit.context is not None else value


def optional(emit: Writer, node: Optional, value: str) -> str:
    """Write what is there; that it is there has to be just what the condition says."""
    value = emit.named(value, emit.hint("value"))
    fault = emit.constant(Fault, "Fault")
    site = emit.site("CheckError")
    piece, result, front = emit.source.fresh("piece"), emit.source.fresh("built"), absorbed(emit)
    if not emit.known(node.when):
        condition = f"{value} is not None"
    else:
        condition = emit.named(emit.text(node.when), "condition")

    def there() -> None:
        emit.line(f"if {value} is None: raise {fault}('CheckError', 'is None, and has to be there')", site)
        way(emit, front, node.inner, value, piece, result)

    def absent() -> None:
        reason = f"f'is {{{value}!r}}, and may not be there'"
        emit.line(f"if {value} is not None: raise {fault}('CheckError', {reason})", site)
        way(emit, front, Nothing(), value, piece, result)

    choose(emit, [(condition, there)], absent)
    emit.piece(piece)
    return result if emit.context is not None else value


def switch(emit: Writer, node: Switch, value: str) -> str:
    """Write the case of a key."""
    key = emit.named(emit.text(node.key), "key")
    value = emit.named(value, emit.hint("value"))
    piece, result, front = emit.source.fresh("piece"), emit.source.fresh("built"), absorbed(emit)
    cases = [(case, lambda inner=inner: way(emit, front, inner, value, piece, result)) for case, inner in node.cases]
    dispatch(emit, key, cases, lambda: way(emit, front, node.default, value, piece, result))
    emit.piece(piece)
    return result if emit.context is not None else value


def dispatch(
    emit: Writer, key: str, cases: Sequence[tuple[object, Callable[..., None]]], last: Callable[[], None]
) -> None:
    """Emit the way to the case of *key*: a ladder where they are few, else a table and halving."""
    if len(cases) <= LADDER:
        choose(emit, [(f"{key} == {emit.source.literal(case, 'case')}", one) for case, one in cases], last)
        return
    table = emit.constant({case: number for number, (case, _) in enumerate(cases)}, "cases")
    number = emit.source.fresh("case")
    emit.line(f"{number} = {table}.get({key}, -1)", emit.site("computed"))
    with emit.source.block(f"if {number} < 0"):
        last()
    with emit.source.block("else"):
        _halve(emit, number, cases, 0, len(cases))


def _halve(emit: Writer, number: str, cases: Sequence[tuple[object, Callable[..., None]]], low: int, high: int) -> None:
    if high - low == 1:
        cases[low][1]()
        return
    middle = (low + high) // 2
    with emit.source.block(f"if {number} < {middle}"):
        _halve(emit, number, cases, low, middle)
    with emit.source.block("else"):
        _halve(emit, number, cases, middle, high)


def tagged(emit: Writer, node: Tagged, value: str) -> str:
    """Write the message with its tag in front, or under the tag that another field has."""
    value = emit.named(value, emit.hint("value"))
    ending, emit.ending = emit.ending, None
    piece, front = emit.source.fresh("piece"), absorbed(emit) if ending is None else ending.front
    front_tag, expression = (node.tag, None) if is_node(node.tag) else (None, node.tag)
    known = expression is not None and emit.known(expression)
    key = emit.named(emit.text(expression), "tag") if expression is not None and known else None

    def case_of(tag: object, cls: type, inner: Node | None) -> None:
        literal = emit.source.literal(tag, "tag") if inner is not None else f"{value}.tag"
        if key is not None:
            fault = f"{emit.constant(Fault, 'Fault')}('SwitchError', f'stands under the tag {{{key}!r}}')"
            emit.line(f"if {key} != {literal}: raise {fault}", emit.site("SwitchError"))
        if ending is not None:
            ending.begin(literal)
        with emit.window(emit.origin) as atoms:
            atoms.extend(front)
            if front_tag is not None:
                emit.write(front_tag, literal)
            if inner is None:
                emit.piece(emit.named(f"{value}.payload", "payload"))
            else:
                emit.classes[value] = cls
                emit.write(inner, value)
                del emit.classes[value]
            if ending is not None:
                ending.complete()
            joined, site = emit.joined(atoms)
        emit.line(f"{piece} = {joined}", site)

    kind = emit.source.fresh("class")
    emit.line(f"{kind} = type({value})")
    ways: list[tuple[str, Callable[..., None]]] = [
        (
            f"{kind} is {emit.constant(cls, cls.__name__)}",
            lambda tag=tag, cls=cls, inner=inner: case_of(tag, cls, inner),
        )
        for tag, cls, inner in node.cases
    ]
    if node.unknown is not None:
        unknown = emit.constant(node.unknown, "unknown")
        ways.append((f"{kind} is {unknown}", lambda: case_of(None, object, None)))
    names = " or ".join(cls.__name__ for _, cls, _ in node.cases)
    choose(emit, ways, lambda: emit.line(emit.fault(no, value, repr(names), "'SwitchError'"), emit.site("SwitchError")))
    emit.piece(piece)
    return value


# ------------------------------------------------------------------------------------------------ many


def repeat(emit: Writer, node: Repeat, value: str) -> str:
    """Write elements in a row."""
    values = emit.named(value, emit.hint("items"))
    if node.kind != "raw":
        checked = emit.source.fresh("items")
        call = f"{emit.constant(row_of, 'row_of')}({values})"
        emit.line(f"{checked} = {values} if type({values}) is {node.kind} else {call}", emit.site("RangeError"))
        values = checked
    match node.extent:
        case Exactly(count=count) if emit.known(count):
            wanted = emit.text(count)
            test = (
                f"{wanted} < 0 or len({values}) != {wanted}" if not wanted.isdigit() else f"len({values}) != {wanted}"
            )
            fault = emit.fault(wrong_count, f"len({values})", wanted)
            emit.line(f"if {test}: {fault}", emit.site("RangeError"))
        case CountedBy(number=number, plus=plus):
            total = f"len({values})" + (f" + {plus}" if plus else "")
            if isinstance(number, Scalar):
                scalar(emit, number, total, number.name)
            else:
                emit.write(number, emit.named(total, "count"))
        case _:
            pass
    result = _row(emit, node, values)
    if isinstance(node.extent, UntilMark):
        emit.piece(repr(node.extent.mark), len(node.extent.mark))
    return result


def _row(emit: Writer, node: Repeat, values: str) -> str:
    element, until = node.element, isinstance(node.extent, Until)
    each = until or isinstance(node.extent, UntilMark) or emit.context is not None
    if isinstance(element, Scalar) and element.code not in "tT?" and not each:
        return _numbers(emit, node, element, values)
    return _elements(emit, node, values)


def _numbers(emit: Writer, node: Repeat, element: Scalar, values: str) -> str:
    """Pack numbers in one go."""
    order = "<" if element.little else ">"
    size, piece = WIDTHS[element.code], emit.source.fresh("piece")
    label = "indexed" if node.kind != "raw" else ""
    entry = Entry(emit.path, 0, size, element.code, values, element.error, label)
    call = f"{emit.constant(_pack, 'pack')}(f'{order}{{len({values})}}{element.code}', *{values})"
    emit.line(f"{piece} = {call}", Site(emit.path, "row", None, (entry,)))
    emit.piece(piece)
    return values


def positional(node: object) -> bool:
    """Return whether what *node* writes depends on where it stands."""
    return any(isinstance(one, (Tell, Interpreted)) or type(one).__name__ == "Copy" for one in subtree(node))


def _elements(emit: Writer, node: Repeat, values: str) -> str:
    """Write elements one by one."""
    out, item, context = emit.source.fresh("out"), emit.source.fresh("item"), emit.context
    index = emit.source.fresh("index") if context is not None else out
    places = positional(node.element)
    begin = emit.named(tell(emit), "begin") if places else "0"
    origin = f"({begin} + sum(map(len, {out})))" if places else "0"
    built = emit.source.fresh("built")
    emit.line(f"{out} = []")
    if context is not None or (isinstance(node.extent, Until) and node.discard):
        emit.line(f"{built} = []")
    stops = any(isinstance(one, Stop) for one in subtree(node.element)) and type(node.extent).__name__ == "ToEnd"
    head = f"for {index}, {item} in enumerate({values})" if context is not None else f"for {item} in {values}"

    def loop() -> None:
        with emit.source.block(head, emit.site("value")):
            if context is not None:
                emit.line(f"{context}['_index'] = {index}")
            with emit.inside(None if node.kind == "raw" else Count(index)):
                with emit.window(origin, f"b''.join({out})") as atoms:
                    result = emit.write(node.element, item)
                    _append(emit, out, atoms, node.extent)
                if context is not None and not node.discard:
                    emit.line(f"{built}.append({result})")
            _until(emit, node, item, values, built)
        if isinstance(node.extent, Until):
            with emit.source.block("else"):
                fault = f"{emit.constant(Fault, 'Fault')}('RepeatError', 'no element ends the row')"
                emit.line(f"raise {fault}", emit.site("RepeatError"))

    if stops:
        with emit.source.block("try"):
            loop()
        with emit.source.block(f"except {emit.constant(StopRecord, 'Stop')}"):
            emit.line("pass")
    else:
        loop()
    emit.piece(f"b''.join({out})")
    return built if context is not None else values


def _append(emit: Writer, out: str, atoms: list[Atom], extent: object) -> None:
    if isinstance(extent, UntilMark):  # an element that begins with the mark would be read as the row's end
        piece, mark = emit.bytes_of(atoms), repr(extent.mark)
        octet = len(extent.mark) == 1 and any(isinstance(atom, Pack) and atom.size for atom in atoms)
        begins = f"{piece}[0] == {extent.mark[0]}" if octet else f"{piece}.startswith({mark})"
        emit.line(f"if {begins}: {emit.fault(marked, piece, mark)}", emit.site("StringError"))
        emit.line(f"{out}.append({piece})")
    else:  # one for each element, whose number is the length of the list so far
        expression, site = emit.joined(atoms)
        emit.line(f"{out}.append({expression})", site)


def _until(emit: Writer, node: Repeat, item: str, values: str, built: str) -> None:
    if isinstance(node.extent, Until):
        so_far = built if emit.context is not None or node.discard else f"{values}[:len({values})]"
        if "Elements" in {type(one).__name__ for one in subtree(node.extent)} and so_far != built:
            raise AssertionError("the row so far is kept where a condition asks for it")
        emit.line(f"if {emit.condition(node.extent.condition, item, so_far)}: break", emit.site("computed"))


CHOICES: Final[dict[type, Write]] = {
    If: either,
    Optional: optional,
    Switch: switch,
    Tagged: tagged,
    Repeat: repeat,
}
"""What writes each kind of node."""
