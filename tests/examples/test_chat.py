"""The chat room, asked by clients as processes would: each hears all others, and who leaves is missed."""

from __future__ import annotations

import pytest

import jackfield as jf
from chat import Came, Enter, Left, Said, Say, Taken, Welcome, wire
from examples.programs import running

PUSHED = [Said, Came, Left]


def test_all_hear_what_one_says_and_see_who_comes_and_goes() -> None:
    with (
        running("chat.py") as ((url,), _),
        jf.connect(wire, url, pushed=PUSHED) as ann,
        jf.connect(wire, url, pushed=PUSHED) as bob,
    ):
        assert ann.call(Enter("ann")) == Welcome(0)
        assert bob.call(Enter("ann")) == Taken("ann")
        assert bob.call(Enter("bob")) == Welcome(1)
        assert next(ann.pushed(Came)) == Came("bob")
        ann.send(Say("hello"))
        bob.send(Say("hi"))
        for heard in (ann.pushed(Said), bob.pushed(Said)):
            said = sorted((next(heard), next(heard)), key=lambda one: one.name)
            assert said == [Said("ann", "hello"), Said("bob", "hi")]
        bob.close()
        assert next(ann.pushed(Left)) == Left("bob")


def test_who_has_given_no_name_can_say_nothing() -> None:
    with running("chat.py") as ((url,), _), jf.connect(wire, url, pushed=PUSHED) as nobody:
        nobody.send(Say("let me in"))
        with pytest.raises(jf.ConnectionLost):
            next(nobody.pushed(Said))
