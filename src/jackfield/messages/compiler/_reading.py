"""The reader: where emitted code stands in its input, and the run of fields that it will unpack in one go.

What has a fixed size joins the pending run; pure statements about its values wait behind it. Whatever reads
otherwise flushes the run first. So neighbours merge across records, and errors keep their order.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, NamedTuple, TypeAlias, final

from ._expressions import Expr
from ._ir import BitGroup, Node, Recursion
from ._runtime import Fault, Short, left_over, short
from ._scope import Expressions, Scope
from ._source import Count, Entry, Path, Place, Site, Source

Read: TypeAlias = Callable[..., str]
"""Called with reader, node and target, emits what reads a node and
returns the expression of its value, which may be the name that was asked for."""


class _Item(NamedTuple):
    target: str | None
    code: str
    little: bool | None
    size: int
    entry: Entry


class Window(NamedTuple):
    """What can be read."""

    data: str
    end: str
    bounded: bool
    """Whether it ends before its data do: then nothing but a comparison keeps reading inside."""
    base: str
    """The offset of the message in it, for `Tell`."""
    stream: str | None
    """The variable of the stream for interpreted constructs, where one was made."""


@final
class Reader:
    """Emits one function that parses."""

    def __init__(self, source: Source, table: dict[type, Read], start: str | None, contexts: set[int]) -> None:
        self.source = source
        self.expressions = Expressions(source)
        self.scope: Scope | None = None
        self.window: Window = Window("data", "end", False, start or "0", None)
        self.here = Place(start, 0)
        self.cursor = "off"
        self.path: Path = ()
        self.anchor: Place | None = None
        """Where a transformed window stands in the message; None outside of any."""
        self.contexts: Final = contexts
        """Ids of the records that need a context."""
        self.begun = self.here
        """Where the bytes that were read last begin."""
        self.bits: tuple[str, int] | None = None
        """Inside a group of bits: the word's name, and how many bits are left of it."""
        self.rooted = False
        """Whether the context around the whole was made."""
        self.functions: Callable[[Recursion], str] = _nowhere
        """Gives the name of the function that reads a node which contains itself."""
        self._table = table
        self._run: list[_Item] = []
        self._begin = self.here
        self._behind: list[tuple[str, Site | None]] = []
        self.exact: int | None = None
        """The size of the whole, where it is fixed and read in one go."""

    # ------------------------------------------------------------------ what is emitted

    def read(self, node: Node | BitGroup, target: str | None = None) -> str:
        """Emit what reads *node*; return the expression of its value, valid once the run is flushed."""
        return self._table[type(node)](self, node, target)

    def before(self, text: str) -> None:
        """Add a statement that needs nothing of the pending run."""
        self.source.line(text)

    def then(self, text: str, site: Site | None = None) -> None:
        """Add a statement behind the pending run."""
        if self._run:
            self._behind.append((text, site))
        else:
            self.source.line(text, site)

    def check(self, text: str, site: Site | None = None) -> None:
        """Add a statement that can fail: what stands behind it must not be read before."""
        self.flush()
        self.source.line(text, site)

    def named(self, value: str, hint: str) -> str:
        """Return a name for *value*."""
        if value.isidentifier():
            return value
        name = self.source.fresh(hint)
        self.then(f"{name} = {value}")
        return name

    def text(self, expr: Expr) -> str:
        """Return the text of *expr*; the run is flushed, so that all it refers to is there."""
        self.flush()
        return self.expressions.text(expr, self.scope)

    def condition(self, expr: Expr, element: str, elements: str) -> str:
        """Return the text of a predicate over elements."""
        words = self.expressions
        words.element, words.elements, words.predicate = element, elements, True
        text = self.expressions.text(expr, self.scope)
        words.predicate = False
        return text

    def constant(self, value: object, hint: str = "") -> str:
        """Return a name for *value*."""
        return self.source.constant(value, hint)

    def site(self, kind: str, place: Place | None = None, stream: str | None = None) -> Site:
        """Return the site of what is emitted now."""
        return Site(self.path, kind, self.anchor or place or self.here, (), stream)

    @contextmanager
    def inside(self, part: str | Count | None) -> Generator[None]:
        """What is emitted inside stands under *part* of the path."""
        outer, self.path = self.path, self.path if part is None else (*self.path, part)
        yield
        self.path = outer

    # ------------------------------------------------------------------ the run

    def take(
        self,
        code: str,
        size: int,
        target: str | None,
        *,
        little: bool | None = None,
        wanted: bytes | None = None,
        shown: int | None = None,
    ) -> None:
        """Let a field of fixed size join the run; its value is stored in *target*, or skipped where that is None.

        *shown* is the size that a fault names, where that is another.
        """
        if little is not None and any(item.little not in (None, little) for item in self._run):
            self.flush()
        if not self._run:
            self._begin = self.here
        offset = self.here.delta - self._begin.delta
        entry = Entry(self.path, offset, size if shown is None else shown, code, "", wanted, "")
        self._run.append(_Item(target, code if target is not None else f"{size}x", little, size, entry))
        self.here = self.here.plus(size)

    def flush(self) -> None:
        """Emit the pending run, and what waits behind it."""
        if self._run:
            run, self._run = self._run, []
            self._unpack(run)
            behind, self._behind = self._behind, []
            for text, site in behind:
                self.source.line(text, site)

    def _unpack(self, run: list[_Item]) -> None:
        size = sum(item.size for item in run)
        end = self.window.end if self.window.bounded else None
        entries = tuple(item.entry for item in run)
        plain = self._begin.variable is None and self.anchor is None and end is None
        plain = plain and all(type(part) is str for entry in entries for part in entry.path)
        site = Site(self.path, "run", self._begin, entries, None, end, self.window.data, plain)
        wanted = [item.target for item in run if item.target is not None]
        if size == self.exact and self._begin == (None, 0) and self.anchor is None:
            self.source.line(f"{_targets(wanted)}{self._struct(run)}.unpack(data)", site)
            return
        if self.window.bounded or not wanted:
            guard = f"if {self.window.end} - {_factor(self._begin)} < {size}: raise {self.constant(Short, 'Short')}"
            self.source.line(guard, site)
        if len(run) <= 2 and all(item.code == "B" for item in run):
            for item in run:
                at = self._begin.plus(item.entry.offset).text()
                self.source.line(f"{item.target} = {self.window.data}[{at}]", site)
        elif wanted:
            unpack = self.constant(_struct_of(run).unpack_from, "unpack")
            self.source.line(f"{_targets(wanted)}{unpack}({self.window.data}, {self._begin.text()})", site)

    def _struct(self, run: list[_Item]) -> str:
        return self.constant(_struct_of(run), "struct")

    # ------------------------------------------------------------------ the position

    def settle(self) -> None:
        """Bring the position into the cursor's variable, as ways that meet again need it."""
        self.flush()
        if self.here != (self.cursor, 0):
            if self.here.variable == self.cursor:
                self.source.line(f"{self.cursor} += {self.here.delta}")
            else:
                self.source.line(f"{self.cursor} = {self.here.text()}")
        self.here = Place(self.cursor, 0)

    def fault(self, make: Callable[..., Fault], *arguments: str) -> str:
        """Return the statement that raises the fault that *make* makes."""
        return f"raise {self.constant(make, make.__name__)}({', '.join(arguments)})"

    def stop_at(self, size: str, *, natural: bool, hint: str = "stop") -> str:
        """Emit the end of *size* bytes from here, compared with the window's; return its name."""
        self.flush()
        stop = self.source.fresh(hint)
        begin, end = self.here.text(), self.window.end
        site = self.site("StreamError")
        self.source.line(f"{stop} = {begin} + {size}", site)
        outside = f"{stop} > {end}" if natural else f"not {begin} <= {stop} <= {end}"
        self.source.line(f"if {outside}: {self.fault(short, begin, f'{stop} - ({begin})', end)}", site)
        return stop

    @contextmanager
    def within(self, stop: str, *, strict: bool) -> Generator[None]:
        """What is read inside ends at *stop*, where reading goes on afterwards."""
        outer, self.window = self.window, self.window._replace(end=stop, bounded=True, stream=None)
        yield
        self.flush()
        if strict and self.here != (stop, 0):
            at = self.here.text()
            self.source.line(f"if {at} != {stop}: {self.fault(left_over, at, stop)}", self.site("TerminatedError"))
        self.window = outer
        self.here = Place(stop, 0)


def _nowhere(node: Recursion) -> str:
    raise AssertionError("a recursion is emitted by what knows its functions")


def _targets(wanted: list[str]) -> str:
    return f"{', '.join(wanted)}{',' if len(wanted) == 1 else ''} = " if wanted else ""


def _factor(place: Place) -> str:
    text = place.text()
    return f"({text})" if "+" in text else text


def _struct_of(run: list[_Item]) -> struct.Struct:
    little = any(item.little for item in run)
    return struct.Struct(("<" if little else ">") + "".join(item.code for item in run))
