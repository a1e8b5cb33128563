"""Ours in the standard module's place, for unchanged programs: the library's servers and those that people install."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from compat.rows import SOURCES, python

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


def run_unchanged(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program by ``python -m jackfield.compat``."""
    return subprocess.run(
        [sys.executable, "-m", "jackfield.compat", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_an_unchanged_program_runs_on_ours(program: Path, tmp_path: Path) -> None:
    """Each program serves a client of its own and prints what came back, and what its server derives from."""
    ran = run_unchanged(str(program), "argument", folder=tmp_path)
    assert (ran.stderr, ran.returncode) == ("", 0)
    answer, home = ran.stdout.splitlines()
    assert answer == f"answer to {program.stem}"
    assert home == str(SOURCES / "jackfield" / "compat" / "socketserver.py")


def test_a_module_is_run_with_its_arguments(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import sys, socketserver\nprint(__name__, sys.argv[1:], socketserver.__name__)"
    )
    for arguments in (("-m", "program"), ("program.py",)):
        ran = run_unchanged(*arguments, "-m", "x", folder=tmp_path)
        assert (ran.stdout, ran.stderr) == ("__main__ ['-m', 'x'] jackfield.compat.socketserver\n", "")


def test_the_end_of_the_program_is_the_end(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("raise SystemExit(7)")
    assert run_unchanged("program.py", folder=tmp_path).returncode == 7
    assert "usage: python -m jackfield.compat PROGRAM" in run_unchanged(folder=tmp_path).stderr
    assert "No such file" in run_unchanged("missing.py", folder=tmp_path).stderr


def test_classes_are_named_as_in_the_module_whose_place_they_take() -> None:
    program = """
import pickle, jackfield.compat
jackfield.compat.install()
jackfield.compat.install()
import socketserver
from jackfield.compat import socketserver as ours
assert socketserver is ours
assert {getattr(ours, name).__module__ for name in ours.__all__} == {"socketserver"}
assert pickle.loads(pickle.dumps(ours.TCPServer)) is ours.TCPServer
import http.server
assert issubclass(http.server.HTTPServer, ours.TCPServer)
"""
    assert python(program).stderr == ""


def test_installing_too_late_is_refused() -> None:
    program = "import http.server, jackfield.compat\njackfield.compat.install()"
    assert "CompositionError: socketserver has been imported already" in python(program).stderr
