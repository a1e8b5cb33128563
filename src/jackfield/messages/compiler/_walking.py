"""The walker: emits a walk over a message, which reads only what it needs to find the end.

Like the reader it lets neighbours of fixed size join a run, and waits once for all of it, and for the least that is
known to follow. Of a run it unpacks what expressions refer to, and compares what is constant.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias, final

from ._expressions import Expr
from ._ir import BitGroup, Node
from ._runtime import Fault, other
from ._scope import Expressions, Scope
from ._source import Count, Path, Place, Site, Source

Step: TypeAlias = Callable[..., "str | None"]
"""Called with walker, node and whether its value is wanted, emits the walk over a node; returns its value."""


class Unsupported(Exception):
    """A value that only a parser can give."""


class _Item(NamedTuple):
    offset: int
    size: int
    code: str
    little: bool | None
    target: str | None
    wanted: bytes | None
    path: Path


@final
class Walker:
    """Emits one walk."""

    def __init__(self, source: Source, table: dict[type, Step]) -> None:
        self.source = source
        self.expressions = Expressions(source)
        self.scope: Scope | None = None
        self.path: Path = ()
        self.here = Place(None, 0)
        self.tail: tuple[int, tuple[str, ...]] = (0, ())
        """What follows at least: bytes, and expressions of more."""
        self.outside: tuple[int, tuple[str, ...]] = self.tail
        """What follows the record at hand."""
        self.last: Scope | None = None
        """The record that was walked over last."""
        self.live: dict[int, set[str]] = {}
        """Names that are needed, by the ids of their records."""
        self._table = table
        self._run: list[_Item] = []
        self._begin = self.here
        self._behind: list[tuple[str, Site | None]] = []

    def walk(self, node: Node | BitGroup, *, wanted: bool) -> str | None:
        """Emit the walk over *node*; return its value where that is *wanted*."""
        step = self._table.get(type(node))
        if step is None:
            raise Unsupported(type(node).__name__)
        return step(self, node, wanted)

    def value(self, node: Node) -> str:
        """Emit the walk over *node* and return its value."""
        found = self.walk(node, wanted=True)
        if found is None:
            raise Unsupported(type(node).__name__)
        return found

    def text(self, expr: Expr) -> str:
        """Return the text of *expr*, whose fields were read."""
        self.flush()
        return self.expressions.text(expr, self.scope)

    def constant(self, value: object, hint: str = "") -> str:
        """Return a name for *value*."""
        return self.source.constant(value, hint)

    def site(self, kind: str, place: Place | None = None) -> Site:
        """Return the site of what is emitted now."""
        return Site(self.path, kind, place or self.here)

    def fault(self, make: Callable[..., Fault], *arguments: str) -> str:
        """Return the statement that raises the fault that *make* makes."""
        return f"raise {self.constant(make, make.__name__)}({', '.join(arguments)})"

    def then(self, text: str, site: Site | None = None) -> None:
        """Add a statement behind the pending run."""
        if self._run:
            self._behind.append((text, site))
        else:
            self.source.line(text, site)

    def named(self, value: str, hint: str) -> str:
        """Return a name for *value*."""
        if value.isidentifier():
            return value
        name = self.source.fresh(hint)
        self.then(f"{name} = {value}")
        return name

    @contextmanager
    def inside(self, part: str | Count | None) -> Generator[None]:
        """What is emitted inside stands under *part* of the path."""
        outer, self.path = self.path, self.path if part is None else (*self.path, part)
        yield
        self.path = outer

    @contextmanager
    def followed(self, size: int, more: str | None = None) -> Generator[None]:
        """What is emitted inside is followed by *size* bytes at least, and by *more*."""
        outer = self.tail
        self.tail = (outer[0] + size, (*outer[1], more) if more is not None else outer[1])
        yield
        self.tail = outer

    # ------------------------------------------------------------------ positions

    def tail_text(self) -> str:
        """Return the expression of what follows at least."""
        return " + ".join([str(self.tail[0]), *self.tail[1]])

    def reach(self, text: str) -> str:
        """Return the expression of the size that a message has at least which reaches *text*."""
        tail = self.tail_text()
        return text if tail == "0" else f"{text} + {tail}"

    def wait(self, text: str) -> None:
        """Emit the wait for the message to reach *text*, and whatever follows at least."""
        with self.source.block(f"while w.size < {text}"):
            self.source.line(f"yield {self.reach(text)}")

    def take(
        self,
        size: int,
        code: str = "",
        target: str | None = None,
        *,
        little: bool | None = None,
        wanted: bytes | None = None,
    ) -> None:
        """Let a field of fixed size join the run."""
        if not self._run:
            self._begin = self.here
        offset = self.here.delta - self._begin.delta
        self._run.append(_Item(offset, size, code, little, target, wanted, self.path))
        self.here = self.here.plus(size)

    def flush(self) -> None:
        """Emit the wait for the pending run, and what is needed of it."""
        if not self._run:
            return
        run, self._run = self._run, []
        behind, self._behind = self._behind, []
        end = self._begin.plus(run[-1].offset + run[-1].size).text()
        checks = [self._compare(item) for item in run if item.wanted is not None]
        with self.source.block(f"while w.size < {end}"):
            for condition, complaint, upto, site in checks:
                self.source.line(f"if w.size >= {upto} and {condition}: {complaint}", site)
            self.source.line(f"yield {self.reach(end)}")
        for condition, complaint, _, site in checks:
            self.source.line(f"if {condition}: {complaint}", site)
        for item in run:
            if item.target is not None:
                unpack = self.constant(struct.Struct(("<" if item.little else ">") + item.code).unpack_from, "unpack")
                at = self._begin.plus(item.offset).text()
                self.source.line(f"{item.target}, = {unpack}(w.buffer, w.start + {at})")
        for statement, place in behind:
            self.source.line(statement, place)

    def _compare(self, item: _Item) -> tuple[str, str, str, Site]:
        begin = self._begin.plus(item.offset)
        end = begin.plus(item.size)
        found = f"w.bytes_at({begin.text()}, {end.text()})"
        complaint = self.fault(other, found, repr(item.wanted), begin.text())
        return f"{found} != {item.wanted!r}", complaint, end.text(), Site(item.path, "ConstError", begin)

    def settle(self) -> None:
        """Bring the position into its variable."""
        self.flush()
        if self.here != ("off", 0):
            text = f"off += {self.here.delta}" if self.here.variable == "off" else f"off = {self.here.text()}"
            self.source.line(text)
        self.here = Place("off", 0)

    def skip(self, size: str, *, natural: bool, kind: str = "StreamError") -> tuple[str, str]:
        """Emit the wait for *size* bytes from here; return where they begin and end."""
        self.flush()
        begin, stop = self.here.text(), self.source.fresh("stop")
        self.source.line(f"{stop} = {begin} + {size}", self.site(kind))
        if not natural:
            reason = f"f'a size of {{{stop} - ({begin})}} is less than 0'"
            fault = f"raise {self.constant(Fault, 'Fault')}({kind!r}, {reason}, {begin})"
            self.source.line(f"if {stop} < {begin}: {fault}", self.site(kind))
        self.wait(stop)
        self.here = Place(stop, 0)
        return begin, stop
