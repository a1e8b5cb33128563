"""What both checkers say of good programs (nothing) and of mistakes (just what is written beside them).

A mistake takes one line, and what is expected of the checkers stands in comments below it::

    jf.Server(udp, stream)
    # mypy says: incompatible type "Callable[[Connection[Never, object]], None]"
    # pyright says: is not assignable to type "(Datagram[Never]) -> Session"

Each comment is a piece of what that checker has to say of that line; there may be several. A line without such
comments must be accepted.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
GOOD = sorted(HERE.glob("good_*.py"))
MISTAKES = sorted(HERE.glob("mistakes_*.py"))
pytestmark = [pytest.mark.once, pytest.mark.xdist_group("checkers")]


class Remark(NamedTuple):
    """One thing that a checker says of a line."""

    severity: str
    text: str


Place: TypeAlias = tuple[str, int]
"""A file's name and a line."""
Said: TypeAlias = dict[Place, list[Remark]]
Run: TypeAlias = Callable[[list[Path], Path], Said]


def mypy(files: list[Path], cache: Path) -> Said:
    """Return what mypy --strict, as configured for the project, says; *cache* is where it remembers."""
    options = ["--strict", "--hide-error-context", "--no-error-summary", "--no-color-output", "--show-error-codes"]
    places = [f"--config-file={ROOT / 'mypy.ini'}", f"--cache-dir={cache}", *map(str, files)]
    output = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *places],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": ""},  # neither MYPYPATH nor colours of whoever runs the tests
    )
    assert (output.stderr, output.returncode in {0, 1}) == ("", True)
    said: Said = {}
    for line in output.stdout.splitlines():
        found = re.fullmatch(r"(.+?):(\d+): (error|note): (.*)", line)
        assert found, line
        said.setdefault((Path(found[1]).name, int(found[2])), []).append(Remark(found[3], found[4]))
    return said


def pyright(files: list[Path], cache: Path) -> Said:
    """Return what basedpyright, as configured for the project, says; it has no use for a cache."""
    program = str(Path(sys.executable).parent / "basedpyright")
    options = ["--outputjson", "--project", str(ROOT), "--pythonpath", sys.executable]
    output = subprocess.run(
        [program, *options, *map(str, files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(output.stdout)
    assert report["summary"]["filesAnalyzed"] == len(files)
    said: Said = {}
    for one in report["generalDiagnostics"]:
        place = Path(one["file"]).name, one["range"]["start"]["line"] + 1
        said.setdefault(place, []).append(Remark(one["severity"], one["message"].replace("\xa0", " ")))
    return said


CHECKERS: dict[str, Run] = {"mypy": mypy, "pyright": pyright}
each_checker = pytest.mark.parametrize("checker", CHECKERS)


@pytest.fixture(scope="session")
def said_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, list[Path]], Said]:
    """Ask a checker about files, once in a session."""
    cache = tmp_path_factory.mktemp("mypy")
    asked: dict[tuple[str, tuple[Path, ...]], Said] = {}

    def ask(checker: str, files: list[Path]) -> Said:
        key = checker, tuple(files)
        if key not in asked:
            asked[key] = CHECKERS[checker](files, cache)
        return asked[key]

    return ask


def expected(checker: str) -> dict[Place, list[str]]:
    """Return the pieces that are written beside the mistakes for *checker*."""
    pieces: dict[Place, list[str]] = {}
    for file in MISTAKES:
        mistake = 0
        for number, line in enumerate(file.read_text().splitlines(), 1):
            comment = re.fullmatch(r"\s*# (mypy|pyright) says: (.+)", line)
            assert comment or not re.match(r"\s*# *(mypy|(based)?pyright)\b", line), f"{file.name}:{number}: {line}"
            if comment is None:
                mistake = number if line else mistake
            elif comment[1] == checker:
                pieces.setdefault((file.name, mistake), []).append(comment[2])
    return pieces


def refused(said: Said) -> set[Place]:
    return {place for place, remarks in said.items() if any(one.severity == "error" for one in remarks)}


@each_checker
def test_good_programs_are_accepted_without_a_remark(checker: str, said_of: Callable[[str, list[Path]], Said]) -> None:
    assert GOOD
    assert said_of(checker, GOOD) == {}


def test_every_mistake_is_refused_by_both_checkers(said_of: Callable[[str, list[Path]], Said]) -> None:
    marked = expected("mypy").keys() | expected("pyright").keys()
    assert len(marked) >= 190
    for checker in CHECKERS:
        assert marked - refused(said_of(checker, MISTAKES)) == set()


@each_checker
def test_nothing_beside_the_mistakes_is_remarked_on(checker: str, said_of: Callable[[str, list[Path]], Said]) -> None:
    assert said_of(checker, MISTAKES).keys() - expected(checker).keys() == set()


@each_checker
def test_each_refusal_says_what_is_written_beside_its_mistake(
    checker: str, said_of: Callable[[str, list[Path]], Said]
) -> None:
    said = said_of(checker, MISTAKES)
    missing = {
        place: (piece, [one.text for one in said.get(place, [])])
        for place, pieces in expected(checker).items()
        for piece in pieces
        if not any(piece in one.text for one in said.get(place, []))
    }
    assert missing == {}


@each_checker
def test_no_refusal_says_that_something_cannot_be_inferred(
    checker: str, said_of: Callable[[str, list[Path]], Said]
) -> None:
    said = said_of(checker, MISTAKES)
    vague = {place: one.text for place, remarks in said.items() for one in remarks if "Cannot infer" in one.text}
    assert vague == {}
