"""Build: nodes around one value, and windows."""

from __future__ import annotations

from typing import Final

from ._build_leaves import scalar
from ._expressions import Bin, Expr, Following, Lit, Since, SizeOf, TagOf
from ._fold import constant
from ._ir import (
    Adapted,
    Aligned,
    Among,
    Checksum,
    Const,
    Copy,
    Default,
    Delimited,
    Derived,
    Enumerated,
    Length,
    Mapped,
    Node,
    Padded,
    Prefixed,
    Recursion,
    Sized,
    Stripped,
    Text,
    Transformed,
    UpTo,
)
from ._leaves import Scalar
from ._needs import subtree
from ._runtime import (
    aligned,
    copied,
    encoded,
    filled,
    leniently_encoded,
    marked,
    no,
    other,
    wrong_size,
)
from ._sizes import fixed_size
from ._writing import Later, Write, Writer

_PLAIN: Final = ("ascii", "utf8", "utf-8", "u8", "latin1", "latin-1")


def text(emit: Writer, node: Text, value: str) -> str:
    """Encode what is given."""
    value = emit.named(value, emit.hint("text"))
    raw = emit.source.fresh("raw")
    lenient = node.lenient and node.encoding.lower() not in _PLAIN
    make = leniently_encoded if lenient else encoded
    encoding = emit.source.literal(node.encoding)
    call = f"{emit.constant(make, make.__name__)}({value}, {encoding})"
    plain = f"{value}.encode({'' if node.encoding == 'utf-8' else encoding})"
    emit.line(
        f"{raw} = {call}" if lenient else f"{raw} = {plain} if type({value}) is str else {call}", emit.site("text")
    )
    emit.sure.add(raw)
    emit.write(node.inner, raw)
    return value


def const(emit: Writer, node: Const, value: str) -> str:
    """Write what it always is."""
    wanted = emit.source.literal(node.value, "wanted")
    if value != "None":
        value = emit.named(value, emit.hint("const"))
        fault = emit.fault(other, value, wanted)
        emit.line(f"if {value} not in (None, {wanted}): {fault}", emit.site("ConstError"))
    emit.write(node.inner, wanted)
    return wanted


def derived(emit: Writer, node: Derived, value: str) -> str:
    """Write what the value is derived from: now, or when the bytes that it is derived from are there."""
    known = emit.scope.worked_out.get(emit.hint("")) if emit.bits is not None and emit.scope is not None else None
    if known is not None:
        return emit.write(node.inner, known)
    if not late(emit, node.value):
        return emit.write(node.inner, emit.named(emit.text(node.value), emit.hint("derived")))
    return wait(emit, node.inner, node.value)


def late(emit: Writer, expr: Expr) -> bool:
    """Return whether *expr* needs bytes or sizes that are there only when the record is complete."""
    ends = None if emit.scope is None else emit.scope.ends_with
    return not emit.known(expr) or any(
        isinstance(one, (SizeOf, Following, Since)) or (isinstance(one, TagOf) and one.name == ends)
        for one in subtree(expr)
    )


def wait(emit: Writer, inner: Node, expr: Expr) -> str:
    """Let *inner* be written when the record is complete."""
    scope, path = emit.scope, emit.path
    if scope is None:
        raise AssertionError("only a field of a record is derived from others")
    name = emit.hint("derived")
    scope.waiting.add(name)

    def write() -> None:
        outer, emit.path = emit.path, path
        label = inner.name if isinstance(inner, Scalar) else ""
        value = emit.expressions.text(expr, scope)
        if isinstance(inner, Scalar):
            scope.values[name] = scalar(emit, inner, emit.named(value, name), label)
        else:
            scope.values[name] = emit.write(inner, emit.named(value, name))
        scope.waiting.discard(name)
        emit.path = outer

    needs_bytes = any(isinstance(one, Since) for one in subtree(expr))
    emit.atoms.append(Later(fixed_size(inner), needs_bytes, write, scope))
    return "None"


def length(emit: Writer, node: Length, value: str) -> str:
    """Write the bytes that follow."""
    expr: Expr = Bin("+", Following(), Lit(node.plus)) if node.plus else Following()
    return wait(emit, node.inner, expr)


def default(emit: Writer, node: Default, value: str) -> str:
    """Take the default for None."""
    value = emit.named(value, emit.hint("value"))
    emit.line(f"if {value} is None: {value} = {emit.text(node.value)}", emit.site("computed"))
    return emit.write(node.inner, value)


def mapped(emit: Writer, node: Mapped, value: str) -> str:
    """Look the value up."""
    value = emit.named(value, emit.hint("value"))
    table = emit.constant(node.encode, "encode")
    raw = emit.source.fresh("raw")
    numbers = f"{value} if isinstance({value}, int) else " if node.numbers else ""
    emit.line(f"{raw} = {numbers}{table}[{value}]", emit.site("mapped"))
    emit.write(node.inner, raw)
    return value


def enumerated(emit: Writer, node: Enumerated, value: str) -> str:
    """Write a member's number."""
    value = emit.named(value, emit.hint("member"))
    cls = emit.constant(node.cls, node.cls.__name__)
    number = emit.source.fresh("number")
    emit.line(f"{number} = {value} if type({value}) is {cls} else {cls}({value})", emit.site("member"))
    emit.write(node.inner, number)
    return value


def among(emit: Writer, node: Among, value: str) -> str:
    """Refuse what is not one of the values."""
    value = emit.named(value, emit.hint("value"))
    shown = " or ".join(repr(one) for one in node.values)
    fault = emit.fault(no, value, repr(shown), "'ValidationError'")
    emit.line(f"if {value} not in {emit.constant(node.values, 'values')}: {fault}", emit.site("ValidationError"))
    return emit.write(node.inner, value)


def adapted(emit: Writer, node: Adapted, value: str) -> str:
    """Let a function make what is written."""
    value = emit.named(value, emit.hint("value"))
    raw = emit.source.fresh("raw")
    arguments = f"{value}, {emit.context}, ''" if node.context else value
    emit.line(f"{raw} = {emit.constant(node.encode, 'encode')}({arguments})", emit.site("adapted"))
    emit.write(node.inner, raw)
    return value


def copy(emit: Writer, node: Copy, value: str) -> str:
    """Write the bytes that are given, or else the value."""
    value = emit.named(value, emit.hint("copy"))
    data, inner, piece = emit.source.fresh("data"), emit.source.fresh("value"), emit.source.fresh("piece")
    begin = tell(emit)
    emit.line(
        f"{data}, {inner} = {emit.constant(copied, 'copied')}({value}, {node.optional})", emit.site("RawCopyError")
    )
    with emit.source.block(f"if {data} is None"):
        with emit.window(begin) as atoms:
            result = emit.write(node.inner, inner)
            made = emit.bytes_of(atoms)
        emit.line(f"{piece} = {made}")
        if result != inner and emit.context is not None:
            emit.line(f"{inner} = {result}")
    with emit.source.block("else"):
        emit.line(f"{piece} = {data}")
    emit.piece(piece)
    scope, name = emit.scope, emit.hint("copy")
    parts = {"data": piece, "value": inner, "offset1": begin, "length": f"len({piece})"}
    if scope is not None:
        scope.parts[name] = parts
    if emit.context is None:
        return value
    whole = emit.source.fresh("copy")
    container = "{**(" + value + " or {})" + f", 'data': {piece}, 'value': {inner}, 'offset1': {begin}, "
    container += f"'offset2': {begin} + len({piece}), 'length': len({piece})" + "}"
    emit.line(f"{whole} = {emit.constant(_container(), 'Container')}({container})")
    return whole


def _container() -> type:
    from construct.lib import Container  # noqa: PLC0415

    return Container


def tell(emit: Writer) -> str:
    """Return the expression of the offset in the window that is written."""
    size = emit.length(emit.atoms)
    return size if emit.origin == "0" else f"({emit.origin} + {size})"


def checksum(emit: Writer, node: Checksum, value: str) -> str:
    """Work the sum out, and write it."""
    name = emit.source.fresh(emit.hint("sum"))
    function = emit.constant(node.function, "function")
    emit.line(f"{name} = {function}({emit.text(node.data)})", emit.site("adapted"))
    emit.write(node.inner, name)
    return name


def recursion(emit: Writer, node: Recursion, value: str) -> str:
    """Call the function of another node."""
    piece, result = emit.source.fresh("piece"), emit.source.fresh("built")
    function = emit.functions(node)
    emit.line(f"{piece}, {result} = {function}({value}, {emit.context}, {tell(emit)})", emit.site("recursion"))
    emit.piece(piece)
    return result


# ------------------------------------------------------------------------------------------------ windows


def prefixed(emit: Writer, node: Prefixed, value: str) -> str:
    """Write the size, then what has it."""
    with emit.window(done=f"bytes({fixed_size(node.length) or 0})") as atoms:
        result = emit.write(node.inner, value)
    size = emit.length(atoms)
    total = size if not node.plus else f"{size} + {node.plus}"
    if isinstance(node.length, Scalar):
        scalar(emit, node.length, total, node.length.name)
    else:
        emit.write(node.length, emit.named(total, "length"))
    emit.atoms.extend(atoms)
    return result


def sized(emit: Writer, node: Sized, value: str) -> str:
    """Write what has to have a size."""
    if emit.ending is not None:  # its size is worked out from it
        return emit.write(node.inner, value)
    with emit.window() as atoms:
        result = emit.write(node.inner, value)
        piece = emit.bytes_of(atoms)
    if node.strict and not emit.known(node.size):
        emit.piece(piece)
        return result
    size = emit.text(node.size)
    if node.strict:
        emit.line(
            f"if len({piece}) != {size}: {emit.fault(wrong_size, f'len({piece})', size)}", emit.site("PaddingError")
        )
        emit.piece(piece, constant(node.size))
    else:
        emit.piece(f"{emit.constant(filled, 'filled')}({piece}, {size}, b'\\0')", constant(node.size))
    return result


def up_to(emit: Writer, node: UpTo, value: str) -> str:
    """Write what stands inside."""
    return emit.write(node.inner, value)


def delimited(emit: Writer, node: Delimited, value: str) -> str:
    """Write, then the mark."""
    if not node.strict:
        result = emit.write(node.inner, value)
        emit.piece(repr(node.mark), len(node.mark))
        return result
    with emit.window() as atoms:
        result = emit.write(node.inner, value)
        piece = emit.bytes_of(atoms)
    test = f"({piece} + {node.mark!r}).find({node.mark!r}) != len({piece})"
    emit.line(f"if {test}: {emit.fault(marked, piece, repr(node.mark))}", emit.site("StringError"))
    emit.piece(piece)
    emit.piece(repr(node.mark), len(node.mark))
    return result


def stripped(emit: Writer, node: Stripped, value: str) -> str:
    """Write what stands inside: the padding is the window's to add."""
    return emit.write(node.inner, value)


def transformed(emit: Writer, node: Transformed, value: str) -> str:
    """Write what is made of the bytes of what stands inside."""
    with emit.window() as atoms:
        result = emit.write(node.inner, value)
        inner = emit.bytes_of(atoms)
    piece = emit.source.fresh("piece")
    emit.line(f"{piece} = {emit.constant(node.encode, 'encode')}({inner})", emit.site("transform"))
    if node.encoded is not None:
        fault = emit.fault(wrong_size, f"len({piece})", str(node.encoded))
        emit.line(f"if len({piece}) != {node.encoded}: {fault}", emit.site("StreamError"))
    emit.piece(piece, node.encoded)
    return result


def padded(emit: Writer, node: Padded, value: str) -> str:
    """Write, then filler up to a size."""
    size, inner = constant(node.size), fixed_size(node.inner)
    if size is not None and inner is not None and size >= inner:
        result = emit.write(node.inner, value)
        _filler(emit, size - inner, node.pattern)
        return result
    with emit.window(tell(emit)) as atoms:
        result = emit.write(node.inner, value)
        piece = emit.bytes_of(atoms)
    call = f"{emit.constant(filled, 'filled')}({piece}, {emit.text(node.size)}, {node.pattern!r})"
    emit.piece(call, size)
    return result


def align(emit: Writer, node: Aligned, value: str) -> str:
    """Write, then filler up to a multiple."""
    modulus, inner = constant(node.modulus), fixed_size(node.inner)
    if modulus is not None and modulus >= 2 and inner is not None:
        result = emit.write(node.inner, value)
        _filler(emit, -inner % modulus, node.pattern)
        return result
    with emit.window(tell(emit)) as atoms:
        result = emit.write(node.inner, value)
        piece = emit.bytes_of(atoms)
    emit.piece(f"{emit.constant(aligned, 'aligned')}({piece}, {emit.text(node.modulus)}, {node.pattern!r})")
    return result


def _filler(emit: Writer, size: int, pattern: bytes) -> None:
    if not size:
        return
    if pattern == b"\0":
        emit.pack(f"{size}x", size, None)
    elif size <= 64:
        emit.piece(repr(pattern * size), size)
    else:
        emit.piece(f"{pattern!r} * {size}", size)


VALUES: Final[dict[type, Write]] = {
    Text: text,
    Const: const,
    Derived: derived,
    Length: length,
    Default: default,
    Mapped: mapped,
    Enumerated: enumerated,
    Among: among,
    Adapted: adapted,
    Copy: copy,
    Checksum: checksum,
    Recursion: recursion,
    Prefixed: prefixed,
    Sized: sized,
    UpTo: up_to,
    Delimited: delimited,
    Stripped: stripped,
    Transformed: transformed,
    Padded: padded,
    Aligned: align,
}
"""What writes each kind of node."""
