"""The front door and the rooms: one name, one address, documented."""

from __future__ import annotations

import importlib
import inspect

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
