"""Declared fields -> record: each field's purpose and annotation become a node, in wire order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, final

from ..errors import DeclarationError
from . import compiler as ir
from ._computed import Use, mentions, worked_out
from ._fitting import fitting
from ._layout import in_place
from ._node import node
from ._purposes import Checksum, Computed, Constant, Echo, Length, Plain, Tag
from ._resolve import Given, Known, check_tags, resolve, taken_apart, without_none
from ._scope import Declared, Misfit, Scope
from ._unknown import TagValue, Unknown
from ._words import Carried

_NUMBERS: Final = {"size": "bytes", "count": "elements"}


@final
@node(eq=False)
class Packing:
    """What a packet has to know of the messages that it carries."""

    tag_of: Callable[[object], TagValue]
    """The tag of a body."""
    as_unknown: Callable[[object], Unknown]
    """The body, built, with its tag."""
    untagged: Callable[[object], Unknown]
    """The body, built, for a packet that says nothing of tags."""


@final
@node(eq=False)
class Subject:
    """The message that is being declared."""

    name: str
    fields: Sequence[Declared]
    tag: object
    packing: Packing | None
    """None where it is no packet."""


@final
@node(eq=False)
class Members:
    """What the fields of a message came to."""

    fields: tuple[ir.Field | ir.BitGroup, ...]
    pending: tuple[tuple[str, str], ...]
    """Fields that say nothing by themselves, and why: an heir has to."""
    free: Mapping[str, str]
    """Names that a message around has to have, each with the field that refers to it."""


def members_of(subject: Subject, known: Callable[[Scope], Known], outer: Scope | None) -> Members:
    """Return the members of *subject*, standing in *outer*; raises DeclarationError for what cannot work."""
    making = _Making(subject, known, Scope(subject.fields, outer))
    for field in subject.fields:
        try:
            making.add(field)
        except Misfit as misfit:
            raise DeclarationError(subject.name, field.name, str(misfit)) from misfit
    return making.finish()


@final
class _Making:
    """Members in the making."""

    def __init__(self, subject: Subject, known: Callable[[Scope], Known], scope: Scope) -> None:
        self._subject = subject
        self._scope = scope
        self._known = known(scope)
        self._nodes: dict[str, ir.Node] = {}
        self._uses: dict[str, list[Use]] = {field.name: [] for field in subject.fields}
        self._tags: Final = [field.name for field in subject.fields if isinstance(field.purpose, Tag)]
        self._pending: list[tuple[str, str]] = []

    def add(self, field: Declared) -> None:
        """Make the node of *field*, with nothing left open but what fields below say of it."""
        self._nodes[field.name] = self._node(field)
        self._scope.finish(field)

    def finish(self) -> Members:
        """Work out what is computed, and put all in place."""
        for field in self._subject.fields:
            if isinstance(field.purpose, Computed) and field.purpose.function is None:
                self._nodes[field.name] = self._computed(field)
        stored = {field.name for field in self._subject.fields if isinstance(field.purpose, Plain | Echo)}
        fields = [ir.Field(name, node, stored=name in stored) for name, node in self._nodes.items()]
        return Members(tuple(in_place(self._subject.name, fields)), tuple(self._pending), self._scope.free)

    # ------------------------------------------------------------ each purpose

    def _node(self, field: Declared) -> ir.Node:
        match field.purpose:
            case Plain() as plain:
                return self._plain(field, plain)
            case Constant(value=value):
                return self._constant(field, value)
            case Computed(function=function):
                inner = self._bare(field)
                call = None if function is None else ir.Call(function, (ir.Whole(),))
                return inner if call is None else ir.Derived(inner, call, check=True)
            case Length(plus=plus):
                return self._length(field, plus)
            case Tag():
                return self._tag(field)
            case Echo():
                return self._bare(field)
            case Checksum(function=function, since=since):
                begin = None if since is None else self._scope.referent(since, "since").name
                return ir.Derived(self._bare(field), ir.Call(function, (ir.Since(begin),)), check=True)

    def _bare(self, field: Declared) -> ir.Node:
        return resolve(field.hint, Given(), self._known)

    def _plain(self, field: Declared, plain: Plain) -> ir.Node:
        if is_body(field.hint):
            return self._body(field)
        hint, optional = without_none(field.hint)
        if optional and plain.when is None:
            raise Misfit("X | None needs to be told when it is there: field(when=...)")
        if not optional and plain.when is not None:
            raise Misfit("when= says whether it is there at all, so its type is X | None")
        size, count, tag, when = (self._given(field, plain, what) for what in ("size", "count", "tag", "when"))
        inner = resolve(hint, Given(schema=plain.schema, size=size, count=count, tag=tag), self._known)
        if isinstance(inner, ir.Tagged) and isinstance(tag, ir.Ref) and tag.up == 0:
            check_tags(self._nodes[tag.name], inner.cases)
        there = None if when is None else ir.Present(field.name)
        self._use(size, ir.SizeOf(field.name), there)
        self._use(count, ir.CountOf(field.name), there)
        self._use(tag, ir.TagOf(field.name), there)
        self._use(when, ir.Present(field.name), None)
        if when is None:
            return inner
        if isinstance(inner, ir.Bits):
            raise Misfit("bits are always there: they share their byte with others")
        return ir.Optional(when, inner)

    def _given(self, field: Declared, plain: Plain, what: str) -> ir.Expr | None:
        thing = getattr(plain, what)
        if thing is None:
            return None
        expression = self._scope.expression(thing, field.name, what)
        if what in _NUMBERS and isinstance(expression, ir.Ref):
            self._scope.check_number(expression, f"{what}= is a number of {_NUMBERS[what]}")
        return expression

    def _use(self, expression: ir.Expr | None, measured: ir.Expr, there: ir.Expr | None) -> None:
        if expression is not None:
            for name, uses in self._uses.items():
                if mentions(expression, name):
                    uses.append(Use(expression, measured, there))

    def _constant(self, field: Declared, value: object) -> ir.Node:
        if isinstance(value, bytes) and not taken_apart(field.hint)[1]:
            return ir.Const(ir.Bytes(ir.Lit(len(value))), value)
        return ir.Const(fitting(self._bare(field), value, "its schema cannot carry the constant"), value)

    def _length(self, field: Declared, plus: int) -> ir.Node:
        inner = self._bare(field)
        other = next((name for name, node in self._nodes.items() if isinstance(node, ir.Length)), None)
        if other is not None:
            raise Misfit(f"the message has a length already, {other}")
        if not isinstance(inner, ir.VarInt) and not (isinstance(inner, ir.Scalar) and inner.code not in "?fd"):
            raise Misfit("a length is an integer, such as U16")
        return ir.Length(inner, plus)

    def _tag(self, field: Declared) -> ir.Node:
        inner = self._bare(field)
        at, of = self._tags.index(field.name), len(self._tags)
        if self._subject.packing is not None:
            return self._tag_of_body(inner, at, of)
        tag = self._subject.tag
        if tag is None or callable(tag):
            self._pending.append((field.name, "is the message's tag, and it has none: @message(tag=...)"))
            return inner
        part = part_of_tag(tag, at, of)
        return ir.Const(fitting(inner, part, "its schema cannot carry the tag"), part)

    def _tag_of_body(self, inner: ir.Node, at: int, of: int) -> ir.Node:
        body = next((field.name for field in self._subject.fields if is_body(field.hint)), None)
        if body is None or self._subject.packing is None:
            raise Misfit("is the tag of the body, and there is none")
        tag_of = self._subject.packing.tag_of
        return ir.Derived(
            inner, ir.Call(lambda message: part_of_tag(tag_of(message), at, of), (ir.Ref(0, body),)), check=False
        )

    def _body(self, field: Declared) -> ir.Node:
        if self._subject.packing is None:
            raise Misfit("is a Body, and only a Packet has one")
        if any(is_body(other.hint) for other in self._subject.fields if other is not field):
            raise Misfit("is a second Body, and a packet carries one message")
        below = [name for name in self._tags if name not in self._nodes]
        if below:
            raise Misfit(f"has its tag behind it, in {below[0]}: nothing would tell what it is")
        packing = self._subject.packing
        parts = tuple(ir.Ref(0, name) for name in self._tags)
        tag: ir.Expr = parts[0] if len(parts) == 1 else ir.Call(lambda *values: values, parts)
        return ir.Adapted(ir.Tagged(tag, (), Unknown), _itself, packing.as_unknown if parts else packing.untagged)

    def _computed(self, field: Declared) -> ir.Node:
        inner, uses = self._nodes[field.name], self._uses[field.name]
        if not uses:
            self._pending.append((field.name, "cannot be worked out: no field refers to it"))
            return inner
        try:
            value, check = worked_out(field.name, uses)
        except Misfit as misfit:
            raise DeclarationError(self._subject.name, field.name, str(misfit)) from misfit
        if any(isinstance(use.measured, ir.Present) for use in uses) and not _is_boolean(inner):
            value = ir.Call(int, (value,))
        return ir.Derived(inner, value, check)


def part_of_tag(tag: object, at: int, of: int) -> object:
    """Return what tag field number *at* of *of* holds; raises Misfit where the tag has other parts."""
    if of == 1:
        return tag
    if isinstance(tag, tuple) and len(tag) == of:
        return tag[at]
    raise Misfit(f"is one of {of} parts of a tag, and the tag is {tag!r}")


def is_body(hint: object) -> bool:
    """Return whether a field annotated with *hint* is the body of a packet."""
    return any(isinstance(word, Carried) for word in taken_apart(hint)[1])


def _is_boolean(node: ir.Node) -> bool:
    return (isinstance(node, ir.Scalar) and node.code == "?") or (isinstance(node, ir.Bits) and node.boolean)


def _itself(value: Any) -> Any:
    return value


def zero_of(node: ir.Node) -> object:
    """Return what an echo holds until it is set; raises Misfit where there is no such value."""
    match node:
        case ir.Scalar(code="?"):
            return False
        case ir.Scalar(code="f" | "d"):
            return 0.0
        case ir.Bits(boolean=boolean):
            return False if boolean else 0
        case ir.Scalar() | ir.VarInt() | ir.Decimal():
            return 0
        case ir.Bytes(size=ir.Lit(value=int(size))):
            return bytes(size)
        case ir.Bytes() | ir.Prefixed(inner=ir.Bytes()) | ir.Delimited(inner=ir.Bytes()):
            return b""
        case ir.Text() | ir.PaddedText():
            return ""
        case _:
            raise Misfit("an echo is a number, bytes or text")
