"""Passes that say what emitted code has to keep: contexts, names that are referred to, streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .._node import parts_of
from ._expressions import CountOf, Opaque, Present, Ref, Since, SizeOf, TagOf
from ._ir import Adapted, Field, Focus, Record, Recursion, Repeat, Tagged, ToEnd
from ._leaves import Custom, Index, Interpreted, Stop

_HOMES: Final = frozenset((Ref.__module__, Record.__module__, Interpreted.__module__))


def children(node: object) -> Iterator[object]:
    """Yield what stands inside *node*: nodes, fields, extents, and expressions, in their order."""
    for name in parts_of(type(node)):
        value = getattr(node, name)
        if type(value) is tuple:
            for one in value:
                if type(one) is tuple:
                    yield from (part for part in one if type(part).__module__ in _HOMES)
                elif type(one).__module__ in _HOMES:
                    yield one
        elif type(value).__module__ in _HOMES:
            yield value


def subtree(node: object) -> Iterator[object]:
    """Yield *node* and all that stands inside it, but for what a recursion would find."""
    yield node
    for child in children(node):
        yield from subtree(child)


def interprets(node: object) -> bool:
    """Return whether an interpreted construct stands in *node*, and so needs a stream."""
    return any(isinstance(one, (Interpreted, Recursion)) for one in subtree(node))


def by_hand(node: object) -> bool:
    """Return whether something in *node* is written by hand, and has to see what stands in front of it."""
    return any(isinstance(one, Custom) for one in subtree(node))


def opaque(node: object) -> bool:
    """Return whether something in *node* takes a context as construct makes it."""
    return any(
        isinstance(one, (Interpreted, Opaque, Index, Recursion)) or (isinstance(one, Adapted) and one.context)
        for one in subtree(node)
    )


def contexts_of(node: object) -> set[int]:
    """Return the ids of the records in *node* that need a context: something opaque stands in them."""
    return {id(one) for one in subtree(node) if isinstance(one, Record) and opaque(one)}


def referred(record: Record) -> set[str]:
    """Return the names of fields of *record* that expressions in it refer to, from any depth."""
    found: set[str] = set()
    for field in record.fields:
        _collect(field, 0, found)
    return found


def _collect(node: object, depth: int, found: set[str]) -> None:
    match node:
        case Ref(up=up, name=name):
            if up == depth:
                found.add(name)
        case CountOf(name=name) | Present(name=name) | TagOf(name=name) | SizeOf(name=name):
            if depth == 0:
                found.add(name)
        case _:
            inner = depth + isinstance(node, Record)
            for child in children(node):
                _collect(child, inner, found)


def since(record: Record) -> set[str | None]:
    """Return the names of fields whose place is asked for."""
    return {one.name for part in record.fields for one in subtree(part) if isinstance(one, (Since, SizeOf))}


def tags_in(record: Record, name: str) -> tuple[dict[type, object], object]:
    """Return the tags of the classes of the tagged field *name*, and the class for what is unknown."""
    for part in record.fields:
        if isinstance(part, Field) and part.name == name:
            found = next(one for one in subtree(part.node) if isinstance(one, Tagged))
            return {cls: tag for tag, cls, _ in found.cases}, found.unknown
    raise AssertionError(f"{name} is no tagged field of {record.name}")


def stops(record: Record) -> bool:
    """Return whether a `Stop` in *record* ends it: one that stands in no other record that it would end."""
    return not isinstance(record.target, Focus) and any(_stops(part) for part in record.fields)


def _stops(node: object) -> bool:
    if isinstance(node, Stop):
        return True
    if isinstance(node, Record) and not isinstance(node.target, Focus):
        return False
    if isinstance(node, Repeat) and node.extent == ToEnd(swallow=True):
        return False
    return any(_stops(child) for child in children(node))
