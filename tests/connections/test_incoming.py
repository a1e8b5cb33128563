"""The panel: steps behind a listener."""

from __future__ import annotations

import socket

import pytest

import jackfield as jf
from jackfield.addresses import MemoryAddress
from support import PATIENCE, read_all


class Badge(jf.Facet):
    def __init__(self, name: str) -> None:
        self.name = name


class Stamp(jf.Facet):
    pass


def badged(connection: jf.RawConnection) -> jf.RawConnection[Badge]:
    return connection.learn(Badge("ann"))


def refuse(connection: jf.RawConnection) -> jf.RawConnection | None:
    return None


def accepted(incoming: jf.Incoming[jf.RawConnection[Badge]]) -> jf.RawConnection[Badge]:
    connection = incoming.accept()
    assert connection is not None
    return connection


def test_a_panel_is_a_listener() -> None:
    door = jf.memory()
    incoming = door.through(badged)
    assert incoming.address == door.address
    assert incoming.fileno() == door.fileno()
    assert incoming.accept() is None
    incoming.close()
    assert incoming.fileno() == -1


def test_what_a_step_learned_can_be_read_behind_it() -> None:
    door = jf.memory()
    with door.connect():
        connection = accepted(door.through(badged))
        assert Badge.of(connection).name == "ann"
        connection.finish(None)
    door.close()


def test_steps_run_in_the_order_in_which_they_were_patched() -> None:
    door = jf.memory()
    order: list[str] = []

    def noting(name: str, answer: bool) -> bool:
        order.append(name)
        return answer

    incoming = door.only(lambda _: noting("first", True)).only(lambda _: noting("second", False))
    with door.connect():
        assert incoming.only(lambda _: noting("third", True)).accept() is None
    assert order == ["first", "second"]
    door.close()


def test_patching_a_step_leaves_the_panel_before_it_as_it_was() -> None:
    door = jf.memory()
    incoming: jf.Incoming[jf.RawConnection] = jf.Incoming(door)
    incoming.through(refuse)
    with door.connect():
        connection = incoming.accept()
        assert connection is not None
        connection.finish(None)
    door.close()


def test_a_refused_peer_sees_the_end_of_its_connection_and_the_next_one_gets_in() -> None:
    door = jf.memory()
    verdicts = iter([False, True])
    incoming = door.only(lambda _: next(verdicts))
    with door.connect() as first, door.connect():
        connection = incoming.accept()
        assert connection is not None
        first.settimeout(PATIENCE)
        assert read_all(first) == b""
        connection.finish(None)
    door.close()


def test_a_step_that_raises_refuses() -> None:
    door = jf.memory()

    def fail(connection: jf.RawConnection) -> jf.RawConnection | None:
        raise RuntimeError("oh")

    with door.connect() as peer:
        assert door.through(fail).accept() is None
        peer.settimeout(PATIENCE)
        assert read_all(peer) == b""
    door.close()


def test_a_facet_that_was_promised_and_not_learned_is_named() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        connection: jf.RawConnection[Badge] = jf.Connection(ours, MemoryAddress(1))
        with pytest.raises(jf.CompositionError) as caught:
            Badge.of(connection)
        assert "Badge" in str(caught.value)
        connection.finish(None)


def test_facets_add_up() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        connection: jf.RawConnection = jf.Connection(ours, MemoryAddress(1))
        both = connection.learn(Badge("bob")).learn(Stamp())
        assert Badge.of(both).name == "bob"
        assert isinstance(Stamp.of(both), Stamp)
        assert Badge.of(both.learn(Badge("cid"))).name == "cid"
        connection.finish(None)
