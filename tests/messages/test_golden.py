"""Same declaration, same text: what is kept in `kept/` is what the compiler writes."""

from __future__ import annotations

import pytest

from jackfield.messages import Codec
from messages.golden import FOLDER, SCHEMAS, path_of


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_compiler_writes_the_text_that_is_kept(name: str) -> None:
    assert Codec(SCHEMAS[name]).source == path_of(name).read_text(), "see messages/golden.py for how it is kept"


def test_every_text_that_is_kept_belongs_to_a_schema() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(SCHEMAS)
