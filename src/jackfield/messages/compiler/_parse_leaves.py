"""Parse: nodes without a node inside."""

from __future__ import annotations

from typing import Final

from ._expressions import Expr, Lit, Ref, SizeOf, Un
from ._fold import constant, fold
from ._ir import Default, Derived, Field, Length
from ._leaves import (
    AtEnd,
    BigInt,
    BitPad,
    Bits,
    Bytes,
    Check,
    Computed,
    Custom,
    Decimal,
    Fail,
    Index,
    Interpreted,
    Nothing,
    PaddedText,
    Scalar,
    Stop,
    Tell,
    VarInt,
)
from ._reading import Read, Reader
from ._runtime import (
    Fault,
    Refused,
    StopRecord,
    big_int,
    decimal,
    left_over,
    released,
    short,
    varint,
    zigzag,
)
from ._scope import Scope
from ._sizes import WIDTHS
from ._source import Place


def scalar(emit: Reader, node: Scalar, target: str | None) -> str:
    """Read a number in the run."""
    name = target or emit.source.fresh(emit_hint(emit, "number"))
    size, little = WIDTHS[node.code], node.little
    if node.code not in "tT":
        emit.take(node.code, size, name, little=little if size > 1 else None)
        return name
    high, low = emit.source.fresh("high"), emit.source.fresh("low")
    top = "b" if node.code == "t" else "B"
    parts = [(low, "H", 2), (high, top, 1)] if little else [(high, top, 1), (low, "H", 2)]
    for number, (part, code, width) in enumerate(parts):
        emit.take(code, width, part, little=little if width > 1 else None, shown=0 if number else 3)
    emit.then(f"{name} = {high} << 16 | {low}")
    return name


def emit_hint(emit: Reader, otherwise: str) -> str:
    """Return a hint for a name: the field's own."""
    return next((part for part in reversed(emit.path) if isinstance(part, str)), otherwise)


def is_natural(expr: Expr, scope: Scope | None) -> bool:
    """Return whether *expr* can be no negative number: it is a constant, or an unsigned field."""
    match fold(expr):
        case Lit(value=int(value)):
            return value >= 0
        case Un(op="len") | SizeOf():
            return True
        case Ref(up=up, name=name):
            holder = scope.up(up) if scope is not None else None
            if holder is None or name not in holder.values:
                return False
            nodes = [one.node for one in holder.record.fields if isinstance(one, Field) and one.name == name]
            return all(unsigned(node) for node in nodes) and nodes != []
        case _:
            return False


def unsigned(node: object) -> bool:
    """Return whether *node* reads no negative number."""
    match node:
        case Scalar(code=code):
            return code in "BHLQT?"
        case Derived(inner=inner) | Length(inner=inner) | Default(inner=inner):
            return unsigned(inner)
        case VarInt(zigzag=zigzag):
            return not zigzag
        case _:
            return False


def octets(emit: Reader, node: Bytes, target: str | None) -> str:
    """Read bytes: in the run where their number is fixed, else by a slice."""
    size = constant(node.size)
    emit.begun = emit.here
    if size is not None and 0 <= size <= 4096:
        name = target or emit.source.fresh(emit_hint(emit, "octets"))
        emit.take(f"{size}s", size, name)
        return name
    emit.flush()
    emit.begun, begin = emit.here, emit.here.text()
    if node.size is None:
        emit.here = Place(emit.window.end, 0)
        return f"{emit.window.data}[{begin}:{emit.window.end}]"
    stop = emit.stop_at(emit.text(node.size), natural=is_natural(node.size, emit.scope))
    emit.here = Place(stop, 0)
    return f"{emit.window.data}[{begin}:{stop}]"


def big(emit: Reader, node: BigInt, target: str | None) -> str:
    """Read an integer of any size."""
    size, little = emit.text(node.size), emit.text(node.little)
    name = emit.source.fresh("size")
    emit.then(f"{name} = {size}", emit.site("IntegerError"))
    message = f"{emit.constant(Fault, 'Fault')}('IntegerError', f'a size of {{{name}}} bytes', {emit.here.text()})"
    emit.then(f"if {name} <= 0: raise {message}", emit.site("IntegerError"))
    begin = emit.here.text()
    stop = emit.stop_at(name, natural=True)
    emit.here = Place(stop, 0)
    return f"{emit.constant(big_int, 'big_int')}({emit.window.data}[{begin}:{stop}], {node.signed}, {little})"


def variable(emit: Reader, node: VarInt, target: str | None) -> str:
    """Read a variable-length integer: one byte in line, more by a call."""
    emit.settle()
    data, end, cursor = emit.window.data, emit.window.end, emit.cursor
    name = emit.source.fresh(emit_hint(emit, "number"))
    emit.source.line(f"if {cursor} < {end} and {data}[{cursor}] < 128: {name} = {data}[{cursor}]; {cursor} += 1")
    call = f"{emit.constant(varint, 'varint')}({data}, {cursor}, {end}, {node.strict})"
    emit.source.line(f"else: {name}, {cursor} = {call}", emit.site("StreamError"))
    return f"{emit.constant(zigzag, 'zigzag')}({name})" if node.zigzag else name


def digits(emit: Reader, node: Decimal, target: str | None) -> str:
    """Read a number in digits."""
    emit.settle()
    name = emit.source.fresh(emit_hint(emit, "number"))
    arguments = f"{emit.window.data}, {emit.cursor}, {emit.window.end}, {node.mark!r}, {node.digits}"
    call = f"{emit.constant(decimal, 'decimal')}({arguments})"
    emit.source.line(f"{name}, {emit.cursor} = {call}", emit.site("StreamError"))
    return name


def padded_text(emit: Reader, node: PaddedText, target: str | None) -> str:
    """Read text of fixed size."""
    place = emit.here
    raw = octets(emit, Bytes(Lit(node.size)), None)
    emit.flush()
    name = target or emit.source.fresh(emit_hint(emit, "text"))
    emit.then(f"{name} = {raw}.rstrip(b'\\0').decode()", emit.site("text", place))
    return name


def bits(emit: Reader, node: Bits, target: str | None) -> str:
    """Read bits of the word of their group."""
    if emit.bits is None:
        raise AssertionError("bits stand in a group of bits")
    word, left = emit.bits
    left -= node.width
    emit.bits = (word, left)
    mask = (1 << node.width) - 1
    shifted = f"{word} >> {left}" if left else word
    if node.boolean:
        return f"{shifted} & 1 == 1" if node.width == 1 else f"{shifted} & {mask} != 0"
    value = f"{shifted} & {mask}"
    if node.swapped:
        value = f"int.from_bytes(({value}).to_bytes({node.width // 8}, 'little'), 'big')"
    if node.signed:
        sign = 1 << node.width - 1
        value = f"(({value}) ^ {sign}) - {sign}"
    return value


def bit_pad(emit: Reader, node: BitPad, target: str | None) -> str:
    """Skip bits."""
    if emit.bits is None:
        raise AssertionError("bits stand in a group of bits")
    emit.bits = (emit.bits[0], emit.bits[1] - node.width)
    return "None"


def custom(emit: Reader, node: Custom, target: str | None) -> str:
    """Read by hand."""
    emit.settle()
    begin, value = emit.source.fresh("begin"), emit.source.fresh(emit_hint(emit, "value"))
    data, end, cursor = emit.window.data, emit.window.end, emit.cursor
    emit.source.line(f"{begin} = {cursor}")
    whole = f"{data}[{emit.window.base}:{end}]"
    base = emit.window.base
    call = f"{emit.constant(node.read, 'read')}({whole}, {cursor} - {base})"
    site = emit.site("custom", Place(begin, 0))
    emit.source.line(f"{value}, {cursor} = {call}", site)
    emit.source.line(f"{cursor} += {base}", site)
    emit.source.line(f"if not {begin} <= {cursor} <= {end}: {emit.fault(left_over, cursor, end)}", site)
    return value


def computed(emit: Reader, node: Computed, target: str | None) -> str:
    """Work a value out."""
    name = emit.source.fresh(emit_hint(emit, "computed"))
    emit.check(f"{name} = {emit.text(node.value)}", emit.site("computed"))
    return name


def checked(emit: Reader, node: Check, target: str | None) -> str:
    """Refuse where a condition is false."""
    fault = f"{emit.constant(Fault, 'Fault')}('CheckError', 'its check failed', {emit.here.text()})"
    emit.check(f"if not {emit.text(node.condition)}: raise {fault}", emit.site("CheckError"))
    return "None"


def stop(emit: Reader, node: Stop, target: str | None) -> str:
    """Leave the record where a condition is true."""
    emit.settle()
    emit.source.line(f"if {emit.text(node.condition)}: raise {emit.constant(StopRecord, 'Stop')}", emit.site("stop"))
    return "None"


def tell(emit: Reader, node: Tell, target: str | None) -> str:
    """Return the offset."""
    base = emit.window.base
    return emit.here.text() if base == "0" else f"{emit.here.text()} - {base}"


def index(emit: Reader, node: Index, target: str | None) -> str:
    """Return the innermost index, which the context knows."""
    context = emit.scope.context if emit.scope is not None else "root"
    return f"{context}.get('_index')"


def nothing(emit: Reader, node: Nothing, target: str | None) -> str:
    """Read nothing."""
    return "None"


def at_end(emit: Reader, node: AtEnd, target: str | None) -> str:
    """Refuse what is left."""
    emit.flush()
    at, end = emit.here.text(), emit.window.end
    emit.source.line(f"if {at} < {end}: {emit.fault(left_over, at, end)}", emit.site("TerminatedError"))
    return "None"


def refuse(emit: Reader, node: Fail, target: str | None) -> str:
    """Refuse everything."""
    emit.check(f"raise {emit.constant(Refused, 'Refused')}", emit.site("ExplicitError"))
    return "None"


def interpreted(emit: Reader, node: Interpreted, target: str | None) -> str:
    """Let a construct read by itself, from a stream over the window."""
    emit.settle()
    stream = stream_of(emit)
    context = emit.scope.context if emit.scope is not None else "root"
    name = emit.source.fresh(emit_hint(emit, "value"))
    cursor, base = emit.cursor, emit.window.base
    shift = "" if base == "0" else f" - {base}"
    back = "" if base == "0" else f" + {base}"
    if node.size is not None:
        end, size = emit.window.end, str(node.size)
        fault = emit.fault(short, cursor, size, end)
        emit.source.line(f"if {cursor} + {size} > {end}: {fault}", emit.site("StreamError"))
    emit.source.line(f"{stream}.seek({cursor}{shift})")
    call = f"{emit.constant(node.schema, 'node')}._parsereport({stream}, {context}, '')"
    emit.source.line(f"{name} = {emit.constant(released, 'released')}({call})", emit.site("interpreted", None, stream))
    emit.source.line(f"{cursor} = {stream}.tell(){back}")
    return name


def stream_of(emit: Reader) -> str:
    """Return the variable of the window's stream, which was made where the window was opened."""
    if emit.window.stream is None:
        raise AssertionError("a window with interpreted constructs in it has a stream")
    return emit.window.stream


LEAVES: Final[dict[type, Read]] = {
    Scalar: scalar,
    Bytes: octets,
    BigInt: big,
    VarInt: variable,
    Decimal: digits,
    PaddedText: padded_text,
    Bits: bits,
    BitPad: bit_pad,
    Custom: custom,
    Computed: computed,
    Check: checked,
    Stop: stop,
    Tell: tell,
    Index: index,
    Nothing: nothing,
    AtEnd: at_end,
    Fail: refuse,
    Interpreted: interpreted,
}
"""What reads each kind of node."""
