"""Clients that both checkers must accept, with the types that they must see."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

import jackfield as jf
from jackfield.client import AsyncReplyStream, ReplyStream


@jf.message(tag=0x81)
class Sum:
    total: jf.I64


@jf.message(tag=0x82)
class Done:
    pass


@jf.message(tag=0x01)
class Add(jf.Request[Sum]):
    left: jf.I64


@jf.message(tag=0x02)
class Count(jf.StreamRequest[Sum, Done]):
    limit: jf.U16


@jf.message(tag=0x03)
class Either(jf.StreamRequest[Sum | Done, Add]):
    pass


@jf.message(tag=0x04)
class Raw(jf.Request[bytes | None]):
    pass


@jf.message(tag=0x05)
class Log(jf.OneWay):
    text: jf.Text8


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=1000), tag=jf.U8)


def blocking(url: str) -> None:
    with jf.connect(wire, url, deadline=3, retries=2, pushed=[Log, Sum]) as client:
        assert_type(client, jf.Client)
        assert_type(client.call(Add(1)), Sum)
        assert_type(client.call(Raw(), deadline=1), bytes | None)
        items = client.call(Count(3))
        assert_type(items, ReplyStream[Sum, Done])
        for item in items:
            assert_type(item, Sum)
        assert_type(items.last, Done)
        with client.call(Either()) as either:
            assert_type(next(either), Sum | Done)
            assert_type(either.last, Add)
        assert_type(client.call_many([Add(1), Add(2)]), list[Sum])
        assert_type(client.call_many(Add(one) for one in range(3)), list[Sum])
        client.send(Log("x"))
        notes = client.pushed(Sum, deadline=3)
        assert_type(notes, Iterator[Sum])
        assert_type(next(notes).total, int)


async def asynchronous(url: str) -> None:
    async with await jf.connect_async(wire, url, retries=1, pushed=(Log,)) as client:
        assert_type(client, jf.AsyncClient)
        assert_type(await client.call(Add(1)), Sum)
        assert_type(await client.call(Raw(), deadline=1), bytes | None)
        items = client.call(Count(3))
        assert_type(items, AsyncReplyStream[Sum, Done])
        async for item in items:
            assert_type(item, Sum)
        assert_type(items.last, Done)
        assert_type(await client.call_many([Add(1), Add(2)]), list[Sum])
        await client.send(Log("x"))
        assert_type(client.pushed(Log), AsyncIterator[Log])
        async for note in client.pushed(Log):
            assert_type(note.text, str)
        client.close()
