"""What is sent without having been asked for, and who is there to send it to."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import jackfield as jf
from jackfield.interfaces import CLOSING, MORE, READY
from service.calculator import Add, Log, Sum, add_bytes, framed, number, sum_bytes, wire
from service.drive import Packet, Stream, Waking, feed


@jf.message(tag=0xA0)
class Note:
    text: jf.Rest


@jf.message
class Tagless:
    pass


NOTE = framed(b"\xa0hello")


class Kept:
    """A service whose handlers keep their contexts, and push while they are at it."""

    def __init__(self, **policies: Any) -> None:
        self.contexts: list[jf.Context] = []
        self.service = jf.Service(wire, **policies)
        self.service.on(Add)(self.add)
        self.service.on(Log)(self.log)

    def add(self, request: Add, context: jf.Context) -> Sum:
        self.contexts.append(context)
        for _ in range(request.left):
            context.send(Note(b"hello"))
        return Sum(request.right)

    def log(self, request: Log, context: jf.Context) -> None:
        self.contexts.append(context)
        if request.text == "close":
            context.close()
        elif request.text:
            context.send(Note(request.text.encode()))

    def talking(self, request: Stream) -> tuple[jf.Session, jf.Context]:
        session = self.service(request)
        feed(session, framed(b"\x04\0\0"))
        return session, self.contexts[-1]


def wakes(request: Stream | Packet) -> int:
    assert isinstance(request.driver, Waking)
    return request.driver.wakes


def test_a_handlers_push_leaves_in_front_of_its_reply_and_wakes_nobody() -> None:
    request = Stream()
    requests = framed(add_bytes(2, 5)) + framed(add_bytes(0, 6)) + framed(add_bytes(1, 7))
    assert feed(Kept().service(request), requests) == (
        NOTE + NOTE + framed(sum_bytes(5)) + framed(sum_bytes(6)) + NOTE + framed(sum_bytes(7))
    )
    assert wakes(request) == 0


def test_a_push_from_elsewhere_wakes_the_driver_which_gets_it_from_resume() -> None:
    request = Stream()
    session, context = Kept().talking(request)
    thread = threading.Thread(target=context.send, args=(Note(b"hello"),))
    thread.start()
    thread.join()
    assert wakes(request) == 1
    assert session.resume() == NOTE
    assert session.resume() == b"", "a wake too many finds nothing"
    assert session.status == READY


def test_a_push_does_not_disturb_a_message_that_has_begun() -> None:
    session, context = Kept().talking(Stream())
    frame = framed(add_bytes(0, 9))
    session.receive(frame, 7)
    context.send(Note(b"hello"))
    status = session.status
    assert session.resume() == NOTE
    assert session.status == status
    assert session.receive(frame[7:], len(frame) - 7) == framed(sum_bytes(9))


def test_a_push_that_nobody_took_leaves_with_the_next_replies() -> None:
    session, context = Kept().talking(Stream())
    context.send(Note(b"hello"))
    assert feed(session, framed(add_bytes(0, 9))) == NOTE + framed(sum_bytes(9))


def test_pushes_above_the_high_water_are_refused_and_taking_them_makes_room() -> None:
    session, context = Kept().talking(Stream(unsent=100))
    for _ in range(10):
        context.send(Note(b"hello"))
    with pytest.raises(jf.Overloaded) as caught:
        context.send(Note(b"hello"))
    assert (caught.value.limit, caught.value.value) == ("unsent", 100)
    assert session.resume() == NOTE * 10
    context.send(Note(b"hello"))
    assert session.resume() == NOTE


def test_many_threads_push_at_once_and_nothing_is_lost_or_torn() -> None:
    session, context = Kept().talking(Stream(unsent=10_000_000))

    def push(name: int) -> None:
        for index in range(200):
            context.send(Note(number(name, 1) + number(index, 2)))

    threads = [threading.Thread(target=push, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    taken = bytearray()
    while any(thread.is_alive() for thread in threads):
        taken += session.resume()
    taken += session.resume()
    notes = [bytes(taken[start : start + 8]) for start in range(0, len(taken), 8)]
    for name in range(8):
        assert [note for note in notes if note[5] == name] == [
            framed(b"\xa0" + number(name, 1) + number(index, 2)) for index in range(200)
        ]


def test_a_handler_that_pushes_too_much_fails() -> None:
    session = Kept().service(Stream(unsent=100))
    assert feed(session, framed(add_bytes(1000, 1))) == NOTE * 10
    assert isinstance(session.fault, jf.HandlerFailed)
    assert isinstance(session.fault.__cause__, jf.Overloaded)


WRONG: dict[str, tuple[Any, type[jf.JackfieldError]]] = {
    "no message": ("text", jf.DeclarationError),
    "no tag of its own": (Tagless(), jf.DeclarationError),
    "too large": (Note(b"x" * 65536), jf.EncodeError),
}


@pytest.mark.parametrize(("message", "kind"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_pushed_raises_where_it_is_pushed(message: Any, kind: type[jf.JackfieldError]) -> None:
    request = Stream()
    session, context = Kept().talking(request)
    with pytest.raises(kind):
        context.send(message)
    assert (session.resume(), wakes(request)) == (b"", 0)


def test_after_the_end_nothing_can_be_pushed() -> None:
    session, context = Kept().talking(Stream())
    session.close(None)
    with pytest.raises(jf.ClosedError):
        context.send(Note(b"hello"))


def test_a_faulty_conversation_sends_what_was_pushed_before_and_takes_nothing_more() -> None:
    session, context = Kept().talking(Stream())
    context.send(Note(b"hello"))
    assert feed(session, framed(b"\x7f")) == NOTE
    assert session.status == CLOSING
    with pytest.raises(jf.ClosedError):
        context.send(Note(b"hello"))


# ------------------------------------------------------------------ closing


def test_closing_in_a_handler_answers_what_came_before_and_reads_nothing_more() -> None:
    session = Kept().service(Stream())
    requests = framed(add_bytes(0, 1)) + framed(b"\x04\0\x05close") + framed(add_bytes(0, 2))
    assert feed(session, requests) == framed(sum_bytes(1))
    assert (session.status, session.fault) == (CLOSING, None)


def test_closing_from_elsewhere_wakes_the_driver_and_sends_what_was_pushed() -> None:
    request = Stream()
    session, context = Kept().talking(request)
    context.send(Note(b"hello"))
    context.close()
    context.close()
    assert wakes(request) == 3
    assert session.resume() == NOTE
    assert (session.status, session.fault) == (CLOSING, None)


# ------------------------------------------------------------------ who is there


def test_connections_are_those_that_are_there_in_the_order_in_which_they_came() -> None:
    kept = Kept()
    assert not kept.service.connections
    one, two, three = (kept.talking(Stream()) for _ in range(3))
    kept.service(Packet())
    assert kept.service.connections == (one[1], two[1], three[1])
    two[0].close(None)
    assert list(kept.service.connections) == [one[1], three[1]]
    for context in kept.service.connections:
        context.send(Note(b"hello"))
    assert [one[0].resume(), two[0].resume(), three[0].resume()] == [NOTE, b"", NOTE]


def test_hooks_are_called_once_for_each_connection_and_never_for_datagrams() -> None:
    kept = Kept()
    seen: list[tuple[str, int]] = []
    kept.service.on_open(lambda context: seen.append(("open", len(kept.service.connections))))

    @kept.service.on_close
    def closed(context: jf.Context) -> None:
        seen.append(("close", len(kept.service.connections)))
        with pytest.raises(jf.ClosedError):
            context.send(Note(b"hello"))

    one, two = kept.service(Stream()), kept.service(Stream())
    kept.service(Packet()).close(None)
    one.close(None)
    two.close(jf.ConnectionLost("peer", "gone"))
    assert seen == [("open", 1), ("open", 2), ("close", 1), ("close", 0)]


def test_a_greeting_is_there_to_be_sent_before_anything_was_received() -> None:
    kept = Kept()
    kept.service.on_open(lambda context: context.send(Note(b"hello")))
    session = kept.service(Stream())
    assert session.status == MORE
    assert session.resume() == NOTE
    assert session.status == READY
    assert feed(session, framed(add_bytes(0, 1))) == framed(sum_bytes(1))


def test_who_is_sent_away_at_the_door_gets_what_was_pushed() -> None:
    kept = Kept()

    @kept.service.on_open
    def refuse(context: jf.Context) -> None:
        context.send(Note(b"hello"))
        context.close()

    session = kept.service(Stream())
    assert session.status == CLOSING | MORE
    assert session.resume() == NOTE
    assert (session.status, session.fault) == (CLOSING, None)


def test_a_hook_that_fails_ends_its_conversation_alone() -> None:
    kept = Kept()

    @kept.service.on_open
    def fail(context: jf.Context) -> None:
        raise LookupError("on purpose")

    session = kept.service(Stream())
    assert session.status == CLOSING
    assert isinstance(session.fault, jf.HandlerFailed)
    assert session.fault.handler.endswith("fail")
    session.close(session.fault)
    assert kept.service.connections == ()


def test_a_closing_hook_that_fails_is_told() -> None:
    kept = Kept()

    @kept.service.on_close
    def fail(context: jf.Context) -> None:
        raise LookupError("on purpose")

    session = kept.service(Stream())
    session.close(None)
    assert isinstance(session.fault, jf.HandlerFailed)


# ------------------------------------------------------------------ over datagrams


def test_over_datagrams_a_push_is_sent_at_once_and_wakes_nobody() -> None:
    kept, request = Kept(), Packet()
    session = kept.service(request)
    data = add_bytes(2, 5)
    assert session.receive(data, len(data)) == sum_bytes(5)
    assert request.sent == [b"\xa0hello"] * 2
    kept.contexts[0].send(Note(b"later"))
    assert request.sent[2:] == [b"\xa0later"]
    session.close(None)
    with pytest.raises(jf.ClosedError):
        kept.contexts[0].send(Note(b"too late"))
    assert wakes(request) == 0


def test_over_datagrams_a_push_is_dropped_and_counted_where_there_is_no_room() -> None:
    kept, request = Kept(), Packet()
    request.full = True
    session, data = kept.service(request), add_bytes(2, 5)
    assert session.receive(data, len(data)) == sum_bytes(5)
    assert (session.fault, kept.service.dropped) == (None, 2)
