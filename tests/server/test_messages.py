"""Each message, for an observer that asks: what it was, its bytes, how long it took, and whose fault it was."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import final

import pytest

import jackfield as jf
from jackfield.interfaces import Event, Failed, Handled
from service.calculator import DIALOGUE, REPLIES, REQUESTS, add_bytes, framed, service, sum_bytes
from support import IN_PROCESS, PATIENCE, AnyDispatcher, Seen, datagrams_to, dial, exchange, serving

every_dispatcher = pytest.mark.parametrize("dispatcher", IN_PROCESS.values(), ids=IN_PROCESS)
NAMES = ["Add", "Log", "Divide", "Divide", "Find", "Find", "Repeat", "Add"]


@final
class Asking:
    """An observer that asks for messages, and remembers all it is told."""

    def __init__(self) -> None:
        self.seen = Seen()
        self._messages: list[Handled] = []
        self._changed = threading.Condition()

    def __call__(self, event: Event, /) -> None:
        self.seen(event)

    def handled(self, message: Handled, /) -> None:
        with self._changed:
            self._messages.append(message)
            self._changed.notify_all()

    def wait_for(self, count: int) -> list[Handled]:
        """Return the messages once there are *count*."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._messages) >= count, PATIENCE), self._messages
            return list(self._messages)


@every_dispatcher
def test_each_message_is_told_in_order_and_the_replies_are_the_same_bytes(
    dispatcher: Callable[[], AnyDispatcher],
) -> None:
    asking = Asking()
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, dispatcher(), observer=asking)
    with serving(server), dial(server.address) as peer:
        name = "{}:{}".format(*peer.getsockname())
        assert exchange(peer, REQUESTS) == REPLIES
        told = asking.wait_for(len(DIALOGUE))
    assert [one.message for one in told] == NAMES
    assert [one.received for one in told] == [len(request) for request, _ in DIALOGUE]
    assert [one.sent for one in told] == [0 if reply is None else len(framed(reply)) for _, reply in DIALOGUE]
    assert {str(one.peer) for one in told} == {name}
    assert all(one.seconds >= 0 and one.error is None for one in told)


@every_dispatcher
def test_over_datagrams_each_message_is_told_too(dispatcher: Callable[[], AnyDispatcher]) -> None:
    asking = Asking()
    server = jf.Server(jf.udp("127.0.0.1", 0), service, dispatcher(), observer=asking)
    with serving(server), datagrams_to(server.address) as peer:
        peer.send(add_bytes(1, 2))
        assert peer.recv(100) == sum_bytes(3)
        (told,) = asking.wait_for(1)
    assert (told.message, told.received, told.sent) == ("Add", 17, 9)


FAULTS: dict[str, tuple[bytes, str, type[jf.JackfieldError]]] = {
    "malformed": (b"\x01short", "Add", jf.DecodeError),
    "unknown": (b"\x7f", "unknown", jf.UnknownMessage),
    "empty": (b"", "malformed", jf.DecodeError),
    "failed": (b"\x05", "Fail", jf.HandlerFailed),
}


@pytest.mark.parametrize(("payload", "name", "kind"), FAULTS.values(), ids=FAULTS)
def test_a_message_that_ends_the_conversation_is_told_with_its_error(
    payload: bytes, name: str, kind: type[jf.JackfieldError]
) -> None:
    asking = Asking()
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, jf.EventLoop(), observer=asking)
    with serving(server), dial(server.address) as peer:
        assert exchange(peer, framed(payload)) == b""
        (told,) = asking.wait_for(1)
        (failed,) = asking.seen.wait_for(Failed)
    assert told.message == name
    assert type(told.error) is kind
    assert failed.error is told.error


@jf.message(tag=0x81)
class Item:
    value: jf.U8


@jf.message(tag=0x82)
class Done:
    pass


@jf.message(tag=0x01)
class Count(jf.StreamRequest[Item, Done]):
    limit: jf.U8


@jf.message(tag=0x02)
class Square(jf.Request[Item]):
    value: jf.U8


@jf.message(tag=0x03)
class Change(jf.Request[Done]):
    pass


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U8, maximum=100), tag=jf.U8)


def test_a_stream_is_one_message_with_all_of_its_replies_and_a_call_elsewhere_one_with_its_own() -> None:
    first, second, asking = jf.Service(wire), jf.Service(wire), Asking()

    @first.on(Count)
    def count(request: Count) -> jf.Replies[Item, Done]:
        for value in range(request.limit):
            yield Item(value)
        return Done()

    @first.on(Change)
    def change(request: Change, context: jf.Context[None]) -> Done:
        context.become(second)
        return Done()

    second.on(Square, offload=True)(lambda request: Item(request.value**2))
    server = jf.Server(jf.tcp("127.0.0.1", 0), first, jf.EventLoop(), observer=asking)
    with serving(server), dial(server.address) as peer:
        said = exchange(peer, b"\2\1\5" + b"\1\3" + b"\2\2\4")
        told = asking.wait_for(3)
    assert said == b"".join(b"\2\x81" + bytes([value]) for value in range(5)) + b"\1\x82" * 2 + b"\2\x81\x10"
    assert [(one.message, one.received, one.sent) for one in told] == [
        ("Count", 2, 17),
        ("Change", 1, 2),
        ("Square", 2, 3),
    ]


def test_a_stream_that_is_cut_off_is_told_with_what_was_sent() -> None:
    endless, asking = jf.Service(wire), Asking()

    @endless.on(Count)
    def count(request: Count) -> jf.Replies[Item, Done]:
        while True:
            yield Item(request.limit)

    server = jf.Server(jf.tcp("127.0.0.1", 0), endless, jf.Threads(), observer=asking)
    with serving(server):
        with dial(server.address) as peer:
            peer.sendall(b"\2\1\5")
            assert peer.recv(3) == b"\2\x81\5"
        (told,) = asking.wait_for(1)
    assert told.message == "Count"
    assert told.sent >= 3


def test_a_handler_of_one_schema_is_told_by_the_schemas_name() -> None:
    asking = Asking()
    doubling = jf.stream_handler(Square, reply=Item)(lambda request: Item(2 * request.value))
    server = jf.Server(jf.tcp("127.0.0.1", 0), doubling, jf.Threads(), observer=asking)
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"\4")
        assert peer.recv(1) == b"\x08"
        (told,) = asking.wait_for(1)
    assert (told.message, told.received, told.sent) == ("Square", 1, 1)


def test_an_observer_that_fails_on_a_message_costs_nobody_anything(caplog: pytest.LogCaptureFixture) -> None:
    class Failing:
        def __call__(self, event: Event, /) -> None: ...

        def handled(self, message: Handled, /) -> None:
            raise RuntimeError("on purpose")

    server = jf.Server(jf.tcp("127.0.0.1", 0), service, jf.Threads(), observer=Failing())
    with serving(server), dial(server.address) as peer:
        assert exchange(peer, framed(add_bytes(1, 2))) == framed(sum_bytes(3))
    assert "the observer failed" in caplog.text
