"""Messages inside packets, and messages that inherit a header: tags, echo fields, and what is wrong with either."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jackfield as jf
from jackfield.interfaces import READY
from service.drive import Packet, Stream, cut, feed
from tracker import Alive, Command, Frame, Heartbeat, LoggedIn, Login, crc_itu


class Device:
    imei = ""


wire = jf.Wire(frame=jf.SelfFramed(maximum=260), packet=Frame)


def packet(kind: int, body: bytes, serial: int, *, crc: int = 0) -> bytes:
    inner = bytes([len(body) + 5, kind]) + body + serial.to_bytes(2, "big")
    return b"\x78\x78" + inner + (crc_itu(inner) ^ crc).to_bytes(2, "big") + b"\r\n"


LOGIN = packet(0x01, bytes.fromhex("0123456789012345"), 7)
BEAT = packet(0x13, b"\1\2\3\0\4", 8)
FRAMES: list[Frame] = []


def tracked(**policies: Any) -> jf.Service[Device]:
    login: jf.Service[Device] = jf.Service(wire, state=Device)
    online: jf.Service[Device] = jf.Service(wire, state=Device, **policies)

    @login.on(Login)
    def enter(request: Login, context: jf.Context[Device]) -> LoggedIn:
        context.state.imei = request.imei.hex()
        context.become(online)
        return LoggedIn()

    @online.on(Heartbeat)
    def beat(request: Heartbeat, context: jf.Context[Device]) -> Alive:
        FRAMES.append(Frame.of(context))
        context.send(Command(1, b"STATUS#"))
        return Alive()

    return login


@settings(max_examples=40)
@given(st.integers(1, 60))
def test_a_reply_is_a_new_packet_with_its_requests_echo_fields_and_a_push_has_a_number(size: int) -> None:
    FRAMES.clear()
    session = tracked()(Stream())
    command = b"\x0b\0\0\0\1STATUS#"
    assert feed(session, *cut(LOGIN + BEAT + BEAT, size)) == (
        packet(0x01, b"", 7)
        + packet(0x80, command, 0)
        + packet(0x13, b"", 8)
        + packet(0x80, command, 1)
        + packet(0x13, b"", 8)
    )
    assert (session.status, session.fault) == (READY, None)
    assert FRAMES[0].serial == 8
    assert FRAMES[0].body == Heartbeat(1, 2, 3, 4)
    assert FRAMES[0].kind == 0x13


def test_over_datagrams_a_packet_is_one() -> None:
    session = tracked().__class__(wire)
    session.on(Heartbeat)(lambda request: Alive())
    assert session(Packet()).receive(BEAT, len(BEAT)) == packet(0x13, b"", 8)


def test_where_a_body_is_no_message_its_packets_echo_fields_are_still_used() -> None:
    told: list[jf.DecodeError] = []

    def malformed(error: jf.DecodeError, context: jf.Context[Device]) -> Alive | None:
        told.append(error)
        return Alive()

    session = tracked(malformed=malformed)(Stream())
    assert feed(session, LOGIN + packet(0x13, b"\1", 9)) == packet(0x01, b"", 7) + packet(0x13, b"", 9)
    assert told[0].message == "Heartbeat"


def test_a_packet_with_a_wrong_checksum_is_malformed_and_is_cut_all_the_same() -> None:
    session = tracked(malformed="ignore")(Stream())
    wrong = packet(0x13, b"\1\2\3\0\4", 8, crc=1)
    replies = feed(session, LOGIN + wrong + BEAT)
    assert replies.startswith(packet(0x01, b"", 7))
    assert replies.endswith(packet(0x13, b"", 8))
    closing = tracked()(Stream())
    feed(closing, LOGIN + wrong)
    assert isinstance(closing.fault, jf.DecodeError)


def test_an_unknown_tag_in_a_packet_is_told_with_its_payload() -> None:
    told: list[jf.Unknown] = []
    session = tracked(unknown=lambda what, context: told.append(what))(Stream())
    feed(session, LOGIN + packet(0x77, b"what", 1))
    assert told == [jf.Unknown(0x77, b"what")]


# ------------------------------------------------------------------ headers


@jf.message
class Header:
    magic: bytes = jf.const(b"HD")
    kind: jf.U8 = jf.tag()
    number: jf.U16 = jf.echo()


@jf.message(tag=0x81)
class Sum(Header):
    total: jf.I16


@jf.message
class Same(Header):
    text: jf.Text8


@jf.message(tag=1)
class Add(Header, jf.Request[Sum]):
    left: jf.I16
    right: jf.I16


@jf.message(tag=2)
class Echo(Header, jf.Request[Same]):
    text: jf.Text8


@jf.message(tag=3)
class Strange(jf.Request[Sum]):
    pass


def headed(frame: Any) -> jf.Service:
    service = jf.Service(jf.Wire(frame=frame), unknown="ignore")
    service.on(Add)(lambda request: Sum(request.left + request.right))
    service.on(Echo)(lambda request: Same(request.text))
    return service


@settings(max_examples=40)
@given(st.integers(1, 40))
def test_a_header_that_all_inherit_has_the_tag_and_the_echo_fields(size: int) -> None:
    data = b"HD\1\0\7\0\1\0\2" + b"HD\2\0\x08\3abc" + b"HD\1\0\x09\0\3\0\4"
    replies = b"HD\x81\0\7\0\3" + b"HD\2\0\x08\3abc" + b"HD\x81\0\x09\0\7"
    assert feed(headed(jf.SelfFramed(maximum=100))(Stream()), *cut(data, size)) == replies


def test_a_header_goes_with_any_frame_and_with_datagrams() -> None:
    service = headed(jf.LengthPrefixed(jf.U8, maximum=100))
    assert feed(service(Stream()), b"\x09HD\1\0\7\0\1\0\2") == b"\7HD\x81\0\7\0\3"
    assert service(Packet()).receive(b"HD\1\0\7\0\1\0\2", 9) == b"HD\x81\0\7\0\3"
    assert feed(service(Stream()), b"\5HD\x55\0\7" + b"\x09HD\1\0\7\0\1\0\2") == b"\7HD\x81\0\7\0\3"


def test_a_message_without_the_header_is_refused_beside_those_that_have_it() -> None:
    with pytest.raises(jf.DeclarationError, match="does not inherit its tag from Header"):
        headed(None).on(Strange)(lambda request: Sum(0))


def test_a_tag_in_front_and_a_packet_exclude_each_other() -> None:
    with pytest.raises(jf.DeclarationError, match="not in both"):
        jf.Wire(tag=jf.U8, packet=Frame)


def test_what_is_no_packet_is_refused() -> None:
    wrong: Any = Sum
    with pytest.raises(jf.DeclarationError, match="is no packet"):
        jf.Wire(packet=wrong)


def test_a_client_speaks_packets_and_headers_too() -> None:
    tracker = jf.Service(wire)
    tracker.on(Heartbeat)(lambda request: Alive())
    with jf.Server(jf.tcp("127.0.0.1", 0), tracker) as server:
        server.serve_in_thread()
        with jf.connect(wire, f"tcp://{server.address}") as client:
            assert [client.call(Heartbeat(1, 2, 3, 4)) for _ in range(3)] == [Alive()] * 3
    by_header = headed(jf.SelfFramed(maximum=100))
    with jf.Server(jf.tcp("127.0.0.1", 0), by_header) as server:
        server.serve_in_thread()
        with jf.connect(by_header.wire, f"tcp://{server.address}") as client:
            assert client.call(Add(1, 2)).total == 3
            assert client.call(Echo("abc")).text == "abc"
