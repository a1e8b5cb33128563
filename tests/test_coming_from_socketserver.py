"""The page for those who come from socketserver: complete, and each claim has a test that is there."""

from __future__ import annotations

import re

import pytest

from cited import TESTS, cited_in, missing_in

PAGE = (TESTS.parent / "docs" / "coming-from-socketserver.md").read_text()
_, BEHAVIOURS, DEFECTS = re.split(r"^## (?:What it does|Its defects)$", PAGE, flags=re.MULTILINE)
HOOKS = {55}
"""Rows that are about overriding hooks, which are names of the module's."""
NOT_YET = {23}
"""A defect that nothing here could show: Windows is not served."""


def rows_of(section: str) -> dict[int, str]:
    """Return the rows of a table, by each number in their first column."""
    rows: dict[int, str] = {}
    for line in section.splitlines():
        if match := re.match(r"\| (\d+(?:, \d+)*) \|", line):
            for number in match[1].split(", "):
                assert int(number) not in rows, f"row {number} is there twice"
                rows[int(number)] = line
    return rows


def test_the_tests_that_the_page_names_are_there() -> None:
    assert missing_in(BEHAVIOURS + DEFECTS) == []


def test_every_behaviour_has_its_row_and_every_row_a_test() -> None:
    rows = rows_of(BEHAVIOURS)
    assert set(rows) == set(range(25, 91)) - HOOKS
    assert [number for number, row in rows.items() if not cited_in(row)] == []


def test_every_defect_has_its_row_and_every_row_a_test() -> None:
    rows = rows_of(DEFECTS)
    assert set(rows) == set(range(1, 35))
    assert {number for number, row in rows.items() if not cited_in(row)} == NOT_YET


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(?:examples/)?(\w+\.py)`", PAGE))))
def test_an_example_that_the_page_names_is_there(name: str) -> None:
    assert (TESTS.parent / "examples" / name).exists()
