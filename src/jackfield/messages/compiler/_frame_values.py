"""Framing: nodes around one value, and windows."""

from __future__ import annotations

from typing import Final

from ._fold import constant
from ._frame_leaves import to_mark
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
    Mapped,
    Node,
    Padded,
    Prefixed,
    Sized,
    Text,
)
from ._leaves import (
    Bytes,
    Scalar,
)
from ._parse_leaves import is_natural
from ._parse_windows import natural_length
from ._runtime import alignment, padding, too_small
from ._sizes import WIDTHS, fixed_size
from ._source import Place
from ._walking import Step, Unsupported, Walker


def around(emit: Walker, node: Derived | Default | Copy | Checksum, wanted: bool) -> str | None:
    """Walk over what stands inside."""
    if wanted and isinstance(node, Copy):
        raise Unsupported("a copy")
    return emit.walk(node.inner, wanted=wanted)


def text(emit: Walker, node: Text, wanted: bool) -> str | None:
    """Walk over text."""
    raw = emit.walk(node.inner, wanted=wanted)
    return None if raw is None else f"{raw}.decode({node.encoding!r})"


def const(emit: Walker, node: Const, wanted: bool) -> str | None:
    """Compare, where that is cheap; a parser does it in any case."""
    data = constant_bytes(node)
    if data is None or wanted:
        return emit.walk(node.inner, wanted=wanted)
    emit.take(len(data), wanted=data)
    return None


def constant_bytes(node: Const) -> bytes | None:
    """Return how a constant stands on the wire, where that is plain."""
    if isinstance(node.inner, Bytes) and isinstance(node.value, bytes) and fixed_size(node.inner) == len(node.value):
        return node.value
    if isinstance(node.inner, Scalar) and type(node.value) is int and node.inner.code not in "efd?":
        try:
            size, signed = WIDTHS[node.inner.code], node.inner.code.islower()
            return node.value.to_bytes(size, "little" if node.inner.little else "big", signed=signed)
        except OverflowError:
            return None
    return None


def mapped(emit: Walker, node: Mapped | Enumerated | Among | Adapted, wanted: bool) -> str | None:
    """Walk over what stands inside, and convert it where it is needed."""
    if not wanted:
        return emit.walk(node.inner, wanted=False)
    raw = emit.named(emit.value(node.inner), "raw")
    emit.flush()
    match node:
        case Mapped(decode=decode, unknown=unknown):
            name, table = emit.source.fresh("value"), emit.constant(decode, "decode")
            rest = f" if {raw} in {table} else {emit.constant(unknown, 'unknown')}({raw})" if unknown else ""
            emit.source.line(f"{name} = {table}[{raw}]{rest}", emit.site("mapped"))
            return name
        case Adapted(context=True):
            raise Unsupported("an adapter of construct's")
        case Adapted(decode=decode):
            name = emit.source.fresh("value")
            emit.source.line(f"{name} = {emit.constant(decode, 'decode')}({raw})", emit.site("adapted"))
            return name
        case _:
            return raw


def prefixed(emit: Walker, node: Prefixed, wanted: bool) -> str | None:
    """Walk over a size and what has it."""
    length = emit.named(emit.value(node.length), "length")
    emit.flush()
    if node.plus > 0 or not natural_length(node.length):
        fault = emit.fault(too_small, length, str(node.plus), emit.here.text())
        emit.source.line(f"if {length} < {node.plus}: {fault}", emit.site("StreamError"))
    begin, stop = emit.skip(f"{length} - {node.plus}" if node.plus else length, natural=True)
    return _windowed(node.inner, begin, stop, wanted)


def _windowed(inner: Node, begin: str, stop: str, wanted: bool) -> str | None:
    """Return the value of what has a window to itself, where it is plain."""
    if not wanted:
        return None
    match inner:
        case Bytes(size=None):
            return f"w.bytes_at({begin}, {stop})"
        case Text(inner=Bytes(size=None), encoding=encoding):
            return f"w.bytes_at({begin}, {stop}).decode({encoding!r})"
        case _:
            raise Unsupported("a value inside a window")


def sized(emit: Walker, node: Sized, wanted: bool) -> str | None:
    """Walk over a window."""
    natural = is_natural(node.size, emit.scope)
    size = constant(node.size)
    if size is not None and size >= 0 and not wanted:
        emit.take(size)
        return None
    begin, stop = emit.skip(emit.text(node.size), natural=natural, kind="PaddingError")
    return _windowed(node.inner, begin, stop, wanted)


def delimited(emit: Walker, node: Delimited, wanted: bool) -> str | None:
    """Walk to a mark."""
    if not node.require:
        raise Unsupported("a mark that may be missing")
    begin, stop = to_mark(emit, node.mark, step=node.step, consumed=node.consume)
    if not node.consume:
        emit.here = Place(stop, 0)
    return _windowed(node.inner, begin, f"{stop} + {len(node.mark)}" if node.include else stop, wanted)


def padded(emit: Walker, node: Padded | Aligned, wanted: bool) -> str | None:
    """Walk over what stands inside, and filler."""
    size = fixed_size(node)
    if size is not None and not wanted:
        emit.take(size)
        return None
    emit.flush()
    begin = emit.source.fresh("begin")
    emit.source.line(f"{begin} = {emit.here.text()}")
    value = emit.walk(node.inner, wanted=wanted)
    value = emit.named(value, "value") if value is not None else None
    emit.flush()
    make = padding if isinstance(node, Padded) else alignment
    limit = emit.text(node.size if isinstance(node, Padded) else node.modulus)
    here = emit.here.text()
    pad = emit.source.fresh("pad")
    call = f"{emit.constant(make, make.__name__)}({limit}, {here} - {begin}, {here})"
    emit.source.line(f"{pad} = {call}", emit.site("PaddingError"))
    emit.skip(pad, natural=True)
    return value


VALUES: Final[dict[type, Step]] = {
    Derived: around,
    Default: around,
    Copy: around,
    Checksum: around,
    Text: text,
    Const: const,
    Mapped: mapped,
    Enumerated: mapped,
    Among: mapped,
    Adapted: mapped,
    Prefixed: prefixed,
    Sized: sized,
    Delimited: delimited,
    Padded: padded,
    Aligned: padded,
}
"""What walks over each kind of node."""
