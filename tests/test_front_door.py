"""The front door and the rooms: one name, one address, documented."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import jackfield as jf

ROOMS = [
    "acceptors",
    "addresses",
    "client",
    "compat",
    "compat.socketserver",
    "connections",
    "core",
    "dispatchers",
    "errors",
    "interfaces",
    "listeners",
    "messages",
    "observers",
    "server",
    "service",
    "testing",
]


def test_every_name_of_the_front_door_is_there_and_once() -> None:
    assert len(set(jf.__all__)) == len(jf.__all__)
    for name in jf.__all__:
        assert getattr(jf, name) is not None


def test_checkers_and_the_interpreter_are_told_the_same() -> None:
    tree = ast.parse(Path(jf.__file__).read_text())
    told = {
        name.asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for name in node.names
    }
    assert set(told) == set(jf.__all__)
    assert {name: room for name, room in told.items() if room} == jf._HOMES  # type: ignore[attr-defined,unused-ignore]
    assert set(jf.__all__) <= set(dir(jf))


def test_what_the_front_door_does_not_have_is_an_attribute_error() -> None:
    assert not hasattr(jf, "nothing")
    with pytest.raises(AttributeError, match="module 'jackfield' has no attribute 'nothing'"):
        getattr(jf, "nothing")  # noqa: B009  # a checker knows, too


@pytest.mark.parametrize("name", [name for name in jf.__all__ if name not in ROOMS])
def test_a_public_name_has_its_one_address_in_one_room(name: str) -> None:
    thing = getattr(jf, name)
    homes = [
        room
        for room in ROOMS
        if getattr(importlib.import_module(f"jackfield.{room}"), name, None) is thing
        and name in vars(importlib.import_module(f"jackfield.{room}"))
        and (room in ("errors", "addresses") or name in importlib.import_module(f"jackfield.{room}").__all__)
    ]
    assert len(homes) == 1, homes


@pytest.mark.parametrize("room", ROOMS)
def test_everything_public_is_documented(room: str) -> None:
    module = importlib.import_module(f"jackfield.{room}")
    assert module.__doc__
    for name in getattr(module, "__all__", []):
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert thing.__doc__, name
