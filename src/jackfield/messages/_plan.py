"""The plan: a declaration with nothing left to decide, from which parsing, building and framing are made.

Nodes are values. What is said of a node as a whole (its size, whether it takes all there is) is worked out
here, so that those who make code from it agree.
"""

from __future__ import annotations

from typing import TypeAlias, final

import attrs

from ._fields import RawSchema
from ._words import Boolean, Float, Number


@final
@attrs.frozen
class Prefix:
    """A number in front, holding a size or count plus *plus*."""

    number: Number
    plus: int


@final
@attrs.frozen
class ToEnd:
    """As much as there is."""


Extent: TypeAlias = int | Prefix | ToEnd
"""How much: a fixed size or count, one that stands in front, or all there is."""


@final
@attrs.frozen
class Octets:
    """Bytes; *extent* is their length."""

    extent: Extent


@final
@attrs.frozen
class Characters:
    """UTF-8 text; *extent* is its length in bytes, and a fixed one is padded with NULs."""

    extent: Extent


@final
@attrs.frozen
class Repeat:
    """Elements in a row; *extent* counts them."""

    element: Node
    extent: Extent
    kind: type[tuple[object, ...] | list[object]]


@final
@attrs.frozen
class Sized:
    """Anything, with its size in bytes in front."""

    inner: Node
    prefix: Prefix


@final
@attrs.frozen
class Constant:
    """Bytes that are always the same, and what they mean."""

    data: bytes
    value: object


@final
@attrs.frozen
class Foreign:
    """A construct, interpreted."""

    schema: RawSchema


@final
@attrs.frozen
class BitField:
    """A named part of a group of bits."""

    name: str
    width: int
    boolean: bool


@final
@attrs.frozen
class BitGroup:
    """Bit fields that stand together and fill *size* bytes."""

    fields: tuple[BitField, ...]
    size: int


@final
@attrs.frozen
class Member:
    """A named field of a record."""

    name: str
    node: Node


@final
@attrs.frozen(eq=False)
class Record:
    """A message: its members in wire order."""

    cls: type
    members: tuple[Member | BitGroup, ...]
    plain: bool
    """Whether an instance may be filled past ``__init__``: nothing there validates, converts or adds."""

    @property
    def name(self) -> str:
        """The message's name."""
        return self.cls.__name__


Node: TypeAlias = (
    Number | Float | Boolean | Octets | Characters | Repeat | Sized | Constant | Foreign | BitGroup | Record
)
"""Any part of a plan."""


def fixed_size(node: Node) -> int | None:
    """Return the size in bytes of *node* where it is always the same, else None."""
    match node:
        case Number(size=size) | Float(size=size) | BitGroup(size=size):
            return size
        case Boolean():
            return 1
        case Octets(extent=int(size)) | Characters(extent=int(size)):
            return size
        case Constant(data=data):
            return len(data)
        case Repeat(element=element, extent=int(count)):
            size_of_one = fixed_size(element)
            return None if size_of_one is None else count * size_of_one
        case Record(members=members):
            return _sum([fixed_size(part_of(member)) for member in members])
        case _:
            return None


def part_of(member: Member | BitGroup) -> Node:
    """Return the node of *member*."""
    return member.node if isinstance(member, Member) else member


def least_size(node: Node) -> int:
    """Return a number of bytes that *node* takes at least; 0 where nothing is known."""
    match node:
        case Octets(extent=Prefix(number=number)) | Characters(extent=Prefix(number=number)):
            return number.size
        case Repeat(extent=Prefix(number=number)) | Sized(prefix=Prefix(number=number)):
            return number.size
        case Repeat(element=element, extent=int(count)):
            return count * least_size(element)
        case Record(members=members):
            return sum(least_size(part_of(member)) for member in members)
        case _:
            return fixed_size(node) or 0


def open_path(node: Node) -> tuple[str, ...] | None:
    """Return the path to the field that takes all there is, () where *node* itself does, None where none does."""
    match node:
        case Octets(extent=ToEnd()) | Characters(extent=ToEnd()) | Repeat(extent=ToEnd()):
            return ()
        case Repeat(element=element):
            return open_path(element)
        case Record(members=members):
            for member in members:
                if isinstance(member, Member) and (inner := open_path(member.node)) is not None:
                    return (member.name, *inner)
            return None
        case _:
            return None


def _sum(sizes: list[int | None]) -> int | None:
    return None if None in sizes else sum(size for size in sizes if size is not None)
