"""Pass: constant folding. What an expression comes to is worked out once, where nothing in it depends on a message."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from .._node import changed
from ._expressions import Bin, Call, Expr, Item, Lit, Un

BINARY: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "&": operator.and_,
    "|": operator.or_,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda left, right: left in right,
    "and": lambda left, right: bool(left) and bool(right),
    "or": lambda left, right: bool(left) or bool(right),
}
UNARY: Final[dict[str, Callable[[Any], Any]]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
    "not": operator.not_,
    "len": len,
    "sum": sum,
    "min": min,
    "max": max,
    "abs": abs,
    "bool": bool,
}
_PLAIN: Final = (int, str, bytes, bool, float, type(None))


def fold(expr: Expr) -> Expr:
    """Return *expr* with what is constant in it worked out; what would raise is left for the message to raise."""
    match expr:
        case Bin(op=op, left=left, right=right):
            left, right = fold(left), fold(right)
            if isinstance(left, Lit) and isinstance(right, Lit):
                return _try(lambda: BINARY[op](left.value, right.value), Bin(op, left, right))
            return Bin(op, left, right)
        case Un(op=op, operand=operand):
            operand = fold(operand)
            if isinstance(operand, Lit):
                return _try(lambda: UNARY[op](operand.value), Un(op, operand))
            return Un(op, operand)
        case Item(of=of):
            return changed(expr, of=fold(of))
        case Call(arguments=arguments):
            return changed(expr, arguments=tuple(fold(one) for one in arguments))
        case _:
            return expr


def constant(expr: Expr | None) -> int | None:
    """Return the int that *expr* always is, or None."""
    if expr is None:
        return None
    folded = fold(expr)
    return folded.value if isinstance(folded, Lit) and isinstance(folded.value, int) else None


def _try(work_out: Callable[[], Any], otherwise: Expr) -> Expr:
    try:
        value = work_out()
    except Exception:  # whatever the operator raises is the message's to raise
        return otherwise
    return Lit(value) if type(value) in _PLAIN and not _huge(value) else otherwise


def _huge(value: object) -> bool:
    """Return whether *value* would swell the source."""
    return isinstance(value, (str, bytes)) and len(value) > 256
