"""The fused function does what the session does step by step: the same bytes, states and faults, however it is cut."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jackfield as jf
from jackfield.interfaces import CLOSING, MORE, WAITING, Buffer, Framer
from service import calculator
from service.drive import Packet, Stream, Waking
from service.test_streams import Count, Done


class Own:
    """A frame of one's own: what it cuts no generated function does."""

    def __init__(self, frame: jf.LengthPrefixed) -> None:
        self._frame = frame
        self.maximum = frame.maximum

    def framer(self) -> Framer:
        return self._frame.framer()

    def wrap(self, payload: bytes, /) -> bytes:
        return self._frame.wrap(payload)


@jf.message(tag=0x81)
class Sum:
    sequence: jf.U32
    total: jf.I64


@jf.message(tag=0x01)
class Add(jf.Request[Sum]):
    sequence: jf.U32
    left: jf.I64
    right: jf.I64


@jf.message(tag=0x82)
class Text:
    text: jf.Text8


@jf.message(tag=0x02)
class Upper(jf.Request[Text]):
    text: jf.Text8


@jf.message
class Same:
    value: jf.U16le


@jf.message(tag=0x03)
class Choose(jf.Request[Same | Text | None]):
    kind: jf.U8
    value: jf.U16le


@jf.message(tag=0x04)
class Note(jf.OneWay):
    times: jf.U8


@jf.message(tag=0x05)
class End(jf.Request[Sum]):
    pass


@jf.message(tag=0x06)
class Raw(jf.Request[bytes]):
    pass


class Count0:
    def __init__(self) -> None:
        self.seen = 0


def made(wire: jf.Wire, *, contexts: bool, **policies: Any) -> jf.Service[Count0]:
    """A service with a message of each kind; *contexts* says whether there are handlers that want one."""
    service = jf.Service(wire, state=Count0, **policies)

    @service.on(Add)
    def add(request: Add) -> Sum:
        if request.sequence == 13:
            raise LookupError("on purpose")
        return Sum(request.sequence, request.left + request.right)

    @service.on(Upper)
    def upper(request: Upper) -> Text:
        return Text(request.text.upper() * (100 if request.text == "long" else 1))

    @service.on(Choose)
    def choose(request: Choose) -> Same | Text | None:
        answers: list[Any] = [Same(request.value), Text(str(request.value)), None, Sum(1, 1), Same(-1)]
        answer: Same | Text | None = answers[request.kind % 5]
        return answer

    @service.on(Raw)
    def raw(request: Raw) -> bytes:
        return b"raw"

    service.on(Count)(count)
    if contexts:

        @service.on(Note)
        def note(request: Note, context: jf.Context[Count0]) -> None:
            context.state.seen += 1
            for _ in range(request.times % 4):
                context.send(Text(str(context.state.seen)))
            if request.times == 200:
                context.close()

        @service.on(End)
        def end(request: End, context: jf.Context[Count0]) -> Sum:
            context.become(service)
            return Sum(context.state.seen, 0)

    return service


def count(request: Count) -> jf.Replies[calculator.Sum, Done]:
    for total in range(request.limit % 5):
        yield calculator.Sum(total)
    return Done(0)


FRAMES: dict[str, tuple[jf.LengthPrefixed, Any]] = {
    "U32 and U8": (jf.LengthPrefixed(jf.U32, maximum=200), jf.U8),
    "U16le counts itself, U16": (jf.LengthPrefixed(jf.U16le, maximum=200, plus=2), jf.U16),
    "I64 minus, U32le": (jf.LengthPrefixed(jf.I64, maximum=200, plus=-1), jf.U32le),
}


@cache
def both(frame: str, contexts: bool, policy: str = "close") -> tuple[jf.Service[Count0], jf.Service[Count0]]:
    prefix, tag = FRAMES[frame]
    fused = made(jf.Wire(frame=prefix, tag=tag), contexts=contexts, **POLICIES[policy])
    stepwise = made(jf.Wire(frame=Own(prefix), tag=tag), contexts=contexts, **POLICIES[policy])
    assert (fused.source != "", stepwise.source) == (True, "")
    return fused, stepwise


def frame_of(name: str, tag: int, body: bytes) -> bytes:
    prefix, _ = FRAMES[name]
    size = {"U32 and U8": (1, "big"), "U16le counts itself, U16": (2, "big"), "I64 minus, U32le": (4, "little")}[name]
    return prefix.wrap(tag.to_bytes(size[0], "little" if size[1] == "little" else "big") + body)


def i64(value: int) -> bytes:
    return value.to_bytes(8, "big", signed=True)


PARTS = st.one_of(
    st.builds(lambda a, b: (1, (7).to_bytes(4, "big") + i64(a) + i64(b)), *[st.integers(-(2**62), 2**62)] * 2),
    st.sampled_from(
        [
            (1, (7).to_bytes(4, "big") + i64(1) + i64(2)),
            (1, (13).to_bytes(4, "big") + i64(1) + i64(2)),  # the handler fails
            (1, (7).to_bytes(4, "big") + i64(2**62) + i64(2**62)),  # the sum does not fit
            (1, b"short"),
            (1, bytes(21)),
            (2, b"\5hello"),
            (2, b"\4long"),  # the reply is above the frame's maximum
            (2, b"\5\xff\xff\xff\xff\xff"),  # no UTF-8
            (2, b"\5hell"),
            (5, b""),
            (6, b""),
            (0x10, b"\0\3"),  # a stream
            (0x7F, b"unknown"),
        ]
    ),
    st.builds(lambda kind: (3, bytes([kind]) + b"\1\2"), st.integers(0, 4)),
    st.builds(lambda times: (4, bytes([times])), st.sampled_from([0, 1, 3, 200])),
)


def step(session: jf.Session, chunk: bytes) -> list[Any]:
    """Feed one chunk; return all that can be seen of what it came to."""
    buffer = bytearray(chunk + b"\xee" * 50)
    seen = [session.receive(buffer, len(chunk)), session.status]
    while session.status & MORE and not session.status & CLOSING:
        seen += [session.resume(), session.status]
    return [*seen, type(session.fault), str(session.fault)]


def quiet(context: jf.Context[Count0]) -> Text:
    return Text(str(context.state.seen))


POLICIES: dict[str, dict[str, Any]] = {
    "close": {},
    "go on": {
        "unknown": "ignore",
        "malformed": lambda error, context: quiet(context),
        "failed": lambda error, context: quiet(context),
    },
}


@settings(max_examples=150)
@given(
    st.sampled_from(sorted(FRAMES)),
    st.booleans(),
    st.sampled_from(sorted(POLICIES)),
    st.lists(PARTS, max_size=12),
    st.lists(st.integers(1, 60), max_size=12),
    st.sampled_from([1, 30, 100, 10_000]),
    st.binary(max_size=6),
)
def test_it_is_the_session_step_by_step(
    name: str,
    contexts: bool,
    policy: str,
    parts: list[tuple[int, bytes]],
    sizes: list[int],
    unsent: int,
    rest: bytes,
) -> None:
    fused, stepwise = both(name, contexts, policy)
    one, two = fused(Stream(unsent)), stepwise(Stream(unsent))
    data = b"".join(frame_of(name, tag, body) for tag, body in parts) + rest
    for size in [*sizes, len(data)]:
        chunk, data = data[:size], data[size:]
        if chunk:
            assert step(one, chunk) == step(two, chunk)
    assert [one.receive(b"", 0), one.status, str(one.fault)] == [two.receive(b"", 0), two.status, str(two.fault)]


@pytest.mark.parametrize("contexts", [False, True])
def test_one_whole_frame_and_sixteen_are_answered_whole(contexts: bool) -> None:
    fused, stepwise = both("U32 and U8", contexts)
    frame = frame_of("U32 and U8", 1, (7).to_bytes(4, "big") + i64(1) + i64(2))
    for count_ in (1, 16):
        assert step(fused(Stream()), frame * count_) == step(stepwise(Stream()), frame * count_)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_will_do(kind: Any) -> None:
    fused, _ = both("U32 and U8", True)
    frames = frame_of("U32 and U8", 1, (7).to_bytes(4, "big") + i64(1) + i64(2)) + frame_of("U32 and U8", 2, b"\2hi")
    buffer: Buffer = kind(frames + b"more")
    reply = fused(Stream()).receive(buffer, len(frames))
    assert reply == b"\0\0\0\x0d\x81" + (7).to_bytes(4, "big") + i64(3) + b"\0\0\0\4\x82\2HI"


def test_a_push_from_elsewhere_while_a_handler_runs_is_not_lost() -> None:
    """The driver is not woken then, so the session has to look."""
    wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=200), tag=jf.U8)
    service = jf.Service(wire)
    contexts: list[jf.Context] = []
    service.on_open(contexts.append)

    @service.on(Upper)
    def upper(request: Upper, context: jf.Context) -> Text:
        return Text(request.text)

    @service.on(Add)
    def add(request: Add) -> Sum:
        contexts[0].send(Text("pushed"))  # as another thread would, at just this moment
        return Sum(1, 2)

    request = Stream()
    session = service(request)
    frame = frame_of("U32 and U8", 1, (7).to_bytes(4, "big") + i64(1) + i64(2))
    replies = session.receive(frame, len(frame)) + session.resume()
    assert sorted(replies.split(b"\0\0\0")) == sorted(
        (b"\0\0\0\x0d\x81\0\0\0\1" + i64(2) + b"\0\0\0\x08\x82\6pushed").split(b"\0\0\0")
    )
    assert isinstance(request.driver, Waking)


def test_an_offloaded_message_among_others_waits_in_its_place() -> None:
    wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=200), tag=jf.U8)
    service = jf.Service(wire)
    service.on(Add)(lambda request: Sum(request.sequence, 1))
    service.on(Upper, offload=True)(lambda request: Text(request.text))
    session = service(Stream())
    one = frame_of("U32 and U8", 1, (7).to_bytes(4, "big") + i64(1) + i64(2))
    data = one + frame_of("U32 and U8", 2, b"\2hi") + one
    replies = session.receive(data, len(data))
    assert not session.status & WAITING
    assert [replies[4], replies[21], replies[29]] == [0x81, 0x82, 0x81]


def test_the_source_shows_what_runs_and_follows_what_is_registered() -> None:
    wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=200), tag=jf.U8)
    service = jf.Service(wire)
    assert service.source == ""
    service.on(Add)(lambda request: Sum(request.sequence, 1))
    first = service.source
    assert "length, tag, add_1.sequence, add_1.left, add_1.right = " in first
    assert "end == 25" in first
    service.on(Upper)(lambda request: Text(request.text))
    assert service.source != first
    again = jf.Service(wire)
    again.on(Add)(lambda request: Sum(request.sequence, 1))
    assert again.source == first


@pytest.mark.parametrize(
    "wire",
    [
        jf.Wire(frame=jf.Delimited(b"\n", maximum=100), tag=jf.U8),
        jf.Wire(frame=jf.SelfFramed(maximum=100), tag=jf.U8),
        jf.Wire(frame=jf.LengthPrefixed(jf.U24, maximum=100), tag=jf.U8),
        jf.Wire(frame=jf.LengthPrefixed(jf.U16, maximum=100), tag=jf.U24),
        jf.Wire(tag=jf.U24),
    ],
)
def test_other_wires_are_answered_step_by_step(wire: jf.Wire) -> None:
    service = jf.Service(wire)
    service.on(Add)(lambda request: Sum(request.sequence, 1))
    assert service.source == ""


@settings(max_examples=100)
@given(st.sampled_from(sorted(FRAMES)), st.sampled_from(sorted(POLICIES)), PARTS)
def test_over_datagrams_it_answers_as_a_stream_is_answered_without_the_frame(
    name: str, policy: str, part: tuple[int, bytes]
) -> None:
    tag, body = part
    if tag in (6, 0x10) or body == b"\4long":  # bytes have no frame, a stream is several, and a datagram has no maximum
        return
    fused, stepwise = both(name, False, policy)
    prefix = FRAMES[name][0]
    frame = frame_of(name, tag, body)
    payload = frame[prefix.framer().head :]
    one, two = fused(Packet()), stepwise(Stream())
    reply, framed = one.receive(payload, len(payload)), two.receive(frame, len(frame))
    assert framed == (prefix.wrap(reply) if reply else b"")
    assert (type(one.fault), str(one.fault)) == (type(two.fault), str(two.fault))


@jf.message
class Empty:
    text: jf.Rest


@jf.message
class Ask(jf.Request[Empty]):
    text: jf.Rest


def test_an_empty_datagram_in_reply_waits_for_resume() -> None:
    service = jf.Service(jf.Wire())
    service.on(Ask)(lambda request: Empty(request.text))
    session = service(Packet())
    assert session.receive(b"", 0) == b""
    assert session.status == MORE
    assert session.resume() == b""
    assert service(Packet()).receive(b"text", 4) == b"text"


def test_a_datagrams_handler_pushes_in_front_of_its_reply() -> None:
    fused, _ = both("U32 and U8", True)
    request = Packet()
    session = fused(request)
    assert session.receive(b"\4\2", 2) == b""
    assert request.sent == [b"\x82\0011"] * 2
    assert session.receive(b"\5", 1)[:1] == b""
    assert isinstance(session.fault, jf.HandlerFailed), "a datagram has nothing that comes next"


def low_byte(data: bytes) -> int:
    assert type(data) is bytes
    return sum(data) & 255


@jf.message(tag=1)
class Guarded(jf.Request[bytes]):
    flags: Annotated[int, jf.Bits(4)]
    kind: Annotated[int, jf.Bits(4)] = jf.const(3)
    value: jf.U16
    sum: jf.U8 = jf.checksum(low_byte)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_what_is_derived_is_checked_in_the_middle_of_it_too(kind: Any) -> None:
    service = jf.Service(jf.Wire(frame=jf.LengthPrefixed(jf.U8, maximum=100), tag=jf.U8))
    service.on(Guarded)(lambda request: request.value.to_bytes(2, "big"))
    good = b"\x05\1\x13\1\2\x16"
    assert service(Stream()).receive(kind(good + good), 12) == b"\1\2\1\2"
    for bad in (b"\x05\1\x13\1\2\x17", b"\x05\1\x14\1\2\x17"):
        session = service(Stream())
        assert session.receive(kind(good + bad), 12) == b"\1\2"
        assert isinstance(session.fault, jf.DecodeError)
