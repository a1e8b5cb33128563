"""Whether a dispatcher keeps its contract, for each kind of handler that it takes."""

from __future__ import annotations

import errno
import gc
import os
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Never, TypeAlias, TypeVar, final

from ..connections import AsyncConnection, Connection, RawConnection, name_of
from ..core import blame
from ..errors import JackfieldError
from ..interfaces import (
    CLOSING,
    READY,
    AsyncDispatcher,
    Buffer,
    Closed,
    Dispatcher,
    Event,
    Failed,
    Listener,
    Opened,
    Session,
    SessionDispatcher,
    Streamed,
    sessions,
)
from ..listeners import Memory, memory
from ..server import Server
from ._fail_nth import FailNth
from ._promises import PATIENCE, Checklist, Held, Promise

EventT = TypeVar("EventT")

AnyDispatcher: TypeAlias = Dispatcher | SessionDispatcher | AsyncDispatcher
"""A dispatcher of any kind."""
_Compose: TypeAlias = Callable[[Listener[RawConnection], Callable[[Event], None]], Server[Connection]]

_ASK: Final = b"ask\n"
_ANSWER: Final = b"ASK\n"
_FAIL: Final = b"!\n"


def check_dispatcher(make: Callable[[], AnyDispatcher], *, patience: float = PATIENCE) -> None:
    """Check that what *make* makes keeps the contract of a dispatcher, of each kind that it is.

    It serves blocking handlers, sessions and coroutine handlers, whichever it takes, to clients in memory. Run it where
    nothing else starts threads or opens files meanwhile: it looks at what is left.

    Raises BrokenPromise for the first promise that is not kept; what should happen has *patience* seconds to.
    """
    for kind, compose in _ways(make):
        check = Checklist(f"{name_of(make)}, with {kind}", patience)
        for scenario in (_serves, _bears_failures, _ends, _drains, _raises, _leaves_nothing):
            scenario(check, compose)


def _ways(make: Callable[[], AnyDispatcher]) -> Generator[tuple[str, _Compose]]:
    """Give each kind of handler that the dispatcher takes, and how a server of it is composed."""

    def blocking(listener: Listener[RawConnection], observer: Callable[[Event], None]) -> Server[Connection]:
        dispatcher = make()
        assert isinstance(dispatcher, Dispatcher)
        return Server(listener, _shout, dispatcher, observer=observer)

    def generated(listener: Listener[RawConnection], observer: Callable[[Event], None]) -> Server[Connection]:
        dispatcher = make()
        assert isinstance(dispatcher, Dispatcher | SessionDispatcher)
        return Server(listener, _shouting, dispatcher, observer=observer)

    def asynchronous(listener: Listener[RawConnection], observer: Callable[[Event], None]) -> Server[Connection]:
        dispatcher = make()
        assert isinstance(dispatcher, AsyncDispatcher)
        return Server(listener, _shout_async, dispatcher, observer=observer)

    made = make()
    made.close()
    if isinstance(made, Dispatcher):
        yield "a blocking handler", blocking
    if isinstance(made, Dispatcher | SessionDispatcher):
        yield "sessions", generated
    if isinstance(made, AsyncDispatcher):
        yield "a coroutine handler", asynchronous


# ---------------------------------------------------------------------- what is served


def _shout(connection: Connection) -> None:
    for line in connection.lines():
        connection.send(_answer(line))


async def _shout_async(connection: AsyncConnection) -> None:
    async for line in connection.lines():
        await connection.send(_answer(line))


def _answer(line: bytes) -> bytes:
    if line == _FAIL:
        raise RuntimeError("on purpose")
    return line.upper()


@final
class _Shout:
    """Answers whatever comes: what the check sends fits into one piece."""

    def __init__(self) -> None:
        self.status = READY
        self.fault: JackfieldError | None = None

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        try:
            return _answer(bytes(buffer[:size]))
        except RuntimeError as error:
            self.status, self.fault = CLOSING, blame(error, "the check's session")
            return b""

    def resume(self) -> bytes:
        return b""

    def close(self, why: Exception | None, /) -> None:
        """Hold nothing."""


@sessions
def _shouting(request: Streamed[Never]) -> _Shout:
    return _Shout()


# ---------------------------------------------------------------------- who is served, and what is seen of it


@final
class _Stage:
    """A server, its clients, and what its observer was told."""

    def __init__(self, check: Checklist, door: Memory, server: Server[Connection], events: list[Event]) -> None:
        self._check = check
        self._door = door
        self._events = events
        self.server = server

    def come(self) -> socket.socket:
        """Return a client."""
        client = self._door.connect()
        client.settimeout(self._check.patience)
        return client

    def is_served(self, promise: Promise, what: str) -> None:
        """Have a client come, be answered, and leave."""
        with self.come() as client:
            self._check.holds(promise, _asks(client), f"{what} got no answer")

    def count(self, kind: type[Event]) -> int:
        """Return how many events of *kind* there were."""
        return sum(isinstance(event, kind) for event in list(self._events))

    def everybody_ended(self) -> None:
        """Wait until each that was opened is closed."""
        self._check.comes_true(
            Promise.EACH_IS_ENDED,
            lambda: self.count(Closed) == self.count(Opened),
            lambda: f"{self.count(Opened)} were opened and {self.count(Closed)} closed",
        )


@contextmanager
def _stage(check: Checklist, compose: _Compose) -> Generator[_Stage]:
    door, events = memory(), list[Event]()
    with compose(door, events.append) as server:
        yield _Stage(check, door, server, events)


@contextmanager
def _serving(check: Checklist, stage: _Stage) -> Generator[None]:
    """Serve for the ``with`` block, then shut down and have serving return."""
    thread = stage.server.serve_in_thread()
    yield
    stage.server.shutdown()
    _returns(check, thread)


def _returns(check: Checklist, thread: threading.Thread) -> None:
    check.comes_true(
        Promise.RETURNS_WHEN_THE_GATE_ENDS, lambda: not thread.is_alive(), lambda: "it serves on after shutdown()"
    )


def _asks(client: socket.socket) -> bool:
    """Return whether *client* gets its answer."""
    try:
        client.sendall(_ASK)
        answer = bytearray()
        while len(answer) < len(_ANSWER) and (data := client.recv(100)):
            answer += data
    except OSError:
        return False
    return answer == _ANSWER


def _ends_for(client: socket.socket) -> bool:
    """Return whether *client* is sent the end, and nothing before it."""
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True
    except OSError:
        return False


# ---------------------------------------------------------------------- the scenarios


def _serves(check: Checklist, compose: _Compose) -> None:
    with _stage(check, compose) as stage, _serving(check, stage):
        for number in ("the first client", "the second", "the third"):
            stage.is_served(Promise.EACH_IS_SERVED, number)
        stage.everybody_ended()


def _bears_failures(check: Checklist, compose: _Compose) -> None:
    alone = Promise.FAILURE_COSTS_ITS_REQUEST_ALONE
    with _stage(check, compose) as stage, _serving(check, stage):
        for number in range(1, 4):
            with stage.come() as client:
                client.sendall(_FAIL)
                check.holds(alone, _ends_for(client), "the client whose handler failed saw no end")
            stage.everybody_ended()
            check.holds(alone, stage.count(Failed) == number, f"of {number} failures {stage.count(Failed)} were told")
        stage.is_served(alone, "the client behind failing ones")
        stage.everybody_ended()


def _ends(check: Checklist, compose: _Compose) -> None:
    with _stage(check, compose) as stage:
        with _serving(check, stage):
            stage.is_served(Promise.EACH_IS_SERVED, "the first client")
            stage.everybody_ended()
        with stage.come() as early:
            early.sendall(_ASK)
            threading.Event().wait(0.01)  # for whoever looks behind the end to show it; who does not needs no longer
            check.holds(Promise.NOTHING_BEHIND_THE_END, stage.count(Opened) == 1, "a client was let in all the same")
            with _serving(check, stage):
                answered = early.recv(len(_ANSWER)) == _ANSWER if _waits(early) else False
                check.holds(Promise.SERVES_AGAIN, answered, "who came in between got no answer")
                early.close()
                stage.everybody_ended()


def _waits(client: socket.socket) -> bool:
    """Return whether something comes for *client*."""
    try:
        return bool(client.recv(1, socket.MSG_PEEK))
    except OSError:
        return False


def _drains(check: Checklist, compose: _Compose) -> None:
    reaches = Promise.DRAIN_REACHES_EVERYBODY
    with _stage(check, compose) as stage:
        thread = stage.server.serve_in_thread()
        with stage.come() as client:
            check.holds(Promise.EACH_IS_SERVED, _asks(client), "a client got no answer")
            report = stage.server.drain(check.patience)
            check.holds(reaches, (report.finished, report.cut) == (1, 0), f"the report on one who is idle is {report}")
            check.holds(reaches, _ends_for(client), "its client saw no end")
        _returns(check, thread)


def _raises(check: Checklist, compose: _Compose) -> None:
    raised: list[Exception] = []
    fatal = OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    door = memory()
    with FailNth("accept", 1, error=fatal) as fault, compose(fault.listener(door), lambda _: None) as server:

        def serve() -> None:
            try:
                server.serve_forever()
            except OSError as error:
                raised.append(error)

        with door.connect():
            check.returns(Promise.RAISES_WHAT_THE_GATE_RAISES, serve, "it")
        check.holds(Promise.RAISES_WHAT_THE_GATE_RAISES, raised == [fatal], f"the gate raised {fatal!r}, it {raised}")


def _leaves_nothing(check: Checklist, compose: _Compose) -> None:
    """With somebody inside who would stay for ever."""
    gc.collect()
    before = Held.now()

    def left() -> str:
        more = Held.now().more_than(before)
        if more:
            gc.collect()
        return more

    with _stage(check, compose) as stage:
        stage.server.serve_in_thread()
        with stage.come() as client:
            check.holds(Promise.EACH_IS_SERVED, _asks(client), "a client got no answer")
            check.returns(Promise.CLOSE_LEAVES_NOTHING, stage.server.close, "close()")
            check.holds(Promise.CLOSE_LEAVES_NOTHING, _ends_for(client), "a client who was inside saw no end")
    check.comes_true(Promise.CLOSE_LEAVES_NOTHING, lambda: not left(), lambda: f"left are {left()}")


if TYPE_CHECKING:
    _session: type[Session] = _Shout
