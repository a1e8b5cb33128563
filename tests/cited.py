"""Pages that name the tests which show what they say: ``test_file::what_it_promises``."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent


def cited_in(text: str) -> list[tuple[str, str]]:
    """Return the tests that *text* names, as file and function."""
    return re.findall(r"`(test_\w+)::(\w+)`", text)


@cache
def names_in(stem: str) -> set[str]:
    """Return the test functions in the files of that name, without ``test_``."""
    trees = [ast.parse(path.read_text()) for path in TESTS.rglob(f"{stem}.py")]
    found = {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return {name.removeprefix("test_") for name in found if name.startswith("test_")}


def missing_in(text: str) -> list[str]:
    """Return the tests that *text* names and that are not there."""
    return [f"{stem}::{name}" for stem, name in sorted(set(cited_in(text))) if name not in names_in(stem)]
