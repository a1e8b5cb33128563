"""Messages read and written in the middle of somebody else's function: how a service fuses codecs with its work.

Whoever writes such a function gives its lines; what stands in them for a message is the compiler's own, with numbers
in front (a length, a tag) read and written in one go with the message's first fields.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final, final

from ._codec import Codec
from ._words import Number
from .compiler import Fusion, Record

_CODES: Final = {1: "B", 2: "H", 4: "L", 8: "Q"}


@final
class Fusing:
    """A function in the making that reads and writes messages on its way."""

    def __init__(self, name: str) -> None:
        """Make the source of something that tracebacks call *name*."""
        self._name = name
        self._fusion = Fusion()

    def line(self, text: str) -> None:
        """Add a line."""
        self._fusion.source.line(text)

    @contextmanager
    def block(self, head: str) -> Generator[None]:
        """Add *head* and a colon; what is added inside stands under it."""
        with self._fusion.source.block(head):
            yield

    def constant(self, value: object, hint: str) -> str:
        """Return a name for *value*."""
        return self._fusion.source.constant(value, hint)

    def unpacked(self, heads: Sequence[tuple[Number, str]], at: str) -> None:
        """Emit what reads numbers from ``buffer`` at the variable *at* into their names."""
        self._fusion.read(None, [(*_coded(number), name) for number, name in heads], at)

    def read(self, codec: Codec[Any], heads: Sequence[tuple[Number, str]], at: str) -> str:
        """Emit what reads numbers and then the message, whose size `size_of` gave, from ``buffer`` at *at*.

        ``buffer`` has to hold all of it. Returns the message's name. What is emitted may raise anything.
        """
        return self._fusion.read(_record(codec), [(*_coded(number), name) for number, name in heads], at)

    def write(self, codec: Codec[Any], value: str, heads: Callable[[str], Sequence[tuple[Number, str]]]) -> str:
        """Emit what writes the message in the variable *value*, and return the expression of the bytes.

        In front of it stand the numbers that *heads* gives, as expressions, for the expression of the message's size
        in bytes. What is emitted may raise anything.
        """
        coded: Callable[[str], list[tuple[str, int, bool | None, str]]] = lambda size: [  # noqa: E731
            (*_coded(number), text) for number, text in heads(size)
        ]
        return self._fusion.write(_record(codec), value, coded)

    def function(self, name: str) -> Callable[..., Any]:
        """Compile, and return the function *name* of what was emitted."""
        made: Callable[..., Any] = self._fusion.assemble(self._name)[name]
        return made

    @property
    def text(self) -> str:
        """The source."""
        return self._fusion.source.text()


def fits_fusing(number: Number) -> bool:
    """Return whether *number* can stand in front of a message that is read or written in one go."""
    return number.size in _CODES


def can_fuse(codec: Codec[Any]) -> bool:
    """Return whether a message can be built in the middle of a function: nothing in it wants a context."""
    node = codec._program._node
    return isinstance(node, Record) and Fusion.takes(node)


def size_of(codec: Codec[Any]) -> int | None:
    """Return the size in bytes of a message that is always the same and can be read in one go; None for any other."""
    return Fusion.size(codec._program._node) if can_fuse(codec) else None


def parser_of(codec: Codec[Any]) -> Callable[[bytes], Any]:
    """Return the compiled function that parses, without a step in between."""
    return codec._program.parse()


def _record(codec: Codec[Any]) -> Record:
    match codec._program._node:
        case Record() as record:
            return record
        case _:
            raise AssertionError("only messages are fused")


def _coded(number: Number) -> tuple[str, int, bool | None]:
    code = _CODES[number.size]
    return code.lower() if number.signed else code, number.size, number.little if number.size > 1 else None
