"""The wheel: builds, says that it is typed, and serves a program in an environment where nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.xdist_group("wheel")

PROGRAM = '''\
"""Imports nothing but jackfield."""

import jackfield as jf


@jf.message(tag=1)
class Twice:
    value: jf.U16


@jf.message(tag=1)
class Double(jf.Request[Twice]):
    value: jf.U16


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U16, maximum=100), tag=jf.U8)
service = jf.Service(wire)


@service.on(Double)
def double(request: Double) -> Twice:
    return Twice(2 * request.value)


def main() -> int:
    with jf.Server(jf.tcp("127.0.0.1", 0), service, jf.Threads()) as server:
        server.serve_in_thread()
        with jf.connect(wire, f"tcp://{server.address}") as client:
            return client.call(Double(21)).value


print(main())
'''


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        command, cwd=cwd, env={**kept, **environment}, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, with what is installed here: no index is asked."""
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, str(ROOT), cwd=out)
    (built,) = out.glob("jackfield-*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an environment with the wheel and its declared dependencies, as they are here, and nothing else."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    (packages,) = home.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        needed = [
            line.split()[1]
            for line in archive.read(metadata).decode().splitlines()
            if "Requires-Dist" in line and "extra ==" not in line
        ]
    here = Path(next(path for path in sys.path if path.endswith("site-packages")))
    for name in ("attr", "attrs", "construct", "typing_extensions.py"):
        (packages / name).symlink_to(here / name)
    assert {text.partition(">")[0].partition("<")[0] for text in needed} == {"attrs", "construct", "typing-extensions"}
    return home


def test_the_wheel_holds_the_package_and_says_that_it_is_typed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "jackfield/py.typed" in names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"jackfield"}
    sources = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src" / "jackfield").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == sources
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_a_program_that_imports_only_jackfield_runs_there(environment: Path, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    assert run(environment / "bin" / "python", "-W", "error", "program.py", cwd=tmp_path) == "42\n"


@pytest.mark.once
def test_a_program_that_imports_only_jackfield_is_strict_clean_there(environment: Path, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    python = str(environment / "bin" / "python")
    told = run(
        sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "program.py",
        cwd=tmp_path, MYPY_CACHE_DIR=str(tmp_path / "cache"),
    )  # fmt: skip
    assert "no issues found" in told
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    basedpyright = Path(sys.executable).parent / "basedpyright"
    assert "0 errors" in run(basedpyright, "--pythonpath", python, "program.py", cwd=tmp_path)
