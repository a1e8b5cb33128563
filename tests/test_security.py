"""The threat table: each row has the test that shows it, and that test is there."""

from __future__ import annotations

from cited import TESTS, cited_in, missing_in

PAGE = (TESTS.parent / "docs" / "security.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("|") and not line.startswith(("|---", "| threat |"))]


def test_every_threat_has_an_answer_and_a_test() -> None:
    assert len(ROWS) > 30
    assert [row for row in ROWS if not cited_in(row) or len(row.split(" | ")) != 3] == []


def test_the_tests_that_the_page_names_are_there() -> None:
    assert missing_in(PAGE.partition("\n## ")[2]) == []
