"""Every exception: one tree, data, and a text made of the data."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

import jackfield as jf
from jackfield import errors
from jackfield.addresses import MemoryAddress

TEXTS: list[tuple[jf.JackfieldError, str]] = [
    (jf.DeclarationError("Add", "left", "is nothing"), "Add.left: is nothing"),
    (jf.DeclarationError("Add", None, "is nothing"), "Add: is nothing"),
    (jf.CompositionError("do not fit"), "do not fit"),
    (jf.DecodeError("Add", "left", 3, "is short"), "Add.left at byte 3: is short"),
    (jf.DecodeError("Add", None, 3, "is short"), "Add at byte 3: is short"),
    (jf.FrameTooLarge(9, 8), "a frame of 9 bytes, 8 at most"),
    (jf.Truncated(1, 4), "the input ended after 1 of at least 4 bytes"),
    (jf.UnknownMessage(9, b"ab"), "no message has the tag 9 (2 bytes)"),
    (jf.DeadlineExceeded("idle", 60), "idle: more than 60 seconds"),
    (errors.HandshakeFailed("no certificate"), "no certificate"),
    (jf.ConnectionLost(MemoryAddress(3), "reset"), "memory:3: reset"),
    (jf.EncodeError("Sum", "total", "300 is too large"), "Sum.total: 300 is too large"),
    (jf.EncodeError("Sum", None, "no message"), "Sum: no message"),
    (jf.ChildFailed("the child was killed by SIGKILL", -9), "the child was killed by SIGKILL"),
    (jf.ClosedError("the client"), "the client is closed"),
    (jf.Overloaded("threads", 9), "threads: 9 at most"),
]


@pytest.mark.parametrize(("error", "text"), TEXTS, ids=lambda value: type(value).__name__)
def test_an_error_tells_its_data(error: jf.JackfieldError, text: str) -> None:
    assert str(error) == text


def test_a_failed_handler_tells_its_reason() -> None:
    error = jf.HandlerFailed("add")
    error.__cause__ = ZeroDivisionError("oh")
    assert str(error) == "add raised ZeroDivisionError('oh')"


@pytest.mark.parametrize("error", [error for error, _ in TEXTS], ids=lambda error: type(error).__name__)
def test_an_error_survives_copying_and_pickling(error: jf.JackfieldError) -> None:
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is type(error)
        assert str(twin) == str(error)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn: list[tuple[int, str]] = [
        (len(line) - len(line.lstrip()), line.split()[0])
        for line in inspect.getdoc(errors).split("::")[1].splitlines()  # type: ignore[union-attr]  # it has one
        if line.startswith("    ")
    ]
    for (depth, name), before in zip(drawn, range(len(drawn)), strict=True):
        parent = next((other for deep, other in reversed(drawn[:before]) if deep < depth), "Exception")
        assert getattr(errors, name).__base__.__name__ == parent
    classes = {
        name for name, value in vars(errors).items() if inspect.isclass(value) and value.__module__ == errors.__name__
    }
    assert {name for _, name in drawn} == classes
