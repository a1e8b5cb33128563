"""What the fields of a message can refer to: those above them, and those of the messages around."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, final, get_args, get_origin

from . import compiler as ir
from ._expressions import Literally, Named, Operation, Own, Part, Term, refers, term_of
from ._node import node
from ._purposes import Purpose


class Misfit(Exception):
    """Why a declaration cannot work; whoever knows the field adds whose."""


@final
@node(eq=False)
class Declared:
    """A field as its class body has it: not yet looked at."""

    name: str
    hint: Any
    """Its annotation, resolved."""
    purpose: Purpose


@final
class Scope:
    """The fields of one message while they are resolved in their order, and the message around it, if any."""

    def __init__(self, fields: Sequence[Declared], outer: Scope | None) -> None:
        self.outer: Final = outer
        self.free: Final[dict[str, str]] = {}
        """Names that no message here has, each with the field that wants it: one further out may."""
        self._fields = fields
        self._done: dict[str, Declared] = {}

    def finish(self, field: Declared) -> None:
        """Let what follows refer to *field*."""
        self._done[field.name] = field

    def want(self, name: str, where: str) -> None:
        """Note that the field *where* refers to a *name* which only a message around this one can have."""
        self.free[name] = where

    def expression(self, thing: object, where: str, what: str) -> ir.Expr:
        """Return what *thing*, an expression in a class body, works out to; Misfit where it refers to nothing.

        *where* is the field that it was given to, *what* the keyword.
        """
        term = term_of(thing)
        if not refers(term):
            raise Misfit(
                f"{what}={thing!r} is the same for every message: it takes an expression of fields above, "
                "and a field that is referred to has an = (at least `= field()`)"
            )
        return self._resolve(term, where)

    def check_number(self, reference: ir.Ref, what: str) -> None:
        """Raise Misfit, which begins with *what*, where *reference* is a field that holds no int."""
        scope: Scope | None = self
        for _ in range(reference.up):
            scope = scope.outer if scope is not None else None
        field = scope._done.get(reference.name) if scope is not None else None
        kind = _type_of(field.hint) if field is not None else int
        if isinstance(kind, type) and not issubclass(kind, int):
            raise Misfit(f"{what}, and {reference.name} is {kind.__name__}")

    def referent(self, thing: object, what: str) -> Declared:
        """Return the field of this message that *thing* is, itself; Misfit where it is anything else."""
        match term_of(thing):
            case Own(purpose=purpose):
                return self._own(purpose)
            case Named(name=name) if name in self._done:
                return self._done[name]
            case _:
                raise Misfit(f"{what}= takes a field above in this message, not {thing!r}")

    def _resolve(self, term: Term, where: str) -> ir.Expr:
        match term:
            case Literally(value=value):
                return ir.Lit(value)
            case Own(purpose=purpose):
                return ir.Ref(0, self._own(purpose).name)
            case Named(name=name):
                return self._named(name, where)
            case Part(whole=whole, name=name):
                return ir.Item(self._resolve(whole, where), self._part(whole, name))
            case Operation(symbol=symbol, operands=(one,)):
                return ir.Un(symbol, self._resolve(one, where))
            case Operation(symbol=symbol, operands=(left, right)):
                return ir.Bin(symbol, self._resolve(left, where), self._resolve(right, where))
            case Operation():
                raise AssertionError("an operation has one or two operands")

    def _own(self, purpose: object) -> Declared:
        for field in self._done.values():
            if field.purpose is purpose:
                return field
        for field in self._fields:
            if field.purpose is purpose:
                raise Misfit(f"refers to {field.name}, which is not read yet")
        raise Misfit("refers to a field of another class: `this` is for those, this.name")

    def _part(self, whole: Term, name: str) -> str:
        """Return *name* where the field that *whole* is may have a part of that name."""
        purpose = whole.purpose if isinstance(whole, Own) else None
        kind = _type_of(self._own(purpose).hint) if purpose is not None else None
        if isinstance(kind, type) and not hasattr(kind, name):
            raise Misfit(f"refers to {name} of {kind.__name__}, which has none")
        return name

    def _named(self, name: str, where: str) -> ir.Ref:
        up = 0
        scope: Scope | None = self
        while scope is not None:
            if name in scope._done:
                return ir.Ref(up, name)
            if any(field.name == name for field in scope._fields):
                raise Misfit(f"refers to {name}, which is not read yet")
            scope, up = scope.outer, up + 1
        self.want(name, where)
        return ir.Ref(up, name)


def _type_of(hint: Any) -> object:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint
