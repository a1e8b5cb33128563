"""Each promise that a part can break, and a part that breaks it: the check says which one it was."""

from __future__ import annotations

import gc
import os
import socket
import threading
import warnings
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from typing import TypeVar

import pytest
from typing_extensions import override

import jackfield as jf
from jackfield.addresses import Address, InternetAddress
from jackfield.errors import PeerError
from jackfield.interfaces import MORE, PARTIAL, READY, WAITING, Accepted, Buffer, Driver, Gate, Layer, Limits
from jackfield.listeners import TcpListener
from jackfield.testing import (
    BrokenPromise,
    MemoryStream,
    Promise,
    check_acceptor,
    check_dispatcher,
    check_listener,
    check_session,
    visitor,
)
from support import dial

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
RequestT = TypeVar("RequestT")
SOON = 0.3
"""Seconds that a part has to keep a promise."""


@pytest.fixture(scope="module", autouse=True)
def what_broken_parts_leave() -> Generator[None]:
    """What they leave open is no business of the tests behind these."""
    yield
    with warnings.catch_warnings(action="ignore"):
        gc.collect()


def is_broken(promise: Promise, check: Callable[[], None]) -> None:
    with pytest.raises(AssertionError) as caught:
        check()
    assert isinstance(caught.value, BrokenPromise)
    assert caught.value.promise is promise, caught.value
    assert promise.value in str(caught.value)
    while kept:
        kept.pop().close()


# ---------------------------------------------------------------------- listeners


class Door:
    """A listener that keeps its contract."""

    def __init__(self) -> None:
        self.real = TcpListener(socket.create_server(("127.0.0.1", 0)))
        self.made: list[jf.RawConnection] = []
        self.closed = False

    @property
    def address(self) -> Address:
        return self.real.address

    def fileno(self) -> int:
        return self.real.fileno()

    def accept(self) -> Accepted | None:
        connection = self.real.accept()
        if connection is not None:
            self.made.append(connection)
        return connection

    def close(self) -> None:
        self.closed = True
        self.real.close()


class Moving(Door):
    looks = 0

    @property
    @override
    def address(self) -> Address:
        self.looks += 1
        return InternetAddress("127.0.0.1", self.looks)


class Waiting(Door):
    @override
    def accept(self) -> Accepted | None:
        threading.Event().wait(3 * SOON)
        return None


class Unreadable(Door):
    def __init__(self) -> None:
        super().__init__()
        self.other = socket.create_server(("127.0.0.1", 0))

    @override
    def fileno(self) -> int:
        return self.other.fileno()

    @override
    def close(self) -> None:
        super().close()
        self.other.close()


class Losing(Door):
    @override
    def accept(self) -> Accepted | None:
        if (connection := self.real.accept()) is not None:
            connection.abandon()
        return None


class Repeating(Door):
    @override
    def accept(self) -> Accepted | None:
        return super().accept() or (self.made[-1] if self.made else None)


class Mistaken(Door):
    @override
    def accept(self) -> Accepted | None:
        connection = self.real.accept()
        return None if connection is None else jf.Connection(connection.socket, InternetAddress("127.0.0.1", 0))


class ClosingOnce(Door):
    @override
    def close(self) -> None:
        if self.closed and not self.made:
            return
        if self.closed:
            self.made.clear()
            raise ValueError("closed already")
        super().close()


class Numbered(Door):
    def __init__(self) -> None:
        super().__init__()
        self.number = self.real.fileno()

    @override
    def fileno(self) -> int:
        return self.number


class Jealous(Door):
    @override
    def close(self) -> None:
        super().close()
        for connection in self.made:
            connection.cut()


class Request:
    """A request of one's own, which passes everything on to a connection."""

    framed = False
    negotiation = None

    def __init__(self, connection: jf.RawConnection) -> None:
        self.real = connection
        self.limits = Limits()

    @property
    def peer(self) -> Address:
        return self.real.peer

    @property
    def local(self) -> Address:
        return self.real.local

    def agree(self) -> bool:
        return True

    def talk(self, begun: float | None = None, /) -> bool:
        return True

    def driven_by(self, driver: Driver, /) -> None: ...

    def on_close(self, call: Callable[[], None], /) -> None:
        self.real.on_close(call)

    def drain(self) -> None:
        self.real.drain()

    def cut(self) -> None:
        self.real.cut()

    @property
    def traffic(self) -> None:
        return None

    def descriptors(self) -> Iterable[int]:
        return self.real.descriptors()

    def inherit(self, told: int, /) -> None: ...

    def finish(self, why: Exception | None, /) -> None:
        self.real.finish(why)


class Uncalling(Request):
    @override
    def on_close(self, call: Callable[[], None], /) -> None:
        call()
        self.real.on_close(call)


kept: list[socket.socket] = []


class Lingering(Request):
    @override
    def finish(self, why: Exception | None, /) -> None:
        if self.real.socket.fileno() >= 0:
            kept.append(socket.socket(fileno=os.dup(self.real.socket.fileno())))
        self.real.abandon()
        self.real.finish(why)


def handing_out(kind: Callable[[jf.RawConnection], Accepted]) -> type[Door]:
    class Handing(Door):
        @override
        def accept(self) -> Accepted | None:
            connection = self.real.accept()
            return None if connection is None else kind(connection)

    return Handing


def knock(door: Door) -> socket.socket:
    return dial(door.real.address)


BROKEN_LISTENERS: dict[Promise, Callable[[], Door]] = {
    Promise.ADDRESS_STAYS: Moving,
    Promise.ACCEPT_NEVER_BLOCKS: Waiting,
    Promise.READABLE_WHEN_SOMEBODY_COMES: Unreadable,
    Promise.ACCEPT_GIVES_WHAT_IS_THERE: Losing,
    Promise.EACH_ONCE: Repeating,
    Promise.ENDS_ARE_KNOWN: Mistaken,
    Promise.FINISH_CALLS_BACK_ONCE: handing_out(Uncalling),
    Promise.FINISH_ENDS_IT: handing_out(Lingering),
    Promise.CLOSE_IS_IDEMPOTENT: ClosingOnce,
    Promise.CLOSED_HAS_NO_DESCRIPTOR: Numbered,
    Promise.HANDED_OUT_LIVES_ON: Jealous,
}


@pytest.mark.parametrize(("promise", "make"), BROKEN_LISTENERS.items(), ids=lambda it: getattr(it, "name", ""))
def test_a_listener_that_breaks_a_promise_is_told_which(promise: Promise, make: Callable[[], Door]) -> None:
    check_listener(Door, knock, patience=1)
    is_broken(promise, lambda: check_listener(make, knock, patience=SOON))


# ---------------------------------------------------------------------- acceptors


def waits(connection: jf.RawConnection) -> jf.RawConnection:
    with suppress(jf.JackfieldError):
        connection.receive_exactly(2)
    return connection


def raises(connection: jf.RawConnection) -> jf.RawConnection:
    raise LookupError("on purpose")


def reads(connection: jf.RawConnection) -> jf.RawConnection:
    connection.socket.recv(1)
    return connection


def closes(connection: jf.RawConnection) -> jf.RawConnection:
    connection.abandon()
    return connection


class Keeping:
    left = 3

    def __call__(self, connection: jf.RawConnection) -> jf.RawConnection | None:
        self.left -= 1
        return connection if self.left >= 0 else None


class Alone:
    busy = False

    def __call__(self, connection: jf.RawConnection) -> jf.RawConnection:
        if self.busy:
            raise RuntimeError("two at a time")
        self.busy = True
        threading.Event().wait(0.001)
        self.busy = False
        return connection


class Collecting:
    """A negotiation that takes whatever comes, and waits for more."""

    done = refused = False
    fault: PeerError | None = None
    peer: Address | None = None
    layer: Layer | None = None

    def itself(self) -> Collecting:
        return self

    @property
    def facet(self) -> jf.Secured:
        raise AssertionError("never done")

    def receive(self, data: bytes, /) -> bytes:
        return b""

    def rest(self) -> bytes:
        return b""


class Choking(Collecting):
    @override
    def receive(self, data: bytes, /) -> bytes:
        if data:
            raise ValueError("no such thing")
        return b""


def negotiating(make: Callable[[], Collecting]) -> Callable[[jf.RawConnection], Accepted]:
    def negotiates(connection: jf.RawConnection) -> Accepted:
        return connection.negotiate(make())

    return negotiates


BROKEN_ACCEPTORS: dict[Promise, Callable[[jf.RawConnection], Accepted | None]] = {
    Promise.STEP_NEVER_BLOCKS: waits,
    Promise.STEP_NEVER_RAISES: raises,
    Promise.STEP_READS_NOTHING: reads,
    Promise.STEP_CLOSES_NOTHING: closes,
    Promise.STEP_GIVES_BACK: Keeping(),
    Promise.STEP_IS_SAFE_FROM_SEVERAL_THREADS: Alone(),
    Promise.NEGOTIATION_IS_ITS_OWN: negotiating(Collecting().itself),
    Promise.NEGOTIATION_NEVER_RAISES: negotiating(Choking),
    Promise.NEGOTIATION_IS_BOUNDED: negotiating(Collecting),
}


@pytest.mark.parametrize(("promise", "step"), BROKEN_ACCEPTORS.items(), ids=lambda it: getattr(it, "name", ""))
def test_an_acceptor_that_breaks_a_promise_is_told_which(
    promise: Promise, step: Callable[[jf.RawConnection], Accepted | None]
) -> None:
    is_broken(promise, lambda: check_acceptor(step, visitor, patience=10 * SOON))


# ---------------------------------------------------------------------- dispatchers


class Plain:
    """A dispatcher that keeps its contract."""

    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        for ticket in gate:
            gate.handle(handler, ticket)

    def close(self) -> None:
        """Nothing is left."""


class Absent(Plain):
    @override
    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        while not gate.ended:
            threading.Event().wait(0.001)


class Fragile(Plain):
    @override
    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        for ticket in gate:
            with suppress(RuntimeError):
                handler(ticket.request)
                gate.done(ticket, None)


class Untidy(Plain):
    @override
    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        for ticket in gate:
            handler(ticket.request)


class Stubborn(Plain):
    def __init__(self) -> None:
        self.over = threading.Event()

    @override
    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        super().serve(gate, handler)
        self.over.wait(3 * SOON)

    @override
    def close(self) -> None:
        self.over.set()


class Overtime(Plain):
    def __init__(self) -> None:
        self.over = threading.Event()

    @override
    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        def go_on() -> None:
            while not self.over.wait(0.001):
                ticket = gate.accept()
                if ticket is not None:
                    gate.handle(handler, ticket)

        super().serve(gate, handler)
        threading.Thread(target=go_on).start()

    @override
    def close(self) -> None:
        self.over.set()


class Single(Plain):
    served = False

    @override
    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        if not self.served:
            self.served = True
            super().serve(gate, handler)


class Hiding(Plain):
    """Shows the handler another connection than the one that is told of a drain."""

    @override
    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        def hide(request: RequestT) -> None:
            assert isinstance(request, jf.Connection)
            with socket.socket(fileno=os.dup(request.socket.fileno())) as copy:
                handler(jf.Connection(copy, request.peer))  # type: ignore[arg-type]

        for ticket in gate:
            gate.handle(hide, ticket)


class Swallowing(Plain):
    @override
    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        with suppress(OSError):
            super().serve(gate, handler)


class Littering(Plain):
    @override
    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        threading.Thread(target=threading.Event().wait, args=(10 * SOON,), daemon=True).start()
        super().serve(gate, handler)


BROKEN_DISPATCHERS: dict[Promise, Callable[[], Plain]] = {
    Promise.EACH_IS_SERVED: Absent,
    Promise.FAILURE_COSTS_ITS_REQUEST_ALONE: Fragile,
    Promise.EACH_IS_ENDED: Untidy,
    Promise.RETURNS_WHEN_THE_GATE_ENDS: Stubborn,
    Promise.NOTHING_BEHIND_THE_END: Overtime,
    Promise.SERVES_AGAIN: Single,
    Promise.DRAIN_REACHES_EVERYBODY: Hiding,
    Promise.RAISES_WHAT_THE_GATE_RAISES: Swallowing,
    Promise.CLOSE_LEAVES_NOTHING: Littering,
}


@pytest.mark.parametrize(("promise", "make"), BROKEN_DISPATCHERS.items(), ids=lambda it: getattr(it, "name", ""))
def test_a_dispatcher_that_breaks_a_promise_is_told_which(promise: Promise, make: Callable[[], Plain]) -> None:
    is_broken(promise, lambda: check_dispatcher(make, patience=2 * SOON))


# ---------------------------------------------------------------------- sessions


class Lines:
    """A session of lines that keeps its contract: each is answered in upper case."""

    def __init__(self, request: MemoryStream) -> None:
        self.room = request.limits.unsent
        self.status = READY
        self.fault: jf.JackfieldError | None = None
        self.tail = b""

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        self.tail += bytes(buffer[:size])
        return self.answers()

    def resume(self) -> bytes:
        return self.answers() if self.status & MORE else b""

    def answers(self) -> bytes:
        replies = b""
        while b"\n" in self.tail and len(replies) <= self.room:
            line, _, self.tail = self.tail.partition(b"\n")
            replies += line.upper() + b"\n"
        self.status = MORE if b"\n" in self.tail else PARTIAL if self.tail else READY
        return replies

    def close(self, why: Exception | None, /) -> None:
        """Nothing is left."""


class ChokingLines(Lines):
    @override
    def answers(self) -> bytes:
        self.tail.decode("ascii")
        return super().answers()


class Bytearrays(Lines):
    @override
    def answers(self) -> bytes:
        return bytearray(super().answers())  # type: ignore[return-value]


class Views(Lines):
    @override
    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        self.view = memoryview(buffer)[:size]
        return super().receive(buffer, size)


class WholeBuffers(Lines):
    @override
    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        return super().receive(buffer, min(len(buffer), size + 1) if size else 0)


class Datagrams(Lines):
    @override
    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        return bytes(buffer[:size]).upper() + b"."


class Silent(Lines):
    @override
    def answers(self) -> bytes:
        replies = super().answers()
        self.status &= ~PARTIAL
        return replies


class Blaming(Lines):
    @override
    def answers(self) -> bytes:
        self.fault = jf.Truncated(1, 2)
        return super().answers()


class Waiter(Lines):
    @override
    def answers(self) -> bytes:
        replies = super().answers()
        self.status = WAITING
        return replies


class Odd(Lines):
    @override
    def answers(self) -> bytes:
        replies = super().answers()
        self.status |= 1024
        return replies


class Unbounded(Lines):
    def __init__(self, request: MemoryStream) -> None:
        super().__init__(request)
        self.room = 1 << 30


class Talkative(Lines):
    @override
    def resume(self) -> bytes:
        return super().resume() or b"and so on"


class Common(Lines):
    everybodys = b""

    @override
    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        self.tail, Common.everybodys = Common.everybodys, b""
        replies = super().receive(buffer, size)
        Common.everybodys, self.tail = self.tail, b""
        return replies

    @override
    def close(self, why: Exception | None, /) -> None:
        Common.everybodys = b""


class ClosingBadly(Lines):
    @override
    def close(self, why: Exception | None, /) -> None:
        raise RuntimeError("on purpose")


MESSAGES = [b"hello\n", b"\n", b"world, hello\n"]
BROKEN_SESSIONS: list[tuple[Promise, Callable[[MemoryStream], Lines]]] = [
    (Promise.NEVER_RAISES, ChokingLines),
    (Promise.NEVER_RAISES, ClosingBadly),
    (Promise.RETURNS_BYTES, Bytearrays),
    (Promise.BUFFER_IS_THE_DRIVERS, Views),
    (Promise.REPLIES_ARE_THE_SAME_HOWEVER_CUT, WholeBuffers),
    (Promise.REPLIES_ARE_THE_SAME_HOWEVER_CUT, Datagrams),
    (Promise.STATUS_IS_TRUE, Silent),
    (Promise.STATUS_IS_TRUE, Blaming),
    (Promise.STATUS_IS_TRUE, Waiter),
    (Promise.STATUS_IS_TRUE, Odd),
    (Promise.RETURNS_ARE_BOUNDED, Unbounded),
    (Promise.RESUME_FINDS_NOTHING, Talkative),
    (Promise.SHARES_NOTHING, Common),
]


@pytest.mark.parametrize(("promise", "factory"), BROKEN_SESSIONS, ids=lambda it: getattr(it, "__name__", ""))
def test_a_session_that_breaks_a_promise_is_told_which(
    promise: Promise, factory: Callable[[MemoryStream], Lines]
) -> None:
    check_session(Lines, MESSAGES)
    is_broken(promise, lambda: check_session(factory, MESSAGES, patience=SOON))


def test_every_promise_has_a_part_that_breaks_it() -> None:
    broken = {promise for promise, _ in BROKEN_SESSIONS}.union(BROKEN_LISTENERS, BROKEN_ACCEPTORS, BROKEN_DISPATCHERS)
    assert set(Promise) - broken == set()
