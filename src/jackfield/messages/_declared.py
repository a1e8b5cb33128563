"""What was declared: the messages that there are, and the record that each comes to where it stands."""

from __future__ import annotations

from typing import Any, Final, final

from ..errors import DeclarationError
from . import compiler as ir
from ._members import Members, Packing, Subject, is_body, members_of
from ._purposes import Echo, Tag
from ._resolve import Known
from ._scope import Declared, Misfit, Scope
from ._unknown import TagRule, TagValue, Unknown


@final
class Declaration:
    """One message: its fields as declared, its tag, and what they come to."""

    def __init__(self, name: str, fields: tuple[Declared, ...], tag: Any, packing: Packing | None) -> None:
        """Resolve *fields*, which begin with those of the message that this one inherits from.

        Raises DeclarationError for what cannot work.
        """
        self.name: Final = name
        self.fields: Final = fields
        self.tag: Final = tag
        self.packing: Final = packing
        self.echoes: Final = tuple(one.name for one in fields if isinstance(one.purpose, Echo))
        self.tags: Final = tuple(one.name for one in fields if isinstance(one.purpose, Tag))
        self.body: Final = next((one.name for one in fields if is_body(one.hint)), None)
        self.members: Final = self._members(tag, None)
        self._instance: ir.Instance | None = None
        self._record: ir.Record | None = None

    def made(self, cls: type, *, plain: bool) -> None:
        """Say what class the message became; *plain* where its ``__init__`` only stores."""
        self._instance = ir.Instance(cls, plain, self.echoes)
        self._record = self._recorded(self.members)

    def node(self, name: str) -> ir.Node:
        """Return the node of the field *name*, by itself."""
        for member in self.members.fields:
            for field in member.fields if isinstance(member, ir.BitGroup) else (member,):
                if field.name == name:
                    return field.node
        raise AssertionError(f"{self.name} has a field {name}")

    def record(self, tag: TagValue | None) -> ir.Record:
        """Return the record of the message by itself; *tag* is for one that has none of its own.

        Raises DeclarationError where a field says nothing without an heir, a message around it, or a tag.
        """
        members = self.members if tag is None or not self.tags else self._members(tag, None)
        for field, reason in members.pending:
            raise DeclarationError(self.name, field, reason)
        for wanted, field in members.free.items():
            raise DeclarationError(
                self.name, field, f"refers to {wanted}, which no field of this message is, nor of one around it"
            )
        if members is self.members and self._record is not None:
            return self._record
        return self._recorded(members)

    def inside(self, outer: Scope) -> ir.Record:
        """Return the record of the message where it stands in another; raises Misfit where it cannot."""
        members = self._members(self.tag, outer) if self.members.free else self.members
        for field, reason in members.pending:
            raise Misfit(f"{self.name} cannot stand in another message: its {field} {reason}")
        for wanted, field in members.free.items():
            outer.want(wanted, f"{self.name}.{field}")
        if members is self.members and self._record is not None:
            return self._record
        return self._recorded(members)

    def _members(self, tag: object, outer: Scope | None) -> Members:
        subject = Subject(name=self.name, fields=self.fields, tag=tag, packing=self.packing)
        return members_of(subject, _known_from, outer)

    def _recorded(self, members: Members) -> ir.Record:
        if self._instance is None:
            raise AssertionError("a message stands in another when it has been made")
        return ir.Record(self.name, members.fields, self._instance)


_declarations: Final[dict[type, Declaration]] = {}


def declare(cls: type, declaration: Declaration, *, plain: bool) -> None:
    """Let *cls* be the message that *declaration* describes."""
    declaration.made(cls, plain=plain)
    _declarations[cls] = declaration


def is_message(cls: object, /) -> bool:
    """Return whether *cls* is a class that `message` made; a class derived from one is none by itself."""
    return isinstance(cls, type) and cls in _declarations


def declaration_of(cls: type, /) -> Declaration:
    """Return what *cls* was declared as; raises DeclarationError where it is no message class."""
    if not is_message(cls):
        raise DeclarationError(
            getattr(cls, "__name__", repr(cls)), None, "is no message class: decorate it with @message"
        )
    return _declarations[cls]


def plan_of(cls: type, tag: TagValue | None = None, /) -> ir.Record:
    """Return the record of the message class *cls*, with *tag* where it has none of its own.

    Raises DeclarationError where it is no message, or says too little by itself.
    """
    return declaration_of(cls).record(tag)


def tag_of(cls: type, /) -> TagValue | TagRule | None:
    """Return the tag that the message class *cls* was declared with; None where it has none.

    It may be a function, which gives a reply's tag for its request's.
    """
    tag: TagValue | TagRule | None = declaration_of(cls).tag
    return tag


def has_tag_field(cls: type, /) -> bool:
    """Return whether the message class *cls* has a field ``tag()``, its own or inherited."""
    return bool(declaration_of(cls).tags)


def echo_fields(cls: type, /) -> tuple[str, ...]:
    """Return the names of the fields of *cls* that a reply takes over from its request."""
    return declaration_of(cls).echoes


def carry_echoes(request: object, reply: object, /) -> None:
    """Let *reply* have what *request* has in the echo fields that both have."""
    names = echo_fields(type(request))
    for name in echo_fields(type(reply)):
        if name in names:
            setattr(reply, name, getattr(request, name))


def tag_of_message(message: object, /) -> TagValue:
    """Return the tag of a message, or of an `Unknown`; raises TypeError where it has none of its own."""
    if isinstance(message, Unknown):
        return message.tag
    tag = _declarations[type(message)].tag if is_message(type(message)) else None
    if tag is None or callable(tag):
        raise TypeError(f"{message!r} has no tag of its own")
    found: TagValue = tag
    return found


def _known_from(scope: Scope) -> Known:
    """Return what is known of other messages by the fields of *scope*."""
    return Known(lambda cls: declaration_of(cls).inside(scope), is_message, tag_of)
