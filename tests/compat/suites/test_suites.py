"""The interpreter's own suites over our module: nothing fails, warns or leaks that does not with the standard one.

The quick ones always run; all of them where JACKFIELD_COMPAT=1 says so (``scripts/test --compat``).
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

RUNNER = Path(__file__).with_name("run_suite.py")
SOURCES = Path(__file__).parents[3] / "src"
SECONDS = 900

QUICK = ["test.test_socketserver", "test.test_docxmlrpc"]
SLOW = [
    *("test.test_httpservers", "test.test_xmlrpc", "test.test_wsgiref", "test.test_logging"),
    *("test.test_urllib2_localnet", "test.test_imaplib", "test.test_robotparser", "test.test_httplib", "test.test_ssl"),
    "test.test_pydoc" if sys.version_info < (3, 13) else "test.test_pydoc.test_pydoc",
    *("test.test_asyncio.test_events", "test.test_asyncio.test_sock_lowlevel", "test.test_asyncio.test_streams"),
    "idlelib.idle_test.test_rpc",
]
COUNTED = {
    "ResourceWarning": r"ResourceWarning: ",
    "exception in a thread": r"^Exception in thread ",
    "leaked thread": r"threading_cleanup|Dangling thread",
    "ignored exception": r"^Exception ignored in",
}

REQUIRED = os.environ.get("JACKFIELD_REQUIRE_PEERS") == "1"
has_suites = bool(importlib.util.find_spec("test") and importlib.util.find_spec("test.test_socketserver"))
needs_suites = pytest.mark.skipif(not has_suites, reason="this Python comes without its own tests (package `test`)")
when_asked = pytest.mark.skipif(
    os.environ.get("JACKFIELD_COMPAT") != "1", reason="all of CPython's suites: scripts/test --compat"
)


class Ran(NamedTuple):
    """What came of a suite."""

    outcomes: dict[str, str]
    missing: str | None
    said: str

    def failed(self) -> set[str]:
        return {name for name, outcome in self.outcomes.items() if outcome == "failed"}

    def times(self, what: str) -> int:
        return len(re.findall(COUNTED[what], self.said, re.MULTILINE))


def run(which: str, suite: str, folder: Path) -> Ran:
    """Run *suite* over one of the modules, in an interpreter and a folder of its own."""
    written = folder / f"{which}.json"
    place = folder / which
    place.mkdir(exist_ok=True)
    ran = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", RUNNER, which, suite, written],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(SOURCES), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=SECONDS,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    found: dict[str, Any] = json.loads(written.read_text())
    return Ran(found.get("outcomes", {}), found.get("missing"), ran.stdout + ran.stderr)


def worse(suite: str, folder: Path, theirs: Ran) -> tuple[set[str], dict[str, int], str]:
    """Return what our module does worse than the standard one did, and what was said."""
    mine = run("ours", suite, folder)
    assert mine.outcomes.keys() == theirs.outcomes.keys()
    counts = {what: mine.times(what) - theirs.times(what) for what in COUNTED}
    skipped = {
        name for name, outcome in mine.outcomes.items() if outcome == "skipped" != theirs.outcomes.get(name, "skipped")
    }
    return (
        (mine.failed() - theirs.failed()) | skipped,
        {what: n for what, n in counts.items() if n > 0},
        mine.said,
    )


def compare(suite: str, folder: Path) -> None:
    theirs = run("standard", suite, folder)
    print(suite, dict(Counter(theirs.outcomes.values())))  # for -rP: how much was compared
    if theirs.missing is not None:
        message = f"{suite} cannot run here: {theirs.missing}"
        assert not REQUIRED, message
        pytest.skip(message)
    failed, counts, said = worse(suite, folder, theirs)
    if failed or counts:  # a busy machine makes some of these tests fail now and then, with either module
        again = worse(suite, folder, theirs)
        failed, counts = failed & again[0], {what: n for what, n in counts.items() if what in again[1]}
    assert (failed, counts) == (set(), {}), said[-8000:]
    assert len(theirs.outcomes) > len(theirs.failed())


@needs_suites
@pytest.mark.parametrize("suite", QUICK)
def test_a_quick_suite_does_no_worse(suite: str, tmp_path: Path) -> None:
    compare(suite, tmp_path)


@needs_suites
@when_asked
@pytest.mark.parametrize("suite", SLOW)
def test_a_suite_does_no_worse(suite: str, tmp_path: Path) -> None:
    compare(suite, tmp_path)


def test_the_suites_are_there() -> None:
    if not has_suites:
        assert not REQUIRED
        pytest.skip("CPython's own suites did not run over jackfield.compat: this Python comes without package `test`")


@when_asked
def test_tests_that_need_the_internet_were_run() -> None:
    if os.environ.get("JACKFIELD_INTERNET") != "1":
        pytest.skip("left out of CPython's suites: tests that need the internet (JACKFIELD_INTERNET=1 runs them)")
