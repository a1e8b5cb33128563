"""Build: nodes without a node inside."""

from __future__ import annotations

from typing import Final

from ._fold import constant
from ._ir import Instance
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
from ._runtime import (
    Fault,
    Refused,
    StopRecord,
    Unfit,
    as_bytes,
    big_int_bytes,
    buffer_bytes,
    decimal_bytes,
    interpreted_bytes,
    no,
    padded_text,
    sized_bytes,
    varint_bytes,
    wrong_size,
    zigzag_bytes,
)
from ._sizes import WIDTHS
from ._source import Entry, Site
from ._writing import Pack, Write, Writer


def scalar(emit: Writer, node: Scalar, value: str, label: str = "") -> str:
    """Let a number be packed."""
    if node.code in "tT":
        return _three(emit, node, value, label)
    if node.code == "?" and node.strict and value not in ("True", "False"):
        value = emit.named(value, emit.hint("flag"))
        fault = emit.fault(no, value, "'bool'", "'FormatFieldError'")
        emit.line(f"if {value} is not True and {value} is not False: {fault}", emit.site("FormatFieldError"))
    emit.pack(node.code, WIDTHS[node.code], value, little=node.little, label=label, error=node.error)
    return value


def _three(emit: Writer, node: Scalar, value: str, label: str) -> str:
    """Pack three bytes as one and two; that the upper one fits says that all do."""
    value = emit.named(value, emit.hint("number"))
    top = "b" if node.code == "t" else "B"
    high = Pack(top, 1, None, f"{value} >> 16", Entry(emit.path, 0, 3, node.code, value, node.error, label))
    low = Pack("H", 2, node.little, f"{value} & 65535", None)
    emit.atoms.extend((low, high) if node.little else (high, low))
    return value


def octets(emit: Writer, node: Bytes, value: str) -> str:
    """Write bytes, of the length that they should have."""
    name = value
    sure = value in emit.sure or value.startswith(("b'", 'b"'))
    if not sure:
        name = emit.named(value, emit.hint("octets"))
    size = None if node.size is None or not emit.known(node.size) else emit.text(node.size)
    raw = size is not None and not node.buffers
    if not sure:
        checked = emit.source.fresh(emit.hint("octets"))
        convert = sized_bytes if raw else buffer_bytes if node.buffers else as_bytes
        arguments = f"{name}, {size}" if raw else name
        call = f"{emit.constant(convert, convert.__name__)}({arguments})"
        emit.line(f"{checked} = {name} if type({name}) is bytes else {call}", emit.site("StringError"))
        name = checked
        emit.sure.add(name)
    known = constant(node.size)
    if size is not None and not (value.startswith(("b'", 'b"')) and known is not None):
        fault = emit.fault(wrong_size, f"len({name})", size)
        emit.line(f"if len({name}) != {size}: {fault}", emit.site("StreamError"))
    if known is not None and 0 <= known <= 64:
        emit.pack(f"{known}s", known, name)
    else:
        emit.piece(name, known)
    return name


def big(emit: Writer, node: BigInt, value: str) -> str:
    """Write an integer of any size."""
    value = emit.named(value, emit.hint("number"))
    size, little = emit.text(node.size), emit.text(node.little)
    call = f"{emit.constant(big_int_bytes, 'big_int_bytes')}({value}, {size}, {node.signed}, {little})"
    emit.piece(call, constant(node.size))
    return value


def variable(emit: Writer, node: VarInt, value: str) -> str:
    """Write a variable-length integer."""
    value = emit.named(value, emit.hint("number"))
    make = zigzag_bytes if node.zigzag else varint_bytes
    emit.piece(f"{emit.constant(make, make.__name__)}({value}, {64 if node.strict else None})")
    return value


def digits(emit: Writer, node: Decimal, value: str) -> str:
    """Write a number in digits."""
    value = emit.named(value, emit.hint("number"))
    emit.piece(f"{emit.constant(decimal_bytes, 'decimal_bytes')}({value}, {node.mark!r}, {node.digits})")
    return value


def padding_text(emit: Writer, node: PaddedText, value: str) -> str:
    """Write text of fixed size."""
    value = emit.named(value, emit.hint("text"))
    emit.piece(f"{emit.constant(padded_text, 'padded_text')}({value}, {node.size})", node.size)
    return value


def bits(emit: Writer, node: Bits, value: str) -> str:
    """Add bits to the word of their group."""
    if emit.bits is None:
        raise AssertionError("bits stand in a group of bits")
    emit.shift -= node.width
    value = emit.named(value, emit.hint("bits"))
    if node.boolean and not node.strict:
        emit.bits.append(f"({1 << emit.shift} if {value} else 0)")
        return value
    emit.widths.append(Entry(emit.path, 0, node.width, "b" if node.signed else "B", value, None, ""))
    if emit.scope is None or not isinstance(emit.scope.record.target, Instance):
        check_widths(emit)  # what comes next may be a fault, too, and construct finds this one first
    term = f"{value} & {(1 << node.width) - 1}" if node.signed else value
    if node.swapped:
        term = f"int.from_bytes(({term}).to_bytes({node.width // 8}, 'little'), 'big')"
    emit.bits.append(f"({term}) << {emit.shift}" if emit.shift else f"({term})")
    return value


def check_widths(emit: Writer) -> None:
    """Refuse numbers that do not fit their bits: all of one width at once, as one too wide makes their union so."""
    together: dict[int, list[str]] = {}
    tests: list[str] = []
    for entry in emit.widths:
        if entry.code == "b":
            tests.append(f"({entry.value} + {1 << entry.size - 1}) >> {entry.size}")
        else:
            together.setdefault(entry.size, []).append(entry.value)
    tests += [f"({' | '.join(values)}) >> {width}" for width, values in together.items()]
    if tests:
        site = Site(emit.path, "bits", None, tuple(emit.widths))
        emit.line(f"if {' or '.join(tests)}: raise {emit.constant(Unfit, 'Unfit')}", site)
    emit.widths.clear()


def bit_pad(emit: Writer, node: BitPad, value: str) -> str:
    """Leave bits out."""
    emit.shift -= node.width
    return "None"


def custom(emit: Writer, node: Custom, value: str) -> str:
    """Write by hand, knowing what was written before."""
    value = emit.named(value, emit.hint("value"))
    before = [one for one in (emit.front, emit.bytes_of(emit.atoms)) if one not in ("", "b''")]
    call = f"{emit.constant(node.write, 'write')}({value}, {' + '.join(before) or repr(b'')})"
    emit.piece(f"{emit.constant(as_bytes, 'as_bytes')}({call})")
    return value


def computed(emit: Writer, node: Computed, value: str) -> str:
    """Work a value out."""
    return emit.named(emit.text(node.value), emit.hint("computed"))


def checked(emit: Writer, node: Check, value: str) -> str:
    """Refuse where a condition is false."""
    fault = f"{emit.constant(Fault, 'Fault')}('CheckError', 'its check failed')"
    emit.line(f"if not {emit.text(node.condition)}: raise {fault}", emit.site("CheckError"))
    return "None"


def stop(emit: Writer, node: Stop, value: str) -> str:
    """Leave the record where a condition is true."""
    emit.line(f"if {emit.text(node.condition)}: raise {emit.constant(StopRecord, 'Stop')}", emit.site("stop"))
    return "None"


def tell(emit: Writer, node: Tell, value: str) -> str:
    """Return the offset in the window that is written."""
    length = emit.length(emit.atoms)
    return emit.named(length if emit.origin == "0" else f"{emit.origin} + {length}", emit.hint("offset"))


def index(emit: Writer, node: Index, value: str) -> str:
    """Return the innermost index, which the context knows."""
    return emit.named(f"{emit.context}.get('_index')", emit.hint("index"))


def nothing(emit: Writer, node: Nothing, value: str) -> str:
    """Write nothing; what was given is handed on."""
    return value


def refuse(emit: Writer, node: Fail, value: str) -> str:
    """Refuse everything."""
    emit.line(f"raise {emit.constant(Refused, 'Refused')}", emit.site("ExplicitError"))
    return "None"


def interpreted(emit: Writer, node: Interpreted, value: str) -> str:
    """Let a construct write by itself, into a stream that holds what stands in front of it in the window."""
    value = emit.named(value, emit.hint("value"))
    before = emit.bytes_of(emit.atoms)
    emit.atoms.clear()
    piece, result = emit.source.fresh("piece"), emit.source.fresh("built")
    schema = emit.constant(node.schema, "node")
    arguments = f"{schema}, {value}, {before}, {emit.context}, {emit.origin}"
    call = f"{emit.constant(interpreted_bytes, 'interpreted_bytes')}({arguments})"
    emit.line(f"{piece}, {result} = {call}", emit.site("interpreted"))
    emit.piece(piece)
    return result


LEAVES: Final[dict[type, Write]] = {
    Scalar: scalar,
    Bytes: octets,
    BigInt: big,
    VarInt: variable,
    Decimal: digits,
    PaddedText: padding_text,
    Bits: bits,
    BitPad: bit_pad,
    Custom: custom,
    Computed: computed,
    Check: checked,
    Stop: stop,
    Tell: tell,
    Index: index,
    Nothing: nothing,
    AtEnd: nothing,
    Fail: refuse,
    Interpreted: interpreted,
}
"""What writes each kind of node."""
