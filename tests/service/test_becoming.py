"""One service hands a conversation to another: a login first, say, and then what the logged-in may do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jackfield as jf
from jackfield.interfaces import CLOSING, READY
from service.calculator import Add, Sum, add_bytes, framed, sum_bytes, wire
from service.drive import Packet, Stream, cut, feed


@jf.message(tag=0xB1)
class Welcome:
    name: jf.Text8


@jf.message(tag=0x21)
class Login(jf.Request[Welcome]):
    name: jf.Text8


@jf.message(tag=0xB2)
class Bye:
    pass


@jf.message(tag=0x22)
class Logout(jf.Request[Bye]):
    pass


class User:
    name = ""


lines = jf.Wire(frame=jf.Delimited(b"\n", maximum=100), tag=jf.U8)


class House:
    """Who is not logged in may log in, on one wire; who is may add, on another, and log out."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.door = jf.Service(wire, state=User)
        self.room = jf.Service(lines, state=User)
        self.door.on(Login)(self.enter)
        self.room.on(Add)(self.add)
        self.room.on(Logout)(self.leave)
        for name, service in (("door", self.door), ("room", self.room)):
            self.note(name, service)

    def note(self, name: str, service: jf.Service[User]) -> None:
        service.on_open(lambda context: self.seen.append(f"{name} opens for {context.state.name}"))
        service.on_close(lambda context: self.seen.append(f"{name} closes for {context.state.name}"))

    def enter(self, request: Login, context: jf.Context[User]) -> Welcome:
        context.state.name = request.name
        context.become(self.room)
        return Welcome(request.name)

    def add(self, request: Add, context: jf.Context[User]) -> Sum:
        assert context.state.name
        return Sum(request.left + request.right)

    def leave(self, request: Logout, context: jf.Context[User]) -> Bye:
        context.become(self.door)
        return Bye()


LOGIN, WELCOME = framed(b"\x21\3ann"), framed(b"\xb1\3ann")
TALK = LOGIN + add_bytes(1, 2) + b"\n" + b"\x22\n" + LOGIN + add_bytes(3, 4) + b"\n"
ANSWERS = WELCOME + sum_bytes(3) + b"\n" + b"\xb2\n" + WELCOME + sum_bytes(7) + b"\n"


@settings(max_examples=60, deadline=None)
@given(st.integers(1, len(TALK)), st.integers(1, 200))
def test_what_comes_next_is_read_by_the_other_service_and_its_wire(size: int, unsent: int) -> None:
    session = House().door(Stream(unsent))
    assert feed(session, *cut(TALK, size)) == ANSWERS
    assert (session.status, session.fault) == (READY, None)


def test_connections_and_hooks_follow() -> None:
    house = House()
    session = house.door(Stream())
    (context,) = house.door.connections
    feed(session, LOGIN)
    assert (house.door.connections, house.room.connections) == ((), (context,))
    feed(session, b"\x22\n")
    assert (house.door.connections, house.room.connections) == ((context,), ())
    feed(session, LOGIN)
    session.close(None)
    assert (house.door.connections, house.room.connections) == ((), ())
    assert house.seen == [
        *("door opens for ", "door closes for ann", "room opens for ann", "room closes for ann"),
        *("door opens for ann", "door closes for ann", "room opens for ann", "room closes for ann"),
    ]


def test_a_greeting_of_the_other_service_comes_behind_the_reply() -> None:
    house = House()
    house.room.on_open(lambda context: context.send(Bye()))
    assert feed(house.door(Stream()), LOGIN) == WELCOME + b"\xb2\n"


def test_what_only_the_other_service_knows_is_unknown_before() -> None:
    session = House().door(Stream())
    assert feed(session, framed(add_bytes(1, 2))) == b""
    assert isinstance(session.fault, jf.UnknownMessage)
    assert session.status == CLOSING


def test_a_hook_that_fails_on_the_way_ends_the_conversation_behind_the_reply() -> None:
    house = House()

    @house.door.on_close
    def fail(context: jf.Context[User]) -> None:
        raise LookupError("on purpose")

    session = house.door(Stream())
    assert feed(session, LOGIN + b"\x22\n") == WELCOME
    assert isinstance(session.fault, jf.HandlerFailed)
    session.close(session.fault)
    assert (house.door.connections, house.room.connections) == ((), ())


def test_a_service_without_a_frame_takes_no_connection_over() -> None:
    service = jf.Service(wire)
    frameless = jf.Service(jf.Wire(tag=jf.U8))

    @service.on(Add)
    def add(request: Add, context: jf.Context) -> Sum:
        context.become(frameless)
        return Sum(0)

    session = service(Stream())
    feed(session, framed(add_bytes(1, 2)))
    assert isinstance(session.fault, jf.HandlerFailed)
    assert isinstance(session.fault.__cause__, jf.CompositionError)


def test_over_datagrams_nothing_comes_next() -> None:
    house = House()
    session: Any = house.door(Packet())
    assert session.receive(b"\x21\3ann", 5) == b""
    assert isinstance(session.fault.__cause__, jf.CompositionError)
    with pytest.raises(jf.CompositionError, match="nothing comes next"):
        raise session.fault.__cause__
