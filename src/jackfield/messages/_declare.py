"""``@message``: a class body becomes a declaration, checked, and an attrs class."""

from __future__ import annotations

import inspect
import keyword
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol, TypeVar, get_origin, overload

import attrs
from typing_extensions import dataclass_transform

from ..errors import DeclarationError
from ._declared import Declaration, declaration_of, declare, is_message, tag_of_message
from ._derived import as_unknown, reading, untagged
from ._expressions import Expression, Own
from ._members import Packing, is_body, zero_of
from ._packet import Packet
from ._purposes import (
    NO_DEFAULT,
    Echo,
    Plain,
    Purpose,
    checksum,
    computed,
    const,
    echo,
    field,
    length,
)
from ._purposes import tag as tag_field
from ._scope import Declared, Misfit
from ._unknown import TagRule, TagValue

T = TypeVar("T")
_PACKING = Packing(tag_of=tag_of_message, as_unknown=as_unknown, untagged=untagged)


class Message(Protocol):
    """What `message` made; for annotations, it cannot be asked for at run time."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field, const, computed, length, tag_field, echo, checksum))
def message(cls: type[T], /) -> type[T]: ...
@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field, const, computed, length, tag_field, echo, checksum))
def message(*, tag: TagValue | TagRule = ...) -> Callable[[type[T]], type[T]]: ...
def message(cls: Any = None, /, *, tag: TagValue | TagRule | None = None) -> Any:
    """Declare the class to be a message: its annotations say what is on the wire, in their order.

    Makes a plain attrs class with slots, which compares by its fields; that fields do not change is the type
    checker's to see. *tag* tells the message from others of its wire or union: an int, bytes, a tuple where it has
    several tag fields, or, for a reply, a function of its request's tag. Names in annotations are looked up where
    the class stands, at once. Raises DeclarationError, with class, field and reason, for what cannot work.
    """
    scope = sys._getframe(1).f_locals
    if cls is not None:
        return _declare(cls, None, scope)
    return lambda decorated: _declare(decorated, tag, scope)


def evolve(original: T, /, **changes: Any) -> T:
    """Return a copy of the message *original* with some fields changed; raises TypeError for no field's name.

    Echo fields are copied; what is derived cannot be changed, and is worked out anew.
    """
    known: Any = original  # what @message makes is an attrs class, which no checker can see
    changed: T = attrs.evolve(known, **changes)
    for name in declaration_of(type(original)).echoes:
        setattr(changed, name, getattr(original, name))
    return changed


def _declare(cls: type, tag: Any, scope: Mapping[str, object]) -> type:
    if not isinstance(cls, type):
        raise DeclarationError(repr(cls), None, "@message decorates a class; a tag is given as @message(tag=...)")
    _check_tag(cls, tag)
    own = _own(cls, _hints(cls, scope))
    fields = (*_inherited(cls, own), *own)
    if issubclass(cls, Packet) and not any(is_body(one.hint) for one in fields):
        raise DeclarationError(cls.__name__, None, "carries nothing: a packet has a field `body: Body`")
    arguments = {one.name: one.purpose for one in own if isinstance(one.purpose, Plain)}
    _check_defaults(cls, arguments)
    _check_order(cls, arguments)
    declaration = Declaration(cls.__name__, fields, tag, _PACKING if issubclass(cls, Packet) else None)
    these = {
        name: attrs.field(default=plain.default, kw_only=plain.kw_only, alias=name) for name, plain in arguments.items()
    }
    for one in own:
        if isinstance(one.purpose, Echo):
            these[one.name] = attrs.field(init=False, eq=False, default=_zero(cls, one, declaration))
        elif not isinstance(one.purpose, Plain):
            setattr(cls, one.name, reading(one))
    made: type = attrs.define(cls, these=_in_order(own, these), order=False, weakref_slot=False)
    declare(made, declaration, plain=_is_plain(made))
    return made


def _in_order(own: Sequence[Declared], these: Mapping[str, Any]) -> dict[str, Any]:
    return {one.name: these[one.name] for one in own if one.name in these}


# ---------------------------------------------------------------- what the class body has


def _check_tag(cls: type, tag: object) -> None:
    whole = (
        callable(tag)
        or isinstance(tag, (int, bytes))
        or (isinstance(tag, tuple) and tag != () and all(isinstance(part, int) for part in tag))
    )
    if tag is not None and not whole:
        raise DeclarationError(
            cls.__name__, None, f"a tag is an int, bytes or a tuple of ints, a reply's also a function, not {tag!r}"
        )
    if tag is not None and issubclass(cls, Packet):
        raise DeclarationError(cls.__name__, None, "is a packet, and its tag is that of its body")


def _hints(cls: type, scope: Mapping[str, object]) -> dict[str, Any]:
    """Return the class's own annotations, resolved."""
    holder = type(cls.__name__, (), {"__annotations__": inspect.get_annotations(cls)})  # a class: it may have ClassVars
    around = {**vars(sys.modules[cls.__module__]), **scope}
    try:
        hints = typing.get_type_hints(holder, around, {}, include_extras=True)
    except (NameError, TypeError, SyntaxError, AttributeError) as error:
        raise DeclarationError(cls.__name__, None, f"an annotation does not resolve: {error}") from error
    return {name: hint for name, hint in hints.items() if get_origin(hint) is not ClassVar and hint is not ClassVar}


def _own(cls: type, hints: Mapping[str, Any]) -> list[Declared]:
    """Return the class's own fields in wire order."""
    for name, value in vars(cls).items():
        if isinstance(value, Expression) and name not in hints:
            raise DeclarationError(cls.__name__, name, "has no annotation that says what it is")
    found: dict[int, str] = {}
    fields = []
    for name, hint in hints.items():
        _check_name(cls, name)
        purpose = _purpose(cls, name)
        other = found.setdefault(id(purpose), name)
        if other != name:
            raise DeclarationError(cls.__name__, name, f"is {other} itself: each field has an = of its own")
        fields.append(Declared(name, hint, purpose))
    return fields


def _check_name(cls: type, name: str) -> None:
    taken = {"self"} | ({"of"} if issubclass(cls, Packet) else set())
    if keyword.iskeyword(name) or not name.isidentifier() or name.startswith("__") or name in taken:
        raise DeclarationError(cls.__name__, name, "is no name for a field")


def _purpose(cls: type, name: str) -> Purpose:
    value: Any = vars(cls).get(name, NO_DEFAULT)
    if not isinstance(value, Expression):
        return Plain(default=value)
    if not isinstance(value._term, Own):
        raise DeclarationError(
            cls.__name__, name, "an expression is no field: it stands in field(size=...), field(when=...) and so on"
        )
    purpose: Any = value._term.purpose
    return purpose  # type: ignore[no-any-return]  # what Own holds is whatever _purposes put there


def _inherited(cls: type, own: Sequence[Declared]) -> tuple[Declared, ...]:
    """Return the fields of the message that *cls* inherits from, if any: they come first."""
    parents = [base for base in cls.__bases__ if is_message(base)]
    if len(parents) > 1:
        raise DeclarationError(cls.__name__, None, "inherits from two messages, and nothing says which comes first")
    inherited = declaration_of(parents[0]).fields if parents else ()
    names = {one.name for one in inherited}
    for one in own:
        if one.name in names:
            raise DeclarationError(cls.__name__, one.name, f"is a field of {parents[0].__name__} already")
    return inherited


# ---------------------------------------------------------------- arguments


def _check_defaults(cls: type, arguments: Mapping[str, Plain]) -> None:
    for name, plain in arguments.items():
        if isinstance(plain.default, (list, dict, set, bytearray)):
            raise DeclarationError(cls.__name__, name, f"the default {plain.default!r} would be shared by all messages")
        if isinstance(plain.default, Expression):
            raise DeclarationError(cls.__name__, name, "an expression is no default: it has no value yet")


def _check_order(cls: type, arguments: Mapping[str, Plain]) -> None:
    """Refuse a mandatory argument behind an optional one: argument order is wire order, so neither can move."""
    parents = [base for base in cls.__bases__ if is_message(base)]
    optional = [
        one.name
        for base in parents
        for one in attrs.fields(base)
        if one.default is not NO_DEFAULT and one.init and not one.kw_only
    ]
    for name, plain in arguments.items():
        if plain.default is not NO_DEFAULT and not plain.kw_only:
            optional.append(name)
        elif optional and not plain.kw_only:
            reason = f"has no default and follows {optional[0]}, which has one: give it one, or let that be kw_only"
            raise DeclarationError(cls.__name__, name, reason)


def _zero(cls: type, one: Declared, declaration: Declaration) -> object:
    try:
        return zero_of(declaration.node(one.name))
    except Misfit as misfit:
        raise DeclarationError(cls.__name__, one.name, str(misfit)) from misfit


def _is_plain(cls: type) -> bool:
    """Return whether ``__init__`` does nothing but store its arguments."""
    return (
        not hasattr(cls, "__attrs_post_init__")
        and not hasattr(cls, "__attrs_pre_init__")
        and all(one.validator is None and one.converter is None for one in attrs.fields(cls))
        and "__attrs_init__" not in vars(cls)
    )
