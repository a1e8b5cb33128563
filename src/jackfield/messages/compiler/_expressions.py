"""Expressions of the intermediate representation: what is worked out from values that were read or are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, final

from .._node import node


@final
@node
class Lit:
    """A constant of any kind."""

    value: object


@final
@node
class Ref:
    """The value of the field *name* of the record that is *up* levels out; 0 is the one the expression stands in.

    On parse: what was parsed; a field that stands behind the expression is a fault (of the schema: KeyError in
    construct's words). On build: what the field was built from, as its node hands it on (`Derived`, `Const` and
    `Default` hand on what they wrote); of a field that stands behind, what the message holds.
    """

    up: int
    name: str


@final
@node
class Item:
    """An item of a value: ``of[key]``, which for the value of a record is its field *key*."""

    of: Expr
    key: object


@final
@node
class Bin:
    """A binary operator of Python's between two values; ``in`` asks whether *right* is contained in *left*.

    ``and`` and ``or`` evaluate both sides and give a bool.
    """

    op: str
    left: Expr
    right: Expr


@final
@node
class Un:
    """``-``, ``+``, ``~``, ``not``; or a function of one value: ``len sum min max abs bool``."""

    op: str
    operand: Expr


@final
@node
class Call:
    """A plain function of values."""

    function: Callable[..., Any]
    arguments: tuple[Expr, ...]


@final
@node
class Whole:
    """The message itself (the instance of the record's class), complete but for what is derived from it.

    Known when its record has been read to the end: what is derived from it is checked there.
    """


@final
@node
class Element:
    """In a predicate over elements: the element just read (construct's ``obj_``)."""


@final
@node
class Elements:
    """In a predicate over elements: the list so far, the new element included (construct's ``list_``)."""


@final
@node(eq=False)
class Opaque:
    """A function that takes the context as construct makes it: nobody can see what it reads.

    The contexts of all records around it are materialised for it. In a predicate over elements it takes
    ``(element, elements, context)``.
    """

    function: Callable[..., Any]


# The following are for what a field is derived from; they stand in the `value` of `Derived` (and `Length`).


@final
@node
class SizeOf:
    """The bytes that the field *name* of this record takes as built; on parse, took."""

    name: str


@final
@node
class CountOf:
    """The number of elements of the field *name* of this record (or of characters, or keys: its ``len``)."""

    name: str


@final
@node
class Present:
    """Whether the field *name* of this record is there: is not None."""

    name: str


@final
@node
class TagOf:
    """The tag of the case under which the `Tagged` field *name* of this record stands."""

    name: str


@final
@node
class Since:
    """The bytes of this record from the field *name* (it included; None: from the record's begin) up to here."""

    name: str | None


@final
@node
class Following:
    """The bytes that follow in this record behind the field in which this stands."""


Expr: TypeAlias = (
    Lit
    | Ref
    | Item
    | Bin
    | Un
    | Call
    | Whole
    | Element
    | Elements
    | Opaque
    | SizeOf
    | CountOf
    | Present
    | TagOf
    | Since
    | Following
)
"""What is worked out from other values."""
