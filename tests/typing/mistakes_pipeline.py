"""Pipelines that both checkers must refuse; see test_typing for how to read it."""

from __future__ import annotations

import jackfield as jf


class Badge(jf.Facet):
    pass


class Stamp(jf.Facet):
    pass


def stream(connection: jf.Connection) -> None: ...


def datagrams(datagram: jf.Datagram) -> None: ...


def badged(connection: jf.Connection[Badge]) -> None: ...


def stamped(connection: jf.Connection[Badge | Stamp]) -> None: ...


def three(connection: jf.Connection, other: int, more: str) -> None: ...


def returning(connection: jf.Connection) -> bytes:
    return b""


async def coroutine(connection: jf.Connection) -> None: ...


class Shouter:
    def __call__(self, connection: jf.Connection) -> None: ...


def identify(connection: jf.RawConnection) -> jf.RawConnection[Badge]:
    return connection.learn(Badge())


def check(connection: jf.Connection) -> jf.Connection | None:
    return connection


def first_of_all(connection: jf.RawConnection) -> jf.RawConnection | None:
    return connection


def returns_bool(connection: jf.RawConnection) -> bool:
    return True


def observe() -> None: ...


tcp = jf.tcp("127.0.0.1", 0)
udp = jf.udp("127.0.0.1", 0)
wire = jf.Wire()
on_badged: jf.Service[None, Badge] = jf.Service(wire)

jf.Server(udp, stream)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Never, object]], None]"; expected "Callable[[Datagram[Never]], None]"
# pyright says: Type "(connection: Connection[Never, object]) -> None" is not assignable to type "(Datagram[Never]) -> Session"
jf.Server(tcp, datagrams)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Datagram[Never]], None]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(datagram: Datagram[Never]) -> None" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, coroutine, jf.Threads())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Never, object]], Coroutine[Any, Any, None]]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(connection: Connection[Never, object]) -> CoroutineType[Any, Any, None]" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, three, jf.Threads())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Never, object], int, str], None]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(connection: Connection[Never, object], other: int, more: str) -> None" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, Shouter, jf.Threads())
# mypy says: Argument 2 to "Server" has incompatible type "type[Shouter]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "type[Shouter]" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, stream, jf.Threads)
# mypy says: No overload variant of "Server" matches argument types "Incoming[Connection[Never, Unread]]", "Callable[[Connection[Never, object]], None]", "type[Threads]"
# mypy says: dispatcher: Dispatcher | None
# pyright says: Argument of type "type[Threads]" cannot be assigned to parameter "dispatcher" of type "Dispatcher | None" in function "__init__"
jf.Server(tcp, returning)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Never, object]], bytes]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(connection: Connection[Never, object]) -> bytes" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, badged)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Badge, object]], None]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(connection: Connection[Badge, object]) -> None" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp.through(identify), stamped)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Badge | Stamp, object]], None]"; expected "Callable[[Connection[Badge, Unread]], None]"
# pyright says: Type "(connection: Connection[Badge | Stamp, object]) -> None" is not assignable to type "(RawConnection[Badge]) -> Session"
jf.Server(tcp, on_badged)
# mypy says: Argument 2 to "Server" has incompatible type "Service[None, Badge]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "Service[None, Badge]" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(udp.through(identify), stream)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "Callable[[Connection[Never, Unread]], Connection[Badge, Unread]]"; expected "Callable[[Datagram[Never]], Connection[Badge, Unread] | None]"
# pyright says: Argument of type "(connection: RawConnection[Never]) -> RawConnection[Badge]" cannot be assigned to parameter "step" of type "(Datagram[Never]) -> (NewT@through | None)" in function "through"
udp.through(check)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "Callable[[Connection[Never, object]], Connection[Never, object] | None]"; expected "Callable[[Datagram[Never]], Connection[Never, object] | None]"
# pyright says: Argument of type "(connection: Connection[Never, object]) -> (Connection[Never, object] | None)" cannot be assigned to parameter "step" of type "(Datagram[Never]) -> (NewT@through | None)" in function "through"
udp.only(lambda connection: connection.receive() == b"")
# mypy says: "Datagram[Never]" has no attribute "receive"
# pyright says: Cannot access attribute "receive" for class "Datagram[Never]"
tcp.through(returns_bool)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "Callable[[Connection[Never, Unread]], bool]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Argument of type "(connection: RawConnection[Never]) -> bool" cannot be assigned to parameter "step" of type "(RawConnection[Never]) -> (NewT@through | None)" in function "through"
tcp.through(check).through(first_of_all)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "Callable[[Connection[Never, Unread]], Connection[Never, Unread] | None]"; expected "Callable[[Connection[Never, object]], Connection[Never, Unread] | None]"
# pyright says: Argument of type "(connection: RawConnection[Never]) -> (RawConnection[Never] | None)" cannot be assigned to parameter "step" of type "(Connection[Never, object]) -> (NewT@through | None)" in function "through"
jf.Server(stream, tcp)
# mypy says: No overload variant of "Server" matches argument types "Callable[[Connection[Never, object]], None]", "Incoming[Connection[Never, Unread]]"
# mypy says: listener: Listener[RequestT_co]
# pyright says: Argument of type "(connection: Connection[Never, object]) -> None" cannot be assigned to parameter "listener" of type "Listener[RequestT_co@Server]" in function "__init__"
# pyright says: Type "Incoming[RawConnection[Never]]" is not assignable to type "(RequestT_co@Server) -> Session"
jf.Server(tcp, stream, limits=60)
# mypy says: No overload variant of "Server" matches argument types "Incoming[Connection[Never, Unread]]", "Callable[[Connection[Never, object]], None]", "int"
# mypy says: limits: Limits | None
# pyright says: Argument of type "Literal[60]" cannot be assigned to parameter "limits" of type "Limits | None" in function "__init__"
jf.Server(tcp, stream, observer=observe)
# mypy says: Argument "observer" to "Server" has incompatible type "Callable[[], None]"; expected "Callable[[Started | Stopped | Opened | Refused | Failed | Closed | AcceptFailed | Paused | Drained | Dropped], None] | None"
# pyright says: Argument of type "() -> None" cannot be assigned to parameter "observer" of type "((Event) -> None) | None" in function "__init__"
jf.tcp("127.0.0.1")
# mypy says: Missing positional argument "port" in call to "tcp"
# pyright says: Argument missing for parameter "port"
jf.tcp("127.0.0.1", "9999")
# mypy says: Argument 2 to "tcp" has incompatible type "str"; expected "int"
# pyright says: Argument of type "Literal['9999']" cannot be assigned to parameter "port" of type "int" in function "tcp"
jf.Allow(10)
# mypy says: Argument 1 to "Allow" has incompatible type "int"; expected "str"
# pyright says: Argument of type "Literal[10]" cannot be assigned to parameter "networks" of type "str" in function "__init__"
jf.Limit(10)
# mypy says: Too many positional arguments for "Limit"
# pyright says: Expected 0 positional arguments
jf.Limits(idle="60")
# mypy says: Argument "idle" to "Limits" has incompatible type "str"; expected "float | None"
# pyright says: Argument of type "Literal['60']" cannot be assigned to parameter "idle" of type "float | None" in function "__init__"
jf.run(tcp)
# mypy says: Argument 1 to "run" has incompatible type "Incoming[Connection[Never, Unread]]"; expected "Runnable"
# pyright says: Argument of type "Incoming[RawConnection[Never]]" cannot be assigned to parameter "servers" of type "Runnable" in function "run"


def reads(connection: jf.Connection, datagram: jf.Datagram) -> None:
    Badge.of(connection)
    # mypy says: Argument 1 to "of" of "Facet" has incompatible type "Connection[Never, object]"; expected "Peered[Badge]"
    # pyright says: Argument of type "Connection[Never, object]" cannot be assigned to parameter "subject" of type "Peered[Badge]" in function "of"
    Badge.of(datagram)
    # mypy says: Argument 1 to "of" of "Facet" has incompatible type "Datagram[Never]"; expected "Peered[Badge]"
    # pyright says: Argument of type "Datagram[Never]" cannot be assigned to parameter "subject" of type "Peered[Badge]" in function "of"
    connection.send("text")
    # mypy says: Argument 1 to "send" of "Connection" has incompatible type "str"; expected "bytes | bytearray | memoryview[int] | Message"
    # pyright says: Argument of type "Literal['text']" cannot be assigned to parameter "data" of type "Buffer | Message" in function "send"
    connection.receive_message(int, maximum=3)
    # mypy says: Value of type variable "MessageT" of "receive_message" of "Connection" cannot be "int"
    # pyright says: Argument of type "type[int]" cannot be assigned to parameter "kind" of type "type[MessageT@receive_message]" in function "receive_message"
    connection.receive_message(b"", maximum=3)
    # mypy says: Argument 1 to "receive_message" of "Connection" has incompatible type "bytes"; expected "type[Never]"
    # pyright says: Argument of type "Literal[b""]" cannot be assigned to parameter "kind" of type "type[MessageT@receive_message]" in function "receive_message"
    datagram.reply(7)
    # mypy says: Argument 1 to "reply" of "Datagram" has incompatible type "int"; expected "bytes | bytearray | memoryview[int] | Message"
    # pyright says: Argument of type "Literal[7]" cannot be assigned to parameter "data" of type "Buffer | Message" in function "reply"


def learns(connection: jf.Connection) -> jf.Connection[Badge]:
    return connection
    # mypy says: Incompatible return value type (got "Connection[Never, object]", expected "Connection[Badge, object]")
    # pyright says: Type "Connection[Never, object]" is not assignable to return type "Connection[Badge, object]"


jf.stream_handler(wire)
# mypy says: No overload variant of "stream_handler" matches argument type "Wire"
# mypy says: stream_handler(type[MessageT], /
# pyright says: Argument of type "Wire" cannot be assigned to parameter "schema" of type "Schema[ParsedT@stream_handler]" in function "stream_handler"
