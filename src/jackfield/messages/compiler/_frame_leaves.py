"""Framing: nodes without a node inside."""

from __future__ import annotations

from typing import Final

from ._fold import constant
from ._framer import find_mark, walk_decimal, walk_varint
from ._ir import (
    Node,
    Transformed,
)
from ._leaves import (
    BigInt,
    Bytes,
    Check,
    Computed,
    Decimal,
    Fail,
    Interpreted,
    Nothing,
    PaddedText,
    Scalar,
    Tell,
    VarInt,
)
from ._parse_leaves import is_natural
from ._runtime import VARINT_BYTES, Refused, big_int
from ._runtime import zigzag as unzigzag
from ._sizes import WIDTHS, fixed_size
from ._source import Place
from ._walking import Step, Unsupported, Walker


def scalar(emit: Walker, node: Scalar, wanted: bool) -> str | None:
    """Walk over a number."""
    size = WIDTHS[node.code]
    if not wanted:
        emit.take(size)
        return None
    name = emit.source.fresh("number")
    if node.code not in "tT":
        emit.take(size, node.code, name, little=node.little)
        return name
    raw = emit.source.fresh("raw")
    emit.take(size, "3s", raw)
    order = "little" if node.little else "big"
    emit.then(f"{name} = int.from_bytes({raw}, {order!r}, signed={node.code == 't'})")
    return name


def octets(emit: Walker, node: Bytes, wanted: bool) -> str | None:
    """Walk over bytes."""
    if node.size is None:
        raise Unsupported("bytes without end")
    size = constant(node.size)
    if size is not None and size >= 0:
        name = emit.source.fresh("octets") if wanted else None
        emit.take(size, f"{size}s", name)
        return name
    begin, stop = emit.skip(emit.text(node.size), natural=is_natural(node.size, emit.scope))
    return f"w.bytes_at({begin}, {stop})" if wanted else None


def big(emit: Walker, node: BigInt, wanted: bool) -> str | None:
    """Walk over an integer of any size."""
    begin, stop = emit.skip(emit.text(node.size), natural=False, kind="IntegerError")
    if not wanted:
        return None
    little = emit.text(node.little)
    return f"{emit.constant(big_int, 'big_int')}(w.bytes_at({begin}, {stop}), {node.signed}, {little})"


def variable(emit: Walker, node: VarInt, wanted: bool) -> str | None:
    """Walk over a variable-length integer."""
    emit.settle()
    name = emit.source.fresh("number")
    call = f"{emit.constant(walk_varint, 'walk_varint')}(w, off, {VARINT_BYTES}, {node.strict}, {emit.tail_text()})"
    emit.source.line(f"{name}, off = yield from {call}", emit.site("IntegerError"))
    return f"{emit.constant(unzigzag, 'zigzag')}({name})" if node.zigzag else name


def digits(emit: Walker, node: Decimal, wanted: bool) -> str | None:
    """Walk over a number in digits."""
    emit.settle()
    name = emit.source.fresh("number")
    call = f"{emit.constant(walk_decimal, 'walk_decimal')}(w, off, {node.mark!r}, {node.digits}, {emit.tail_text()})"
    emit.source.line(f"{name}, off = yield from {call}", emit.site("StringError"))
    return name


def to_mark(emit: Walker, mark: bytes, *, step: bool, consumed: bool) -> tuple[str, str]:
    """Emit the walk to *mark*; what follows is behind it only where it is *consumed*."""
    emit.flush()
    begin, stop = emit.here.text(), emit.source.fresh("stop")
    tail = emit.tail_text() if consumed else "0"
    call = f"{emit.constant(find_mark, 'find_mark')}(w, {begin}, {mark!r}, {step}, {tail})"
    emit.source.line(f"{stop} = yield from {call}", emit.site("StreamError"))
    emit.here = Place(stop, len(mark))
    return begin, stop


def nothing(emit: Walker, node: Node, wanted: bool) -> str | None:
    """Walk over nothing."""
    return "None"


def tell(emit: Walker, node: Tell, wanted: bool) -> str | None:
    """Return the offset."""
    return emit.here.text()


def computed(emit: Walker, node: Computed, wanted: bool) -> str | None:
    """Work out what is needed."""
    return emit.text(node.value) if wanted else None


def refuse(emit: Walker, node: Fail, wanted: bool) -> str | None:
    """Refuse everything."""
    emit.flush()
    emit.source.line(f"raise {emit.constant(Refused, 'Refused')}", emit.site("ExplicitError"))
    return "None"


def fixed(emit: Walker, node: Node, wanted: bool) -> str | None:
    """Walk over what has a fixed size, and whose value nobody but a parser can give."""
    size = fixed_size(node)
    if size is None or wanted:
        raise Unsupported(type(node).__name__)
    emit.take(size)
    return None


LEAVES: Final[dict[type, Step]] = {
    Scalar: scalar,
    Bytes: octets,
    BigInt: big,
    VarInt: variable,
    Decimal: digits,
    PaddedText: fixed,
    Computed: computed,
    Check: nothing,
    Tell: tell,
    Nothing: nothing,
    Fail: refuse,
    Interpreted: fixed,
    Transformed: fixed,
}
"""What walks over each kind of node."""
