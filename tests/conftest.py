"""For all tests: examples take as long as they take (speed is never tested by time), and the interrupt key works.

Where JACKFIELD_ELSEWHERE=1 says that another Python runs all of the suite (``scripts/test``), this one leaves out what
is marked ``once``, and tries fewer examples.
"""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

ELSEWHERE = os.environ.get("JACKFIELD_ELSEWHERE") == "1"

settings.register_profile("jackfield", deadline=None, max_examples=20 if ELSEWHERE else 60)
settings.load_profile("jackfield")

# What a shell runs in the background ignores the key (POSIX.1-2017, XCU 2.11), and scripts/test runs its jobs so:
# programs under test would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if ELSEWHERE and item.get_closest_marker("once"):
            item.add_marker(pytest.mark.skip(reason="does not depend on the Python: the newest runs it"))
