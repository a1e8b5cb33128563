"""Annotation -> node: what a field's type and its word come to, or why they do not go together."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeAlias, Union, get_args, get_origin

from construct import Construct

from ._construct import type_of
from ._plan import BitField, Characters, Extent, Foreign, Node, Octets, Prefix, Record, Repeat, Sized, ToEnd, open_path
from ._words import Bits, Boolean, Fixed, Float, Number, Prefixed, UntilEnd

FindRecord: TypeAlias = Callable[[object], Record | None]
"""Gives the plan of what is a message class, None for anything else."""

_WORDS: Final = (Number, Float, Boolean, Bits, Fixed, Prefixed, UntilEnd)
_TYPES: Final[dict[type, type]] = {Number: int, Float: float, Boolean: bool}
_PLAIN: Final = {int: "U32", float: "F64", bool: "Bool", str: "Text16", bytes: "Bytes16"}


class Misfit(Exception):
    """Why an annotation is no field; the declaration adds whose."""


def resolve(name: str, hint: object, records: FindRecord) -> Node | BitField:
    """Return what the field *name*, annotated with *hint*, is on the wire; raises Misfit where it is nothing."""
    kind, words = _taken_apart(hint)
    if not words:
        return _without_word(kind, records)
    node = _first(name, kind, words[0], records)
    for word in words[1:]:
        if not isinstance(word, Prefixed) or isinstance(node, BitField):
            raise Misfit(f"{word!r} cannot stand around another schema; only Prefixed can")
        node = Sized(node, _prefix(word))
    return node


def of_construct(kind: object, schema: Construct[Any, Any]) -> Foreign:
    """Return the node of a construct beside the type *kind*; raises Misfit where it parses to another type."""
    parsed = type_of(schema)
    origin = get_origin(kind) or kind
    if parsed is not None and kind is not Any and isinstance(origin, type) and not issubclass(parsed, origin):
        raise Misfit(f"is annotated {_named(kind)}, but {type(schema).__name__} parses to {parsed.__name__}")
    return Foreign(schema)


def _taken_apart(hint: object) -> tuple[object, list[object]]:
    """Return the type that *hint* annotates and the words beside it."""
    if get_origin(hint) is not Annotated:
        return hint, []
    kind, *metadata = get_args(hint)
    return kind, [word for word in metadata if isinstance(word, (*_WORDS, Construct))]


def _without_word(kind: object, records: FindRecord) -> Node:
    record = records(kind)
    if record is not None:
        return record
    if get_origin(kind) in (Union, types.UnionType):
        parts = get_args(kind)
        raise Misfit("X | None needs to be told when it is there" if type(None) in parts else "a union needs a tag")
    if (get_origin(kind) or kind) in (tuple, list):
        raise Misfit("has no schema: Annotated[..., Prefixed(U8)] says how many elements there are, say")
    hint = f": {_PLAIN[kind]} would be one" if isinstance(kind, type) and kind in _PLAIN else ""
    raise Misfit(f"{_named(kind)} has no schema{hint}")


def _first(name: str, kind: object, word: object, records: FindRecord) -> Node | BitField:
    match word:
        case Number() | Float() | Boolean():
            _check_type(kind, word, _TYPES[type(word)])
            return word
        case Bits(width=width):
            _check_type(kind, word, bool if kind is bool and width == 1 else int)
            return BitField(name, width, kind is bool)
        case Fixed(size=size):
            return _extended(kind, size, word, records)
        case Prefixed():
            return _prefixed(kind, word, records)
        case UntilEnd():
            return _extended(kind, ToEnd(), word, records)
        case Construct():
            return of_construct(kind, word)
        case _:
            raise Misfit(f"{word!r} is no schema")


def _check_type(kind: object, word: object, wanted: type) -> None:
    if kind is not wanted:
        raise Misfit(f"is annotated {_named(kind)}, but {_named(word)} is for {wanted.__name__}")


def _prefixed(kind: object, word: Prefixed, records: FindRecord) -> Node:
    record = records(kind)
    if record is not None:
        return Sized(record, _prefix(word))
    return _extended(kind, _prefix(word), word, records)


def _prefix(word: Prefixed) -> Prefix:
    return Prefix(word.number, word.plus)


def _extended(kind: object, extent: Extent, word: object, records: FindRecord) -> Node:
    if kind is bytes:
        return Octets(extent)
    if kind is str:
        return Characters(extent)
    element = _element_of(kind)
    if element is None:
        raise Misfit(f"{_named(word)} is for bytes, str, tuple[X, ...] and list[X], not {_named(kind)}")
    node = resolve("element", element, records)
    if isinstance(node, BitField):
        raise Misfit("elements have to fill whole bytes, and Bits do not")
    if open_path(node) is not None:
        raise Misfit("elements have to end somewhere, and this one takes all there is")
    return Repeat(node, extent, tuple if get_origin(kind) is tuple else list)


def _element_of(kind: object) -> object | None:
    arguments: tuple[object, ...] = get_args(kind)
    if get_origin(kind) is list and len(arguments) == 1:
        return arguments[0]
    if get_origin(kind) is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return arguments[0]
    return None


def _named(thing: object) -> str:
    if isinstance(thing, type):
        return thing.__name__
    return getattr(thing, "name", None) or (repr(thing) if get_origin(thing) else type(thing).__name__)
