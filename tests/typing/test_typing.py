"""What both checkers say of good programs (nothing) and of mistakes (just what is written beside them)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
GOOD = sorted(HERE.glob("good_*.py"))
MISTAKES = sorted(HERE.glob("mistakes_*.py"))

Told: TypeAlias = dict[tuple[str, int], list[str]]
"""What a checker says of each line of each file."""


def mypy(*files: Path) -> Told:
    """Return what mypy --strict, as configured for the project, says."""
    output = subprocess.run(
        [sys.executable, "-m", "mypy", "--hide-error-context", "--no-error-summary", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"MYPY_CACHE_DIR": str(ROOT / ".mypy_cache" / "typing"), "PATH": ""},
    )
    told: Told = defaultdict(list)
    for line in output.stdout.splitlines():
        found = re.fullmatch(r"(.+?):(\d+): (error|note): (.*)", line)
        assert found, line
        told[Path(found[1]).name, int(found[2])].append(found[4])
    assert output.stderr == ""
    return told


def pyright(*files: Path) -> Told:
    """Return what basedpyright, as configured for the project, says."""
    output = subprocess.run(
        [Path(sys.executable).parent / "basedpyright", "--outputjson", "--pythonpath", sys.executable, *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    told: Told = defaultdict(list)
    for one in json.loads(output.stdout)["generalDiagnostics"]:
        told[Path(one["file"]).name, one["range"]["start"]["line"] + 1].append(one["message"].replace("\xa0", " "))
    return told


def expected(checker: str, *files: Path) -> Told:
    """Return what is written beside the mistakes for *checker*."""
    told: Told = {}
    for file in files:
        mistake = 0
        for number, line in enumerate(file.read_text().splitlines(), 1):
            comment = re.match(r"\s*# (mypy|pyright) says: (.+)", line)
            if comment is None:
                mistake = number if line else mistake
            elif comment[1] == checker:
                told.setdefault((file.name, mistake), []).append(comment[2])
    return told


CHECKERS: dict[str, Callable[..., Told]] = {"mypy": mypy, "pyright": pyright}
each_checker = pytest.mark.parametrize("checker", CHECKERS)


@each_checker
def test_good_programs_are_accepted(checker: str) -> None:
    assert CHECKERS[checker](*GOOD) == {}


@each_checker
def test_every_mistake_is_refused_on_its_line_with_its_message_and_nothing_else_is(checker: str) -> None:
    told, wanted = CHECKERS[checker](*MISTAKES), expected(checker, *MISTAKES)
    assert told.keys() == wanted.keys()
    missing = {
        place: (piece, told[place])
        for place, pieces in wanted.items()
        for piece in pieces
        if piece not in "\n".join(told[place])
    }
    assert missing == {}
    vague = [message for messages in told.values() for message in messages if "Cannot infer" in message]
    assert vague == []


def test_both_checkers_refuse_the_same_mistakes() -> None:
    assert expected("mypy", *MISTAKES).keys() == expected("pyright", *MISTAKES).keys()
    assert len(expected("mypy", *MISTAKES)) >= 60
