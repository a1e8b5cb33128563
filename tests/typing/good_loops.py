"""Coroutine handlers and loops that both checkers must accept; see test_typing for how to read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, assert_type

import jackfield as jf
from jackfield.interfaces import (
    Async,
    AsyncDispatcher,
    AsyncSessionDispatcher,
    Driver,
    SessionDispatcher,
)

FacetsT = TypeVar("FacetsT")


class Badge(jf.Facet):
    pass


class Stamp(jf.Facet):
    pass


@jf.message
class Note:
    text: jf.Text8


def identify(connection: jf.RawConnection[FacetsT]) -> jf.RawConnection[FacetsT | Badge]:
    return connection.learn(Badge())


def identify_datagram(datagram: jf.Datagram[FacetsT]) -> jf.Datagram[FacetsT | Badge]:
    return datagram.learn(Badge())


async def shout(connection: jf.AsyncConnection) -> None:
    assert_type(await connection.receive(), bytes)
    assert_type(await connection.receive_exactly(3), bytes)
    assert_type(await connection.receive_until(b"\n"), bytes)
    assert_type(await connection.receive_message(Note, maximum=100), Note)
    assert_type(connection.lines(), AsyncIterator[bytes])
    with connection.deadline(3):
        async for line in connection.lines():
            await connection.send(line.upper())
    await connection.send(Note("x"))
    await connection.send_eof()
    await connection.close()


async def badged(connection: jf.AsyncConnection[Badge]) -> None:
    assert_type(Badge.of(connection), Badge)


async def datagrams(datagram: jf.AsyncDatagram) -> None:
    await datagram.reply(datagram.payload)
    await datagram.reply(Note("x"))


async def badged_datagrams(datagram: jf.AsyncDatagram[Badge]) -> None:
    assert_type(Badge.of(datagram), Badge)


class Methods:
    async def serve(self, connection: jf.AsyncConnection) -> None: ...

    async def __call__(self, connection: jf.AsyncConnection) -> None: ...


tcp = jf.tcp("127.0.0.1", 0)
udp = jf.udp("127.0.0.1", 0)
service = jf.Service(jf.Wire())

jf.Server(tcp, shout)
jf.Server(tcp, shout, jf.Asyncio())
jf.Server(tcp, Methods().serve, jf.Asyncio(loop=asyncio.new_event_loop))
jf.Server(tcp, Methods())
jf.Server(udp, datagrams)
jf.Server(udp, datagrams, jf.Asyncio())
jf.Server(tcp.through(identify), badged, jf.Asyncio())
jf.Server(tcp.through(identify), shout, jf.Asyncio())
jf.Server(udp.through(identify_datagram), badged_datagrams)
jf.Server(tcp, service, jf.Asyncio())
jf.Server(udp, service, jf.Asyncio(executor=ThreadPoolExecutor()))
jf.Server(tcp, service, jf.EventLoop())
jf.Server(udp, service, jf.EventLoop(ThreadPoolExecutor()))
jf.Server(jf.memory(), shout)


async def main() -> None:
    with jf.Server(tcp, shout) as server:
        assert_type(await server.serve(), None)
        assert_type(await server.drain_async(3), jf.DrainReport)


asyncio_dispatcher: AsyncDispatcher = jf.Asyncio()
inside: AsyncSessionDispatcher = jf.Asyncio()
of_sessions: SessionDispatcher = jf.Asyncio()
loop: SessionDispatcher = jf.EventLoop()
handled: Async = shout(jf.AsyncConnection.__new__(jf.AsyncConnection))


def offload(driver: Driver) -> None:
    driver.wake()
    driver.submit(len, "text", lambda outcome: print(assert_type(outcome(), int)))
