"""Expressions of a class body: ``length - 2``, ``flags & 4``, ``qos > 0``, ``this.version``.

While a class body runs, a field is what stands on the right of its ``=``: an `Expression`, whose operators record
instead of computing. What it refers to is known when the class is made; nothing is looked up here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final, Never, TypeAlias, final

from typing_extensions import override

from ..errors import DeclarationError
from ._node import node


@final
@node(eq=False)
class Own:
    """The field of the same class that *purpose* was assigned to."""

    purpose: object


@final
@node
class Named:
    """A field by its name: of this message, of one it inherits from, or of one around it."""

    name: str


@final
@node
class Part:
    """A field of a nested message."""

    whole: Term
    name: str


@final
@node
class Literally:
    """A value that is always the same."""

    value: object


@final
@node
class Operation:
    """An operator, by its Python symbol, and one or two operands."""

    symbol: str
    operands: tuple[Term, ...]


Term: TypeAlias = Own | Named | Part | Literally | Operation
"""What was recorded."""

Operator: TypeAlias = Callable[..., Any]

BINARY: Final[dict[str, Operator]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
UNARY: Final[dict[str, Operator]] = {"-": operator.neg, "~": operator.invert}


def _binary(symbol: str) -> Callable[[Expression, object], Expression]:
    def record(self: Expression, other: object) -> Expression:
        return Expression(Operation(symbol, (self._term, term_of(other))))

    return record


def _reflected(symbol: str) -> Callable[[Expression, object], Expression]:
    def record(self: Expression, other: object) -> Expression:
        return Expression(Operation(symbol, (term_of(other), self._term)))

    return record


def _unary(symbol: str) -> Callable[[Expression], Expression]:
    def record(self: Expression) -> Expression:
        return Expression(Operation(symbol, (self._term,)))

    return record


@final
class Expression:
    """What a class body sees in place of a field."""

    __slots__ = ("_term",)

    def __init__(self, term: Term) -> None:
        self._term = term

    def __getattr__(self, name: str) -> Expression:
        if name.startswith("_"):
            raise AttributeError(name)
        return Expression(Part(self._term, name))

    def __bool__(self) -> Never:
        raise DeclarationError(
            "expression", None, "has no truth before there is a message: use &, | and == 0 in place of and, or and not"
        )

    __hash__ = object.__hash__
    __iter__ = None  # or `in` and unpacking would try one attribute after the other
    __contains__ = None
    __add__, __radd__ = _binary("+"), _reflected("+")
    __sub__, __rsub__ = _binary("-"), _reflected("-")
    __mul__, __rmul__ = _binary("*"), _reflected("*")
    __floordiv__, __rfloordiv__ = _binary("//"), _reflected("//")
    __mod__, __rmod__ = _binary("%"), _reflected("%")
    __and__, __rand__ = _binary("&"), _reflected("&")
    __or__, __ror__ = _binary("|"), _reflected("|")
    __xor__, __rxor__ = _binary("^"), _reflected("^")
    __lshift__, __rlshift__ = _binary("<<"), _reflected("<<")
    __rshift__, __rrshift__ = _binary(">>"), _reflected(">>")
    __lt__, __le__ = _binary("<"), _binary("<=")
    __gt__, __ge__ = _binary(">"), _binary(">=")
    __neg__, __invert__ = _unary("-"), _unary("~")

    @override
    def __eq__(self, other: object) -> Any:  # records, as all operators do; compare expressions by `is`
        return Expression(Operation("==", (self._term, term_of(other))))

    @override
    def __ne__(self, other: object) -> Any:
        return Expression(Operation("!=", (self._term, term_of(other))))


@final
class _This:
    """Makes a reference of each attribute."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Expression:
        if name.startswith("__"):
            raise AttributeError(name)
        return Expression(Named(name))


this: Final[Any] = _This()
"""Fields by name, ``this.version``: of a message that this one inherits from, or of one that it stands in."""


def term_of(thing: object) -> Term:
    """Return what was recorded of *thing*: an expression's term, or the value itself."""
    return thing._term if isinstance(thing, Expression) else Literally(thing)


def refers(term: Term) -> bool:
    """Return whether *term* depends on a field at all."""
    match term:
        case Operation(operands=operands):
            return any(refers(one) for one in operands)
        case Literally():
            return False
        case _:
            return True
