"""Annotation -> node: what a field's type and its words come to, or why they do not go together."""

from __future__ import annotations

import enum
import types
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

from construct import Construct

from . import compiler as ir
from ._construct import type_of
from ._fitting import fitting
from ._front import lower
from ._node import node
from ._scope import Misfit
from ._unknown import Unknown
from ._words import (
    Adapt,
    Bits,
    Boolean,
    Carried,
    Custom,
    Fixed,
    Float,
    Integer,
    Number,
    Prefixed,
    Tagged,
    Terminated,
    UntilEnd,
    Varint,
    Word,
)

_WORDS: Final = (
    *(Number, Varint, Float, Boolean, Bits, Fixed, Prefixed, Terminated, UntilEnd, Tagged, Adapt, Custom, Carried),
    Construct,
)
_PLAIN: Final = {int: "U32", float: "F64", bool: "Bool", str: "Text16", bytes: "Bytes16"}
_CODES: Final = {1: "b", 2: "h", 3: "t", 4: "l", 8: "q"}
Case: TypeAlias = tuple[object, type, ir.Node]


@node(eq=False)
class Known:
    """What is known of other messages, from where the field stands."""

    record: Callable[[type], ir.Record]
    """The node of a message class in this place."""
    is_message: Callable[[object], bool]
    tag: Callable[[type], object]


@node
class Given:
    """What the right side of the ``=`` adds to an annotation."""

    schema: object = None
    size: ir.Expr | None = None
    count: ir.Expr | None = None
    tag: ir.Expr | None = None


def resolve(hint: object, given: Given, known: Known) -> ir.Node:
    """Return what a field annotated with *hint* is on the wire; raises Misfit where it is nothing."""
    kind, words = taken_apart(hint)
    if given.schema is not None:
        words = [given.schema, *words]
    node, rest = _first(kind, words, given, known)
    for word in rest:
        node = _around(node, word)
    if given.size is not None and not _is_measured(kind, words):
        if isinstance(node, ir.Bits):
            raise Misfit("size= is in bytes, and Bits are none")
        node = ir.Sized(given.size, node, strict=True)
    return node


def taken_apart(hint: object) -> tuple[Any, list[Any]]:
    """Return the type that *hint* annotates and the words beside it, those of aliases included."""
    if get_origin(hint) is not Annotated:
        return hint, []
    kind, *metadata = get_args(hint)
    words: list[object] = []
    for one in metadata:
        words.extend(taken_apart(one)[1] if get_origin(one) is Annotated else [one])
    return kind, [word for word in words if isinstance(word, _WORDS)]


def integer(word: Integer) -> ir.Node:
    """Return the node of an integer."""
    match word:
        case Number(name=name, size=size, signed=signed, little=little):
            code = _CODES[size]
            return ir.Scalar(code if signed else code.upper(), little, strict=True, name=name)
        case Varint():
            return ir.VarInt()
        case Terminated(mark=mark):
            return ir.Decimal(mark)


def without_none(hint: object) -> tuple[object, bool]:
    """Return *hint* without its ``| None``, and whether it had one."""
    kind, metadata = (get_args(hint)[0], get_args(hint)[1:]) if get_origin(hint) is Annotated else (hint, ())
    if not _is_union(kind) or type(None) not in get_args(kind):
        return hint, False
    rest: Any = Union[tuple(one for one in get_args(kind) if one is not type(None))]  # not written down
    return Annotated[(rest, *metadata)] if metadata else rest, True


def _is_union(kind: object) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def _is_measured(kind: object, words: Sequence[object]) -> bool:
    """Return whether ``size=`` is the very length of a field, so that no window is needed around it."""
    return kind is bytes and not words


def _first(kind: Any, words: list[Any], given: Given, known: Known) -> tuple[ir.Node, list[Any]]:
    """Return the node of *kind* with those of *words* that it needs, and the others."""
    if given.tag is not None and not _is_union(kind):
        raise Misfit(f"tag= tells the messages of a union apart, and {_named(kind)} is none")
    if given.count is not None:
        if words:
            raise Misfit(f"count= and {_named(words[0])} both say how many there are")
        return _row(kind, ir.Exactly(given.count), "count=", known), []
    if isinstance(kind, type) and known.is_message(kind):
        return known.record(kind), words
    if _is_union(kind):
        return _union(kind, words, given, known)
    if not words:
        return _without_word(kind, given, known), []
    return _by_word(kind, words[0], known), words[1:]


def _without_word(kind: Any, given: Given, known: Known) -> ir.Node:
    if kind is bytes and given.size is not None:
        return ir.Bytes(given.size, buffers=True)
    is_row = (get_origin(kind) or kind) in (tuple, list)
    if given.size is not None and (kind is str or is_row):
        return _extended(kind, UntilEnd(), known)
    if is_row:
        raise Misfit("has no schema: Annotated[..., Prefixed(U8)] says how many elements there are, say")
    if isinstance(kind, type) and issubclass(kind, enum.IntEnum | enum.IntFlag):
        raise Misfit(f"{kind.__name__} has no schema: Annotated[{kind.__name__}, U8] would be one")
    hint = f": {_PLAIN[kind]} would be one" if isinstance(kind, type) and kind in _PLAIN else ""
    raise Misfit(f"{_named(kind)} has no schema{hint}")


def _around(node: ir.Node, word: Any) -> ir.Node:
    """Return *node* with what *word* puts around it."""
    if isinstance(word, Tagged):
        raise Misfit("Tagged tells the messages of a union apart, and this is none")
    if not isinstance(word, Prefixed) or isinstance(node, ir.Bits):
        raise Misfit(f"{_named(word)} cannot stand around another schema; only Prefixed can")
    return ir.Prefixed(integer(word.number), node, word.plus, strict=True)


def _by_word(kind: Any, word: Word | Construct[Any, Any], known: Known) -> ir.Node:
    match word:
        case Adapt():
            return ir.Adapted(resolve(word.schema, Given(), known), word.decode, word.encode)
        case Custom():
            return ir.Custom(word.read, word.write)
        case Construct():
            return of_construct(kind, word)
        case Carried():
            raise Misfit("is a Body, and only a Packet has one")
        case Tagged():
            raise Misfit(f"Tagged tells the messages of a union apart, and {_named(kind)} is none")
        case _:
            return _of_type(kind, word, known)


def _of_type(
    kind: Any,
    word: Number | Varint | Float | Boolean | Bits | Fixed | Prefixed | Terminated | UntilEnd,
    known: Known,
) -> ir.Node:
    """Return the node of a value of *kind*, a Literal or an enum being one of what it is made of."""
    if get_origin(kind) is Literal:
        values = get_args(kind)
        bases = {type(one) for one in values}
        if len(bases) != 1:
            raise Misfit("its literals are of several types")
        inner = _of_type(bases.pop(), word, known)
        for value in values:
            fitting(inner, value, f"the literal {value!r} does not fit")
        return ir.Among(inner, values)
    if isinstance(kind, type) and issubclass(kind, enum.IntEnum | enum.IntFlag):
        return ir.Enumerated(_of_type(int, word, known), kind)
    match word:
        case Number() | Varint():
            _check_type(kind, word, int)
            return integer(word)
        case Float(name=name, size=size, little=little):
            _check_type(kind, word, float)
            return ir.Scalar("f" if size == 4 else "d", little, strict=True, name=name)
        case Boolean():
            _check_type(kind, word, bool)
            return ir.Scalar("?", strict=True, name="Bool")
        case Bits(width=width):
            _check_type(kind, word, bool if kind is bool and width == 1 else int)
            return ir.Bits(width, boolean=kind is bool, strict=True)
        case Terminated() if kind is int:
            return integer(word)
        case _:
            return _extended(kind, word, known)


def of_construct(kind: object, schema: Construct[Any, Any]) -> ir.Node:
    """Return the node of a construct beside the type *kind*; raises Misfit where it parses to another type."""
    parsed = type_of(schema)
    origin = get_origin(kind) or kind
    if parsed is not None and kind is not Any and isinstance(origin, type) and not issubclass(parsed, origin):
        raise Misfit(f"is annotated {_named(kind)}, but {type(schema).__name__} parses to {parsed.__name__}")
    return lower(schema)


def _check_type(kind: object, word: object, wanted: type) -> None:
    if kind is not wanted:
        raise Misfit(f"is annotated {_named(kind)}, but {_named(word)} is for {wanted.__name__}")


def _extended(kind: Any, word: Fixed | Prefixed | Terminated | UntilEnd, known: Known) -> ir.Node:
    """Return the node of what *word* says the extent of: bytes, text, rows."""
    if kind is bytes:
        return _octets(word)
    if kind is str:
        return ir.PaddedText(word.size) if isinstance(word, Fixed) else ir.Text(_octets(word), "utf-8")
    return _row(kind, _extent(word), _named(word), known)


def _extent(word: Fixed | Prefixed | Terminated | UntilEnd) -> ir.Extent:
    match word:
        case Fixed(size=size):
            return ir.Exactly(ir.Lit(size))
        case Prefixed():
            return ir.CountedBy(integer(word.number), word.plus)
        case Terminated(mark=mark):
            return ir.UntilMark(mark)
        case UntilEnd():
            return ir.ToEnd()


def _octets(word: Fixed | Prefixed | Terminated | UntilEnd) -> ir.Node:
    rest = ir.Bytes(None, buffers=True)
    match word:
        case Fixed(size=size):
            return ir.Bytes(ir.Lit(size), buffers=True)
        case Prefixed():
            return ir.Prefixed(integer(word.number), rest, word.plus, strict=True)
        case Terminated(mark=mark):
            return ir.Delimited(rest, mark, step=False, strict=True)
        case UntilEnd():
            return rest


def _row(kind: Any, extent: ir.Extent, word: str, known: Known) -> ir.Node:
    element = _element_of(kind)
    if element is None:
        suited = "tuple[X, ...] and list[X]" if word == "count=" else "bytes, str, tuple[X, ...] and list[X]"
        raise Misfit(f"{word} is for {suited}, not {_named(kind)}")
    node = resolve(element, Given(), known)
    if isinstance(node, ir.Bits):
        raise Misfit("elements have to fill whole bytes, and Bits do not")
    if ir.takes_all(node):
        raise Misfit("elements have to end somewhere, and this one takes all there is")
    if ir.fixed_size(node) == 0:
        raise Misfit("elements that take no bytes could be counted without end")
    return ir.Repeat(node, extent, "tuple" if get_origin(kind) is tuple else "list")


def _element_of(kind: object) -> object | None:
    arguments: tuple[object, ...] = get_args(kind)
    if get_origin(kind) is list and len(arguments) == 1:
        return arguments[0]
    if get_origin(kind) is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return arguments[0]
    return None


# ---------------------------------------------------------------- unions


def _union(kind: Any, words: list[Any], given: Given, known: Known) -> tuple[ir.Node, list[Any]]:
    """Return the node of one of several messages; words in front of Tagged stand around each of them."""
    at = next((index for index, word in enumerate(words) if isinstance(word, Tagged)), None)
    if (at is None) == (given.tag is None):
        raise Misfit(_untagged(kind) if at is None else "has a tag in front and one by tag=")
    around, rest = ([], words) if at is None else (words[:at], words[at + 1 :])
    alternatives = get_args(kind)
    tag: ir.Node | ir.Expr = integer(words[at].number) if at is not None else given.tag  # type: ignore[assignment]  # one of both
    unknown = Unknown if Unknown in alternatives else None
    if unknown is not None and around:
        raise Misfit("what stands around each message cannot stand around Unknown, which takes all there is")
    cases = [_case(one, around, known) for one in alternatives if one is not Unknown]
    _check_distinct(cases)
    if at is not None:
        check_tags(integer(words[at].number), cases)
    return ir.Tagged(tag, tuple(cases), unknown), rest


def check_tags(node: ir.Node, cases: Sequence[Case]) -> None:
    """Raise Misfit where *node* cannot carry one of the tags of *cases*."""
    for tag, cls, _ in cases:
        fitting(node, tag, f"the tag of {cls.__name__} does not fit")


def _untagged(kind: object) -> str:
    if type(None) in get_args(kind):
        return "X | None needs to be told when it is there: field(when=...)"
    return "a union needs a tag: Annotated[A | B, Tagged(U8)], or field(tag=...)"


def _case(one: object, around: Sequence[object], known: Known) -> Case:
    if not isinstance(one, type) or not known.is_message(one):
        raise Misfit(f"a union is one of messages, and {_named(one)} is none")
    tag = known.tag(one)
    if tag is None or callable(tag):
        raise Misfit(f"is told apart by tags, and {one.__name__} has none: @message(tag=...)")
    node: ir.Node = known.record(one)
    for word in around:
        node = _around(node, word)
    return tag, one, node


def _check_distinct(cases: Sequence[Case]) -> None:
    seen: dict[object, type] = {}
    for tag, cls, _ in cases:
        other = seen.setdefault(tag, cls)
        if other is not cls:
            raise Misfit(f"{other.__name__} and {cls.__name__} share the tag {tag!r}")


def _named(thing: object) -> str:
    if isinstance(thing, type):
        return thing.__name__
    return getattr(thing, "name", None) or (repr(thing) if get_origin(thing) else type(thing).__name__)
