"""Scopes: what a name in an expression stands for while code is emitted, and the text of expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import attrs

from ._expressions import (
    Bin,
    Call,
    CountOf,
    Element,
    Elements,
    Expr,
    Following,
    Item,
    Lit,
    Opaque,
    Present,
    Ref,
    Since,
    SizeOf,
    TagOf,
    Un,
    Whole,
)
from ._fold import fold
from ._ir import Copy, Field, Focus, Instance, Record, Struct
from ._runtime import COPY
from ._shapes import parsed_of, slot_of
from ._source import Source


@final
@attrs.define(eq=False)
class Scope:
    """A record while its code is emitted."""

    record: Record
    outer: Scope | None
    values: dict[str, str] = attrs.field(factory=dict)
    """Expressions of the fields that are known by now."""
    context: str | None = None
    """The variable of the context as construct makes it; None where nothing needs one."""
    holder: str | None = None
    """On build: the variable of what is being built."""
    whole: str | None = None
    """The variable of the message, where `Whole` may be asked for."""
    derived: Callable[[Expr], str] | None = None
    """Gives the text of what only this scope knows: sizes, counts, bytes since."""

    late: list[Callable[[], None]] = attrs.field(factory=list)
    """What is to be compared when the record has been read to its end."""
    marks: dict[str | None, str] = attrs.field(factory=dict)
    """On parse: offsets of fields from which bytes are asked for."""
    ends: dict[str, str] = attrs.field(factory=dict)

    waiting: set[str] = attrs.field(factory=set)
    """On build: fields that are worked out when the record is complete."""
    worked_out: dict[str, str] = attrs.field(factory=dict)
    """On build: variables of what was derived before its group of bits is put together."""
    places: dict[str | None, tuple[Any, Any]] = attrs.field(factory=dict)
    """On build: marks around fields whose sizes or bytes are asked for."""
    ends_with: str | None = None
    """On build: the last field, where that is a choice by a tag which the record is to be told for each way."""
    tag: str | None = None
    """On build: the tag, in the way that is emitted now."""
    at: Any = None
    """On build: the atoms, and where among them what is worked out now will stand."""
    inner: dict[str, Scope] = attrs.field(factory=dict)
    """Records among the fields, whose own fields are known by now."""
    parts: dict[str, dict[str, str]] = attrs.field(factory=dict)
    """On build: items of fields that are not made for anybody but expressions."""

    def up(self, levels: int) -> Scope | None:
        """Return the scope that is *levels* out."""
        scope: Scope | None = self
        for _ in range(levels):
            scope = scope.outer if scope is not None else None
        return scope


@final
class Expressions:
    """Writes expressions; every one is put in parentheses of its own, so that precedence never matters."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.element = "element"
        self.elements = "elements"
        self.predicate = False
        self.parts: dict[str, str] = {}
        """Fields of the element of a predicate, where that was not made."""

    def text(self, expr: Expr, scope: Scope | None) -> str:
        """Return the text of *expr*, as it stands in *scope*."""
        return self._text(fold(expr), scope)

    def _text(self, expr: Expr, scope: Scope | None) -> str:
        match expr:
            case Lit(value=value):
                return self._source.literal(value, "value")
            case Ref(up=up, name=name):
                return self._ref(scope.up(up) if scope is not None else None, name)
            case Item():
                return self._item(expr, scope)
            case Bin(op=("and" | "or") as op, left=left, right=right):
                return f"(bool({self._text(left, scope)}) {op} bool({self._text(right, scope)}))"
            case Bin(op=op, left=left, right=right):
                return f"({self._text(left, scope)} {op} {self._text(right, scope)})"
            case Un(op=("-" | "+" | "~" | "not") as op, operand=operand):
                return f"({op} {self._text(operand, scope)})"
            case Un(op=op, operand=operand):
                return f"{op}({self._text(operand, scope)})"
            case Call(function=function, arguments=arguments):
                name = self._source.constant(function, getattr(function, "__name__", "function"))
                return f"{name}({', '.join(self._text(one, scope) for one in arguments)})"
            case _:
                return self._known(expr, scope)

    def _known(self, expr: Expr, scope: Scope | None) -> str:
        match expr:
            case Element():
                return self.element
            case Elements():
                return self.elements
            case Opaque(function=function):
                return self._opaque(function, scope)
            case Whole() if scope is not None and scope.whole is not None:
                return scope.whole
            case SizeOf() | CountOf() | Present() | TagOf() | Since() | Following() if (
                scope is not None and scope.derived is not None
            ):
                return scope.derived(expr)
            case _:
                raise AssertionError(f"{expr!r} cannot be known here")

    def _opaque(self, function: Callable[..., object], scope: Scope | None) -> str:
        name = self._source.constant(function, "function")
        context = scope.context if scope is not None else "root"
        if self.predicate:
            return f"{name}({self.element}, {self.elements}, {context})"
        return f"{name}({context})"

    def _ref(self, scope: Scope | None, name: str) -> str:
        if scope is None:
            return f"missing({name!r})"
        if name in scope.values:
            return scope.values[name]
        if scope.holder is None:
            return f"missing({name!r})"
        return self.held(scope, name)

    @staticmethod
    def held(scope: Scope, name: str) -> str:
        """Return what is to be built holds under *name*."""
        names = [part.name for part in scope.record.fields if isinstance(part, Field)]
        match scope.record.target:
            case Instance():
                return f"{scope.holder}.{name}"
            case Struct() if name in names:
                return f"{scope.holder}.{slot_of(scope.record, name)}"
            case Struct():
                return f"{scope.holder}[{name!r}]"
            case Focus(name=focus) if focus == name:
                return str(scope.holder)
            case _:
                return f"missing({name!r})"

    def _item(self, expr: Item, scope: Scope | None) -> str:
        known = self._known_item(expr, scope)
        if known is not None:
            return known
        of = self._text(expr.of, scope)
        key = self._source.literal(expr.key, "key")
        reading = scope is not None and scope.holder is None
        node = self._node_of(expr.of, scope)
        target = node.target if isinstance(node, Record) else None
        if isinstance(node, Copy) and reading and expr.key in COPY.SLOTS:
            return f"{of}.{expr.key}"
        if isinstance(node, Record) and isinstance(target, Struct) and reading and expr.key in parsed_of(node).SLOTS:
            return f"{of}.{slot_of(node, str(expr.key))}"
        if isinstance(target, Instance) and isinstance(expr.key, str) and expr.key.isidentifier():
            return f"{of}.{expr.key}"
        return f"{of}[{key}]"

    def _known_item(self, expr: Item, scope: Scope | None) -> str | None:
        """Return the variable of an item of a record or copy whose parts are known by now."""
        if isinstance(expr.of, Element) and isinstance(expr.key, str):
            return self.parts.get(expr.key)
        holder = scope.up(expr.of.up) if isinstance(expr.of, Ref) and scope is not None else None
        if holder is None or not isinstance(expr.of, Ref) or not isinstance(expr.key, str):
            return None
        if expr.of.name in holder.parts:
            return holder.parts[expr.of.name].get(expr.key)
        inner = holder.inner.get(expr.of.name)
        return inner.values.get(expr.key) if inner is not None else None

    @staticmethod
    def _node_of(expr: Expr, scope: Scope | None) -> object:
        """Return the node of the field that *expr* refers to, where it is one."""
        if not isinstance(expr, Ref) or scope is None or (holder := scope.up(expr.up)) is None:
            return None
        for part in holder.record.fields:
            if isinstance(part, Field) and part.name == expr.name:
                return part.node
        return None
