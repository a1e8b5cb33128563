"""Several servers at once, ended by signals: what a program's last line calls."""

from __future__ import annotations

import selectors
import signal
import threading
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Final, Protocol, final

from ..connections import Waker, close_on_fork
from ..errors import CompositionError
from ..interfaces import DrainReport

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


@final
class _Ending:
    """How often the program was told to end, and by what it wakes."""

    def __init__(self) -> None:
        self.waker = Waker()
        self.asked = 0
        close_on_fork(self)

    def descriptors(self) -> Iterable[int]:
        """Return what a forked child must not keep."""
        return self.waker.descriptors()

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Be a signal handler: note it and wake, no more, since it may interrupt anything."""
        self.asked += 1
        self.waker.wake()

    def wait(self, times: int) -> None:
        """Wait until the program was told to end *times* times, or anything else woke it."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.waker, selectors.EVENT_READ)
            if self.asked < times:
                selector.select()
        self.waker.clear()


class Runnable(Protocol):
    """What is asked of a server; `Server` has it, whatever it serves."""

    def serve_forever(self) -> None:
        """Serve until drained or closed."""
        ...

    def drain(self) -> DrainReport:
        """Stop serving, and let what is under way finish."""
        ...

    def close(self) -> None:
        """Cut what is under way, and let go of everything. Idempotent."""
        ...


def run(*servers: Runnable) -> list[DrainReport]:
    """Serve *servers*, each on a thread of its own, until SIGTERM or SIGINT; close them and return their reports.

    The first signal drains all of them at once, each within its ``Limits.drain``; a second one stops now: what
    is under way is cut. Where one server ends by itself the others drain, too; an error that ended it is raised.
    Raises CompositionError where it is not called on the main thread: signals arrive only there.
    """
    if threading.current_thread() is not threading.main_thread():
        raise CompositionError("run() handles signals, which arrive on the main thread alone")
    with ExitStack() as stack:
        for server in servers:
            stack.callback(server.close)
        ending = stack.enter_context(_signals())
        failed = _serve(servers, ending)
        ending.wait(1)
        reports = _drain(servers, ending)
    if failed:
        raise failed[0]
    return reports


def _serve(servers: tuple[Runnable, ...], ending: _Ending) -> list[BaseException]:
    """Start the servers' threads; what ends one by an error goes to the list, and wakes *ending*."""
    failed: list[BaseException] = []

    def serve(server: Runnable) -> None:
        try:
            server.serve_forever()
        except BaseException as error:
            failed.append(error)
        ending.waker.wake()

    for server in servers:
        threading.Thread(target=serve, args=(server,), name="jackfield-server", daemon=True).start()
    return failed


def _drain(servers: tuple[Runnable, ...], ending: _Ending) -> list[DrainReport]:
    """Drain all at once; a further signal turns what is left into an end now."""
    with ThreadPoolExecutor(max(1, 2 * len(servers)), thread_name_prefix="jackfield-drain") as pool:
        drains = [pool.submit(server.drain) for server in servers]
        for done in drains:
            done.add_done_callback(lambda _: ending.waker.wake())
        while not all(done.done() for done in drains):
            ending.wait(2)
            if ending.asked > 1:
                for server in servers:
                    pool.submit(server.close)
                break
        return [done.result() for done in drains]


@contextmanager
def _signals() -> Generator[_Ending]:
    ending = _Ending()
    before = {number: signal.signal(number, ending.ask) for number in _SIGNALS}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        ending.waker.close()
