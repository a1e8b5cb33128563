"""IR -> source of the functions that parse."""

from __future__ import annotations

from typing import Final

from ._ir import Node, Recursion
from ._needs import contexts_of, opaque
from ._parse_choices import CHOICES
from ._parse_leaves import LEAVES
from ._parse_records import RECORDS
from ._parse_values import VALUES
from ._parse_windows import WINDOWS, open_stream
from ._reading import Read, Reader
from ._runtime import left_over, root
from ._sizes import fixed_size
from ._source import Place, Site, Source

TABLE: Final[dict[type, Read]] = {**LEAVES, **VALUES, **WINDOWS, **CHOICES, **RECORDS}


def emit_parse(source: Source, node: Node) -> None:
    """Write ``parse(data) -> value``: all of *data*, which is bytes already."""
    size = fixed_size(node)
    with source.block("def parse(data)"):
        with source.block("if type(data) is not bytes"):
            source.line("data = bytes(memoryview(data))")
        with source.block("try"):
            emit = _reader(source, node, None)
            emit.exact = size
            value = _body(emit, node)
            at = emit.here.text()
            if at != "end":
                site = Site((), "left over")
                source.line(f"if {at} != len(data): {emit.fault(left_over, at, 'len(data)')}", site)
            source.line(f"return {value}")
        _failing(source, "0")


def emit_parse_from(source: Source, node: Node) -> None:
    """Write ``parse_from(data, begin) -> value, offset behind it``."""
    with source.block("def parse_from(data, begin)"):
        with source.block("try"):
            source.line("off = begin")
            emit = _reader(source, node, "begin")
            emit.here = Place("off", 0)
            value = _body(emit, node)
            source.line(f"return {value}, {emit.here.text()}")
        _failing(source, "begin")


def _reader(source: Source, node: Node, start: str | None) -> Reader:
    emit = Reader(source, TABLE, start, contexts_of(node))
    functions: dict[object, str] = {}

    def function_of(recursion: Recursion) -> str:
        found = functions.get(recursion.key)
        if found is None:
            found = functions[recursion.key] = source.fresh("read")
            source.later(lambda: _emit_function(source, found, recursion, function_of))
        return found

    emit.functions = function_of
    return emit


def _body(emit: Reader, node: Node) -> str:
    if fixed_size(node) is None or emit.window.base != "0":
        emit.source.line("end = len(data)")
    else:
        emit.window = emit.window._replace(end="len(data)")
    open_stream(emit, node, emit.window.base)
    if opaque(node):
        emit.rooted = True
        emit.source.line(f"root = {emit.constant(root, 'root')}(True)")
    value = emit.read(node)
    emit.flush()
    return value


def _failing(source: Source, begin: str) -> None:
    with source.block("except Exception as error"):
        source.line(f"raise failed(error, {begin}, data)")


def _emit_function(source: Source, name: str, node: Recursion, functions: object) -> None:
    """Write the function of a node that contains itself."""
    inner = node.find()
    with source.block(f"def {name}(data, off, end, base, stream, root)"):
        emit = Reader(source, TABLE, "base", contexts_of(inner))
        emit.functions = functions  # type: ignore[assignment]
        emit.here = Place("off", 0)
        emit.rooted = True
        emit.window = emit.window._replace(bounded=True, stream="stream")
        value = emit.read(inner)
        emit.flush()
        source.line(f"return {value}, {emit.here.text()}")
