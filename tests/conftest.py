"""For all tests: examples take as long as they take, since speed is never tested by time."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("jackfield", deadline=None)
settings.load_profile("jackfield")
