"""Runs one of the interpreter's own suites over one of the modules, and writes down what came of each test.

    python run_suite.py standard|ours SUITE RESULT.json

Both runs import the same, but for the one module: ours stands in the standard one's place before anything imports it,
and the standard one cannot be imported then. A suite that needs what is not there is told as missing, with the reason.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import unittest
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from typing_extensions import override

LOCAL = {"test.test_socketserver", "test.test_urllib2_localnet"}
"""They ask for the network and mean this host; the others mean the internet: only where JACKFIELD_INTERNET=1."""


class Blocked(MetaPathFinder):
    """Lets nobody import the standard module."""

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == "socketserver":
            raise ImportError("the standard module is blocked")
        return None


class Result(unittest.TextTestResult):
    """Notes the outcome of each test by its name."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.outcomes: dict[str, str] = {}

    def note(self, test: unittest.TestCase, outcome: str) -> None:
        name = test.id()
        if self.outcomes.get(name) != "failed":
            self.outcomes[name] = outcome

    @override
    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self.note(test, "passed")

    @override
    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self.note(test, "failed")

    @override
    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self.note(test, "failed")

    @override
    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self.note(test, "skipped")

    @override
    def addSubTest(
        self,
        test: unittest.TestCase,
        subtest: unittest.TestCase,
        err: tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None,
    ) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note(test, "failed")


def run(suite: str) -> dict[str, Any]:
    support: Any = importlib.import_module("test.support")
    support.use_resources = {"network": None} if suite in LOCAL or os.environ.get("JACKFIELD_INTERNET") == "1" else {}
    helper: Any = importlib.import_module("test.support.threading_helper")
    before = helper.threading_setup()
    try:
        tests = unittest.defaultTestLoader.loadTestsFromName(suite)
    except (unittest.SkipTest, ImportError) as missing:
        return {"missing": str(missing)}
    result: Any = unittest.TextTestRunner(resultclass=Result, verbosity=0, warnings=None).run(tests)
    helper.threading_cleanup(*before)  # says on stderr what is left
    return {"outcomes": result.outcomes}


def main() -> None:
    which, suite, written = sys.argv[1:]
    compat = importlib.import_module("jackfield.compat")
    if which == "ours":
        compat.install()
        sys.meta_path.insert(0, Blocked())
    assert (sys.modules.get("socketserver") is None) is (which == "standard")
    found = run(suite)
    home = importlib.import_module("socketserver").__name__
    assert home == {"ours": "jackfield.compat.socketserver", "standard": "socketserver"}[which]
    Path(written).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
