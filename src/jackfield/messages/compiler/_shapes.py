"""What records become: their fields, and the classes of those that are no message."""

from __future__ import annotations

from typing import Final

from ._ir import Field, Record
from ._record import Parsed, parsed_class

_classes: Final[dict[int, tuple[Record, type[Parsed]]]] = {}


def parsed_of(node: Record) -> type[Parsed]:
    """Return the class of what the Struct *node* parses to."""
    found = _classes.get(id(node))
    if found is None or found[0] is not node:
        names = [part.name for part in fields_of(node) if part.name is not None]
        found = _classes[id(node)] = (node, parsed_class(node.name, names))
    return found[1]


def fields_of(node: Record) -> list[Field]:
    """Return the fields of *node*, those of its groups of bits among them."""
    return [one for part in node.fields for one in ((part,) if isinstance(part, Field) else part.fields)]


def slot_of(node: Record, name: str) -> str:
    """Return the attribute under which what the Struct *node* parses to keeps the field *name*."""
    return parsed_of(node).SLOTS[name]
