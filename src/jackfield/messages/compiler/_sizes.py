"""Pass: size analysis. How many bytes a node takes, always or at least."""

from __future__ import annotations

from typing import Final

from typing_extensions import TypeIs

from ._expressions import Expr
from ._fold import constant
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
    Exactly,
    Extent,
    Field,
    If,
    Length,
    Mapped,
    Node,
    Optional,
    Padded,
    Prefixed,
    Record,
    Repeat,
    Sized,
    Switch,
    Tagged,
    Text,
    Transformed,
    Until,
    UntilMark,
    UpTo,
)
from ._leaves import (
    AtEnd,
    BigInt,
    Bytes,
    Check,
    Computed,
    Decimal,
    Fail,
    Index,
    Interpreted,
    Nothing,
    PaddedText,
    Scalar,
    Stop,
    Tell,
    VarInt,
)

WIDTHS: Final = dict(zip("bBhHlLqQefd?tT", (1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8, 1, 3, 3), strict=True))
"""Bytes of each code of `Scalar`."""


def fixed_size(node: Node | BitGroup) -> int | None:
    """Return the size in bytes of *node* where it is always the same, else None."""
    match node:
        case Scalar(code=code):
            return WIDTHS[code]
        case BigInt(size=size) | Bytes(size=size) | Padded(size=size) | Sized(size=size):
            return _counted(constant(size))
        case Interpreted(size=size):
            return size
        case PaddedText(size=int(size)) | BitGroup(size=int(size)):
            return size
        case Computed() | Check() | Tell() | Index() | Nothing() | AtEnd() | Fail():
            return 0
        case Aligned(modulus=modulus, inner=inner):
            return _aligned(constant(modulus), fixed_size(inner))
        case Transformed(size=None) | Transformed(encoded=None):
            return None
        case Transformed(size=size, encoded=encoded):
            return size if size == encoded else None
        case Record():
            return _of_record(node)
        case Repeat(element=element, extent=Exactly(count=count)):
            size, times = fixed_size(element), _counted(constant(count))
            return None if size is None or times is None else size * times
        case If() | Switch() | Optional():
            sizes = {fixed_size(one) for one in branches(node)}
            return sizes.pop() if len(sizes) == 1 else None
        case _:
            return _around(node)


def _around(node: Node | BitGroup) -> int | None:
    """Return the fixed size of what is just as large as what stands inside."""
    match node:
        case Const() | Derived() | Length() | Default() | Mapped() | Enumerated() | Among() | Adapted() | Copy():
            return fixed_size(node.inner)
        case Checksum() | Text():
            return fixed_size(node.inner)
        case _:
            return None


def least_size(node: Node | BitGroup) -> int:
    """Return a number of bytes that *node* takes at least; 0 where nothing is known."""
    fixed = fixed_size(node)
    if fixed is not None:
        return fixed
    match node:
        case VarInt():
            return 1
        case Decimal(mark=mark):
            return 1 + len(mark)
        case Prefixed(length=length):
            return least_size(length)
        case UpTo(tail=tail):
            return tail if tail < 0 else 0
        case Delimited(mark=mark, require=require, consume=consume):
            return len(mark) if require and consume else 0
        case Record(fields=fields):
            return _least_of_record(fields)
        case Repeat(element=element, extent=extent):
            return _least_row(element, extent)
        case If() | Switch():
            return min(least_size(one) for one in branches(node))
        case Tagged(tag=tag):
            return least_size(tag) if is_node(tag) else 0
        case Const() | Derived() | Length() | Default() | Mapped() | Enumerated() | Among() | Adapted() | Copy():
            return least_size(node.inner)
        case Checksum() | Text() | Aligned():
            return least_size(node.inner)
        case _:
            return 0


def branches(node: If | Switch | Optional) -> list[Node]:
    """Return the nodes of which one is taken."""
    match node:
        case If(then=then, otherwise=otherwise):
            return [then, otherwise]
        case Switch(cases=cases, default=default):
            return [*(case for _, case in cases), default]
        case Optional(inner=inner):
            return [inner, Nothing()]


def is_node(tag: Node | Expr) -> TypeIs[Node]:
    """Return whether the *tag* of a `Tagged` is a node that stands in front of it, rather than an expression."""
    return isinstance(tag, (Scalar, Bytes, VarInt, Mapped, Enumerated, Adapted, Text, PaddedText, Decimal, Const))


def _counted(size: int | None) -> int | None:
    """Return *size* where it can be one: less than 0 is a fault of the schema, for the message to raise."""
    return size if size is not None and size >= 0 else None


def _aligned(modulus: int | None, size: int | None) -> int | None:
    if modulus is None or size is None or modulus < 2:
        return None
    return size + -size % modulus


def _of_record(record: Record) -> int | None:
    total = 0
    for part in record.fields:
        node = part if isinstance(part, BitGroup) else part.node
        size = None if isinstance(node, Stop) else fixed_size(node)
        if size is None:
            return None
        total += size
    return total


def _least_of_record(fields: tuple[Field | BitGroup, ...]) -> int:
    total = 0
    for part in fields:
        node = part if isinstance(part, BitGroup) else part.node
        if isinstance(node, Stop):
            break
        total += least_size(node)
    return total


def _least_row(element: Node, extent: Extent) -> int:
    match extent:
        case Exactly(count=count):
            return (_counted(constant(count)) or 0) * least_size(element)
        case CountedBy(number=number):
            return least_size(number)
        case Until():
            return least_size(element)
        case UntilMark(mark=mark):
            return len(mark)
        case _:
            return 0
