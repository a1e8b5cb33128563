"""IR -> source of the function that builds."""

from __future__ import annotations

from typing import Final

from ._build_choices import CHOICES
from ._build_leaves import LEAVES
from ._build_records import RECORDS
from ._build_values import VALUES
from ._ir import Node, Record, Recursion
from ._needs import by_hand, contexts_of, opaque, subtree
from ._runtime import root
from ._source import Source
from ._writing import Write, Writer

TABLE: Final[dict[type, Write]] = {**LEAVES, **VALUES, **CHOICES, **RECORDS}


def emit_build(source: Source, node: Node) -> None:
    """Write ``build(value) -> bytes``."""
    functions: dict[object, str] = {}

    def function_of(recursion: Recursion) -> str:
        found = functions.get(recursion.key)
        if found is None:
            found = functions[recursion.key] = source.fresh("write")
            source.later(lambda: _emit_function(source, found, recursion, function_of))
        return found

    with source.block("def build(value)"):
        with source.block("try"):
            emit = Writer(source, TABLE, build_contexts(node))
            emit.functions = function_of
            emit.by_hand = by_hand(node)
            if opaque(node):
                emit.rooted = True
                source.line(f"root = {emit.constant(root, 'root')}(False)")
            emit.write(node, "value")
            expression, site = emit.joined(emit.atoms)
            source.line(f"return {expression}", site)
        with source.block("except Exception as error"):
            source.line("raise failed(error)")


def build_contexts(node: Node) -> set[int]:
    """Return the ids of the records that need a context: those around what is opaque, and all that it may look into."""
    needed: set[int] = set()
    for one in subtree(node):
        if isinstance(one, Record) and opaque(one):
            needed.update(id(inner) for inner in subtree(one) if isinstance(inner, Record))
    return needed | contexts_of(node)


def _emit_function(source: Source, name: str, node: Recursion, functions: object) -> None:
    """Write the function of a node that contains itself."""
    inner = node.find()
    with source.block(f"def {name}(value, root, origin)"):
        emit = Writer(source, TABLE, build_contexts(inner))
        emit.functions = functions  # type: ignore[assignment]
        emit.rooted = True
        emit.origin = "origin"
        result = emit.write(inner, "value")
        expression, site = emit.joined(emit.atoms)
        source.line(f"return {expression}, {result}", site)
