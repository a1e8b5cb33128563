"""Arguments to actions; what an action does is the rooms' business."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from ..errors import DeclarationError
from ..messages import Schema, is_schema, transcribe


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what *arguments* (those of the process, without any) ask for; return the exit status.

    0: done; 1: it cannot be done, and standard error says why. Raises SystemExit (2) for wrong arguments.
    """
    options = _parser().parse_args(arguments)
    try:
        print(_emit(options.schema, options.name), end="")
    except (_Absent, DeclarationError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jackfield", description="Tools for declared messages.")
    topics = parser.add_subparsers(required=True, metavar="TOPIC")
    schema = topics.add_parser("schema", help="schemas").add_subparsers(required=True, metavar="ACTION")
    emit = schema.add_parser(
        "emit",
        help="write a construct Struct as message classes",
        description="Print a module of message classes that parse what a construct Struct builds.",
    )
    emit.add_argument("schema", metavar="MODULE:STRUCT", help="where the Struct is, as in package.module:packet")
    emit.add_argument("--name", help="what the class is called (default: after the Struct)")
    return parser


class _Absent(Exception):
    """What was named is not there."""


def _emit(where: str, name: str | None) -> str:
    module, _, attribute = where.partition(":")
    return transcribe(_found(module, attribute), name=name or attribute.rpartition(".")[2])


def _found(module: str, attribute: str) -> Schema[object]:
    """Return the schema that *attribute* of *module* is; modules of the working directory can be named, too."""
    if not module or not attribute:
        raise _Absent("say where the Struct is, as in package.module:packet")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        found: object = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise _Absent(f"no module {error.name}") from error
    for part in attribute.split("."):
        found = getattr(found, part, None)
    if not is_schema(found):
        raise _Absent(f"{module}:{attribute} is no construct")
    return found
