"""A datagram as a handler holds it."""

from __future__ import annotations

import pytest

import jackfield as jf
from jackfield.addresses import MemoryAddress
from jackfield.interfaces import Buffer


@jf.message
class Reading:
    value: jf.U16


class Badge(jf.Facet):
    pass


def datagram(replies: list[bytes]) -> jf.Datagram:
    def reply(data: Buffer) -> None:
        replies.append(bytes(data))

    return jf.Datagram(b"payload", peer=MemoryAddress(1), local=MemoryAddress(2), reply=reply)


def test_a_datagram_is_its_payload_and_its_two_ends() -> None:
    one = datagram([])
    assert (one.payload, one.peer, one.local) == (b"payload", MemoryAddress(1), MemoryAddress(2))
    assert one.framed


def test_a_reply_may_be_bytes_or_a_message_and_there_may_be_several() -> None:
    replies: list[bytes] = []
    one = datagram(replies)
    one.reply(b"")
    one.reply(Reading(258))
    assert replies == [b"", b"\x01\x02"]


def test_a_message_that_its_schema_cannot_carry_sends_nothing() -> None:
    replies: list[bytes] = []
    with pytest.raises(jf.EncodeError):
        datagram(replies).reply(Reading(-1))
    assert replies == []


def test_what_is_learned_stays_with_the_one_that_learned_it() -> None:
    one = datagram([])
    badge = Badge()
    learned = one.learn(badge)
    assert Badge.of(learned) is badge
    assert one.facet(Badge) is None  # type: ignore[arg-type]  # nothing was promised
    assert learned.payload == one.payload


def test_the_end_is_shared_with_the_one_that_it_was_learned_of() -> None:
    calls: list[str] = []
    one = datagram([])
    one.on_close(lambda: calls.append("before"))
    learned = one.learn(Badge())
    learned.on_close(lambda: calls.append("behind"))
    learned.finish(None)
    one.finish(None)
    assert calls == ["behind", "before"]
