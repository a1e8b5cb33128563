"""Services: what may be registered, what handlers get, what they may answer."""

from __future__ import annotations

from typing import Any

import pytest

import jackfield as jf
from jackfield.interfaces import CLOSING
from service.drive import Packet, Stream, feed

byte_wire = jf.Wire(tag=jf.U8)


@jf.message(tag=1)
class Pong:
    value: jf.U8


@jf.message(tag=2)
class Other:
    pass


@jf.message(tag=1)
class Ping(jf.Request[Pong]):
    value: jf.U8


@jf.message
class Untagged(jf.Request[Pong]):
    pass


@jf.message(tag=300)
class Large(jf.Request[Pong]):
    pass


@jf.message(tag=b"PING")
class Worded(jf.Request[Pong]):
    pass


@jf.message
class NamelessReply:
    value: jf.U8


@jf.message(tag=11)
class Echoed(jf.Request[NamelessReply]):
    value: jf.U8


@jf.message(tag=1)
class SameTag(jf.Request[Pong]):
    pass


def answer(service: jf.Service[Any, Any], payload: bytes) -> bytes:
    session = service(Packet())
    return session.receive(payload, len(payload))


def fault(service: jf.Service[Any, Any], payload: bytes) -> jf.JackfieldError | None:
    session = service(Packet())
    session.receive(payload, len(payload))
    return session.fault


def test_a_decorated_handler_stays_the_function_it_was() -> None:
    service = jf.Service(byte_wire)

    @service.on(Ping)
    def ping(request: Ping) -> Pong:
        return Pong(request.value)

    assert ping(Ping(3)) == Pong(3)
    assert service.wire is byte_wire


def test_a_handler_may_be_a_method_or_a_callable_object() -> None:
    class Answers:
        def ping(self, request: Ping) -> Pong:
            return Pong(request.value + 1)

        def __call__(self, request: Echoed) -> NamelessReply:
            return NamelessReply(request.value)

    service = jf.Service(byte_wire)
    service.on(Ping)(Answers().ping)
    service.on(Echoed)(Answers())
    assert answer(service, b"\x01\x05") == b"\x01\x06"
    assert answer(service, b"\x0b\x05") == b"\x0b\x05"


def test_a_reply_without_a_tag_bears_its_requests() -> None:
    service = jf.Service(byte_wire)
    service.on(Echoed)(lambda request: NamelessReply(request.value))
    assert answer(service, b"\x0b\x07") == b"\x0b\x07"


def test_a_context_tells_who_is_there() -> None:
    service = jf.Service(byte_wire)
    seen: list[jf.Context] = []

    @service.on(Ping)
    def ping(request: Ping, context: jf.Context) -> Pong:
        seen.append(context)
        return Pong(0)

    answer(service, b"\x01\x00")
    request = Packet()
    assert (seen[0].peer, seen[0].local, seen[0].limits) == (request.peer, request.local, request.limits)
    assert seen[0].framed
    assert seen[0].state is None
    assert seen[0].facet(jf.Facet) is None  # type: ignore[arg-type]  # nothing was promised


class Counter:
    def __init__(self) -> None:
        self.count = 0


def test_state_is_one_for_each_connection_and_fresh_for_each_datagram() -> None:
    service = jf.Service(jf.Wire(frame=jf.LengthPrefixed(jf.U8, maximum=100), tag=jf.U8), state=Counter)

    @service.on(Ping)
    def ping(request: Ping, context: jf.Context[Counter]) -> Pong:
        context.state.count += 1
        return Pong(context.state.count)

    one, two = service(Stream()), service(Stream())
    assert feed(one, b"\x02\x01\x00" * 2) == b"\x02\x01\x01\x02\x01\x02"
    assert feed(two, b"\x02\x01\x00") == b"\x02\x01\x01"
    assert feed(one, b"\x02\x01\x00") == b"\x02\x01\x03"
    assert answer(service, b"\x01\x00") == b"\x01\x01"
    assert answer(service, b"\x01\x00") == b"\x01\x01"


def test_without_a_tag_a_wire_carries_one_kind_of_request() -> None:
    service = jf.Service(jf.Wire())
    service.on(Ping)(lambda request: Pong(request.value + 1))
    assert answer(service, b"\x05") == b"\x06"
    with pytest.raises(jf.DeclarationError, match="one kind of request, and that is Ping"):
        service.on(Echoed)(lambda request: NamelessReply(0))


def ping_one(request: Ping) -> Pong:
    return Pong(1)


def ping_two(request: Ping) -> Pong:
    return Pong(2)


def test_two_handlers_for_one_message_are_refused_naming_both_places() -> None:
    service = jf.Service(byte_wire)
    service.on(Ping)(ping_one)
    with pytest.raises(jf.DeclarationError) as caught:
        service.on(Ping)(ping_two)
    reason = caught.value.reason
    assert caught.value.declared == "Ping"
    assert "ping_one" in reason
    assert "ping_two" in reason
    assert reason.count("test_service.py:") == 2
    assert answer(service, b"\x01\x00") == b"\x01\x01", "the first one stays"


@jf.message
class Bare:
    pass


@jf.message
class Bare2:
    pass


@jf.message(tag=30)
class Clashing(jf.Request[Bare | Bare2]):
    pass


class NoMessage(jf.Request[Pong]):
    pass


@jf.message(tag=20)
class NoRequest:
    pass


@jf.message(tag=21)
class WrongReply(jf.Request[int]):  # type: ignore[type-var]
    pass


async def coroutine(request: Ping) -> Pong:
    return Pong(0)


MISTAKES: dict[str, tuple[Any, Any, str, str]] = {
    "no class": (42, ping_one, "42", "is no message class"),
    "a class that was not declared": (NoMessage, ping_one, "NoMessage", "is no message class"),
    "a message that is no request": (NoRequest, ping_one, "NoRequest", "is no request"),
    "a reply that is no message": (WrongReply, ping_one, "WrongReply", "is no message class"),
    "no tag": (Untagged, ping_one, "Untagged", "has no tag"),
    "a tag that does not fit": (Large, ping_one, "Large", "300 is not in 0..255"),
    "a tag that is no number": (Worded, ping_one, "Worded", "is no U8"),
    "replies that share a tag": (Clashing, ping_one, "Clashing", "its replies Bare and Bare2 share a tag"),
    "a coroutine": (Ping, coroutine, "coroutine", "is a coroutine function"),
    "no arguments": (Ping, lambda: Pong(1), "<lambda>", "takes (request) or (request, context)"),
    "three arguments": (Ping, lambda a, b, c: Pong(1), "<lambda>", "takes (request) or (request, context)"),
    "no callable": (Ping, 42, "int", "is no handler"),
}


@pytest.mark.parametrize(("request_class", "handler", "declared", "reason"), MISTAKES.values(), ids=MISTAKES)
def test_what_cannot_be_served_is_refused_when_it_is_registered(
    request_class: Any, handler: Any, declared: str, reason: str
) -> None:
    service = jf.Service(byte_wire)
    with pytest.raises(jf.DeclarationError) as caught:
        service.on(request_class)(handler)
    assert declared in caught.value.declared
    assert reason in caught.value.reason


def test_requests_that_share_a_tag_are_refused_naming_both() -> None:
    service = jf.Service(byte_wire)
    service.on(Ping)(ping_one)
    with pytest.raises(jf.DeclarationError, match="shares its tag with Ping") as caught:
        service.on(SameTag)(lambda request: Pong(0))
    assert caught.value.declared == "SameTag"


WRONG_ANSWERS: dict[str, tuple[Any, type[jf.JackfieldError], str]] = {
    "another message": (Other(), jf.EncodeError, "declared is Pong"),
    "nothing": (None, jf.EncodeError, "declared is Pong"),
    "bytes": (b"\x01", jf.EncodeError, "declared is Pong"),
    "a value that does not fit": (Pong(256), jf.EncodeError, "256"),
}


@pytest.mark.parametrize(("wrong", "kind", "text"), WRONG_ANSWERS.values(), ids=WRONG_ANSWERS)
def test_an_answer_that_was_not_declared_is_our_fault_and_is_not_sent(
    wrong: Any, kind: type[jf.JackfieldError], text: str
) -> None:
    service = jf.Service(byte_wire)
    service.on(Ping)(lambda request: wrong)
    session = service(Packet())
    assert session.receive(b"\x01\x00", 2) == b""
    assert session.status == CLOSING
    assert isinstance(session.fault, kind)
    assert isinstance(session.fault, jf.LocalError)
    assert text in str(session.fault)


@jf.message(tag=40)
class Notice(jf.OneWay):
    pass


def test_an_answer_to_a_one_way_message_is_our_fault() -> None:
    service = jf.Service(byte_wire)
    wrong: Any = lambda request: Pong(1)  # noqa: E731
    service.on(Notice)(wrong)
    assert "declared is nothing" in str(fault(service, b"\x28"))


def test_a_failing_handler_is_named_with_its_reason() -> None:
    service = jf.Service(byte_wire)

    @service.on(Ping)
    def ping(request: Ping) -> Pong:
        raise LookupError("on purpose")

    error = fault(service, b"\x01\x00")
    assert isinstance(error, jf.HandlerFailed)
    assert error.handler.endswith("ping")
    assert isinstance(error.__cause__, LookupError)


def test_a_request_handler_may_have_defaults() -> None:
    service = jf.Service(byte_wire)

    def ping(request: Ping, scale: int = 2) -> Pong:
        return Pong(request.value * scale)

    service.on(Ping)(ping)
    assert answer(service, b"\x01\x04") == b"\x01\x08"
