"""Fields: the names that stand in annotations, and what stands on the right of the ``=``."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar, final, overload

import attrs
from construct import Construct

from ._words import Bits, Boolean, Float, Number, Prefixed, UntilEnd

T = TypeVar("T")

U8 = Annotated[int, Number("U8", 1, False, False)]
U16 = Annotated[int, Number("U16", 2, False, False)]
U24 = Annotated[int, Number("U24", 3, False, False)]
U32 = Annotated[int, Number("U32", 4, False, False)]
U64 = Annotated[int, Number("U64", 8, False, False)]
I8 = Annotated[int, Number("I8", 1, True, False)]
I16 = Annotated[int, Number("I16", 2, True, False)]
I24 = Annotated[int, Number("I24", 3, True, False)]
I32 = Annotated[int, Number("I32", 4, True, False)]
I64 = Annotated[int, Number("I64", 8, True, False)]
U16le = Annotated[int, Number("U16le", 2, False, True)]
U24le = Annotated[int, Number("U24le", 3, False, True)]
U32le = Annotated[int, Number("U32le", 4, False, True)]
U64le = Annotated[int, Number("U64le", 8, False, True)]
I16le = Annotated[int, Number("I16le", 2, True, True)]
I24le = Annotated[int, Number("I24le", 3, True, True)]
I32le = Annotated[int, Number("I32le", 4, True, True)]
I64le = Annotated[int, Number("I64le", 8, True, True)]
F32 = Annotated[float, Float("F32", 4, False)]
F64 = Annotated[float, Float("F64", 8, False)]
F32le = Annotated[float, Float("F32le", 4, True)]
F64le = Annotated[float, Float("F64le", 8, True)]
Bool = Annotated[bool, Boolean()]
Bit = Annotated[bool, Bits(1)]
Text8 = Annotated[str, Prefixed(U8)]
Text16 = Annotated[str, Prefixed(U16)]
Bytes8 = Annotated[bytes, Prefixed(U8)]
Bytes16 = Annotated[bytes, Prefixed(U16)]
Rest = Annotated[bytes, UntilEnd()]

RawSchema: TypeAlias = "Construct[Any, Any]"
"""Any construct."""
Schema: TypeAlias = "Construct[T, Any]"
"""A construct that parses to T."""


@final
@attrs.frozen
class FieldSpec:
    """What `field` leaves in the class body for the declaration to find."""

    schema: RawSchema | None
    default: object
    kw_only: bool


@final
@attrs.frozen
class ConstSpec:
    """What `const` leaves in the class body."""

    value: object


NO_DEFAULT: Final = attrs.NOTHING


@overload
def field(schema: Construct[T, Any], /) -> T: ...
@overload
def field(schema: Construct[T, Any], /, *, default: T, kw_only: bool = ...) -> T: ...
@overload
def field(*, kw_only: bool = ...) -> Any: ...  # a specifier is whatever its field is (PEP 681)
@overload
def field(*, default: T, kw_only: bool = ...) -> T: ...
def field(schema: RawSchema | None = None, /, *, default: object = NO_DEFAULT, kw_only: bool = False) -> Any:
    """Say more of a field than its annotation does.

    *schema* is a construct, whose pairing with the annotated type a type checker verifies; without one the
    annotation says what the field is. *default* makes the argument optional, *kw_only* takes it by keyword.
    """
    return FieldSpec(schema, default, kw_only)


def const(value: T, /, *, init: Literal[False] = False) -> T:
    """Let the field be *value*, always: no argument, no part of ``==``, written on build and checked on parse.

    Bytes need no schema beside them; a number takes that of its annotation. Raises nothing here; a value that
    the schema cannot carry is a DeclarationError of the class.
    """
    spec: Any = ConstSpec(value)
    return spec  # type: ignore[no-any-return]  # a specifier must seem to be the field's value (PEP 681)
