"""The storeys hold, and what holds them fails when they are broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.once

FORBIDDEN = [
    "socket",
    "_socket",
    "ssl",
    "select",
    "selectors",
    "asyncio",
    "threading",
    "multiprocessing",
    "subprocess",
    "signal",
    "logging",
    "time",
    "random",
]
ROOMS = ["errors", "addresses", "interfaces", "core", "messages", "service"]

# The rooms are imported under a parent that has no front door, since that imports everything. What others need for
# themselves (attrs, construct, typing) is imported before the doors shut; from then on nobody gets an I/O module.
IMPORT_WITHOUT_IO = """
import sys, types, importlib
import abc, ast, bisect, codecs, collections, contextlib, copy, enum, errno, functools, hashlib, inspect, io, ipaddress
import itertools, keyword, linecache, struct, typing
import attrs, construct, typing_extensions

package = types.ModuleType("jackfield")
package.__path__ = [sys.argv[1] + "/jackfield"]
sys.modules["jackfield"] = package
doors = {{name: sys.modules.get(name) for name in {forbidden}}}
sys.modules.update(dict.fromkeys(doors))
for room in {rooms}:
    importlib.import_module("jackfield." + room)
sys.modules.update(doors)  # the interpreter itself wants threading at its end
"""


def copied(tmp_path: Path) -> Path:
    """Return a copy of what the storeys are checked on."""
    shutil.copytree(ROOT / "src", tmp_path / "src")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def add_line(module: Path, line: str) -> None:
    module.write_text(module.read_text().replace("from __future__ import annotations\n", f"\n{line}\n", 1))
    assert line in module.read_text()


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": str(root / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def import_without_io(sources: Path) -> subprocess.CompletedProcess[str]:
    program = textwrap.dedent(IMPORT_WITHOUT_IO).format(forbidden=FORBIDDEN, rooms=ROOMS)
    return subprocess.run(
        [sys.executable, "-c", program, str(sources)], capture_output=True, text=True, check=False, timeout=60
    )


def test_the_storeys_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


BREACHES = {
    "upward": (
        "core/_next.py",
        "from ..connections import Connection",
        "A room imports only from the storeys below it",
    ),
    "upward for types alone": (
        "core/_next.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..server import Server",
        "A room imports only from the storeys below it",
    ),
    "sideways": (
        "listeners/_tcp.py",
        "from ..dispatchers import Inline",
        "A room imports only from the storeys below it",
    ),
    "by the window": ("server/_drive.py", "from ..core._buffer import Inbox", "Others enter core by its door"),
    "I/O below": ("service/_wire.py", "import socket", "The rooms below connections touch no I/O"),
    "a clock below": ("core/_deadlines.py", "import time", "The rooms below connections touch no I/O"),
    "construct outside": ("service/_frames.py", "import construct", "Only messages knows construct"),
    "a cycle": ("service/_wire.py", "from ._service import Service", "No cycles between siblings"),
}


@pytest.mark.parametrize(("module", "line", "contract"), BREACHES.values(), ids=BREACHES)
def test_a_breach_of_the_storeys_is_found(module: str, line: str, contract: str, tmp_path: Path) -> None:
    root = copied(tmp_path)
    add_line(root / "src" / "jackfield" / module, line)
    done = lint(root)
    assert done.returncode != 0
    broken = [text for text in done.stdout.splitlines() if text.endswith("BROKEN")]
    assert any(text.startswith(contract) for text in broken), done.stdout


def test_a_new_room_has_to_be_given_its_storey(tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / "src" / "jackfield" / "annex.py").write_text('"""Nobody said where this stands."""\n')
    assert lint(root).returncode != 0


def test_the_rooms_without_io_can_be_imported_where_there_is_none() -> None:
    done = import_without_io(ROOT / "src")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", [name for name in FORBIDDEN if not name.startswith("_")])
@pytest.mark.parametrize("room", ["errors.py", "core/_next.py", "messages/_scope.py", "service/_wire.py"])
def test_a_room_without_io_that_imports_some_cannot(name: str, room: str, tmp_path: Path) -> None:
    root = copied(tmp_path)
    add_line(root / "src" / "jackfield" / room, f"import {name}")
    done = import_without_io(root / "src")
    assert done.returncode != 0
    assert f"import of {name} halted" in done.stderr


COSTLY = {"asyncio", "ssl", "ctypes", "selectors", "logging"}
ROOMS_LOADED = {
    "nothing": ("", set()),
    "an error": ("jackfield.DecodeError", {"errors"}),
    "a message": ("jackfield.message(type('Empty', (), {}))", {"errors", "addresses", "interfaces", "messages"}),
}
EMITTERS = {"jackfield.messages.compiler._emitters", "jackfield.messages.compiler._parse_leaves"}


def imported_by(program: str) -> set[str]:
    """Return the names of all modules that *program* leaves imported."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, jackfield\n{program}\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(("program", "rooms"), ROOMS_LOADED.values(), ids=ROOMS_LOADED)
def test_a_room_is_imported_when_the_first_of_its_names_is_used(program: str, rooms: set[str]) -> None:
    modules = imported_by(program)
    assert {name.split(".")[1] for name in modules if name.startswith("jackfield.")} == rooms
    assert not modules & (COSTLY | EMITTERS)
    assert ("construct" in modules) == ("messages" in rooms)


def test_emitters_are_imported_when_something_is_compiled() -> None:
    declared = "codec = jackfield.Codec(jackfield.message(type('Empty', (), {})))"
    assert not imported_by(declared) & EMITTERS
    assert imported_by(f"{declared}; codec.parse(b'')") >= EMITTERS


def test_a_program_that_serves_imports_only_what_it_needs() -> None:
    """asyncio and ssl cost more time than all the rest: nobody who does not use them pays."""
    modules = imported_by("jackfield.Server, jackfield.Threads, jackfield.Service, jackfield.tcp, jackfield.connect")
    assert not modules & {"asyncio", "ssl", "ctypes"}
