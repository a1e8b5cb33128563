"""Servers, acceptors and parts of one's own that both checkers must refuse; see test_typing for how to read it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TypeVar

import jackfield as jf
from jackfield.interfaces import READY, Acceptor, Buffer, Dispatcher, Gate, Handler, Listener, Observer, Peered, Session

FacetsT = TypeVar("FacetsT")
RequestT = TypeVar("RequestT")


class Badge(jf.Facet):
    pass


class Stamp(jf.Facet):
    pass


class State:
    pass


def stream(connection: jf.Connection) -> None: ...


def raw(connection: jf.RawConnection) -> None: ...


def datagrams(datagram: jf.Datagram) -> None: ...


def badged(connection: jf.Connection[Badge]) -> None: ...


def stamped(connection: jf.Connection[Stamp]) -> None: ...


def badged_datagram(datagram: jf.Datagram[Badge]) -> None: ...


def returning(datagram: jf.Datagram) -> bytes:
    return b""


def without_arguments() -> None: ...


async def coroutine(connection: jf.Connection) -> None: ...


async def of_datagrams(datagram: jf.Datagram) -> None: ...


class Methods:
    async def coroutine(self, connection: jf.Connection) -> None: ...

    def two(self, connection: jf.Connection, other: int) -> None: ...

    def plain(self, connection: jf.Connection) -> None: ...


@jf.sessions
class Sessions:
    def __init__(self, request: Peered[Badge]) -> None:
        self.status = READY
        self.fault: jf.JackfieldError | None = None

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        return b""

    def resume(self) -> bytes:
        return b""

    def close(self, why: Exception | None, /) -> None: ...


@jf.sessions
class NoSessions:
    def __init__(self, request: Peered) -> None:
        self.status = READY


def identify(connection: jf.RawConnection[FacetsT]) -> jf.RawConnection[FacetsT | Badge]:
    return connection.learn(Badge())


def after_identify(connection: jf.RawConnection[Badge]) -> jf.RawConnection[Badge | Stamp]:
    return connection.learn(Stamp())


def negotiate(connection: jf.Connection[FacetsT]) -> jf.Connection[FacetsT | Stamp]:
    return connection.learn(Stamp())


def identify_datagram(datagram: jf.Datagram[FacetsT]) -> jf.Datagram[FacetsT | Badge]:
    return datagram.learn(Badge())


def no_step(connection: jf.RawConnection) -> bytes:
    return b""


def wrong_event(event: int) -> None: ...


class HalfListener:
    def accept(self) -> jf.RawConnection | None:
        return None


class HalfDispatcher:
    def serve(self, gate: Gate[jf.Connection]) -> None: ...

    def close(self) -> None: ...


class Loop:
    """Drives sessions alone."""

    def drive(self, gate: Gate[RequestT], sessions: Callable[[RequestT], Session], /) -> None: ...

    def close(self) -> None: ...


tcp = jf.tcp("127.0.0.1", 0)
udp = jf.udp("127.0.0.1", 0)
memory = jf.memory()
service = jf.Service(jf.Wire())
on_badged: jf.Service[State, Badge] = jf.Service(jf.Wire(), state=State)

# ---------------------------------------------------------------- coroutines, methods, classes

jf.Server(tcp, coroutine)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Never, object]], Coroutine[Any, Any, None]]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(connection: Connection[Never, object]) -> CoroutineType[Any, Any, None]" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, coroutine, jf.Inline())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Never, object]], Coroutine[Any, Any, None]]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(connection: Connection[Never, object]) -> CoroutineType[Any, Any, None]" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, coroutine, jf.ThreadPool(2))
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Never, object]], Coroutine[Any, Any, None]]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(connection: Connection[Never, object]) -> CoroutineType[Any, Any, None]" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(udp, of_datagrams, jf.Inline())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Datagram[Never]], Coroutine[Any, Any, None]]"; expected "Callable[[Datagram[Never]], None]"
# pyright says: Type "(datagram: Datagram[Never]) -> CoroutineType[Any, Any, None]" is not assignable to type "(Datagram[Never]) -> Session"
jf.Server(tcp, Methods().coroutine, jf.Threads())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Never, object]], Coroutine[Any, Any, None]]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(connection: Connection[Never, object]) -> CoroutineType[Any, Any, None]" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, Methods().two, jf.Threads())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Never, object], int], None]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(connection: Connection[Never, object], other: int) -> None" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, Methods.plain, jf.Threads())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Methods, Connection[Never, object]], None]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(self: Methods, connection: Connection[Never, object]) -> None" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, without_arguments)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[], None]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "() -> None" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(udp, returning, jf.Inline())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Datagram[Never]], bytes]"; expected "Callable[[Datagram[Never]], None]"
# pyright says: Type "(datagram: Datagram[Never]) -> bytes" is not assignable to type "(Datagram[Never]) -> Session"
jf.Server(tcp, "stream")
# mypy says: No overload variant of "Server" matches argument types "Incoming[Connection[Never, Unread]]", "str"
# mypy says: handler: Callable[[RequestT_co], None]
# pyright says: Type "Literal['stream']" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, jf.Service, jf.Threads())
# mypy says: Argument 2 to "Server" has incompatible type "type[Service[StateT, NeedsT_co]]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "type[Service[StateT@Service, NeedsT_co@Service]]" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, stream, jf.Inline)
# mypy says: No overload variant of "Server" matches argument types "Incoming[Connection[Never, Unread]]", "Callable[[Connection[Never, object]], None]", "type[Inline]"
# mypy says: dispatcher: Dispatcher | None
# pyright says: Argument of type "type[Inline]" cannot be assigned to parameter "dispatcher" of type "Dispatcher | None" in function "__init__"
jf.Server(tcp, stream, jf.ThreadPool)
# mypy says: No overload variant of "Server" matches argument types "Incoming[Connection[Never, Unread]]", "Callable[[Connection[Never, object]], None]", "type[ThreadPool]"
# mypy says: dispatcher: Dispatcher | None
# pyright says: Argument of type "type[ThreadPool]" cannot be assigned to parameter "dispatcher" of type "Dispatcher | None" in function "__init__"
jf.Server(tcp, service, jf.Threads)
# mypy says: No overload variant of "Server" matches argument types "Incoming[Connection[Never, Unread]]", "Service[None, Never]", "type[Threads]"
# mypy says: dispatcher: Dispatcher | None
# pyright says: Argument of type "type[Threads]" cannot be assigned to parameter "dispatcher" of type "Dispatcher | SessionDispatcher | None" in function "__init__"
jf.Server(udp, datagrams, jf.Inline)
# mypy says: No overload variant of "Server" matches argument types "Incoming[Datagram[Never]]", "Callable[[Datagram[Never]], None]", "type[Inline]"
# mypy says: dispatcher: Dispatcher | None
# pyright says: Argument of type "type[Inline]" cannot be assigned to parameter "dispatcher" of type "Dispatcher | None" in function "__init__"
jf.Server(jf.tcp, stream)
# mypy says: No overload variant of "Server" matches argument types "def tcp(host: str, port: int, *, backlog: int = ..., reuse_port: bool = ...) -> Incoming[Connection[Never, Unread]]", "Callable[[Connection[Never, object]], None]"
# mypy says: listener: Listener[RequestT_co]
# pyright says: Argument of type "(host: str, port: int, *, backlog: int = 1024, reuse_port: bool = False) -> Incoming[RawConnection[Never]]" cannot be assigned to parameter "listener" of type "Listener[RequestT_co@Server]" in function "__init__"
jf.run(jf.Server)
# mypy says: Argument 1 to "run" has incompatible type "type[Server[RequestT_co]]"; expected "Runnable"
# pyright says: Argument of type "type[Server[RequestT_co@Server]]" cannot be assigned to parameter "servers" of type "Runnable" in function "run"
jf.run([jf.Server(tcp, stream)])
# mypy says: Argument 1 to "run" has incompatible type "list[Server[Connection[Never, Unread]]]"; expected "Runnable"
# pyright says: Argument of type "list[Server[RawConnection[Never]]]" cannot be assigned to parameter "servers" of type "Runnable" in function "run"
jf.Threads(limit="8")
# mypy says: Argument "limit" to "Threads" has incompatible type "str"; expected "int"
# pyright says: Argument of type "Literal['8']" cannot be assigned to parameter "limit" of type "int" in function "__init__"
jf.ThreadPool("2")
# mypy says: Argument 1 to "ThreadPool" has incompatible type "str"; expected "int"
# pyright says: Argument of type "Literal['2']" cannot be assigned to parameter "size" of type "int" in function "__init__"

# ---------------------------------------------------------------- the wrong listener

jf.Server(udp, raw, jf.Threads())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Never, Unread]], None]"; expected "Callable[[Datagram[Never]], None]"
# pyright says: Type "(connection: RawConnection[Never]) -> None" is not assignable to type "(Datagram[Never]) -> Session"
jf.Server(memory, datagrams)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Datagram[Never]], None]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(datagram: Datagram[Never]) -> None" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(jf.adopt(socket.socket(), datagrams=True), stream)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Never, object]], None]"; expected "Callable[[Datagram[Never]], None]"
# pyright says: Type "(connection: Connection[Never, object]) -> None" is not assignable to type "(Datagram[Never]) -> Session"
jf.Server(jf.adopt(socket.socket()), datagrams)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Datagram[Never]], None]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(datagram: Datagram[Never]) -> None" is not assignable to type "(RawConnection[Never]) -> Session"
jf.adopt(3)
# mypy says: No overload variant of "adopt" matches argument type "int"
# mypy says: def adopt(socket, /
# pyright says: Argument of type "Literal[3]" cannot be assigned to parameter "sock" of type "socket" in function "adopt"

# ---------------------------------------------------------------- facets that nobody learned

jf.Server(tcp, badged, jf.Threads())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Badge, object]], None]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(connection: Connection[Badge, object]) -> None" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(memory, badged)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Badge, object]], None]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(connection: Connection[Badge, object]) -> None" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(udp, badged_datagram, jf.Inline())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Datagram[Badge]], None]"; expected "Callable[[Datagram[Never]], None]"
# pyright says: Type "(datagram: Datagram[Badge]) -> None" is not assignable to type "(Datagram[Never]) -> Session"
jf.Server(tcp.through(identify), stamped)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Stamp, object]], None]"; expected "Callable[[Connection[Badge, Unread]], None]"
# pyright says: Type "(connection: Connection[Stamp, object]) -> None" is not assignable to type "(RawConnection[Badge]) -> Session"
jf.Server(tcp.through(negotiate), raw)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Never, Unread]], None]"; expected "Callable[[Connection[Stamp, object]], None]"
# pyright says: Type "(connection: RawConnection[Never]) -> None" is not assignable to type "(Connection[Stamp, object]) -> Session"
jf.Server(tcp.through(identify).only(lambda connection: True), stamped)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Stamp, object]], None]"; expected "Callable[[Connection[Badge, Unread]], None]"
# pyright says: Type "(connection: Connection[Stamp, object]) -> None" is not assignable to type "(RawConnection[Badge]) -> Session"
jf.Server(tcp, Sessions)
# mypy says: Argument 2 to "Server" has incompatible type "type[Sessions]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "type[Sessions]" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, NoSessions)
# mypy says: Argument 2 to "Server" has incompatible type "type[NoSessions]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "type[NoSessions]" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp, on_badged, jf.Threads())
# mypy says: Argument 2 to "Server" has incompatible type "Service[State, Badge]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "Service[State, Badge]" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(udp, on_badged, jf.Inline())
# mypy says: Argument 2 to "Server" has incompatible type "Service[State, Badge]"; expected "Callable[[Datagram[Never]], None]"
# pyright says: Type "Service[State, Badge]" is not assignable to type "(Datagram[Never]) -> Session"

# ---------------------------------------------------------------- acceptors

udp.through(identify)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "Callable[[Connection[FacetsT, Unread]], Connection[FacetsT | Badge, Unread]]"; expected "Callable[[Datagram[Never]], Connection[Badge, Unread] | None]"
# pyright says: Argument of type "(connection: RawConnection[FacetsT@identify]) -> RawConnection[FacetsT@identify | Badge]" cannot be assigned to parameter "step" of type "(Datagram[Never]) -> (NewT@through | None)" in function "through"
tcp.through(identify_datagram)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "Callable[[Datagram[FacetsT]], Datagram[FacetsT | Badge]]"; expected "Callable[[Connection[Never, Unread]], Datagram[Badge] | None]"
# pyright says: Argument of type "(datagram: Datagram[FacetsT@identify_datagram]) -> Datagram[FacetsT@identify_datagram | Badge]" cannot be assigned to parameter "step" of type "(RawConnection[Never]) -> (NewT@through | None)" in function "through"
tcp.through(after_identify)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "Callable[[Connection[Badge, Unread]], Connection[Badge | Stamp, Unread]]"; expected "Callable[[Connection[Never, Unread]], Connection[Badge | Stamp, Unread] | None]"
# pyright says: Argument of type "(connection: RawConnection[Badge]) -> RawConnection[Badge | Stamp]" cannot be assigned to parameter "step" of type "(RawConnection[Never]) -> (NewT@through | None)" in function "through"
memory.through(after_identify)
# mypy says: Argument 1 to "through" of "Memory" has incompatible type "Callable[[Connection[Badge, Unread]], Connection[Badge | Stamp, Unread]]"; expected "Callable[[Connection[Never, Unread]], Connection[Badge | Stamp, Unread] | None]"
# pyright says: Argument of type "(connection: RawConnection[Badge]) -> RawConnection[Badge | Stamp]" cannot be assigned to parameter "step" of type "(RawConnection[Never]) -> (NewT@through | None)" in function "through"
tcp.through(negotiate).through(identify)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "Callable[[Connection[FacetsT, Unread]], Connection[FacetsT | Badge, Unread]]"; expected "Callable[[Connection[Stamp, object]], Connection[Stamp | Badge, Unread] | None]"
# pyright says: Argument of type "(connection: RawConnection[FacetsT@identify]) -> RawConnection[FacetsT@identify | Badge]" cannot be assigned to parameter "step" of type "(Connection[Stamp, object]) -> (NewT@through | None)" in function "through"
tcp.through(jf.Limit)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "type[Limit]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Argument of type "type[Limit]" cannot be assigned to parameter "step" of type "(RawConnection[Never]) -> (NewT@through | None)" in function "through"
tcp.through(jf.Allow)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "type[Allow]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Argument of type "type[Allow]" cannot be assigned to parameter "step" of type "(RawConnection[Never]) -> (NewT@through | None)" in function "through"
tcp.through(no_step)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "Callable[[Connection[Never, Unread]], bytes]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Argument of type "(connection: RawConnection[Never]) -> bytes" cannot be assigned to parameter "step" of type "(RawConnection[Never]) -> (NewT@through | None)" in function "through"
# pyright says: "bytes" is incompatible with protocol "Accepted"
tcp.through(without_arguments)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "Callable[[], None]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Argument of type "() -> None" cannot be assigned to parameter "step" of type "(RawConnection[Never]) -> (NewT@through | None)" in function "through"
tcp.only(no_step)
# mypy says: Argument 1 to "only" of "Incoming" has incompatible type "Callable[[Connection[Never, Unread]], bytes]"; expected "Callable[[Connection[Never, Unread]], bool]"
# pyright says: Argument of type "(connection: RawConnection[Never]) -> bytes" cannot be assigned to parameter "allow" of type "(RawConnection[Never]) -> bool" in function "only"
tcp.only(lambda connection: Badge.of(connection) is not None)
# mypy says: Argument 1 to "of" of "Facet" has incompatible type "Connection[Never, Unread]"; expected "Peered[Badge]"
# pyright says: Argument of type "RawConnection[Never]" cannot be assigned to parameter "subject" of type "Peered[Badge]" in function "of"

# ---------------------------------------------------------------- parts of one's own

listener: Listener[jf.RawConnection] = HalfListener()
# mypy says: Incompatible types in assignment (expression has type "HalfListener", variable has type "Listener[Connection[Never, Unread]]")
# pyright says: Type "HalfListener" is not assignable to declared type "Listener[RawConnection[Never]]"
wrong_kind: Listener[jf.Datagram] = tcp
# mypy says: Incompatible types in assignment (expression has type "Incoming[Connection[Never, Unread]]", variable has type "Listener[Datagram[Never]]")
# pyright says: Type "Incoming[RawConnection[Never]]" is not assignable to declared type "Listener[Datagram[Never]]"
dispatcher: Dispatcher = HalfDispatcher()
# mypy says: Incompatible types in assignment (expression has type "HalfDispatcher", variable has type "Dispatcher")
# pyright says: Type "HalfDispatcher" is not assignable to declared type "Dispatcher"
observer: Observer = wrong_event
# mypy says: Incompatible types in assignment (expression has type "Callable[[int], None]", variable has type "Observer")
# pyright says: Type "(event: int) -> None" is not assignable to declared type "Observer"
acceptor: Acceptor[jf.RawConnection, jf.RawConnection] = no_step
# mypy says: Incompatible types in assignment (expression has type "Callable[[Connection[Never, Unread]], bytes]", variable has type "Acceptor[Connection[Never, Unread], Connection[Never, Unread]]")
# pyright says: Type "(connection: RawConnection[Never]) -> bytes" is not assignable to declared type "Acceptor[RawConnection[Never], RawConnection[Never]]"
handler: Handler[jf.RawConnection] = coroutine
# mypy says: Incompatible types in assignment (expression has type "Callable[[Connection[Never, object]], Coroutine[Any, Any, None]]", variable has type "Handler[Connection[Never, Unread]]")
# pyright says: Type "(connection: Connection[Never, object]) -> CoroutineType[Any, Any, None]" is not assignable to declared type "Handler[RawConnection[Never]]"
needing: Handler[jf.RawConnection] = badged
# mypy says: Incompatible types in assignment (expression has type "Callable[[Connection[Badge, object]], None]", variable has type "Handler[Connection[Never, Unread]]")
# pyright says: Type "(connection: Connection[Badge, object]) -> None" is not assignable to declared type "Handler[RawConnection[Never]]"
jf.Server(HalfListener(), stream)
# mypy says: No overload variant of "Server" matches argument types "HalfListener", "Callable[[Connection[Never, object]], None]"
# mypy says: listener: Listener[RequestT_co]
# pyright says: Argument of type "HalfListener" cannot be assigned to parameter "listener" of type "Listener[RequestT_co@Server]" in function "__init__"
jf.Server(tcp, stream, HalfDispatcher())
# mypy says: No overload variant of "Server" matches argument types "Incoming[Connection[Never, Unread]]", "Callable[[Connection[Never, object]], None]", "HalfDispatcher"
# mypy says: dispatcher: Dispatcher | None
# pyright says: Argument of type "HalfDispatcher" cannot be assigned to parameter "dispatcher" of type "Dispatcher | None" in function "__init__"
jf.Server(tcp, stream, Loop())
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Never, object]], None]"; expected "Callable[[Connection[Never, Unread]], Session]"
# pyright says: Argument of type "Loop" cannot be assigned to parameter "dispatcher" of type "Dispatcher | None" in function "__init__"
jf.Server(tcp, stream, observer=wrong_event)
# mypy says: Argument "observer" to "Server" has incompatible type "Callable[[int], None]"; expected "Callable[[Started | Stopped | Opened | Refused | Failed | Closed | AcceptFailed | Paused | Drained | Dropped], None] | None"
# pyright says: Argument of type "(event: int) -> None" cannot be assigned to parameter "observer" of type "((Event) -> None) | None" in function "__init__"


def reads(plain: jf.Context, stateful: jf.Context[State, Badge], connection: jf.Connection[Badge]) -> None:
    Badge.of(plain)
    # mypy says: Argument 1 to "of" of "Facet" has incompatible type "Context[None, Never]"; expected "Peered[Badge]"
    # pyright says: Argument of type "Context[None, Never]" cannot be assigned to parameter "subject" of type "Peered[Badge]" in function "of"
    Stamp.of(stateful)
    # mypy says: Argument 1 to "of" of "Facet" has incompatible type "Context[State, Badge]"; expected "Peered[Stamp]"
    # pyright says: Argument of type "Context[State, Badge]" cannot be assigned to parameter "subject" of type "Peered[Stamp]" in function "of"
    Stamp.of(connection)
    # mypy says: Argument 1 to "of" of "Facet" has incompatible type "Connection[Badge, object]"; expected "Peered[Stamp]"
    # pyright says: Argument of type "Connection[Badge, object]" cannot be assigned to parameter "subject" of type "Peered[Stamp]" in function "of"
    connection.learn(3)
    # mypy says: Value of type variable "FacetT" of "learn" of "Connection" cannot be "int"
    # pyright says: Argument of type "Literal[3]" cannot be assigned to parameter "facet" of type "FacetT@learn" in function "learn"
    Badge(connection)
    # mypy says: Too many arguments for "Badge"
    # pyright says: Expected 0 positional arguments
    plain.state.count
    # mypy says: "None" has no attribute "count"
    # pyright says: Cannot access attribute "count" for class "None"
    stateful.state.count
    # mypy says: "State" has no attribute "count"
    # pyright says: Cannot access attribute "count" for class "State"
    stateful.state = State()
    # mypy says: Property "state" defined in "Context" is read-only
    # pyright says: Cannot assign to attribute "state" for class "Context[State, Badge]"
