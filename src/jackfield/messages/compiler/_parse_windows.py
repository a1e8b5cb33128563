"""Parse: nodes that open a window, or move the end of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ._expressions import Lit
from ._fold import constant
from ._ir import Aligned, Delimited, Node, Padded, Prefixed, Sized, Stripped, Transformed, UpTo
from ._leaves import Bytes
from ._needs import interprets
from ._parse_leaves import is_natural, octets, unsigned
from ._reading import Read, Reader, Window
from ._runtime import Fault, Stream, alignment, find_unit, padding, short, stripped, too_small
from ._sizes import fixed_size
from ._source import Place


def open_stream(emit: Reader, node: Node, start: str) -> None:
    """Make the stream of the window that begins at *start*, where interpreted constructs in *node* need one."""
    if interprets(node):
        stream = emit.source.fresh("stream")
        data, end, base = emit.window.data, emit.window.end, emit.window.base
        emit.source.line(f"{stream} = {emit.constant(Stream, 'Stream')}({data}, {start}, {end}, {base})")
        emit.window = emit.window._replace(stream=stream)


def bounded(emit: Reader, stop: str, inner: Node, target: str | None, *, strict: bool) -> str:
    """Read *inner* in the window from here to *stop*; its value has a name of its own afterwards."""
    with emit.within(stop, strict=strict):
        open_stream(emit, inner, emit.here.text())
        value = emit.read(inner, target)
        if not isinstance(inner, Bytes):
            value = kept(emit, value, target)
    return value


def kept(emit: Reader, value: str, target: str | None) -> str:
    """Return *value* in a form that does not change when reading goes on."""
    emit.flush()
    if value == target or value.isidentifier():
        return value
    name = target or emit.source.fresh("value")
    emit.source.line(f"{name} = {value}")
    return name


def sized(emit: Reader, node: Sized, target: str | None) -> str:
    """Read in a window of a size that is worked out."""
    size = emit.text(node.size)
    natural = is_natural(node.size, emit.scope)
    if not natural:
        size = emit.named(size, "size")
        fault = f"{emit.constant(Fault, 'Fault')}('PaddingError', f'a size of {{{size}}} is less than 0', "
        emit.source.line(f"if {size} < 0: raise {fault}{emit.here.text()})", emit.site("PaddingError"))
    return bounded(emit, emit.stop_at(size, natural=True), node.inner, target, strict=node.strict)


def prefixed(emit: Reader, node: Prefixed, target: str | None) -> str:
    """Read in a window whose size stands in front."""
    length = emit.named(emit.read(node.length), "length")
    emit.flush()
    plus = node.plus
    if plus > 0 or not natural_length(node.length):
        fault = emit.fault(too_small, length, str(plus), emit.here.text())
        emit.source.line(f"if {length} < {plus}: {fault}", emit.site("StreamError"))
    size = f"{length} - {plus}" if plus > 0 else f"{length} + {-plus}" if plus else length
    return bounded(emit, emit.stop_at(size, natural=True), node.inner, target, strict=node.strict)


def natural_length(node: Node) -> bool:
    """Return whether *node* reads no negative number."""
    return unsigned(node)


def up_to(emit: Reader, node: UpTo, target: str | None) -> str:
    """Read in a window that leaves room for what stands behind."""
    emit.flush()
    stop, begin, end = emit.source.fresh("stop"), emit.here.text(), emit.window.end
    emit.source.line(f"{stop} = {end} - {node.tail}")
    fault = emit.fault(short, begin, str(node.tail), end)
    emit.source.line(f"if {stop} < {begin}: {fault}", emit.site("StreamError"))
    return bounded(emit, stop, node.inner, target, strict=True)


def delimited(emit: Reader, node: Delimited, target: str | None) -> str:
    """Read up to a mark."""
    emit.flush()
    mark, unit = node.mark, len(node.mark)
    stop, after = emit.source.fresh("stop"), emit.source.fresh("after")
    data, begin, end = emit.window.data, emit.here.text(), emit.window.end
    if node.step and unit > 1:
        search = f"{emit.constant(find_unit, 'find_unit')}({data}, {begin}, {end}, {mark!r})"
    else:
        search = f"{data}.find({mark!r}, {begin}, {end})"
    emit.source.line(f"{stop} = {search}")
    if node.require:
        fault = emit.fault(short, begin, f"max({end} - ({begin}) + 1, {unit})", end)
        emit.source.line(f"if {stop} < 0: {fault}", emit.site("StreamError"))
        emit.source.line(f"{after} = {stop} + {unit if node.consume else 0}")
    else:
        whole = f"{end} - ({end} - ({begin})) % {unit}" if unit > 1 else end
        consumed = unit if node.consume else 0
        emit.source.line(f"if {stop} < 0: {stop} = {whole}; {after} = {end}")
        emit.source.line(f"else: {after} = {stop} + {consumed}{f'; {stop} += {unit}' if node.include else ''}")
    if node.include and node.require:
        emit.source.line(f"{stop} += {unit}")
    value = bounded(emit, stop, node.inner, target, strict=node.strict)
    if isinstance(node.inner, Bytes):
        value = kept(emit, value, target)
    emit.here = Place(after, 0)
    return value


def strip(emit: Reader, node: Stripped, target: str | None) -> str:
    """Read without the padding at the end."""
    emit.flush()
    stop, begin, end = emit.source.fresh("stop"), emit.here.text(), emit.window.end
    call = f"{emit.constant(stripped, 'stripped')}({emit.window.data}, {begin}, {end}, {node.pad!r})"
    emit.source.line(f"{stop} = {call}")
    value = bounded(emit, stop, node.inner, target, strict=False)
    emit.here = Place(end, 0)
    return value


def transformed(emit: Reader, node: Transformed, target: str | None) -> str:
    """Read in bytes that are made of the bytes that stand there."""
    place = emit.here
    raw = octets(emit, Bytes(None if node.size is None else Lit(node.size)), None)
    emit.flush()
    data, end = emit.source.fresh("data"), emit.source.fresh("end")
    emit.source.line(f"{data} = {emit.constant(node.decode, 'decode')}({raw})", emit.site("transform", place))
    emit.source.line(f"{end} = len({data})")
    outer = (emit.window, emit.here, emit.cursor, emit.anchor)
    emit.window, emit.here, emit.cursor = Window(data, end, False, "0", None), Place(None, 0), emit.source.fresh("off")
    emit.anchor = emit.anchor or place
    open_stream(emit, node.inner, "0")
    value = kept(emit, emit.read(node.inner, target), target)
    emit.window, emit.here, emit.cursor, emit.anchor = outer
    return value


def padded(emit: Reader, node: Padded, target: str | None) -> str:
    """Read, then skip filler up to a size."""
    size, inner = constant(node.size), fixed_size(node.inner)
    if size is not None and inner is not None and size >= inner:
        value = emit.read(node.inner, target)
        if size > inner:
            emit.take("", size - inner, None)
        return value
    text = emit.named(emit.text(node.size), "size")
    return _filled(emit, node.inner, target, lambda used: f"{emit.constant(padding, 'padding')}({text}, {used}")


def aligned(emit: Reader, node: Aligned, target: str | None) -> str:
    """Read, then skip filler up to a multiple."""
    modulus, inner = constant(node.modulus), fixed_size(node.inner)
    if modulus is not None and modulus >= 2 and inner is not None:
        value = emit.read(node.inner, target)
        if inner % modulus:
            emit.take("", -inner % modulus, None)
        return value
    text = emit.named(emit.text(node.modulus), "modulus")
    return _filled(emit, node.inner, target, lambda used: f"{emit.constant(alignment, 'alignment')}({text}, {used}")


def _filled(emit: Reader, inner: Node, target: str | None, filler: Callable[[str], str]) -> str:
    emit.flush()
    begin = emit.source.fresh("begin")
    emit.source.line(f"{begin} = {emit.here.text()}")
    emit.source.line(f"{filler('0')}, {begin})", emit.site("PaddingError"))
    value = kept(emit, emit.read(inner, target), target)
    here = emit.here.text()
    pad = emit.source.fresh("pad")
    emit.source.line(f"{pad} = {filler(f'{here} - {begin}')}, {here})", emit.site("PaddingError"))
    emit.here = Place(emit.stop_at(pad, natural=True), 0)
    return value


WINDOWS: Final[dict[type, Read]] = {
    Sized: sized,
    Prefixed: prefixed,
    UpTo: up_to,
    Delimited: delimited,
    Stripped: strip,
    Transformed: transformed,
    Padded: padded,
    Aligned: aligned,
}
"""What reads each kind of node."""
