"""A schema compiled: its functions, each made when it is first asked for, and their source."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, final

from ...errors import DeclarationError, EncodeError
from ...interfaces import Framer
from ._framer import SchemaFramer, Walk, Window, walk_by_parsing
from ._framing import unframeable
from ._ir import Node
from ._locate import decode_error, encode_error
from ._source import Source


@final
class Program:
    """The functions of one schema.

    What is made twice by two threads that ask at the same first time is the same, and the first one is kept.
    """

    def __init__(self, name: str, node: Node, *, raw: bool) -> None:
        """Compile *node*, when it is needed; *raw* errors name the class that construct has for them."""
        self._name: Final = name
        self._node: Final = node
        self._raw: Final = raw
        self._made: dict[str, Callable[..., Any]] = {}
        self._sources: dict[str, str] = {}

    def parse(self) -> Callable[[Any], Any]:
        """Return ``parse(data) -> value``."""
        return self._made.get("parse") or self._make("parse")

    def parse_from(self) -> Callable[[bytes, int], tuple[Any, int]]:
        """Return ``parse_from(data, begin) -> value, offset behind``."""
        return self._made.get("parse_from") or self._make("parse_from")

    def build(self) -> Callable[[Any], bytes]:
        """Return ``build(value) -> bytes``."""
        return self._made.get("build") or self._make("build")

    def framer(self, maximum: int) -> Framer:
        """Return a framer for one conversation; raises DeclarationError where a stream cannot be cut."""
        self.check_framing()
        walk: Callable[[Window], Walk] = self._made.get("frame") or self._make("frame")
        return SchemaFramer(self._name, self._raw, walk, maximum)

    def check_framing(self) -> None:
        """Raise DeclarationError where a stream cannot be cut by this schema, naming the field and the way out."""
        found = unframeable(self._node)
        if found is not None:
            way_out = "put the message behind a length prefix, or serve it over datagrams"
            raise DeclarationError(self._name, ".".join(found[0]) or None, f"{found[1]}: {way_out}")

    def source(self) -> str:
        """Return the source of all functions; compiles what was not yet."""
        whats = ["parse", "parse_from", "build", *([] if unframeable(self._node) else ["frame"])]
        for what in whats:
            if what not in self._sources:
                self._make(what)
        return "\n\n".join(self._sources[what] for what in whats)

    def _make(self, what: str) -> Callable[..., Any]:
        from . import _emitters  # compiled when needed: a program that only declares needs no emitter  # noqa: PLC0415

        source = Source()
        fail: Callable[..., Exception] = partial(decode_error, self._name, self._raw)
        if what == "build":
            fail = partial(encode_error, self._name, self._raw)
        if what == "frame" and not _emitters.emit_walk(source, self._node):
            self._sources.setdefault(what, "# frame: by parsing again whenever more has come\n")
            return self._made.setdefault(what, walk_by_parsing(self._parse_unlocated()))
        if what != "frame":
            _emitters.EMIT[what](source, self._node)
        names = _emitters.assemble(source, self._name, what, failed=fail)
        self._sources.setdefault(what, source.text())
        return self._made.setdefault(what, names[what])

    def _parse_unlocated(self) -> Callable[[bytes, int], tuple[Any, int]]:
        """Return parse_from, but with errors as they are raised, for who locates them."""
        from . import _emitters  # noqa: PLC0415

        source = Source()
        _emitters.EMIT["parse_from"](source, self._node)
        names = _emitters.assemble(source, self._name, "parse_from", failed=lambda error, begin, data: error)
        made: Callable[[bytes, int], tuple[Any, int]] = names["parse_from"]
        return made


def bytes_of(node: Node, value: object) -> bytes:
    """Return *value* as *node* writes it; raises EncodeError where it cannot."""
    built = Program("value", node, raw=False).build()(value)
    if not isinstance(built, bytes):
        raise EncodeError("value", None, f"{value!r} has no bytes")
    return built
