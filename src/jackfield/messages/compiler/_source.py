"""Source in the making: lines with their indentation, the names that they use, and where each stands in the schema.

An emitter writes lines and never text of its own making: names are made here, so that none is made twice, and no
value stands in the text but for literals that read back as themselves.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, NamedTuple, TypeAlias, final

INDENT: Final = "    "
_LITERALS: Final = (int, str, bytes, bool, type(None))


class Place(NamedTuple):
    """An offset: a variable, or 0 where there is none, and what is added to it."""

    variable: str | None
    delta: int

    def text(self) -> str:
        """Return the expression."""
        if self.variable is None:
            return str(self.delta)
        return f"{self.variable} + {self.delta}" if self.delta else self.variable

    def plus(self, size: int) -> Place:
        """Return the place *size* bytes on."""
        return Place(self.variable, self.delta + size)


class Count(NamedTuple):
    """A part of a path: the index of an element is *variable*, or the length of the list that it holds so far."""

    variable: str


Path: TypeAlias = tuple[str | Count, ...]


class Entry(NamedTuple):
    """A part of a run of fields that are read or written in one go."""

    path: Path
    offset: int
    """Bytes from the run's begin."""
    size: int
    code: str
    """How `struct` calls it; empty: filler."""
    value: str
    """On build: the expression that was to be packed."""
    wanted: object
    """On parse: the bytes that have to stand there; None: any. On build: construct's class for what does not fit."""
    label: str
    """What the kind of field is called in a fault."""


class Site(NamedTuple):
    """What goes wrong on a line, and where that is in the schema."""

    path: Path
    kind: str
    """The class that construct has for it; or what `locate` does with the error (``text``, ``class``, ``run``)."""
    place: Place | None = None
    run: tuple[Entry, ...] = ()
    stream: str | None = None
    """The variable of the stream that an interpreted construct reads."""
    end: str | None = None
    """The variable of the window's end; None where that is the end of the data."""
    data: str = "data"
    """The variable of the data."""
    plain: bool = False
    """A run at a known offset of the whole message, whose paths have no index: no variable is needed to explain it."""


@final
class Source:
    """The lines of one module of generated code, with its constants."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.sites: dict[int, Site] = {}
        self.constants: dict[str, object] = {}
        self._depth = 0
        self._later: list[Callable[[], None]] = []
        self._bound: dict[int, str] = {}
        self._numbers: dict[str, int] = {}

    def line(self, text: str, site: Site | None = None) -> None:
        """Add a line; *site* is where it stands in the schema."""
        self.lines.append(INDENT * self._depth + text)
        if site is not None:
            self.sites[len(self.lines)] = site

    @contextmanager
    def block(self, head: str, site: Site | None = None) -> Generator[None]:
        """Add *head* and a colon; what is added inside stands under it."""
        self.line(head + ":", site)
        self._depth += 1
        before = len(self.lines)
        yield
        if len(self.lines) == before:
            self.line("pass")
        self._depth -= 1

    def later(self, emit: Callable[[], None]) -> None:
        """Let *emit* add its lines when the function at hand is complete."""
        self._later.append(emit)

    def finish(self) -> None:
        """Add what was to come later."""
        while self._later:
            self._later.pop(0)()

    def fresh(self, hint: str) -> str:
        """Return a name that was not there before, like *hint*."""
        clean = "".join(char if char.isascii() and (char.isalnum() or char == "_") else "_" for char in hint).strip("_")
        if not clean or clean[0].isdigit() or keyword.iskeyword(clean):
            clean = "v" + clean
        number = self._numbers[clean] = self._numbers.get(clean, 0) + 1
        return f"{clean}_{number}"

    def constant(self, value: object, hint: str) -> str:
        """Return a name for *value*, the same for the same object."""
        name = self._bound.get(id(value))
        if name is None:
            name = self._bound[id(value)] = self.fresh("K" + hint)
            self.constants[name] = value
        return name

    def literal(self, value: object, hint: str = "") -> str:
        """Return text that gives *value*: its repr where that reads back as just that, else a name."""
        if type(value) in _LITERALS:
            text = repr(value)
            return f"({text})" if text.startswith("-") else text
        return self.constant(value, hint)

    def text(self) -> str:
        """Return the source."""
        return "\n".join([*self.lines, ""])
