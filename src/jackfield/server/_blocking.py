"""Drivers for a thread that blocks: it reads, feeds the session, sends, and blocks again.

A thread that waits in ``recv(2)`` cannot be told of a push without a second descriptor to wait for, and a call more
for each request. So whoever wakes a driver takes the thread's place for the moment: the session has a lock, which
is free while the thread waits for input, and whoever gets it resumes the session and sends. What the system does
not take at once a thread of its own sends, so that waking never blocks.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar, final

from ..connections import Connection, Datagram
from ..core import Step, after, after_datagram, call_here
from ..errors import ConnectionLost
from ..interfaces import BEGUN, CLOSING, MORE, PARTIAL, TALKING, WAITING, Driver, Session

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")

_BUFFER_SIZE: Final = 64 * 1024
"""Bytes read at a time: what a burst of requests fits into."""


@final
class _Bell:
    """Wakes that nobody has attended to yet, and waiting for one."""

    __slots__ = ("_event", "rung")

    def __init__(self) -> None:
        self._event: threading.Event | None = None
        self.rung = False

    def ring(self) -> None:
        """Note a wake. The order matters: `wait` makes its event first and looks at the flag then."""
        self.rung = True
        if self._event is not None:
            self._event.set()

    def wait(self) -> None:
        """Wait for a wake that was not attended to, and take it as attended to."""
        if self._event is None:
            self._event = threading.Event()
        while not self.rung:
            self._event.wait()
            self._event.clear()
        self.rung = False


@final
class StreamDriver:
    """Drives one session over one connection, on the thread that calls `drive`."""

    __slots__ = ("_bell", "_connection", "_error", "_lock", "_session")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._bell = _Bell()
        self._lock = threading.Lock()
        """Whoever holds it has the session, and sends."""
        self._session: Session | None = None
        """There from when it is made until it is closed."""
        self._error: Exception | None = None
        """What a push met with: the thread that drives has to raise it."""

    def submit(
        self,
        call: Callable[[ArgumentT], ResultT],
        argument: ArgumentT,
        done: Callable[[Callable[[], ResultT]], None],
        /,
    ) -> None:
        """Make the call here: a thread of this connection's own has nothing else to do."""
        call_here(call, argument, done)

    def wake(self) -> None:
        """Resume and send, unless somebody has the session: they look at the bell when they let go of it."""
        self._bell.ring()
        self._attend()

    def drive(self, session: Session) -> None:
        """Drive *session* to its end and close it; raises its fault, or what ended it."""
        why: Exception | None = None
        self._session = session
        try:
            self._loop(session)
            why = session.fault
        except Exception as error:
            why = self._error or error
        finally:
            with self._lock:
                self._session = None
                session.close(why)
        why = session.fault if why is None else why  # closing may find one
        if why is not None:
            raise why

    # ------------------------------------------------------------------ on the thread that drives

    def _loop(self, session: Session) -> None:
        connection, buffer, begun = self._connection, bytearray(_BUFFER_SIZE), None
        opened = time.monotonic()
        with self._lock:
            step = self._settle(session, False)
        while step is Step.READ:
            if session.status & TALKING:
                size = connection.receive_talk(buffer, opened)
            else:
                size = connection.receive_into(buffer, begun=begun)
            with self._lock:
                step = self._take(session, buffer, size)
                begun = _begun(begun, session.status) if session.status else None
            if self._bell.rung:
                self._attend()

    def _take(self, session: Session, buffer: bytearray, size: int) -> Step:
        """Feed what arrived and send the replies; return what comes then."""
        if self._error is not None:
            raise self._error
        if session.status & (WAITING | CLOSING):  # a push brought it there while this thread waited for input
            step = self._settle(session, False)
            if step is not Step.READ:
                return step
        reply = session.receive(buffer, size)
        if reply:
            self._connection.send(reply)
        return self._settle(session, not size) if session.status or not size else Step.READ

    def _settle(self, session: Session, end_of_input: bool) -> Step:
        """Resume while there is reason to; return what comes then. What was sent has left: sending blocks."""
        while True:
            step = after(session.status, 0, end_of_input, False, self._connection.limits.unsent)
            if step is Step.PAUSE:
                self._await_call()
            elif step is not Step.RESUME and (session.status & CLOSING or not self._bell.rung):
                return step
            self._bell.rung = False
            if data := session.resume():
                self._connection.send(data)

    def _await_call(self) -> None:
        """Wait for the call that is out; raises ConnectionLost where the server cuts the connection meanwhile."""
        if not self._connection.severed:
            self._bell.wait()
        if self._connection.severed:
            raise ConnectionLost(self._connection.peer, "cut while a call was out")

    # ------------------------------------------------------------------ on whatever thread has the session

    def _attend(self) -> None:
        """Push for those who woke us, unless somebody has the session already."""
        while self._bell.rung and self._session is not None and self._lock.acquire(blocking=False):
            if rest := self._push():
                self._send_elsewhere(rest)
                return
            self._lock.release()

    def _push(self) -> bytes:
        """Resume, and send what the system takes at once; return the rest of what is due."""
        try:
            while data := self._due():
                sent = _send_now(self._connection.socket, data)
                if sent < len(data):
                    return data[sent:]
        except Exception as error:
            self._fail(error)
        return b""

    def _due(self) -> bytes:
        """Return what the session has to send next, b"" where that is nothing."""
        session = self._session
        if session is None or self._error is not None:
            self._bell.rung = False
            return b""
        while self._bell.rung or session.status & (MORE | WAITING) == MORE:
            self._bell.rung = False
            if session.status & (MORE | CLOSING) == CLOSING:
                break
            if data := session.resume():
                return data
        if session.status & CLOSING:
            with suppress(OSError):  # lets the thread that waits for input see it
                self._connection.socket.shutdown(socket.SHUT_RD)
        return b""

    def _send_elsewhere(self, rest: bytes) -> None:
        """Start a thread that sends *rest* and what comes behind it; the session is its own as long."""
        try:
            threading.Thread(target=self._send_rest, args=(rest,), name="jackfield-push", daemon=True).start()
        except RuntimeError as error:
            self._fail(error)
            self._lock.release()

    def _send_rest(self, rest: bytes) -> None:
        try:
            while rest:
                self._connection.send(rest)
                rest = self._push()
        except Exception as error:
            self._fail(error)
        self._lock.release()
        self._attend()

    def _fail(self, error: Exception) -> None:
        self._error = error
        self._connection.cut()


@final
class DatagramDriver:
    """Drives one session over one datagram, on the thread that calls `drive`, which sends whatever there is."""

    __slots__ = ("_bell", "_datagram", "_send")

    def __init__(self, datagram: Datagram, send: Callable[[bytes], None] | None = None) -> None:
        """Send replies by *send*, which drops what cannot leave; without one by the datagram itself."""
        self._datagram = datagram
        self._send = datagram.offer if send is None else send
        self._bell = _Bell()

    def submit(
        self,
        call: Callable[[ArgumentT], ResultT],
        argument: ArgumentT,
        done: Callable[[Callable[[], ResultT]], None],
        /,
    ) -> None:
        """Make the call here."""
        call_here(call, argument, done)

    def wake(self) -> None:
        """Have the session resumed when it has answered."""
        self._bell.ring()

    def drive(self, session: Session) -> None:
        """Drive *session* to its end and close it; raises its fault, or what ended it."""
        reply = self.answer(session)
        if reply:
            self._send(reply)

    def answer(self, session: Session) -> bytes:
        """Do as `drive` does, but where one reply is all there is return it in place of sending it."""
        why: Exception | None = None
        reply = b""
        try:
            reply = session.receive(self._datagram.payload, len(self._datagram.payload))
            if session.status or self._bell.rung:
                if reply:
                    self._send(reply)
                    reply = b""
                self._settle(session)
            why = session.fault
        except Exception as error:
            why = error
        finally:
            session.close(why)
        why = session.fault if why is None else why  # closing may find one
        if why is not None:
            if reply:
                self._send(reply)
            raise why
        return reply

    def _settle(self, session: Session) -> None:
        """Send a datagram for each that waits, and for each push; one that cannot leave is dropped."""
        while (step := after_datagram(session.status, self._bell.rung)) is not Step.CLOSE:
            if step is Step.PAUSE:
                self._await_call()
            self._bell.rung = False
            owed = session.status & MORE
            if (data := session.resume()) or owed:
                self._send(data)

    def _await_call(self) -> None:
        if not self._datagram.severed:
            self._bell.wait()
        if self._datagram.severed:
            raise ConnectionLost(self._datagram.peer, "cut while a call was out")


def _begun(begun: float | None, status: int) -> float | None:
    """Return when the message that is unfinished began; None where none is."""
    if not status & PARTIAL:
        return None
    return time.monotonic() if begun is None or status & BEGUN else begun


def _send_now(sock: socket.socket, data: bytes) -> int:
    """Send what the system takes at once and return its size; an error is for a send that waits to meet."""
    try:
        return sock.send(data, socket.MSG_DONTWAIT)
    except OSError:
        return 0


if TYPE_CHECKING:
    _drivers: tuple[type[Driver], ...] = (StreamDriver, DatagramDriver)
