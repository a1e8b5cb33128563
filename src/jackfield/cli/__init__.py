"""The command line: ``jackfield``, or ``python -m jackfield``."""

from ._main import main as main

__all__ = ["main"]
