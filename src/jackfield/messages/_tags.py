"""The tag of a message whose class is not known yet: read from its header, before anything else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import DeclarationError
from . import compiler as ir
from ._compiled import compiled
from ._declared import Declaration, declaration_of
from ._unknown import TagValue


def tag_reader(cls: type, /) -> Callable[[bytes], TagValue]:
    """Return what reads the tag of a frame that begins as *cls* does: a packet, or a message with fields ``tag()``.

    It reads no further than the last of them, and raises DecodeError where the frame is shorter, or something in
    front of the tag is wrong. Raises DeclarationError for a class without such a field.
    """
    declaration = declaration_of(cls)
    if not declaration.tags:
        raise DeclarationError(declaration.name, None, "has no field tag()")
    head = compiled(_head_of(declaration))
    tags = declaration.tags

    def read(frame: bytes) -> TagValue:
        found, _ = head.parse_from()(frame, 0)
        parts = tuple(getattr(found, name) for name in tags)
        tag: TagValue = parts[0] if len(parts) == 1 else parts
        return tag

    return read


def _head_of(declaration: Declaration) -> ir.Record:
    """Return the fields up to the last tag, in a class of their own that keeps them all."""
    members: list[ir.Field | ir.BitGroup] = []
    for member in declaration.members.fields:
        members.append(_read_only(member, declaration))
        if declaration.tags[-1] in _names(member):
            break
    names = tuple(name for member in members for name in _names(member))
    holder = type(declaration.name, (), {"__slots__": names})
    return ir.Record(declaration.name, tuple(members), ir.Instance(holder, plain=True))


def _read_only(member: Any, declaration: Declaration) -> Any:
    """Return *member*, stored and unchecked but for constants: a length bounds what is not read here."""
    if isinstance(member, ir.BitGroup):
        return ir.BitGroup(tuple(_read_only(one, declaration) for one in member.fields), member.size)
    node = member.node
    checked = isinstance(node, ir.Const) and member.name not in declaration.tags
    derived = isinstance(node, ir.Const | ir.Derived | ir.Length) and not checked
    return ir.Field(member.name, node.inner if derived else node)


def _names(member: ir.Field | ir.BitGroup) -> list[str]:
    fields = member.fields if isinstance(member, ir.BitGroup) else (member,)
    return [one.name for one in fields if one.name is not None]
