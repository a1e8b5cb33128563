"""A server: a listener, a handler and a dispatcher, with limits, an observer and an orderly end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Generic, final, overload

from typing_extensions import TypeVar

from ..addresses import Address
from ..connections import AsyncConnection, AsyncDatagram, Connection, Datagram, Incoming
from ..errors import ClosedError, CompositionError
from ..interfaces import (
    Accepted,
    Async,
    AsyncDispatcher,
    DatagramListener,
    Dispatcher,
    Drained,
    DrainReport,
    Event,
    Limits,
    Listener,
    Phase,
    Session,
    SessionDispatcher,
    Started,
    Stopped,
)
from ..observers import Logging
from ._compose import AnyDispatcher, compose, natural
from ._drain import drain
from ._gate import ServerGate

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import TracebackType
    from typing import Self

FacetsT = TypeVar("FacetsT")
RequestT_co = TypeVar("RequestT_co", bound=Accepted, covariant=True)

_STOP_SECONDS: Final = 1.0
"""What `Server.close` waits for a serving thread whose connections it has cut."""


@final
class Server(Generic[RequestT_co]):
    """Serves what a listener hands out, by a handler, on a dispatcher.

    The listener is bound when it is made, so a client may connect before serving begins and waits then. A
    server may serve again after it has stopped, until it is closed. All methods may be called from any thread.
    """

    @overload
    def __init__(
        self,
        listener: Listener[RequestT_co],
        handler: Callable[[RequestT_co], None],
        dispatcher: Dispatcher | None = None,
        *,
        limits: Limits | None = None,
        observer: Callable[[Event], None] | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Server[Connection[FacetsT]],
        listener: Listener[Connection[FacetsT]],
        handler: Callable[[AsyncConnection[FacetsT]], Async],
        dispatcher: AsyncDispatcher | None = None,
        *,
        limits: Limits | None = None,
        observer: Callable[[Event], None] | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Server[Datagram[FacetsT]],
        listener: Listener[Datagram[FacetsT]],
        handler: Callable[[AsyncDatagram[FacetsT]], Async],
        dispatcher: AsyncDispatcher | None = None,
        *,
        limits: Limits | None = None,
        observer: Callable[[Event], None] | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        listener: Listener[RequestT_co],
        handler: Callable[[RequestT_co], Session],
        dispatcher: Dispatcher | SessionDispatcher | None = None,
        *,
        limits: Limits | None = None,
        observer: Callable[[Event], None] | None = None,
    ) -> None: ...
    def __init__(
        self,
        listener: Listener[Accepted],
        handler: Callable[..., Session | Async | None],
        dispatcher: AnyDispatcher | None = None,
        *,
        limits: Limits | None = None,
        observer: Callable[[Event], None] | None = None,
    ) -> None:
        """Compose a server, which owns *listener* from now on; nothing is served yet.

        Without a *dispatcher* it is `Asyncio` for a coroutine handler, `Inline` for datagrams, and for connections
        `EventLoop` where the handler is a generated one and `Threads` where it blocks; without *limits* the defaults;
        without an *observer* events go to the ``jackfield`` logger.

        Raises CompositionError for parts that do not fit, as far as it can be seen now; *listener* stays the
        caller's then.
        """
        incoming = listener if isinstance(listener, Incoming) else Incoming(listener)
        self._datagrams = isinstance(incoming.path.source, DatagramListener)
        self._incoming = incoming
        self._dispatcher = natural(handler, datagrams=self._datagrams) if dispatcher is None else dispatcher
        self._gate = ServerGate(incoming, limits or Limits(), Logging() if observer is None else observer)
        try:
            self._composition = compose(self._gate, handler, self._dispatcher)
        except BaseException:
            self._gate.close()
            raise
        self._lock = threading.Lock()
        self._number = 0
        self._stopped = 0
        self._serving_thread: int | None = None
        self._idle = threading.Event()
        self._idle.set()
        self._closed = False

    # ------------------------------------------------------------------ serving

    def serve_forever(self) -> None:
        """Serve until `shutdown` or `drain`; connections under way on other threads go on until `close`.

        Raises CompositionError where it serves already, ClosedError once closed, the OSError of a listener
        that cannot go on, and what is no Exception (KeyboardInterrupt) out of what runs on this thread; it may
        serve again after each of them.
        """
        self._serve(self._claim(), None, None)

    async def serve(self) -> None:
        """Serve in the running asyncio loop until `shutdown`, a drain, or being cancelled.

        Connections under way go on in that loop until `close`. Raises as `serve_forever`, and CompositionError where
        the dispatcher is none of asyncio's.
        """
        if self._composition.serve_async is None:
            raise CompositionError(
                f"serve() runs in an asyncio loop, where {type(self._dispatcher).__name__} would block"
            )
        number = self._claim()
        with self._run():
            self._gate.begin(None, None)
            if self._stopped < number:
                await self._composition.serve_async()

    def handle_request(self, timeout: float | None = None) -> bool:
        """Serve one request, waiting *timeout* seconds at most; return whether there was one.

        Returns when the dispatcher has taken it, under `Inline` when it is handled. Raises as `serve_forever`, and
        CompositionError under `Asyncio`, whose loop would be gone before the request is handled.
        """
        if isinstance(self._dispatcher, AsyncDispatcher):
            raise CompositionError(f"{type(self._dispatcher).__name__} serves in a loop, not request by request")
        before = self._gate.served
        self._serve(self._claim(), 1, None if timeout is None else time.monotonic() + timeout)
        return self._gate.served > before

    def serve_in_thread(self) -> threading.Thread:
        """Serve on a thread of its own, a daemon, and return it; clients can connect at once."""
        number = self._claim()
        thread = threading.Thread(target=self._serve, args=(number, None, None), name="jackfield-server", daemon=True)
        try:
            thread.start()
        except BaseException:
            self._idle.set()
            raise
        return thread

    def fileno(self) -> int:
        """Return the listener's descriptor, for a foreign ``select`` loop around `handle_request`."""
        return self._incoming.fileno()

    @property
    def address(self) -> Address:
        """Where it listens; port 0 is resolved."""
        return self._incoming.address

    # ------------------------------------------------------------------ the end

    def shutdown(self) -> None:
        """Stop serving: `serve_forever` accepts nothing more and returns. Never waits; may be called twice.

        May be called from a handler, from a signal handler, and before serving: the first `serve_forever`
        returns at once then. Connections under way are left alone: `drain` and `close` see to them.
        """
        self._gate.not_in_a_child()
        self._stopped = max(self._number, 1)
        self._gate.end(Phase.STOPPING)

    def drain(self, deadline: float | None = None) -> DrainReport:
        """Stop serving, let what is under way finish, cut the rest after *deadline* seconds, and say what it came to.

        The default is ``Limits.drain``. Idle connections end at once, others after what they have received.
        Waits for it; on a thread that serves or handles it raises CompositionError, since that would wait for
        itself: in an asyncio loop there is `drain_async`.
        """
        self._gate.not_in_a_child()
        if self._gate.table.is_handling() or self._serving_thread == threading.get_ident():
            raise CompositionError("drain() waits for the handlers, so a handler or serving thread cannot call it")
        self._stopped = max(self._number, 1)
        self._gate.end(Phase.DRAINING)
        seconds = self._gate.limits.drain if deadline is None else deadline
        with self._gate.draining:
            report = drain(self._gate, seconds, turn_away=not self._datagrams and not self._closed)
        self._gate.tell(Drained(local=self.address, report=report))
        return report

    async def drain_async(self, deadline: float | None = None) -> DrainReport:
        """Do what `drain` does, without stopping the running loop. A handler that awaits it waits for itself."""
        import asyncio  # noqa: PLC0415

        return await asyncio.to_thread(self.drain, deadline)

    def close(self) -> None:
        """Stop serving, cut what is under way, join the threads and close the listener. Idempotent.

        A handler that does not return although its connection was cut is left behind, on its daemon thread.
        """
        self._gate.not_in_a_child()
        if self._closed:
            return
        self._closed = True
        self.shutdown()
        for entry in self._gate.table.entries():
            entry.cut()
        if self._serving_thread != threading.get_ident():
            self._idle.wait(_STOP_SECONDS)
        self._dispatcher.close()
        self._gate.close()
        self._incoming.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None, /
    ) -> None:
        self.close()

    # ------------------------------------------------------------------ inside

    def _claim(self) -> int:
        """Begin a run and return its number; a `shutdown` from now on is meant for it."""
        self._gate.not_in_a_child()
        with self._lock:
            if self._closed:
                raise ClosedError("the server")
            if not self._idle.is_set():
                raise CompositionError("the server is serving already")
            self._idle.clear()
            self._number += 1
            return self._number

    def _serve(self, number: int, budget: int | None, until: float | None) -> None:
        with self._run():
            self._gate.begin(budget, until)
            if self._stopped < number:
                self._composition.serve()

    @contextmanager
    def _run(self) -> Generator[None]:
        self._serving_thread = threading.get_ident()
        self._gate.tell(Started(local=self.address))
        error: BaseException | None = None
        try:
            yield
        except BaseException as caught:
            error = caught
            raise
        finally:
            if self._gate.phase is Phase.SERVING:
                self._gate.end()
            self._serving_thread = None
            self._gate.tell(Stopped(local=self.address, error=error))
            self._idle.set()
