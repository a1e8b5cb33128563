"""Records, compiled: one program for each, made when it is first asked for and kept."""

from __future__ import annotations

from typing import Final

from . import compiler as ir


def compiled(record: ir.Record) -> ir.Program:
    """Return the program of *record*; for the same record, the same."""
    found = _programs.get(id(record))
    if found is None:
        found = _programs.setdefault(id(record), (record, ir.Program(record.name, record, raw=False)))
    return found[1]


_programs: Final[dict[int, tuple[ir.Record, ir.Program]]] = {}
"""By identity, with the record, so that it lives as long."""
