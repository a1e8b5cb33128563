"""``@message``: a class body becomes a declaration, checked, and an attrs class."""

from __future__ import annotations

import inspect
import keyword
import sys
import typing
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Protocol, TypeAlias, TypeVar, get_origin, overload

import attrs
from typing_extensions import dataclass_transform

from ..errors import DeclarationError, EncodeError
from ._fields import NO_DEFAULT, ConstSpec, FieldSpec, const, field
from ._lower import lower
from ._plan import BitField, BitGroup, Constant, Foreign, Member, Node, Record, Repeat, least_size
from ._resolve import Misfit, of_construct, resolve
from .compiler import bytes_of
from .compiler import takes_all as has_no_end

T = TypeVar("T")
TagValue: TypeAlias = int | bytes | tuple[int, ...]
"""What tells messages of a wire apart."""
TagRule: TypeAlias = Callable[[int], int]
"""For a reply: gives its tag, from its request's."""


class Message(Protocol):
    """What `message` made; for annotations, it cannot be asked for at run time."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


@attrs.frozen
class _Declaration:
    record: Record
    tag: TagValue | TagRule | None


_declarations: Final[dict[type, _Declaration]] = {}


@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field, const))
def message(cls: type[T], /) -> type[T]: ...
@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field, const))
def message(*, tag: TagValue | TagRule = ...) -> Callable[[type[T]], type[T]]: ...
def message(cls: Any = None, /, *, tag: TagValue | TagRule | None = None) -> Any:
    """Declare the class to be a message: its annotations say what is on the wire, in their order.

    Makes a plain attrs class with slots, which compares by its fields; that fields do not change is the type
    checker's to see. *tag* tells the message from others of its wire; a reply's may be a function of its request's.
    Names in annotations are looked up where the class stands, at once. Raises DeclarationError, with class,
    field and reason, for what cannot work.
    """
    scope = sys._getframe(1).f_locals
    if cls is not None:
        return _declare(cls, None, scope)
    return lambda decorated: _declare(decorated, tag, scope)


def is_message(cls: object, /) -> bool:
    """Return whether *cls* is a class that `message` made; a class derived from one is none by itself."""
    return isinstance(cls, type) and cls in _declarations


def tag_of(cls: type, /) -> TagValue | TagRule | None:
    """Return the tag that the message class *cls* was declared with."""
    return _declared(cls).tag


def plan_of(cls: type, /) -> Record:
    """Return the plan of the message class *cls*; raises DeclarationError where it is none."""
    return _declared(cls).record


def evolve(original: T, /, **changes: Any) -> T:
    """Return a copy of the message *original* with some fields changed; raises TypeError for no field's name."""
    known: Any = original  # what @message makes is an attrs class, which no checker can see
    changed: T = attrs.evolve(known, **changes)
    return changed


def _declared(cls: type) -> _Declaration:
    if not is_message(cls):
        raise DeclarationError(
            getattr(cls, "__name__", repr(cls)), None, "is no message class: decorate it with @message"
        )
    return _declarations[cls]


def _declare(cls: type, tag: TagValue | TagRule | None, scope: Mapping[str, object]) -> type:
    if not isinstance(cls, type):
        raise DeclarationError(repr(cls), None, "@message decorates a class; a tag is given as @message(tag=...)")
    _check_tag(cls, tag)
    hints = _hints(cls, scope)
    members = (*_inherited(cls), *_members(cls, hints))
    arguments = {name: _argument(cls, name) for name in hints if not isinstance(vars(cls).get(name), ConstSpec)}
    _check_order(cls, arguments)
    these = {name: attrs.field(default=default, kw_only=kw_only) for name, (default, kw_only) in arguments.items()}
    for name in hints.keys() - these.keys():
        setattr(cls, name, vars(cls)[name].value)
    made: type = attrs.define(cls, these=these, order=False, weakref_slot=False)
    _declarations[made] = _Declaration(Record(made, members, _is_plain(made)), tag)
    return made


def _check_tag(cls: type, tag: object) -> None:
    whole = isinstance(tag, (int, bytes)) or (
        isinstance(tag, tuple) and tag != () and all(isinstance(part, int) for part in tag)
    )
    if tag is not None and not whole and not callable(tag):
        reason = f"a tag is an int, bytes or a tuple of ints, a reply's also a function, not {tag!r}"
        raise DeclarationError(cls.__name__, None, reason)


def _hints(cls: type, scope: Mapping[str, object]) -> dict[str, Any]:
    """Return the class's own annotations, resolved."""
    holder = type(cls.__name__, (), {"__annotations__": inspect.get_annotations(cls)})  # a class: it may have ClassVars
    around = {**vars(sys.modules[cls.__module__]), **scope}
    try:
        hints = typing.get_type_hints(holder, around, {}, include_extras=True)
    except (NameError, TypeError, SyntaxError, AttributeError) as error:
        raise DeclarationError(cls.__name__, None, f"an annotation does not resolve: {error}") from error
    return {name: hint for name, hint in hints.items() if get_origin(hint) is not ClassVar and hint is not ClassVar}


def _inherited(cls: type) -> tuple[Member | BitGroup, ...]:
    """Return the members of the message that *cls* inherits from, if any: they come first."""
    parents = [base for base in cls.__bases__ if is_message(base)]
    if len(parents) > 1:
        raise DeclarationError(cls.__name__, None, "inherits from two messages, and nothing says which comes first")
    members = plan_of(parents[0]).members if parents else ()
    if members and _takes_all(members[-1]):
        raise DeclarationError(cls.__name__, None, f"nothing can follow what {parents[0].__name__} ends with")
    return members


def _members(cls: type, hints: Mapping[str, object]) -> list[Member | BitGroup]:
    """Return the class's own members in wire order, bits in groups."""
    members: list[Member | BitGroup] = []
    bits: list[BitField] = []
    for name, hint in hints.items():
        if members and _takes_all(members[-1]):
            raise DeclarationError(cls.__name__, name, "stands behind a field that takes all there is")
        node = _node(cls, name, hint)
        if isinstance(node, BitField):
            bits.append(node)
            continue
        members.extend(_group(cls, bits))
        bits = []
        members.append(Member(name, node))
    return [*members, *_group(cls, bits)]


def _takes_all(member: Member | BitGroup) -> bool:
    """Return whether nothing can follow *member*."""
    return isinstance(member, Member) and has_no_end(lower(member.node))


def _group(cls: type, bits: list[BitField]) -> list[BitGroup]:
    width = sum(one.width for one in bits)
    if width % 8:
        raise DeclarationError(cls.__name__, bits[0].name, f"the bits from here on fill {width} bits, no whole bytes")
    return [BitGroup(tuple(bits), width // 8)] if bits else []


def _node(cls: type, name: str, hint: object) -> Node | BitField:
    if keyword.iskeyword(name) or not name.isidentifier() or name.startswith("__"):
        raise DeclarationError(cls.__name__, name, "is no name for a field")
    spec = vars(cls).get(name)
    try:
        if isinstance(spec, ConstSpec) and isinstance(spec.value, bytes):
            return Constant(spec.value, spec.value)
        node = (
            of_construct(hint, spec.schema)
            if isinstance(spec, FieldSpec) and spec.schema is not None
            else resolve(
                name, hint, lambda kind: plan_of(kind) if isinstance(kind, type) and is_message(kind) else None
            )
        )
        if isinstance(spec, ConstSpec):
            return _constant(node, spec.value)
        _check_elements(node)
    except Misfit as misfit:
        raise DeclarationError(cls.__name__, name, str(misfit)) from misfit
    return node


def _constant(node: Node | BitField, value: object) -> Constant:
    if isinstance(node, BitField):
        raise Misfit("a constant of bits is not known; make it a field of its own")
    try:
        return Constant(bytes_of(lower(node), value), value)
    except EncodeError as error:
        raise Misfit(f"its schema cannot carry the constant: {error.reason}") from error


def _check_elements(node: Node | BitField) -> None:
    if isinstance(node, Repeat) and not isinstance(node.element, Foreign) and least_size(node.element) == 0:
        raise Misfit("elements that may take no bytes could be counted without end")


def _argument(cls: type, name: str) -> tuple[object, bool]:
    """Return the default of the argument that stands for *name* in ``__init__``, and whether it is keyword-only."""
    spec: Any = vars(cls).get(name, NO_DEFAULT)
    kw_only = isinstance(spec, FieldSpec) and spec.kw_only
    default = spec.default if isinstance(spec, FieldSpec) else spec
    if isinstance(default, (list, dict, set, bytearray)):
        raise DeclarationError(cls.__name__, name, f"the default {default!r} would be shared by all messages")
    return default, kw_only


def _check_order(cls: type, arguments: Mapping[str, tuple[object, bool]]) -> None:
    """Refuse a mandatory argument behind an optional one: argument order is wire order, so neither can move."""
    parents = [base for base in cls.__bases__ if is_message(base)]
    optional = [
        one.name for base in parents for one in attrs.fields(base) if one.default is not NO_DEFAULT and not one.kw_only
    ]
    for name, (default, kw_only) in arguments.items():
        if default is not NO_DEFAULT and not kw_only:
            optional.append(name)
        elif optional and not kw_only:
            reason = f"has no default and follows {optional[0]}, which has one: give it one, or let that be kw_only"
            raise DeclarationError(cls.__name__, name, reason)


def _is_plain(cls: type) -> bool:
    """Return whether ``__init__`` does nothing but store its arguments."""
    return (
        not hasattr(cls, "__attrs_post_init__")
        and not hasattr(cls, "__attrs_pre_init__")
        and all(one.validator is None and one.converter is None for one in attrs.fields(cls))
        and "__attrs_init__" not in vars(cls)
    )
