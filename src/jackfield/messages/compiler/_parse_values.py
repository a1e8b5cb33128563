"""Parse: nodes around one value, which they check, convert, or copy."""

from __future__ import annotations

from typing import Final

from ._expressions import CountOf, Following, Present, SizeOf, TagOf, Whole
from ._ir import (
    Adapted,
    Among,
    Checksum,
    Const,
    Copy,
    Default,
    Derived,
    Enumerated,
    Mapped,
    Recursion,
    Text,
)
from ._leaves import Bytes, Scalar
from ._needs import interprets, subtree
from ._parse_leaves import emit_hint, stream_of
from ._reading import Read, Reader
from ._runtime import COPY, Fault, differs, no, other, short
from ._sizes import fixed_size
from ._source import Place


def text(emit: Reader, node: Text, target: str | None) -> str:
    """Decode what bytes are read."""
    raw = emit.read(node.inner)
    emit.flush()
    name = target or emit.source.fresh(emit_hint(emit, "text"))
    encoding = "" if node.encoding == "utf-8" else emit.source.literal(node.encoding)
    emit.source.line(f"{name} = {raw}.decode({encoding})", emit.site("text", emit.begun))
    return name


def const(emit: Reader, node: Const, target: str | None) -> str:
    """Refuse any other value; inside a run the order of faults is kept by the run itself."""
    place = emit.here
    wanted = emit.source.literal(node.value, "wanted")
    test = f"raise {emit.constant(other, 'other')}"
    site = emit.site("ConstError", place)
    if isinstance(node.inner, Bytes) and isinstance(node.value, bytes) and fixed_size(node.inner) == len(node.value):
        name = target or emit.source.fresh(emit_hint(emit, "const"))
        emit.take(f"{len(node.value)}s", len(node.value), name, wanted=node.value)
        emit.then(f"if {name} != {wanted}: {test}({name}, {wanted})", site)
        return name
    name = emit.named(emit.read(node.inner, target), emit_hint(emit, "const"))
    line = f"if {name} != {wanted}: {test}({name}, {wanted})"
    if isinstance(node.inner, Scalar):
        emit.then(line, site)
    else:
        emit.check(line, site)
    return name


def derived(emit: Reader, node: Derived, target: str | None) -> str:
    """Read, and compare with what it is derived from as soon as all of that is there."""
    place = emit.here
    if not node.check:
        return emit.read(node.inner, target)
    late = any(isinstance(one, (Whole, SizeOf, CountOf, Present, TagOf, Following)) for one in subtree(node.value))
    if not late:
        emit.flush()
        if fixed_size(node.inner) is None:  # the cursor goes on, and what is in front of the field ends here
            mark = emit.source.fresh("mark")
            emit.then(f"{mark} = {place.text()}")
            place = Place(mark, 0)
    name = emit.named(emit.read(node.inner, target), emit_hint(emit, "derived"))
    path, scope = emit.path, emit.scope

    def compare() -> None:
        outer, emit.path = emit.path, path
        here, emit.here = emit.here, place
        wanted = emit.source.fresh("wanted")
        emit.check(f"{wanted} = {emit.expressions.text(node.value, scope)}", emit.site("derived", place))
        fault = f"raise {emit.constant(differs, 'differs')}({name}, {wanted})"
        emit.source.line(f"if {name} != {wanted}: {fault}", emit.site("CheckError", place))
        emit.path, emit.here = outer, here

    if late and scope is not None:
        scope.late.append(compare)
    else:
        compare()
    return name


def default(emit: Reader, node: Default, target: str | None) -> str:
    """Read what stands inside."""
    return emit.read(node.inner, target)


def mapped(emit: Reader, node: Mapped, target: str | None) -> str:
    """Look the value up."""
    place = emit.here
    raw = emit.named(emit.read(node.inner), "raw")
    table = emit.constant(node.decode, "decode")
    name = target or emit.source.fresh(emit_hint(emit, "value"))
    if node.unknown is None:
        emit.check(f"{name} = {table}[{raw}]", emit.site("mapped", place))
        return name
    unknown = emit.constant(node.unknown, "unknown")
    line = f"{name} = {table}[{raw}] if {raw} in {table} else {unknown}({raw})"
    emit.then(line, emit.site("adapted", place))
    return name


def enumerated(emit: Reader, node: Enumerated, target: str | None) -> str:
    """Make a member."""
    place = emit.here
    raw = emit.read(node.inner)
    name = target or emit.source.fresh(emit_hint(emit, "member"))
    emit.check(f"{name} = {emit.constant(node.cls, node.cls.__name__)}({raw})", emit.site("member", place))
    return name


def among(emit: Reader, node: Among, target: str | None) -> str:
    """Refuse what is not one of the values."""
    place = emit.here
    name = emit.named(emit.read(node.inner, target), emit_hint(emit, "value"))
    values = emit.constant(node.values, "values")
    shown = " or ".join(repr(value) for value in node.values)
    fault = emit.fault(no, name, repr(shown), "'ValidationError'")
    emit.check(f"if {name} not in {values}: {fault}", emit.site("ValidationError", place))
    return name


def adapted(emit: Reader, node: Adapted, target: str | None) -> str:
    """Let a function make the value."""
    place = emit.here
    raw = emit.read(node.inner)
    emit.flush()
    name = target or emit.source.fresh(emit_hint(emit, "value"))
    context = emit.scope.context if emit.scope is not None else "root"
    arguments = f"{raw}, {context}, ''" if node.context else raw
    emit.source.line(f"{name} = {emit.constant(node.decode, 'decode')}({arguments})", emit.site("adapted", place))
    return name


def copy(emit: Reader, node: Copy, target: str | None) -> str:
    """Read, and keep the bytes."""
    begin = emit.here
    if begin.variable is not None:
        name = emit.source.fresh("begin")
        emit.then(f"{name} = {begin.text()}")
        begin = Place(name, 0)
    made = emit.source.fresh("copy")
    emit.before(f"{made} = {emit.constant(COPY, 'RawCopy')}()")
    value = emit.read(node.inner, f"{made}.value")
    emit.flush()
    if value != f"{made}.value":
        emit.source.line(f"{made}.value = {value}")
    first, last, base = begin.text(), emit.here.text(), emit.window.base
    minus = "" if base == "0" else f" - {base}"
    if interprets(node.inner):
        end = emit.window.end
        fault = emit.fault(short, first, f"{last} - {first}", end)
        emit.source.line(f"if not {first} <= {last} <= {end}: {fault}", emit.site("StreamError"))
    emit.source.line(f"{made}.data = {emit.window.data}[{first}:{last}]")
    emit.source.line(f"{made}.offset1 = {first}{minus}; {made}.offset2 = {last}{minus}")
    emit.source.line(f"{made}.length = {last} - {first}" if first != "0" else f"{made}.length = {last}")
    return made


def checksum(emit: Reader, node: Checksum, target: str | None) -> str:
    """Read a sum, and work it out again."""
    place = emit.here
    name = emit.named(emit.read(node.inner), emit_hint(emit, "sum"))
    data = emit.text(node.data)
    wanted = emit.source.fresh("wanted")
    function = emit.constant(node.function, "function")
    emit.source.line(f"{wanted} = {function}({data})", emit.site("adapted", place))
    fault = f"{emit.constant(Fault, 'Fault')}('ChecksumError', f'is {{{name}!r}}, worked out: {{{wanted}!r}}')"
    emit.source.line(f"if {name} != {wanted}: raise {fault}", emit.site("ChecksumError", place))
    return name


def recursion(emit: Reader, node: Recursion, target: str | None) -> str:
    """Call the function of another node."""
    emit.settle()
    function = emit.functions(node)
    name = emit.source.fresh(emit_hint(emit, "value"))
    window, stream = emit.window, stream_of(emit)
    context = emit.scope.context if emit.scope is not None else "root"
    arguments = f"{window.data}, {emit.cursor}, {window.end}, {window.base}, {stream}, {context}"
    emit.source.line(f"{name}, {emit.cursor} = {function}({arguments})", emit.site("recursion"))
    return name


VALUES: Final[dict[type, Read]] = {
    Text: text,
    Const: const,
    Derived: derived,
    Default: default,
    Mapped: mapped,
    Enumerated: enumerated,
    Among: among,
    Adapted: adapted,
    Copy: copy,
    Checksum: checksum,
    Recursion: recursion,
}
"""What reads each kind of node."""
