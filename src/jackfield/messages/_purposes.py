"""Purposes: what stands on the right of a field's ``=``, and says what the field does.

Each leaves an expression in the class body, so that fields below can refer to it. A type checker sees the field's
value in its place, and by ``init: Literal[False]`` that it is no argument (PEP 681).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias, TypeVar, final, overload

import attrs
from construct import Construct

from ._expressions import Expression, Own
from ._node import node
from ._words import Adapt, Custom

T = TypeVar("T")

RawSchema: TypeAlias = "Construct[Any, Any]"
"""Any construct."""
Schema: TypeAlias = "Construct[T, Any]"
"""A construct that parses to T."""
NO_DEFAULT: Final = attrs.NOTHING


@final
@node(eq=False)
class Plain:
    """A field that is an argument; see `field`."""

    schema: object = None
    default: object = NO_DEFAULT
    kw_only: bool = False
    size: object = None
    count: object = None
    when: object = None
    tag: object = None


@final
@node(eq=False)
class Constant:
    """A field that is always *value*; see `const`."""

    value: object


@final
@node(eq=False)
class Computed:
    """A field that is worked out: by *function*, or from what refers to it; see `computed`."""

    function: Callable[[Any], object] | None


@final
@node(eq=False)
class Length:
    """The number of bytes that follow; see `length`."""

    plus: int


@final
@node(eq=False)
class Tag:
    """The message's tag, or a part of it; see `tag`."""


@final
@node(eq=False)
class Echo:
    """What a reply takes over from its request; see `echo`."""


@final
@node(eq=False)
class Checksum:
    """A sum over the bytes in front; see `checksum`."""

    function: Callable[[bytes], object]
    since: object


Purpose: TypeAlias = Plain | Constant | Computed | Length | Tag | Echo | Checksum
"""What a field does."""


@overload
def field(
    schema: Construct[T, Any] | Adapt[T, Any] | Custom[T],
    /,
    *,
    kw_only: bool = ...,
    size: int | None = ...,
    when: bool | int | None = ...,
) -> T: ...
@overload
def field(
    schema: Construct[T, Any] | Adapt[T, Any] | Custom[T],
    /,
    *,
    default: T,
    kw_only: bool = ...,
    size: int | None = ...,
    when: bool | int | None = ...,
) -> T: ...
@overload
def field(
    *,
    kw_only: bool = ...,
    size: int | None = ...,
    count: int | None = ...,
    when: bool | int | None = ...,
    tag: int | bytes | None = ...,
) -> Any: ...  # a specifier is whatever its field is (PEP 681)
@overload
def field(
    *,
    default: T,
    kw_only: bool = ...,
    size: int | None = ...,
    count: int | None = ...,
    when: bool | int | None = ...,
    tag: int | bytes | None = ...,
) -> T: ...
def field(
    schema: object = None,
    /,
    *,
    default: object = NO_DEFAULT,
    kw_only: bool = False,
    size: object = None,
    count: object = None,
    when: object = None,
    tag: object = None,
) -> Any:
    """Say more of a field than its annotation does; with nothing to say, let other fields refer to it.

    *schema* is a construct (or an `Adapt`, a `Custom`), whose pairing with the annotated type a type checker
    verifies; without one the annotation says what the field is. *default* makes the argument optional, *kw_only*
    takes it by keyword.

    The others are expressions of fields above: *size*, in bytes, of the field on the wire; *count*, of elements;
    *when*, whether the field is there at all, its type being ``X | None``; *tag*, which message of a union it is.
    """
    return Expression(
        Own(Plain(schema=schema, default=default, kw_only=kw_only, size=size, count=count, when=when, tag=tag))
    )


def const(value: T, /, *, init: Literal[False] = False) -> T:
    """Let the field be *value*, always: no argument, no part of ``==``, written on build and checked on parse.

    Bytes need no schema beside them; a number takes that of its annotation. Raises nothing here; a value that
    the schema cannot carry is a DeclarationError of the class.
    """
    seen: T = _seen_as_its_value(Constant(value))
    return seen


@overload
def computed(*, init: Literal[False] = False) -> Any: ...
@overload
def computed(function: Callable[[Any], T], /, *, init: Literal[False] = False) -> T: ...
def computed(function: Callable[[Any], object] | None = None, /, *, init: Literal[False] = False) -> Any:
    """Work the field out: no argument, no part of ``==``, not stored, checked on parse.

    *function* takes the message; what it raises is an EncodeError on build and a DecodeError on parse, with it as
    ``__cause__``. Without one, the fields that refer to this one say what it is: the size of ``field(size=...)``,
    the number of elements of ``field(count=...)``, whether ``field(when=...)`` is there, the tag of
    ``field(tag=...)``; through expressions that can be turned round, such as ``size - 2`` and ``flags & 4``.
    """
    return _seen_as_its_value(Computed(function))


def length(*, plus: int = 0, init: Literal[False] = False) -> Any:
    """Let the field be the number of bytes that follow it in this message, plus *plus*.

    It also bounds them on parse: the message ends where it says. ``plus=-2`` leaves out the last two, a *plus* of
    the field's own size counts itself. No argument, no part of ``==``, not stored.
    """
    return _seen_as_its_value(Length(plus))


def tag(*, init: Literal[False] = False) -> Any:
    """Let the field be the tag of the message, as ``@message(tag=...)`` has it, or of the body of a packet.

    Several such fields are the parts of a tuple, in their order. No argument, no part of ``==``, not stored.
    """
    return _seen_as_its_value(Tag())


def echo(*, init: Literal[False] = False) -> Any:
    """Let the field be what the request had in a reply to it; a client or a push numbers it.

    No argument and no part of ``==``, but stored: it can be read, and is zero or empty until it is set.
    """
    return _seen_as_its_value(Echo())


def checksum(function: Callable[[bytes], T], /, *, since: object = None, init: Literal[False] = False) -> T:
    """Let the field be *function* of the bytes in front of it, from the field *since* on or from the start.

    No argument, no part of ``==``, not stored, checked on parse.
    """
    seen: T = _seen_as_its_value(Checksum(function, since))
    return seen


def _seen_as_its_value(purpose: Purpose) -> Any:
    return Expression(Own(purpose))
