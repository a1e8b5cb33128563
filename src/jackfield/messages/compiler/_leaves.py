"""Nodes of the intermediate representation that have no node inside; `_ir` has the others, and the words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, final

from .._node import node
from ._expressions import Expr


@final
@node
class Scalar:
    """A number of fixed size, or a boolean byte: what `struct` reads in one go.

    *code* is a struct code (``bBhHlLqQefd?``), or ``t``/``T``, three bytes signed or unsigned. Parse: short where
    the window has less. ``?`` is True for any byte but 0. Build: a value that does not fit, or is no number, is a
    fault; *strict* ``?`` takes a bool alone, otherwise truth is written.
    """

    code: str
    little: bool = False
    strict: bool = False
    """For a declared message: faults name the bounds, a boolean has to be a bool."""
    name: str = ""
    """What it is called in a fault: ``U16``."""
    error: str = "FormatFieldError"
    """The class that construct has for a value that does not fit."""


@final
@node
class BigInt:
    """An integer of *size* bytes (any expression), two's complement where signed; *little* may be an expression."""

    size: Expr
    signed: bool
    little: Expr


@final
@node
class VarInt:
    """Seven bits a byte, least significant first, top bit: more follow; 10 bytes at most (64 bits; LEB128).

    *zigzag*: signed, 0 -1 1 -2 ... Build: an int of any size, negative only with zigzag.
    """

    zigzag: bool = False
    strict: bool = True
    """Build refuses what has more than 64 bits (construct does not; neither could parse it)."""


@final
@node
class Bytes:
    """Bytes: just *size* of them, or with None all that is left.

    Build: any buffer where *buffers*, else bytes or bytearray, or an int for construct's ``Bytes``. A wrong length is
    a fault. A framer needs *size*; with None it cannot tell the end unless the window has one.
    """

    size: Expr | None
    buffers: bool = False


@final
@node
class PaddedText:
    """UTF-8 in just *size* bytes, padded with NULs, which are stripped on parse.

    Build: text that is too long, or ends with a NUL, is a fault.
    """

    size: int


@final
@node
class Decimal:
    """A number in ASCII digits, with ``-`` in front where negative, up to *mark*.

    Parse: at most *digits* digits, at least one; anything else is a fault. Build: an int.
    """

    mark: bytes
    digits: int = 20


@final
@node
class Bits:
    """An integer of *width* bits inside a `BitGroup`. *boolean*: True for any but 0, and only with width 1.

    Build: a value that does not fit is a fault; a boolean takes 0, 1, False, True where *strict*, else truth.
    """

    width: int
    boolean: bool = False
    signed: bool = False
    strict: bool = False
    swapped: bool = False
    """Bytes in reverse order; the width is a multiple of 8 then."""


@final
@node(eq=False)
class Custom:
    """By hand. Parse: ``read(data, offset) -> value, next offset``, with *data* the bytes of the message up to the
    window's end; an offset that goes back or beyond is a fault. Build: ``write(value, so far) -> bytes``.
    A framer cannot tell the end.
    """

    read: Callable[[bytes, int], tuple[Any, int]]
    write: Callable[[Any, bytes], bytes]


@final
@node
class BitPad:
    """Bits that are skipped, and written as 0."""

    width: int


@final
@node
class Computed:
    """A value that takes no bytes."""

    value: Expr


@final
@node
class Check:
    """Takes no bytes; a false *condition* is a fault, on parse and on build."""

    condition: Expr


@final
@node
class Stop:
    """Where *condition* is true the rest of the record is not there (construct's StopIf)."""

    condition: Expr


@final
@node
class Tell:
    """The offset, counted from the message's first byte."""


@final
@node
class Index:
    """The index of the innermost row's element, or None."""


@final
@node
class Nothing:
    """No bytes, None (construct's Pass)."""


@final
@node
class AtEnd:
    """A fault where anything is left (construct's Terminated)."""


@final
@node
class Fail:
    """A fault, always (construct's Error), which no `ToEnd` swallows."""


@final
@node(eq=False)
class Interpreted:
    """A construct that is not compiled, and runs as it is, in a context that is materialised for it."""

    schema: Any
    frameable: str | None
    """Why a stream cannot be cut by it; None where a framer may try it whenever more has come."""
    size: int | None = None
    """Bytes that it takes, where they are always as many."""
    jumps: bool = False
    """Whether it may write in another place of its stream: then the whole schema is built as it is."""


Leaf: TypeAlias = (
    Scalar
    | BigInt
    | VarInt
    | Bytes
    | PaddedText
    | Decimal
    | Bits
    | BitPad
    | Custom
    | Computed
    | Check
    | Stop
    | Tell
    | Index
    | Nothing
    | AtEnd
    | Fail
    | Interpreted
)
"""Any node without a node inside."""
