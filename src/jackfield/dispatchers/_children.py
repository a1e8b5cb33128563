"""Forked children: started, heard and reaped, each by its own pid, so that nobody else's child is touched.

A child runs one piece of work and leaves with ``os._exit``: nothing of the parent's is run or written twice. What
it has to report goes through a socket pair; that it has ended shows on a descriptor (pidfd_open(2), or the end of
the report where that is not to be had), so nobody polls.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final, NoReturn, TypeAlias, final

import attrs

from ..connections import FORKING, close_on_fork
from ..core import REPORT_BYTES

_Mask: TypeAlias = Iterable[int]
_NAP_SECONDS: Final = 0.05


@final
class Line:
    """A child's end of the line to its parent."""

    __slots__ = ("_sock",)

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock

    def fileno(self) -> int:
        """Return a descriptor that becomes readable when the parent has called `Child.ask`, or is gone."""
        return self._sock.fileno()

    def report(self, data: bytes) -> None:
        """Give the parent what it gets as `Ended.report`: once, `REPORT_BYTES` at most. Never waits or raises."""
        with suppress(OSError):  # the parent is gone
            self._sock.send(data)


@final
@attrs.frozen(kw_only=True)
class Ended:
    """How a child ended."""

    status: int | None
    """Its exit status, negative for the signal that killed it; None where somebody else has reaped it."""
    report: bytes
    """What it had to say."""


@final
class Child:
    """A forked child, until it is reaped. Any thread may call."""

    __slots__ = ("_line", "_lock", "_pidfd", "_said", "pid")

    def __init__(self, pid: int, line: socket.socket) -> None:
        """Take over the parent's end of the *line* to the child *pid*, which nobody has reaped yet."""
        line.setblocking(False)
        self.pid: int = pid
        """Its number, its own until it is reaped."""
        self._line = line
        self._said = bytearray()
        self._lock = threading.Lock()
        self._pidfd: int | None = None
        with suppress(OSError, AttributeError):
            self._pidfd = os.pidfd_open(pid)

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when the child has ended; ask `reap` then. -1 once reaped."""
        return self._line.fileno() if self._pidfd is None else self._pidfd

    def descriptors(self) -> Iterable[int]:
        """Return what another child must not keep."""
        return self._line.fileno(), -1 if self._pidfd is None else self._pidfd

    def ask(self) -> None:
        """Make the child's end of the line readable, which means what both have agreed on. Never raises."""
        with self._lock, suppress(OSError):
            self._line.send(b"\0")

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the child is reaped: its pid may be another process's then. Never raises."""
        with self._lock, suppress(OSError):
            if self._line.fileno() >= 0:
                os.kill(self.pid, number)

    def reap(self) -> Ended | None:
        """Return how the child ended, None while it runs, and ever after it was returned once. Never waits."""
        with self._lock:
            if self._line.fileno() < 0 or (not self._read() and self._pidfd is None):
                return None
            try:
                # Without a pidfd the report's end was seen, which is a moment before a child can be reaped.
                status = reap(self.pid, wait=self._pidfd is None)
            except ChildProcessError:
                return self._close(None)
            if status is None:
                return None
            self._read()
            return self._close(status)

    def wait(self, seconds: float | None = None) -> None:
        """Wait until `reap` may have an answer, or *seconds* are over; returns at once for a child that is reaped."""
        poll = select.poll()
        with self._lock:
            if self.fileno() < 0:
                return
            poll.register(self.fileno(), select.POLLIN)
        poll.poll(None if seconds is None else seconds * 1000)

    def _read(self) -> bool:
        """Take in what the child has reported; return whether that was all."""
        try:
            while data := self._line.recv(REPORT_BYTES):
                self._said += data[: REPORT_BYTES - len(self._said)]
        except BlockingIOError:
            return False
        except ConnectionResetError:
            pass  # it ended without having read what it was asked; its report came before
        return True

    def _close(self, status: int | None) -> Ended:
        self._line.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = -1
        return Ended(status=status, report=bytes(self._said))


@final
class Children:
    """The children that were started here and are not reaped yet."""

    __slots__ = ("__weakref__", "_running")

    def __init__(self) -> None:
        self._running: dict[int, Child] = {}
        close_on_fork(self)

    def __len__(self) -> int:
        return len(self._running)

    def __iter__(self) -> Iterator[Child]:
        return iter(list(self._running.values()))

    def descriptors(self) -> Iterable[int]:
        """Return what another child must not keep."""
        return [descriptor for child in self for descriptor in child.descriptors()]

    def start(self, prepare: Callable[[Line], None], work: Callable[[Line], int]) -> Child:
        """Fork a child that calls *prepare* and then *work*, and leaves with the status that *work* returns.

        Until *prepare* is over no signal reaches the child. An exception out of either ends the child by status 1,
        SystemExit by its own, and is printed but for SystemExit and KeyboardInterrupt. Raises OSError where the
        system has no process or descriptor left; nothing has happened then.
        """
        with FORKING:
            ours, theirs = socket.socketpair()
            line = Line(theirs)

            def begin() -> None:
                ours.close()
                prepare(line)

            try:
                pid = fork(begin, lambda: work(line))
                child = self._running[pid] = Child(pid, ours)
            except BaseException:
                ours.close()
                raise
            finally:
                theirs.close()
        return child

    def reap(self, child: Child) -> Ended | None:
        """Return how *child* ended, once; None while it runs and where that was told already. Never waits."""
        ended = child.reap()
        if ended is not None:
            self._running.pop(child.pid, None)
        return ended


def fork(prepare: Callable[[], None], work: Callable[[], int]) -> int:
    """Fork a child as `Children.start` does, but for the line, and return its pid.

    The caller holds `FORKING`, once. Raises OSError where the system has no process left; nothing has happened then.
    """
    flush_output()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        pid = os.fork()
        if not pid:
            FORKING.release()  # for threads that the child may start
            _live(prepare, work, blocked)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    return pid


def reap(pid: int, *, wait: bool = False) -> int | None:
    """Reap the child *pid* if it has ended, with *wait* as soon as it has, and return its exit status; None: it runs.

    The status is negative for the signal that killed it. Raises ChildProcessError where somebody else reaped it.
    """
    found, status = os.waitpid(pid, 0 if wait else os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def wait_for_any(pids: Iterable[int], seconds: float | None = None) -> None:
    """Wait until one of the children *pids* has ended, or *seconds* are over; reaps none, and touches no other child.

    Where the system has no descriptors for children, or no more of them, it returns every now and then instead.
    """
    opened: list[int] = []
    poll = select.poll()
    try:
        for pid in pids:
            opened.append(os.pidfd_open(pid))
            poll.register(opened[-1], select.POLLIN)
        poll.poll(None if seconds is None else seconds * 1000)
    except ProcessLookupError:
        pass  # reaped by somebody else, so it has ended
    except (OSError, AttributeError):
        time.sleep(_NAP_SECONDS if seconds is None else min(seconds, _NAP_SECONDS))
    finally:
        for descriptor in opened:
            os.close(descriptor)


def flush_output() -> None:
    """Write out what is buffered for the standard streams and by logging, so that it is written by one process."""
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    for handler in [handler for one in loggers if isinstance(one, logging.Logger) for handler in one.handlers]:
        with suppress(Exception):
            handler.flush()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # broken, closed, or None: there is nobody to tell
            stream.flush()


def _live(prepare: Callable[[], None], work: Callable[[], int], mask: _Mask) -> NoReturn:
    """Be the child. Whatever happens, it ends here: no caller's code runs in it."""
    status = 1
    try:
        prepare()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        status = work()
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except KeyboardInterrupt:
        pass
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        try:
            flush_output()
        finally:
            os._exit(status & 0xFF)
