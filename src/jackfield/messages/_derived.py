"""Fields that a message does not hold: worked out when they are read."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import attrs

from . import compiler as ir
from ._compiled import compiled
from ._declared import declaration_of, plan_of, tag_of_message
from ._members import part_of_tag
from ._purposes import Computed, Constant, Tag
from ._scope import Declared, Misfit
from ._unknown import Unknown


def reading(field: Declared) -> object:
    """Return what stands in the class for the derived *field*: a constant, or a property that works it out."""
    match field.purpose:
        case Constant(value=value):
            return value
        case Computed(function=function) if function is not None:
            return property(function)
        case Tag():
            return property(lambda message: _tag(message, field.name))
        case _:
            return property(lambda message: _from_the_wire(message, field.name))


def built(message: object) -> bytes:
    """Return *message* as it stands on the wire by itself; raises Fault where it cannot."""
    return compiled(plan_of(type(message))).build()(message)


def as_unknown(message: object) -> Unknown:
    """Return the body of a packet as its tag and its bytes; raises Fault, or TypeError for what has no tag."""
    if isinstance(message, Unknown):
        return message
    return Unknown(tag_of_message(message), built(message))


def untagged(message: object) -> Unknown:
    """Return the body of a packet without a tag as its bytes; raises as `as_unknown`."""
    return Unknown((), message.payload if isinstance(message, Unknown) else built(message))


def _tag(message: object, name: str) -> object:
    declaration = declaration_of(type(message))
    at, of = declaration.tags.index(name), len(declaration.tags)
    try:
        bearer = message if declaration.body is None else getattr(message, declaration.body)
        return part_of_tag(tag_of_message(bearer), at, of)
    except (TypeError, Misfit) as error:
        raise AttributeError(str(error), name=name, obj=message) from error


def _from_the_wire(message: object, name: str) -> object:
    """Build *message* and read it back into a class that keeps everything."""
    cls = type(message)
    twin = _twins.get(cls)
    if twin is None:
        twin = _twins.setdefault(cls, _twin_of(cls, plan_of(cls)))
    return getattr(compiled(twin).parse()(built(message)), name)


_twins: Final[dict[type, ir.Record]] = {}


def _twin_of(cls: type, record: ir.Record) -> ir.Record:
    """Return *record* with all of its fields stored, in a class of its own that has a slot for each."""
    stored = {one.name for one in attrs.fields(cls)}
    slots = [name for name in _names(record) if name not in stored]
    twin: Any = type(cls)(cls.__name__, (cls,), {"__slots__": tuple(slots), "__module__": cls.__module__})
    return ir.Record(record.name, tuple(_kept(one) for one in record.fields), ir.Instance(twin, plain=True))


def _names(record: ir.Record) -> list[str]:
    fields = [
        one for member in record.fields for one in (member.fields if isinstance(member, ir.BitGroup) else (member,))
    ]
    return [one.name for one in fields if one.name is not None]


Member: TypeAlias = ir.Field | ir.BitGroup


def _kept(member: Any) -> Any:
    """Return *member*, stored and not worked out: what was built needs no check."""
    if isinstance(member, ir.BitGroup):
        return ir.BitGroup(tuple(_kept(one) for one in member.fields), member.size)
    node = member.node
    return ir.Field(member.name, node.inner if isinstance(node, ir.Derived | ir.Const) else node)
