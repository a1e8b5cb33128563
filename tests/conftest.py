"""For all tests: examples take as long as they take (speed is never tested by time), and the interrupt key works."""

from __future__ import annotations

import signal

from hypothesis import settings

settings.register_profile("jackfield", deadline=None)
settings.load_profile("jackfield")

# What a shell runs in the background ignores the key (POSIX.1-2017, XCU 2.11), and scripts/test runs its jobs so:
# programs under test would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
