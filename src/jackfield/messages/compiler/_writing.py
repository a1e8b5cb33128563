"""The writer: what emitted code has to write next, as long as it need not be bytes yet.

A window is a list of atoms: values that are still to be packed, pieces that are bytes already, and marks. Neighbours
are packed in one go when bytes are needed at last, so a length in front merges with what is behind it. What is
derived from bytes that come later waits in the list until the record is complete.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, NamedTuple, TypeAlias, final

import attrs

from ._expressions import Expr, Ref
from ._ir import BitGroup, Node
from ._needs import subtree
from ._runtime import Fault
from ._scope import Expressions, Scope
from ._source import Count, Entry, Path, Site, Source

Write: TypeAlias = Callable[..., str]
"""Called with writer, node and the expression of a value, emits what writes it; returns what references see."""


@final
@attrs.frozen(eq=False)
class Pack:
    """A value to be packed, or filler."""

    code: str
    size: int
    little: bool | None
    value: str | None
    entry: Entry | None
    """What to blame where it does not fit."""


@final
@attrs.frozen(eq=False)
class Piece:
    """Bytes in a variable, or a literal."""

    value: str
    size: int | None


@final
@attrs.frozen(eq=False)
class Mark:
    """A place between atoms."""


@final
@attrs.frozen(eq=False)
class Later:
    """What is worked out when the record is complete."""

    size: int | None
    needs_bytes: bool
    """Whether it is derived from bytes in front of it, rather than from sizes behind it."""
    write: Callable[[], None]
    scope: Scope
    """The record that it waits for."""


Atom: TypeAlias = Pack | Piece | Mark | Later


class Ending(NamedTuple):
    """The end of a record whose last field is a choice by a tag: each way of the choice writes it by itself."""

    front: list[Atom]
    """What stands in front of the choice."""
    begin: Callable[[str], None]
    """Lets references see a tag, in the way that is emitted next."""
    complete: Callable[[], None]
    """Completes the record, in the window at hand, and forgets the way."""


@final
class Writer:
    """Emits one function that builds."""

    def __init__(self, source: Source, table: dict[type, Write], contexts: set[int]) -> None:
        self.source = source
        self.expressions = Expressions(source)
        self.scope: Scope | None = None
        self.path: Path = ()
        self.atoms: list[Atom] = []
        self.origin = "0"
        """The offset at which the window's first atom stands in its stream."""
        self.contexts: Final = contexts
        self.rooted = False
        self.by_hand = False
        """Whether something is written by hand, and has to see what stands in front of it."""
        self.front = ""
        """The expression of what stands in front of the window, where that is asked for."""
        self.functions: Callable[..., str] = _nowhere
        self.bits: list[str] | None = None
        """Inside a group of bits: the terms of its word."""
        self.shift = 0
        """Inside a group of bits: how many bits are left of it."""
        self.widths: list[Entry] = []
        """Inside a group of bits: numbers that are still to be checked against their widths."""
        self.sure: set[str] = set()
        """Names that are known to hold bytes."""
        self.classes: dict[str, type] = {}
        """Names that are known to hold an instance of just that class."""
        self.ending: Ending | None = None
        """For the choice that is written now, where it ends its record."""
        self._table = table

    def write(self, node: Node | BitGroup, value: str) -> str:
        """Emit what writes *value* as *node*; return what references to it see."""
        return self._table[type(node)](self, node, value)

    def line(self, text: str, site: Site | None = None) -> None:
        """Add a statement."""
        self.source.line(text, site)

    def site(self, kind: str) -> Site:
        """Return the site of what is emitted now."""
        return Site(self.path, kind)

    def constant(self, value: object, hint: str = "") -> str:
        """Return a name for *value*."""
        return self.source.constant(value, hint)

    def fault(self, make: Callable[..., Fault], *arguments: str) -> str:
        """Return the statement that raises the fault that *make* makes."""
        return f"raise {self.constant(make, make.__name__)}({', '.join(arguments)})"

    def named(self, value: str, hint: str) -> str:
        """Return a name for *value*."""
        if value.isidentifier() or value.isdigit():
            return value
        name = self.source.fresh(hint)
        self.line(f"{name} = {value}", self.site("value"))
        return name

    def text(self, expr: Expr) -> str:
        """Return the text of *expr*."""
        return self.expressions.text(expr, self.scope)

    def condition(self, expr: Expr, element: str, elements: str) -> str:
        """Return the text of a predicate over elements."""
        words = self.expressions
        words.element, words.elements, words.predicate = element, elements, True
        text = self.expressions.text(expr, self.scope)
        words.predicate = False
        return text

    def hint(self, otherwise: str) -> str:
        """Return a hint for a name: the field's own."""
        return next((part for part in reversed(self.path) if isinstance(part, str)), otherwise)

    def known(self, expr: Expr) -> bool:
        """Return whether all that *expr* refers to is there: a field that waits for its bytes is not."""
        for one in subtree(expr):
            holder = self.scope.up(one.up) if isinstance(one, Ref) and self.scope is not None else None
            if isinstance(one, Ref) and holder is not None and one.name in holder.waiting:
                return False
        return True

    @property
    def context(self) -> str | None:
        """The variable of the context at this place; None where none was made."""
        if self.scope is not None:
            return self.scope.context
        return "root" if self.rooted else None

    @contextmanager
    def inside(self, part: str | Count | None) -> Generator[None]:
        """What is emitted inside stands under *part* of the path."""
        outer, self.path = self.path, self.path if part is None else (*self.path, part)
        yield
        self.path = outer

    @contextmanager
    def window(self, origin: str = "0", done: str = "") -> Generator[list[Atom]]:
        """What is written inside goes into a list of its own; *done* are bytes between it and the atoms so far."""
        outer, start, front = self.atoms, self.origin, self.front
        if self.by_hand:
            self.front = " + ".join(
                one for one in (self.front, self.bytes_of(self.atoms), done) if one not in ("", "b''")
            )
        self.atoms, self.origin = [], origin
        yield self.atoms
        self.atoms, self.origin, self.front = outer, start, front

    # ------------------------------------------------------------------ atoms

    def pack(
        self,
        code: str,
        size: int,
        value: str | None,
        *,
        little: bool | None = None,
        label: str = "",
        error: str = "FormatFieldError",
    ) -> None:
        """Let *value* be packed."""
        entry = None if value is None else Entry(self.path, 0, size, code, value, error, label)
        self.atoms.append(Pack(code, size, little if size > 1 else None, value, entry))

    def piece(self, value: str, size: int | None = None) -> None:
        """Write *value*, an expression of bytes."""
        if not value.isidentifier() and not value.startswith(("b'", 'b"')):
            name = self.source.fresh("piece")
            self.line(f"{name} = {value}", self.site("value"))
            value = name
        if value != "b''":
            self.atoms.append(Piece(value, size))

    def length(self, atoms: list[Atom]) -> str:
        """Return the expression of the size of *atoms*."""
        known, parts = 0, []
        for atom in atoms:
            match atom:
                case Pack(size=size) | Piece(size=int(size)) | Later(size=int(size)):
                    known += size
                case Piece(value=value):
                    parts.append(f"len({value})")
                case Later():
                    raise AssertionError("its size is not known before it is worked out")
                case _:
                    pass
        return " + ".join([*([str(known)] if known or not parts else []), *parts])

    def bytes_of(self, atoms: list[Atom], hint: str = "piece") -> str:
        """Emit what makes bytes of *atoms*; return their variable, or a literal."""
        expression, site = self.joined(atoms)
        if site is None and (expression.isidentifier() or expression.startswith(("b'", 'b"'))):
            return expression
        name = self.source.fresh(hint)
        self.line(f"{name} = {expression}", site)
        return name

    def joined(self, atoms: list[Atom]) -> tuple[str, Site | None]:
        """Return the expression of the bytes of *atoms*, and the site of the line where it will stand."""
        parts: list[str] = []
        entries: list[Entry] = []
        run: list[Pack] = []
        for atom in [*_literals_packed(atoms), None]:
            if isinstance(atom, Pack) and not _clash(run, atom):
                run.append(atom)
                continue
            if run:
                parts.append(self._packed(run))
                entries.extend(pack.entry for pack in run if pack.entry is not None)
            run = [atom] if isinstance(atom, Pack) else []
            if isinstance(atom, Piece):
                parts.append(atom.value)
            if isinstance(atom, Later):
                parts.append(f"bytes({atom.size or 0})")
        site = Site(self.path, "pack", None, tuple(entries)) if entries else None
        if len(parts) <= 3:
            return " + ".join(parts) or "b''", site
        return f"b''.join(({', '.join(parts)}))", site

    def _packed(self, run: list[Pack]) -> str:
        order = "<" if any(pack.little for pack in run) else ">"
        made = struct.Struct(order + "".join(pack.code for pack in run))
        values = [pack.value for pack in run if pack.value is not None]
        if not values:
            return repr(made.pack())
        return f"{self.constant(made.pack, 'pack')}({', '.join(values)})"


def _literals_packed(atoms: list[Atom]) -> list[Atom]:
    """Let bytes that are always the same be packed together with the numbers beside them."""
    there: list[Atom] = [atom for atom in atoms if not isinstance(atom, Mark)]
    numbers = [isinstance(atom, Pack) and atom.entry is not None for atom in there]
    return [
        Pack(f"{atom.size}s", atom.size, None, atom.value, None)
        if isinstance(atom, Piece)
        and atom.size
        and not atom.value.isidentifier()
        and any(numbers[max(0, at - 1) : at + 2])
        else atom
        for at, atom in enumerate(there)
    ]


def _clash(run: list[Pack], atom: Pack) -> bool:
    return atom.little is not None and any(pack.little not in (None, atom.little) for pack in run)


def _nowhere(node: object) -> str:
    raise AssertionError(f"{node} is emitted by what knows its functions")
