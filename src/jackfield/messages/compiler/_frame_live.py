"""Pass: liveness for framing. Which fields decide where something ends, so that a walk has to read them."""

from __future__ import annotations

from ._expressions import Expr, Ref
from ._ir import (
    Aligned,
    BitGroup,
    Delimited,
    Exactly,
    Field,
    If,
    Optional,
    Padded,
    Prefixed,
    Record,
    Repeat,
    Sized,
    Switch,
    Tagged,
    Until,
)
from ._leaves import (
    BigInt,
    Bytes,
    Computed,
)
from ._needs import subtree
from ._sizes import is_node


def live_names(record: Record) -> set[str]:
    """Return the fields of *record* whose values decide where something ends."""
    found: set[str] = set()
    before = -1
    while len(found) != before:
        before = len(found)
        for part in record.fields:
            _live(part, 0, found)
    return found


def _live(node: object, depth: int, found: set[str]) -> None:
    """Collect what decides sizes in *node*, which stands *depth* records below the record asked about."""
    for expr in _sizes_of(node):
        _refs(expr, depth, found)
    match node:
        case Field(name=name, node=inner):
            _live(inner, depth, found)
            if isinstance(inner, Computed) and depth == 0 and name in found:
                _refs(inner.value, depth, found)
        case BitGroup(fields=fields):
            for part in fields:
                _live(part, depth, found)
        case Record(fields=fields):
            for member in fields:
                _live(member, depth + 1, found)
        case Prefixed(length=length):
            _live(length, depth, found)
        case Sized() | Delimited():
            pass  # what stands inside has a window of its own
        case _:
            for one in _inner(node):
                _live(one, depth, found)


def _sizes_of(node: object) -> list[Expr]:
    """Return the expressions that decide how *node* goes on."""
    match node:
        case Bytes(size=size) if size is not None:
            return [size]
        case BigInt(size=size, little=little):
            return [size, little]
        case Sized(size=size) | Padded(size=size):
            return [size]
        case Aligned(modulus=modulus):
            return [modulus]
        case If(condition=condition):
            return [condition]
        case Optional(when=when):
            return [when]
        case Switch(key=key):
            return [key]
        case Tagged(tag=tag) if not is_node(tag):
            return [tag]
        case Repeat(extent=Exactly(count=count)):
            return [count]
        case Repeat(extent=Until(condition=condition)):
            return [condition]
        case _:
            return []


def _inner(node: object) -> list[object]:
    match node:
        case If(then=then, otherwise=otherwise):
            return [then, otherwise]
        case Switch(cases=cases, default=default):
            return [*(case for _, case in cases), default]
        case Tagged(cases=tagged):
            return [case for _, _, case in tagged]
        case Repeat(element=element):
            return [element]
        case _:
            inner = getattr(node, "inner", None)
            return [inner] if inner is not None else []


def _refs(expr: object, depth: int, found: set[str]) -> None:
    for one in subtree(expr):
        if isinstance(one, Ref) and one.up == depth:
            found.add(one.name)
