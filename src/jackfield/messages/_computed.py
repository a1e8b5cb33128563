"""What a ``computed()`` field is, worked out from the fields that refer to it.

``field(size=length - 2)`` says what the size is, given the length; turned round it says what the length is, given
the size. A part of a number (``flags & 4``) gives part of the answer, and the parts add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, final

from . import compiler as ir
from ._node import changed, node
from ._scope import Misfit


@final
@node
class Use:
    """A field that depends on another: *expression* is what it takes, *measured* what it turned out to be."""

    expression: ir.Expr
    measured: ir.Expr
    there: ir.Expr | None
    """Whether the field is there to be measured; None where it always is."""


@final
@node
class _Answer:
    """What one use says of the field."""

    value: ir.Expr
    partial: bool
    """Whether it is only some of the bits; the others are 0 in it."""
    exact: bool
    """Whether any other value would have read another message: nothing is left to check."""


_UNDONE: Final = {"+": "-", "*": "//", "^": "^", "<<": ">>", ">>": "<<", "//": "*"}
"""``x <op> k == m``, turned round: ``x == m <undone> k``."""


def worked_out(name: str, uses: Sequence[Use]) -> tuple[ir.Expr, bool]:
    """Return the value of the field *name*, and whether a parsed one has to be compared with it.

    Raises Misfit where the *uses* do not tell it.
    """
    field = ir.Ref(0, name)
    answers = [_turned(use.expression, field, use.measured) for use in uses]
    if len(uses) == 1 and uses[0].there is None and answers[0].exact and not answers[0].partial:
        return answers[0].value, False
    whole = [(use, answer) for use, answer in zip(uses, answers, strict=True) if not answer.partial]
    parts = [(use, answer) for use, answer in zip(uses, answers, strict=True) if answer.partial]
    value = _first(whole) if whole else _first(parts[:1])
    for part in [] if whole else parts[1:]:
        value = ir.Bin("|", value, _first([part]))
    return ir.Call(_agreed, (value, *(part for use in uses for part in _put_in(use, field, value)))), True


def _first(answers: Sequence[tuple[Use, _Answer]]) -> ir.Expr:
    """Return the answer of the first field that is there."""
    if answers[0][0].there is None:
        return answers[0][1].value
    return ir.Call(
        _of_there, tuple(part for use, answer in answers for part in (use.there or ir.Lit(True), answer.value))
    )


def _put_in(use: Use, field: ir.Ref, value: ir.Expr) -> tuple[ir.Expr, ir.Expr, ir.Expr]:
    """Return what *use* takes where *field* is *value*, what it has to be, and whether it has to."""
    return _with(use.expression, field, value), use.measured, use.there or ir.Lit(True)


def _with(expression: ir.Expr, field: ir.Ref, value: ir.Expr) -> ir.Expr:
    match expression:
        case ir.Bin(op=op, left=left, right=right):
            return ir.Bin(op, _with(left, field, value), _with(right, field, value))
        case ir.Un(op=op, operand=operand):
            return ir.Un(op, _with(operand, field, value))
        case _:
            return value if expression == field else expression


def _of_there(*pairs: Any) -> Any:
    return next((value for there, value in zip(pairs[::2], pairs[1::2], strict=True) if there), 0)


def _agreed(value: Any, *uses: Any) -> Any:
    """Return *value*, which is right where each use takes what was measured; any number but 0 is a presence.

    Raises ValueError where it is not: no value would be read as what is there.
    """
    for taken, measured, there in zip(uses[::3], uses[1::3], uses[2::3], strict=True):
        if there and measured != (bool(taken) if isinstance(measured, bool) else taken):
            raise ValueError(f"no value says {measured!r}: {value!r} would say {taken!r}")
    return value


def mentions(expression: ir.Expr, name: str) -> bool:
    """Return whether *expression* depends on the field *name* of its own record."""
    match expression:
        case ir.Ref(up=0, name=found):
            return found == name
        case ir.Bin(left=left, right=right):
            return mentions(left, name) or mentions(right, name)
        case ir.Un(operand=operand):
            return mentions(operand, name)
        case ir.Call(arguments=arguments):
            return any(mentions(one, name) for one in arguments)
        case _:
            return False  # a part of a nested message is that message's to say


def _turned(expression: ir.Expr, field: ir.Ref, measured: ir.Expr) -> _Answer:
    """Solve for *field* what makes *expression* come to *measured*."""
    if isinstance(measured, ir.Present):
        return _from_presence(expression, field, measured)
    return _from_number(expression, field, measured)


def _from_number(expression: ir.Expr, field: ir.Ref, measured: ir.Expr) -> _Answer:
    """Solve ``expression == measured`` for *field*."""
    if expression == field:
        return _Answer(measured, partial=False, exact=True)
    match expression:
        case ir.Bin(op="&", left=inner, right=ir.Lit(value=int())) if mentions(inner, field.name):
            answer = _from_number(inner, field, measured)
            return changed(answer, partial=True, exact=False)
        case ir.Bin(op=op, left=inner, right=other) if op in _UNDONE and not mentions(other, field.name):
            answer = _from_number(inner, field, ir.Bin(_UNDONE[op], measured, other))
            return changed(answer, partial=answer.partial or op == ">>", exact=answer.exact and op in "+^")
        case ir.Bin(op="-", left=inner, right=other) if not mentions(other, field.name):
            return _from_number(inner, field, ir.Bin("+", measured, other))
        case ir.Bin(op="-", left=other, right=inner) if not mentions(other, field.name):
            return _from_number(inner, field, ir.Bin("-", other, measured))
        case ir.Bin(op="+" | "*" | "^" | "&" as op, left=other, right=inner) if not mentions(other, field.name):
            return _from_number(ir.Bin(op, inner, other), field, measured)
        case _:
            raise Misfit(f"cannot be worked out: nothing turns {_shown(expression)} round")


def _from_presence(expression: ir.Expr, field: ir.Ref, present: ir.Expr) -> _Answer:
    """Solve ``bool(expression) == present`` for *field*."""
    if expression == field:
        return _Answer(present, partial=False, exact=False)
    match expression:
        case ir.Bin(op="!=", left=inner, right=ir.Lit(value=0)):
            return _from_presence(inner, field, present)
        case ir.Bin(op="==", left=inner, right=ir.Lit(value=0)):
            return _from_presence(inner, field, ir.Un("not", present))
        case ir.Bin(op="==", left=ir.Bin(op="&", right=mask) as inner, right=wanted) if mask == wanted:
            return _from_presence(inner, field, present)
        case ir.Bin(op="&", left=inner, right=ir.Lit(value=int(mask))) if inner == field:
            return _bits(present, mask)
        case ir.Bin(
            op="&", left=ir.Bin(op=">>", left=inner, right=ir.Lit(value=int(shift))), right=ir.Lit(value=int(mask))
        ) if inner == field:
            return _bits(present, mask << shift)
        case ir.Bin(op="&" | "==" | "!=" as op, left=other, right=inner) if not mentions(other, field.name):
            return _from_presence(ir.Bin(op, inner, other), field, present)
        case _:
            raise Misfit(f"cannot be worked out: {_shown(expression)} does not say what it is where that is not so")


def _bits(present: ir.Expr, mask: int) -> _Answer:
    return _Answer(ir.Bin("*", ir.Call(int, (present,)), ir.Lit(mask)), partial=True, exact=False)


def _shown(expression: ir.Expr) -> str:
    match expression:
        case ir.Ref(name=name):
            return name
        case ir.Lit(value=value):
            return repr(value)
        case ir.Item(of=of, key=key):
            return f"{_shown(of)}.{key}"
        case ir.Bin(op=op, left=left, right=right):
            return f"{_shown(left)} {op} {_shown(right)}"
        case ir.Un(op=op, operand=operand):
            return f"{op}{_shown(operand)}"
        case _:
            return "it"
