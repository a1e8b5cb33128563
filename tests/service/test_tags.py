"""Where a reply's tag comes from, and replies without any."""

from __future__ import annotations

from typing import Any

import pytest

import jackfield as jf
from service.drive import Packet, Stream, feed

wire = jf.Wire(frame=jf.LengthPrefixed(jf.U8, maximum=50), tag=jf.U8)


@jf.message(tag=lambda asked: asked | 0x80)
class Answer:
    value: jf.U8


@jf.message(tag=0x01)
class First(jf.Request[Answer]):
    pass


@jf.message(tag=0x02)
class Second(jf.Request[Answer]):
    pass


@jf.message(tag=0x03)
class Raw(jf.Request[bytes]):
    pass


@jf.message(tag=0x04)
class RawOrNothing(jf.Request[bytes | None]):
    size: jf.U8


def service() -> jf.Service:
    made = jf.Service(wire)
    made.on(First)(lambda request: Answer(1))
    made.on(Second)(lambda request: Answer(2))
    made.on(Raw)(lambda request: b"just so")
    made.on(RawOrNothing)(lambda request: b"x" * request.size if request.size else None)
    return made


def test_a_reply_may_make_its_tag_of_its_requests() -> None:
    assert feed(service()(Stream()), b"\1\1\1\2") == b"\2\x81\1\2\x82\2"


def test_bytes_are_sent_as_they_are() -> None:
    assert feed(service()(Stream()), b"\1\3\2\4\2\2\4\0\1\1") == b"just so" + b"xx" + b"\2\x81\1"
    session = service()(Packet())
    assert session.receive(b"\3", 1) == b"just so"


def test_bytes_where_a_message_was_declared_and_the_other_way_round_are_our_fault() -> None:
    wrong: Any = jf.Service(wire)
    wrong.on(First)(lambda request: b"bytes")
    wrong.on(Raw)(lambda request: Answer(1))
    for request, declared in ((b"\1\1", "declared is Answer"), (b"\1\3", "declared is bytes")):
        session = wrong(Stream())
        assert feed(session, request) == b""
        assert declared in str(session.fault)


def test_replies_may_travel_by_another_wire() -> None:
    lines = jf.Wire(frame=jf.Delimited(b"\n", maximum=20), tag=jf.U16)
    made = jf.Service(jf.Wire(frame=jf.LengthPrefixed(jf.U8, maximum=50), tag=jf.U8, reply=lines))
    made.on(First)(lambda request: Answer(1))
    contexts: list[jf.Context] = []
    made.on_open(contexts.append)
    session = made(Stream())
    assert feed(session, b"\1\1") == b"\0\x81\1\n"
    contexts[0].send(Second())
    assert session.resume() == b"\0\2\n"


@jf.message
class Nothing:
    pass


@jf.message(tag=0x05)
class WrongRule(jf.Request[Nothing]):
    pass


MISTAKES: dict[str, tuple[Any, Any, str]] = {
    "a rule that gives no number": (lambda asked: "x", 5, "its tag for a request of 5 is 'x', no number"),
    "a rule that gives too much": (lambda asked: asked + 300, 5, "305 is not in 0..255"),
    "a rule for a word": (lambda asked: asked, b"x", "the tag b'x' is no U8"),
}


@pytest.mark.parametrize(("rule", "tag", "reason"), MISTAKES.values(), ids=MISTAKES)
def test_a_rule_that_makes_no_tag_is_refused_when_the_request_is_registered(rule: Any, tag: Any, reason: str) -> None:
    @jf.message(tag=rule)
    class Ruled:
        pass

    @jf.message(tag=tag)
    class Asking(jf.Request[Ruled]):
        pass

    with pytest.raises(jf.DeclarationError) as caught:
        jf.Service(wire).on(Asking)(lambda request: Ruled())
    assert reason in caught.value.reason


def test_a_request_has_no_request_to_make_its_tag_of() -> None:
    @jf.message(tag=lambda asked: asked)
    class Asking(jf.OneWay):
        pass

    with pytest.raises(jf.DeclarationError, match="its tag is made of its request's"):
        jf.Service(wire).on(Asking)(lambda request: None)


def test_bytes_beside_messages_are_refused() -> None:
    @jf.message(tag=6)
    class Mixed(jf.Request[bytes | Answer]):
        pass

    with pytest.raises(jf.DeclarationError, match="nothing tells which"):
        jf.Service(wire).on(Mixed)(lambda request: b"")
