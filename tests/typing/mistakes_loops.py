"""Coroutine handlers and loops that both checkers must refuse; see test_typing for how to read it."""

from __future__ import annotations

from typing import TypeVar

import jackfield as jf
from jackfield.interfaces import Driver

FacetsT = TypeVar("FacetsT")


class Badge(jf.Facet):
    pass


class Stamp(jf.Facet):
    pass


def blocking(connection: jf.Connection) -> None: ...


def blocking_datagrams(datagram: jf.Datagram) -> None: ...


async def coroutine(connection: jf.AsyncConnection) -> None: ...


async def datagrams(datagram: jf.AsyncDatagram) -> None: ...


async def badged(connection: jf.AsyncConnection[Badge]) -> None: ...


async def returning(connection: jf.AsyncConnection) -> bytes:
    return b""


async def of_two(connection: jf.AsyncConnection, other: int) -> None: ...


tcp = jf.tcp("127.0.0.1", 0)
udp = jf.udp("127.0.0.1", 0)
service = jf.Service(jf.Wire())

# ---------------------------------------------------------------- the wrong dispatcher

jf.Server(tcp, coroutine, jf.Threads())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[AsyncConnection[Never]], Coroutine[Any, Any, None]]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Argument of type "Threads" cannot be assigned to parameter "dispatcher" of type "AsyncDispatcher | None" in function "__init__"
jf.Server(tcp, coroutine, jf.Inline())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[AsyncConnection[Never]], Coroutine[Any, Any, None]]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Argument of type "Inline" cannot be assigned to parameter "dispatcher" of type "AsyncDispatcher | None" in function "__init__"
jf.Server(tcp, coroutine, jf.EventLoop())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[AsyncConnection[Never]], Coroutine[Any, Any, None]]"; expected "Callable[[Connection[Never, Unread]], Session]"
# pyright says: Argument of type "EventLoop" cannot be assigned to parameter "dispatcher" of type "AsyncDispatcher | None" in function "__init__"
jf.Server(tcp, blocking, jf.Asyncio())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Never, object]], None]"; expected "Callable[[AsyncConnection[Never]], Coroutine[Any, Any, None]]"
# pyright says: Argument of type "Asyncio" cannot be assigned to parameter "dispatcher" of type "Dispatcher | None" in function "__init__"
jf.Server(tcp, blocking, jf.EventLoop())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Never, object]], None]"; expected "Callable[[Connection[Never, Unread]], Session]"
# pyright says: Argument of type "EventLoop" cannot be assigned to parameter "dispatcher" of type "Dispatcher | None" in function "__init__"
jf.Server(udp, blocking_datagrams, jf.Asyncio())
# mypy says: Argument 1 to "Server" has incompatible type "Incoming[Datagram[Never]]"; expected "Listener[Connection[Never, object]]"
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Datagram[Never]], None]"; expected "Callable[[AsyncConnection[Never]], Coroutine[Any, Any, None]]"
# pyright says: Argument of type "Asyncio" cannot be assigned to parameter "dispatcher" of type "Dispatcher | None" in function "__init__"
jf.Server(udp, blocking_datagrams, jf.EventLoop())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Datagram[Never]], None]"; expected "Callable[[Datagram[Never]], Session]"
# pyright says: Argument of type "EventLoop" cannot be assigned to parameter "dispatcher" of type "Dispatcher | None" in function "__init__"
jf.Server(tcp, coroutine, jf.Asyncio)
# mypy says: No overload variant of "Server" matches argument types "Incoming[Connection[Never, Unread]]", "Callable[[AsyncConnection[Never]], Coroutine[Any, Any, None]]", "type[Asyncio]"
# pyright says: Argument of type "type[Asyncio]" cannot be assigned to parameter "dispatcher" of type "AsyncDispatcher | None" in function "__init__"

# ---------------------------------------------------------------- the wrong handler

jf.Server(udp, coroutine)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[AsyncConnection[Never]], Coroutine[Any, Any, None]]"; expected "Callable[[Datagram[Never]], None]"
# pyright says: Argument of type "(connection: AsyncConnection[Never]) -> CoroutineType[Any, Any, None]" cannot be assigned to parameter "handler" of type "(RequestT_co@Server) -> Session" in function "__init__"
# pyright says: Type "(connection: AsyncConnection[Never]) -> CoroutineType[Any, Any, None]" is not assignable to type "(Datagram[Never]) -> Session"
jf.Server(tcp, datagrams)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[AsyncDatagram[Never]], Coroutine[Any, Any, None]]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Argument of type "(datagram: AsyncDatagram[Never]) -> CoroutineType[Any, Any, None]" cannot be assigned to parameter "handler" of type "(RequestT_co@Server) -> Session" in function "__init__"
# pyright says: Type "(datagram: AsyncDatagram[Never]) -> CoroutineType[Any, Any, None]" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, badged)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[AsyncConnection[Badge]], Coroutine[Any, Any, None]]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Argument of type "(connection: AsyncConnection[Badge]) -> CoroutineType[Any, Any, None]" cannot be assigned to parameter "handler" of type "(RequestT_co@Server) -> Session" in function "__init__"
# pyright says: Type "(connection: AsyncConnection[Badge]) -> CoroutineType[Any, Any, None]" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, returning)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[AsyncConnection[Never]], Coroutine[Any, Any, bytes]]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Argument of type "(connection: AsyncConnection[Never]) -> CoroutineType[Any, Any, bytes]" cannot be assigned to parameter "handler" of type "(RequestT_co@Server) -> Session" in function "__init__"
# pyright says: Type "(connection: AsyncConnection[Never]) -> CoroutineType[Any, Any, bytes]" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, of_two)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[AsyncConnection[Never], int], Coroutine[Any, Any, None]]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Argument of type "(connection: AsyncConnection[Never], other: int) -> CoroutineType[Any, Any, None]" cannot be assigned to parameter "handler" of type "(RequestT_co@Server) -> Session" in function "__init__"
# pyright says: Type "(connection: AsyncConnection[Never], other: int) -> CoroutineType[Any, Any, None]" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, coroutine(jf.AsyncConnection.__new__(jf.AsyncConnection)))
# mypy says: No overload variant of "Server" matches argument types "Incoming[Connection[Never, Unread]]", "Coroutine[Any, Any, None]"
# pyright says: Argument of type "CoroutineType[Any, Any, None]" cannot be assigned to parameter "handler" of type "(RequestT_co@Server) -> Session" in function "__init__"
# pyright says: Type "CoroutineType[Any, Any, None]" is not assignable to type "(RawConnection[Never]) -> Session"

# ---------------------------------------------------------------- a call that nobody awaits, and other slips


async def slips(connection: jf.AsyncConnection, datagram: jf.AsyncDatagram) -> None:
    connection.send(b"x")
    # mypy says: Value of type "Coroutine[Any, Any, None]" must be used
    # pyright says: Result of async function call is not used; use "await" or assign result to variable
    await connection.send("text")
    # mypy says: Argument 1 to "send" of "AsyncConnection" has incompatible type "str"; expected "bytes | bytearray | memoryview[int] | Message"
    # pyright says: Argument of type "Literal['text']" cannot be assigned to parameter "data" of type "Buffer | Message" in function "send"
    for line in connection.lines():
        # mypy says: "AsyncIterator[bytes]" has no attribute "__iter__"; maybe "__aiter__"? (not iterable)
        # pyright says: "AsyncIterator[bytes]" is not iterable
        print(line)
    length = len(connection.receive())
    # mypy says: Argument 1 to "len" has incompatible type "Coroutine[Any, Any, bytes]"; expected "Sized"
    # pyright says: Argument of type "CoroutineType[Any, Any, bytes]" cannot be assigned to parameter "obj" of type "Sized" in function "len"
    Badge.of(connection)
    # mypy says: Argument 1 to "of" of "Facet" has incompatible type "AsyncConnection[Never]"; expected "Peered[Badge]"
    # pyright says: Argument of type "AsyncConnection[Never]" cannot be assigned to parameter "subject" of type "Peered[Badge]" in function "of"
    datagram.reply(b"x")
    # mypy says: Value of type "Coroutine[Any, Any, None]" must be used
    # pyright says: Result of async function call is not used; use "await" or assign result to variable
    await datagram.reply(length)
    # mypy says: Argument 1 to "reply" of "AsyncDatagram" has incompatible type "int"; expected "bytes | bytearray | memoryview[int] | Message"
    # pyright says: Argument of type "int" cannot be assigned to parameter "data" of type "Buffer | Message" in function "reply"


jf.EventLoop(4)
# mypy says: Argument 1 to "EventLoop" has incompatible type "int"; expected "Executor | None"
# pyright says: Argument of type "Literal[4]" cannot be assigned to parameter "executor" of type "Executor | None" in function "__init__"
jf.Asyncio(loop=4)
# mypy says: Argument "loop" to "Asyncio" has incompatible type "int"; expected "Callable[[], AbstractEventLoop] | None"
# pyright says: Argument of type "Literal[4]" cannot be assigned to parameter "loop" of type "(() -> AbstractEventLoop) | None" in function "__init__"


def offload(driver: Driver) -> None:
    driver.submit(len, 4, print)
    # mypy says: Argument 1 to "submit" of "Driver" has incompatible type "Callable[[Sized], int]"; expected "Callable[[int], int]"
    # pyright says: Argument of type "Literal[4]" cannot be assigned to parameter "argument" of type "ArgumentT@submit" in function "submit"
