"""Fields in their places: bits in groups that fill bytes, and bounds around what takes all with more behind it."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import DeclarationError
from . import compiler as ir


def in_place(name: str, fields: Sequence[ir.Field]) -> list[ir.Field | ir.BitGroup]:
    """Return *fields* of the message *name* as members; raises DeclarationError for what cannot stand there."""
    return _bounded(name, _grouped(name, fields))


def _grouped(name: str, fields: Sequence[ir.Field]) -> list[ir.Field | ir.BitGroup]:
    members: list[ir.Field | ir.BitGroup] = []
    bits: list[ir.Field] = []
    for field in fields:
        if bits_of(field.node) is not None:
            bits.append(field)
            continue
        members.extend(_group(name, bits))
        bits = []
        members.append(field)
    return [*members, *_group(name, bits)]


def _group(name: str, bits: Sequence[ir.Field]) -> list[ir.BitGroup]:
    width = sum(bits_of(field.node) or 0 for field in bits)
    if width % 8:
        raise DeclarationError(name, bits[0].name, f"the bits from here on fill {width} bits, no whole bytes")
    return [ir.BitGroup(tuple(bits), width // 8)] if bits else []


def bits_of(node: ir.Node) -> int | None:
    """Return how many bits *node* takes in a group; None where it takes whole bytes."""
    match node:
        case ir.Bits(width=width):
            return width
        case ir.Const(inner=inner) | ir.Derived(inner=inner) | ir.Enumerated(inner=inner) | ir.Among(inner=inner):
            return bits_of(inner)
        case _:
            return None


def _bounded(name: str, members: Sequence[ir.Field | ir.BitGroup]) -> list[ir.Field | ir.BitGroup]:
    """Put what takes all up to the fields behind it, which have to be of a fixed size."""
    bounded: list[ir.Field | ir.BitGroup] = []
    for index, member in enumerate(members):
        behind = members[index + 1 :]
        if behind and isinstance(member, ir.Field) and ir.takes_all(member.node):
            tail = sum(_tail_of(name, member, one) for one in behind)
            bounded.append(ir.Field(member.name, ir.UpTo(member.node, tail), member.stored))
        else:
            bounded.append(member)
    return bounded


def _tail_of(name: str, open_one: ir.Field, behind: ir.Field | ir.BitGroup) -> int:
    size = behind.size if isinstance(behind, ir.BitGroup) else ir.fixed_size(behind.node)
    if size is None:
        field = None if isinstance(behind, ir.BitGroup) else behind.name
        raise DeclarationError(
            name, field, f"stands behind {open_one.name}, which takes all there is, and has no fixed size"
        )
    return size
