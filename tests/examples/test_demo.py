"""The demo tells its dialogue and ends by itself."""

from __future__ import annotations

from examples.programs import output_of


def test_the_demo_ends_with_status_0_and_tells_what_was_asked_and_answered() -> None:
    told = output_of("demo.py")
    assert told.count("Add(left=1, right=2)  ->  Sum(total=3)") == 2
    assert told.count("Undefined(reason='7 divided by nothing')") == 2
    assert "says: hello over tcp" in told
    assert "says: hello over udp" in told
    assert "ntplib: stratum 1" in told
    assert told.endswith("both servers drained and ended with status 0\n")
