"""What is done where no reply can be given: end it, go on, or answer by a function."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

import jackfield as jf
from jackfield.interfaces import CLOSING, READY
from service.calculator import Add, Sum, add_bytes, framed, sum_bytes, wire
from service.drive import Packet, Stream, feed
from service.test_streams import Count, Done

GOOD, BAD, STRANGE = framed(add_bytes(1, 2)), framed(b"\x01short"), framed(b"\x7fwhat")
THREE = framed(sum_bytes(3))


@jf.message(tag=0xE0)
class Sorry:
    reason: jf.Rest


@jf.message
class SorryToo:
    """Without a tag of its own it bears its request's."""

    reason: jf.Rest


def serving(handler: Any = lambda request: Sum(request.left + request.right), **policies: Any) -> jf.Service:
    service = jf.Service(wire, **policies)
    service.on(Add)(handler)
    return service


def fail(request: Add) -> Sum:
    if request.left:
        return Sum(3)
    raise LookupError("on purpose")


FAILING = framed(add_bytes(0, 0))


@pytest.mark.parametrize(
    ("bad", "kind"), [(BAD, jf.DecodeError), (STRANGE, jf.UnknownMessage), (FAILING, jf.HandlerFailed)]
)
def test_by_default_all_of_them_end_the_conversation(bad: bytes, kind: type[jf.JackfieldError]) -> None:
    session = serving(fail)(Stream())
    assert feed(session, GOOD + bad + GOOD) == THREE
    assert session.status == CLOSING
    assert type(session.fault) is kind


@pytest.mark.parametrize(("policy", "bad"), [("malformed", BAD), ("malformed", framed(b"")), ("unknown", STRANGE)])
def test_ignored_messages_are_as_if_they_had_not_come(policy: str, bad: bytes) -> None:
    session = serving(**{policy: "ignore"})(Stream())
    assert feed(session, bad + GOOD + bad + GOOD) == THREE * 2
    assert (session.status, session.fault) == (READY, None)


def test_a_function_is_told_what_came_and_may_answer() -> None:
    told: list[object] = []

    def unknown(what: jf.Unknown, context: jf.Context) -> Sorry | None:
        told.extend((what, context.peer))
        return Sorry(what.payload) if what.payload else None

    session = serving(unknown=unknown)(Stream())
    assert feed(session, STRANGE + framed(b"\x7e") + GOOD) == framed(b"\xe0what") + THREE
    assert told == [jf.Unknown(0x7F, b"what"), Stream().peer, jf.Unknown(0x7E, b""), Stream().peer]
    assert (session.status, session.fault) == (READY, None)


def test_a_function_is_told_why_bytes_are_no_message() -> None:
    def malformed(error: jf.DecodeError, context: jf.Context) -> Sorry:
        return Sorry(f"{error.message}.{error.field} {error.offset}".encode())

    session = serving(malformed=malformed)(Stream())
    assert feed(session, BAD + framed(b"") + GOOD) == framed(b"\xe0Add.left 0") + framed(b"\xe0tag.None 0") + THREE


def test_a_function_is_told_what_a_handler_raised() -> None:
    def failed(error: Exception, context: jf.Context) -> SorryToo:
        return SorryToo(str(error).encode())

    session = serving(fail, failed=failed)(Stream())
    assert feed(session, FAILING + GOOD) == framed(b"\x01on purpose") + THREE
    assert (session.status, session.fault) == (READY, None)


def test_an_answer_that_cannot_be_sent_counts_as_a_failure() -> None:
    def failed(error: Exception, context: jf.Context) -> Sorry:
        assert isinstance(error, jf.EncodeError)
        return Sorry(error.message.encode())

    wrong: Any = lambda request: Sum(2**63) if request.left else None  # noqa: E731
    session = serving(wrong, failed=failed)(Stream())
    assert feed(session, GOOD + FAILING) == framed(b"\xe0Sum") + framed(b"\xe0Add")


def test_a_stream_that_fails_midway_ends_with_what_the_function_says() -> None:
    service = serving(failed=lambda error, context: Sorry(b"midway"))

    @service.on(Count)
    def count(request: Count) -> Generator[Sum, None, Done]:
        yield Sum(3)
        raise LookupError("on purpose")

    assert feed(service(Stream()), framed(b"\x10\0\5") + GOOD) == THREE + framed(b"\xe0midway") + THREE


def test_a_function_that_answers_nothing_lets_the_conversation_go_on() -> None:
    session = serving(fail, failed=lambda error, context: None)(Stream())
    assert feed(session, FAILING + GOOD) == THREE


def test_a_function_may_close_the_conversation_behind_its_answer() -> None:
    def unknown(what: jf.Unknown, context: jf.Context) -> Sorry:
        context.close()
        return Sorry(b"")

    session = serving(unknown=unknown)(Stream())
    assert feed(session, STRANGE + GOOD) == framed(b"\xe0")
    assert (session.status, session.fault) == (CLOSING, None)


def test_a_function_that_fails_is_named_and_ends_the_conversation() -> None:
    def unknown(what: jf.Unknown, context: jf.Context) -> None:
        raise LookupError("on purpose")

    session = serving(unknown=unknown)(Stream())
    assert feed(session, STRANGE + GOOD) == b""
    assert isinstance(session.fault, jf.HandlerFailed)
    assert session.fault.handler.endswith("unknown")


def test_where_a_stream_cannot_be_cut_any_further_it_ends_whatever_the_policies_say() -> None:
    session = serving(malformed="ignore", unknown="ignore", failed=lambda error, context: None)(Stream())
    assert feed(session, GOOD + b"\xff\xff\xff\xff" + GOOD) == THREE
    assert isinstance(session.fault, jf.FrameTooLarge)


def test_over_datagrams_each_is_answered_or_dropped_for_itself() -> None:
    def ask(service: jf.Service, data: bytes) -> tuple[bytes, type | None]:
        session = service(Packet())
        return session.receive(data, len(data)), None if session.fault is None else type(session.fault)

    assert ask(serving(), b"\x7f") == (b"", jf.UnknownMessage)
    assert ask(serving(unknown="ignore"), b"\x7f") == (b"", None)
    assert ask(serving(unknown=lambda what, context: Sorry(b"no")), b"\x7f") == (b"\xe0no", None)
    assert ask(serving(malformed=lambda what, context: Sorry(b"no")), b"\x01") == (b"\xe0no", None)


@pytest.mark.parametrize(
    "policies", [{"unknown": "raise"}, {"malformed": None}, {"failed": "ignore"}], ids=lambda one: str(*one.items())
)
def test_what_is_no_policy_is_refused(policies: Any) -> None:
    with pytest.raises(jf.DeclarationError) as caught:
        jf.Service(wire, **policies)
    assert caught.value.field in policies
