"""Putting our module in the standard one's place, for programs that are not to be changed."""

from __future__ import annotations

import importlib
import runpy
import sys
import types
from io import open_code
from pathlib import Path

from ..errors import CompositionError

_STANDARD = "socketserver"


def install() -> None:
    """Have ``import socketserver`` give ``jackfield.compat.socketserver``, in the program's own and in other modules.

    The classes are then named as in the standard module. Idempotent. Raises CompositionError where the standard one
    has been imported already: who did so would go on with that.
    """
    ours = importlib.import_module("." + _STANDARD, __package__)
    if sys.modules.get(_STANDARD, ours) is not ours:
        raise CompositionError("socketserver has been imported already; install before anything imports it")
    sys.modules[_STANDARD] = ours
    for name in ours.__all__:
        getattr(ours, name).__module__ = _STANDARD


def run(arguments: list[str]) -> None:
    """Run a program (``PROGRAM ARGUMENTS...`` or ``-m MODULE ARGUMENTS...``) as Python would, with ours installed.

    Raises SystemExit where nothing to run is given, OSError for a program that cannot be read, ImportError for a
    module that is not there, and whatever the program raises.
    """
    is_module = arguments[:1] == ["-m"]
    sys.argv = arguments[is_module:]
    if not sys.argv:
        raise SystemExit("usage: python -m jackfield.compat PROGRAM ARGUMENTS... | -m MODULE ARGUMENTS...")
    install()
    if is_module:
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, str(Path(sys.argv[0]).resolve().parent))
        _run_file(sys.argv[0])


def _run_file(path: str) -> None:
    """Run a file as ``__main__``, which it remains: threads of the program may outlive its last line."""
    with open_code(path) as file:
        code = compile(file.read(), path, "exec")
    main = types.ModuleType("__main__")
    vars(main).update(__file__=path, __builtins__=__builtins__)
    sys.modules["__main__"] = main
    exec(code, vars(main))
