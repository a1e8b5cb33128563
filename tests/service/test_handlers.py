"""One schema, one function: handlers for a message class or a raw construct."""

from __future__ import annotations

from typing import Any

import construct
import pytest

import jackfield as jf
from jackfield.interfaces import MORE, PARTIAL, Session
from service.drive import Packet, Stream, cut, feed

packet = construct.Struct(
    "kind" / construct.Int8ub, "size" / construct.Int16ub, "data" / construct.Bytes(construct.this.size)
)


@jf.message
class Point:
    x: jf.I16
    y: jf.I16


@jf.message
class Named:
    name: jf.Text8


def after(session: Session, data: bytes) -> bytes:
    return session.receive(data, len(data))


def test_a_raw_schema_gives_and_takes_containers() -> None:
    @jf.stream_handler(packet)
    def echo(request: Any) -> Any:
        request.kind += 1
        return request

    assert feed(echo(Stream()), b"\x01\x00\x03abc\x02\x00\x00") == b"\x02\x00\x03abc\x03\x00\x00"


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_stream_is_cut_by_the_schema_however_it_arrives(size: int) -> None:
    @jf.stream_handler(packet)
    def echo(request: Any) -> Any:
        return {"kind": request.kind, "size": request.size, "data": request.data.upper()}

    data = b"\x01\x00\x03abc\x02\x00\x00\x03\x00\x05hello"
    assert feed(echo(Stream()), *cut(data, size)) == data.upper()


def test_a_message_class_types_the_function() -> None:
    @jf.stream_handler(Point)
    def mirror(point: Point) -> Point:
        return Point(point.y, point.x)

    assert feed(mirror(Stream()), b"\x00\x01\xff\xfe" * 2) == b"\xff\xfe\x00\x01" * 2


def test_any_message_may_be_the_reply() -> None:
    @jf.stream_handler(Point)
    def name(point: Point) -> Named:
        return Named(f"{point.x},{point.y}")

    assert feed(name(Stream()), b"\x00\x01\x00\x02") == b"\x031,2"


def test_a_reply_of_another_schema_can_be_named() -> None:
    @jf.stream_handler(packet, reply=construct.Struct("size" / construct.Int32ub))
    def size(request: Any) -> Any:
        return {"size": request.size}

    assert feed(size(Stream()), b"\x01\x00\x01a") == b"\x00\x00\x00\x01"


def test_a_frame_cuts_what_the_schema_cannot() -> None:
    @jf.stream_handler(construct.GreedyBytes, frame=jf.LengthPrefixed(jf.U8, maximum=10))
    def shout(request: bytes) -> bytes:
        return request.upper()

    assert feed(shout(Stream()), b"\x03abc\x00\x02de") == b"\x03ABC\x00\x02DE"


def test_no_reply_sends_nothing() -> None:
    @jf.stream_handler(Point)
    def swallow(point: Point) -> None:
        """Nothing comes back."""

    assert feed(swallow(Stream()), b"\x00\x01\x00\x02") == b""


def test_a_message_above_the_maximum_is_refused_by_what_it_declares() -> None:
    @jf.stream_handler(packet, maximum=100)
    def echo(request: Any) -> Any:
        return request

    session = echo(Stream())
    assert feed(session, b"\x01\x00\x01a\x01\xff\xff") == b"\x01\x00\x01a"
    assert isinstance(session.fault, jf.FrameTooLarge)
    assert session.fault.maximum == 100


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        (construct.GreedyBytes, None),
        (construct.Struct("head" / construct.Int8ub, "rest" / construct.GreedyBytes), "rest"),
        (construct.Struct("inner" / construct.Struct("at" / construct.Pointer(3, construct.Int8ub))), "inner.at"),
        (construct.Select(construct.Int8ub, construct.Int16ub), None),
    ],
    ids=["greedy", "greedy field", "pointer inside", "select"],
)
def test_a_schema_that_cannot_cut_a_stream_is_refused_when_the_handler_is_made(schema: Any, field: str | None) -> None:
    with pytest.raises(jf.DeclarationError) as caught:
        jf.stream_handler(schema)
    assert caught.value.field == field
    assert "length prefix" in caught.value.reason
    jf.datagram_handler(schema)
    jf.stream_handler(schema, frame=jf.LengthPrefixed(jf.U16, maximum=10))


def test_over_datagrams_each_is_parsed_whole() -> None:
    @jf.datagram_handler(Point)
    def mirror(point: Point) -> Point | None:
        return Point(point.y, point.x) if point.x else None

    assert after(mirror(Packet()), b"\x00\x01\x00\x02") == b"\x00\x02\x00\x01"
    assert after(mirror(Packet()), b"\x00\x00\x00\x02") == b""

    session = mirror(Packet())
    assert after(session, b"\x00\x01\x00\x02left over") == b""
    assert isinstance(session.fault, jf.DecodeError)


def test_an_empty_reply_is_a_datagram_too() -> None:
    @jf.datagram_handler(construct.GreedyBytes)
    def empty(request: bytes) -> bytes:
        return b""

    session = empty(Packet())
    assert after(session, b"x") == b""
    assert session.status == MORE
    assert session.resume() == b""
    assert session.status == 0


def test_a_failing_function_is_named() -> None:
    @jf.stream_handler(Point)
    def fail(point: Point) -> None:
        raise LookupError("on purpose")

    session = fail(Stream())
    feed(session, b"\x00\x01\x00\x02")
    assert isinstance(session.fault, jf.HandlerFailed)
    assert session.fault.handler.endswith("fail")


WRONG: dict[str, tuple[Any, str]] = {
    "text for a message": ("text", "is no message"),
    "bytes for a message": (b"bytes", "is no message"),
    "a value that does not fit": (Point(70_000, 0), "70000"),
}


@pytest.mark.parametrize(("reply", "text"), WRONG.values(), ids=WRONG)
def test_a_reply_that_cannot_be_built_is_our_fault(reply: Any, text: str) -> None:
    handler = jf.stream_handler(Point)(lambda point: reply)
    session = handler(Stream())
    assert feed(session, b"\x00\x01\x00\x02") == b""
    assert isinstance(session.fault, jf.EncodeError)
    assert text in str(session.fault)


def test_a_container_that_cannot_be_built_is_our_fault() -> None:
    handler = jf.stream_handler(packet)(lambda request: {"kind": 1})
    session = handler(Stream())
    assert feed(session, b"\x01\x00\x00") == b""
    assert isinstance(session.fault, jf.EncodeError)


def test_a_coroutine_function_is_refused_when_it_is_decorated() -> None:
    async def wait(point: Point) -> None:
        """Never awaited."""

    wrong: Any = wait
    with pytest.raises(jf.DeclarationError, match="coroutine function"):
        jf.stream_handler(Point)(wrong)
    with pytest.raises(jf.DeclarationError, match="coroutine function"):
        jf.datagram_handler(Point)(wrong)


def test_an_unfinished_message_is_kept_across_reads() -> None:
    handler = jf.stream_handler(Point)(lambda point: point)
    session = handler(Stream())
    assert after(session, b"\x00\x01") == b""
    assert session.status & PARTIAL
    assert after(session, b"\x00\x02") == b"\x00\x01\x00\x02"
