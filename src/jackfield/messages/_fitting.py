"""Whether a constant, or a tag, is one that its field can carry: seen when the class is made, not when it is sent.

What is usual is decided here; for the rest a builder is compiled, which a program that only declares need not pay for.
"""

from __future__ import annotations

from ..errors import EncodeError
from . import compiler as ir
from ._scope import Misfit


def fitting(node: ir.Node, value: object, reason: str) -> ir.Node:
    """Return *node*; raises Misfit, which begins with *reason*, where it cannot carry *value*."""
    why = _why_not(node, value)
    if why is not None:
        raise Misfit(f"{reason}: {why}")
    return node


def _why_not(node: ir.Node, value: object) -> str | None:
    match node:
        case ir.Scalar(code="?"):
            return None if isinstance(value, bool) else f"{value!r} is no bool"
        case ir.Scalar(code="f" | "d"):
            return None if isinstance(value, (int, float)) else f"{value!r} is no float"
        case ir.Scalar(code=code):
            bits, signed = 8 * (ir.fixed_size(node) or 0), code.islower()
            return _out_of(value, -(1 << bits - 1) if signed else 0, (1 << bits - signed) - 1)
        case ir.Bits(width=width):
            return _out_of(value, 0, (1 << width) - 1)
        case ir.VarInt():
            return _out_of(value, 0, (1 << 64) - 1)
        case ir.Decimal(digits=digits):
            return _out_of(value, 1 - 10**digits, 10**digits - 1)
        case ir.Enumerated(inner=inner, cls=cls):
            return _why_not(inner, value) if isinstance(value, cls) else f"{value!r} is no {cls.__name__}"
        case ir.Among(inner=inner, values=values):
            return _why_not(inner, value) if value in values else f"{value!r} is none of {values!r}"
        case ir.Bytes(size=size):
            return _no_bytes(value, size)
        case ir.Prefixed(inner=ir.Bytes(size=size)) | ir.Delimited(inner=ir.Bytes(size=size)):
            return _no_bytes(value, size)
        case ir.PaddedText(size=size):
            return _no_text(value, size)
        case ir.Text():
            return _no_text(value, None)
        case _:
            return _refused(node, value)


def _out_of(value: object, lowest: int, highest: int) -> str | None:
    if not isinstance(value, int):
        return f"{value!r} is no int"
    return None if lowest <= value <= highest else f"{value} is not in {lowest}..{highest}"


def _no_bytes(value: object, size: ir.Expr | None) -> str | None:
    if not isinstance(value, bytes):
        return f"{value!r} is no bytes"
    if isinstance(size, ir.Lit) and len(value) != size.value:
        return f"{len(value)} bytes, not {size.value}"
    return None


def _no_text(value: object, size: int | None) -> str | None:
    if not isinstance(value, str):
        return f"{value!r} is no str"
    data = value.encode("utf-8", "surrogatepass")
    return None if size is None or len(data) <= size else f"{len(data)} bytes of UTF-8, {size} at most"


def _refused(node: ir.Node, value: object) -> str | None:
    try:
        ir.bytes_of(node, value)
    except EncodeError as error:
        return error.reason
    return None
