"""Pass: the framing class. Whether a stream can be cut by a schema, and if not, which field prevents it and why."""

from __future__ import annotations

from typing import Final, TypeAlias

from ._ir import (
    Adapted,
    Aligned,
    Among,
    BitGroup,
    Checksum,
    Const,
    Copy,
    CountedBy,
    Default,
    Delimited,
    Derived,
    Enumerated,
    If,
    Length,
    Mapped,
    Node,
    Optional,
    Padded,
    Prefixed,
    Record,
    Recursion,
    Repeat,
    Sized,
    Stripped,
    Switch,
    Tagged,
    Text,
    ToEnd,
    Transformed,
    UpTo,
)
from ._leaves import AtEnd, Bytes, Custom, Interpreted
from ._sizes import branches, fixed_size, is_node

Unframeable: TypeAlias = tuple[tuple[str, ...], str]
"""The path of the part that prevents it, and why."""

TAKES_ALL: Final = "takes all there is, and a stream has no end to tell it by"
UNKNOWN: Final = "takes all there is where its tag is unknown, and a stream has no end to tell it by"


def unframeable(node: Node) -> Unframeable | None:
    """Return None where *node* says where it ends, else what does not, and why."""
    if fixed_size(node) == 0:
        return (), "takes no bytes, and a stream could hold any number of them"
    return _of(node)


def _of(node: Node | BitGroup) -> Unframeable | None:
    match node:
        case Bytes(size=None) | Stripped() | Transformed(size=None) | Repeat(extent=ToEnd()):
            return (), TAKES_ALL
        case UpTo():
            return (), TAKES_ALL
        case AtEnd():
            return (), "asks for the end of a stream, which has none"
        case Custom():
            return (), "is read by hand, and nothing says where it ends"
        case Interpreted(frameable=str(reason)):
            return (), reason
        case Recursion():
            return None
        case Record():
            return _of_record(node)
        case If() | Switch() | Optional():
            return _first([_of(one) for one in branches(node)])
        case Tagged():
            return _of_tagged(node)
        case Prefixed(length=length):
            return _of(length)
        case Sized() | Transformed():
            return None
        case Delimited(require=require):
            return None if require else ((), "may end where its input does")
        case Repeat(element=element, extent=CountedBy(number=number)):
            return _of(number) or _of(element)
        case Repeat(element=element):
            return _of(element)
        case _:
            return _around(node)


def _around(node: Node | BitGroup) -> Unframeable | None:
    match node:
        case Const() | Derived() | Length() | Default() | Mapped() | Enumerated() | Among() | Adapted() | Copy():
            return _of(node.inner)
        case Checksum() | Text() | Padded() | Aligned():
            return _of(node.inner)
        case _:
            return None


def _of_record(record: Record) -> Unframeable | None:
    for part in record.fields:
        if isinstance(part, BitGroup):
            continue
        found = _of(part.node)
        if found is not None:
            return ((part.name, *found[0]) if part.name else found[0]), found[1]
        if isinstance(part.node, Length):
            return None  # what follows is bounded by it
    return None


def _of_tagged(node: Tagged) -> Unframeable | None:
    if node.unknown is not None:
        return (), UNKNOWN
    front = _of(node.tag) if is_node(node.tag) else None
    return front or _first([_of(case) for _, _, case in node.cases])


def _first(found: list[Unframeable | None]) -> Unframeable | None:
    return next((one for one in found if one is not None), None)


def takes_all(node: Node) -> bool:
    """Return whether nothing can follow *node*: it takes all there is."""
    found = _of(node)
    return found is not None and found[1] in (TAKES_ALL, UNKNOWN)
