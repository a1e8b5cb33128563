"""Plan -> intermediate representation, for declared messages."""

from __future__ import annotations

from . import compiler as ir
from ._front import lower as lower_construct
from ._plan import (
    BitGroup,
    Characters,
    Constant,
    Extent,
    Foreign,
    Member,
    Node,
    Octets,
    Prefix,
    Record,
    Repeat,
    Sized,
)
from ._words import Boolean, Float, Number

_CODES = {1: "B", 2: "H", 3: "T", 4: "L", 8: "Q"}


def lower(node: Node) -> ir.Node:
    """Return the intermediate representation of *node*."""
    match node:
        case Number() | Float() | Boolean():
            return _scalar(node)
        case Octets(extent=extent):
            return _octets(extent)
        case Characters(extent=int(size)):
            return ir.PaddedText(size)
        case Characters(extent=extent):
            return ir.Text(_octets(extent), "utf-8")
        case Repeat(element=element, extent=extent, kind=kind):
            return ir.Repeat(lower(element), _extent(extent), "tuple" if kind is tuple else "list")
        case Sized(inner=inner, prefix=prefix):
            return ir.Prefixed(_scalar(prefix.number), lower(inner), prefix.plus, strict=True)
        case Constant(data=data):
            return ir.Const(ir.Bytes(ir.Lit(len(data))), data)
        case Foreign(schema=schema):
            return lower_construct(schema)
        case Record():
            return record_of(node)
        case BitGroup():
            raise AssertionError("a group of bits stands in its record")


def record_of(record: Record) -> ir.Record:
    """Return the record of a message."""
    fields = tuple(_member(member) for member in record.members)
    return ir.Record(record.name, fields, ir.Instance(record.cls, record.plain))


def _member(member: Member | BitGroup) -> ir.Field | ir.BitGroup:
    if isinstance(member, BitGroup):
        bits = (ir.Field(one.name, ir.Bits(one.width, one.boolean, strict=True)) for one in member.fields)
        return ir.BitGroup(tuple(bits), member.size)
    return ir.Field(member.name, lower(member.node), stored=not isinstance(member.node, Constant))


def _scalar(word: Number | Float | Boolean) -> ir.Scalar:
    match word:
        case Number(size=size, signed=signed, little=little, name=name):
            code = _CODES[size]
            return ir.Scalar(code.lower() if signed else code, little, strict=True, name=name)
        case Float(size=size, little=little, name=name):
            return ir.Scalar("f" if size == 4 else "d", little, strict=True, name=name)
        case Boolean():
            return ir.Scalar("?", strict=True, name="Bool")


def _octets(extent: Extent) -> ir.Node:
    match extent:
        case int():
            return ir.Bytes(ir.Lit(extent), buffers=True)
        case Prefix(number=number, plus=plus):
            return ir.Prefixed(_scalar(number), ir.Bytes(None, buffers=True), plus, strict=True)
        case _:
            return ir.Bytes(None, buffers=True)


def _extent(extent: Extent) -> ir.Extent:
    match extent:
        case int():
            return ir.Exactly(ir.Lit(extent))
        case Prefix(number=number, plus=plus):
            return ir.CountedBy(_scalar(number), plus)
        case _:
            return ir.ToEnd()
