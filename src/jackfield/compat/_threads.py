"""A thread for each request, over any server class."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from typing_extensions import override

from ..dispatchers import join_threads, start_thread
from ._gains import closed, cut, failed, gains, limits_of

_GRACE_SECONDS = 1.0
"""What handlers have to end in once their connections were cut."""


class _Threads(list[threading.Thread]):
    """The threads that ``server_close`` joins: those that are no daemons."""

    @override
    def append(self, thread: threading.Thread, /) -> None:
        """Keep *thread* unless it is a daemon, and forget those that have ended."""
        self.reap()
        if not thread.daemon:
            super().append(thread)

    @override
    def remove(self, thread: threading.Thread, /) -> None:
        """Forget *thread*, if it is there."""
        if thread in self:
            super().remove(thread)

    def reap(self) -> None:
        """Forget the threads that have ended."""
        self[:] = [thread for thread in self if thread.is_alive()]

    def pop_all(self) -> list[threading.Thread]:
        """Forget all threads and return them."""
        threads = list(self)
        self.clear()
        return threads

    def join(self) -> None:
        """Wait for all threads, however long they take, and forget them."""
        join_threads(self.pop_all(), None)


class _NoThreads:
    """What a server has in place of `_Threads` until there is something to join."""

    def append(self, thread: threading.Thread) -> None:
        """Keep nothing."""

    def remove(self, thread: threading.Thread) -> None:
        """Have nothing to forget."""

    def join(self) -> None:
        """Wait for nothing."""


class ThreadingMixIn:
    """Serves each request on a thread of its own; stands in front of a server class in the list of bases."""

    daemon_threads: bool = False
    """Whether the program may end while requests are under way."""
    block_on_close: bool = True
    """Whether `server_close` waits for requests under way, unless their threads are daemons."""
    _threads: Any = _NoThreads()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a request and close it; called on its thread.

        What is no Exception goes on to ``threading.excepthook``, after the request is closed.
        """
        server: Any = self
        try:
            server.finish_request(request, client_address)
        except Exception as error:
            if gains(self):
                failed(self, request, client_address, error)
            server.handle_error(request, client_address)
        finally:
            server.shutdown_request(request)
            if gains(self):
                closed(self, request)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a thread for a request, and return.

        Raises RuntimeError where the system has no thread left; the server reports and closes the request then.
        """
        if self.block_on_close:
            vars(self).setdefault("_threads", _Threads())
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address))
        thread.daemon = self.daemon_threads
        start_thread(thread, self._threads.append, self._threads.remove)

    def server_close(self) -> None:
        """Close the server, then wait for requests under way: for ever, or with limits as ``limits.drain`` says.

        What is left by then is cut, and given a second to end.
        """
        server: Any = super()
        server.server_close()
        limits = limits_of(self)
        if limits is None or limits.drain is None:
            self._threads.join()
        else:
            _drain(self, self._threads, limits.drain)


def _drain(server: ThreadingMixIn, threads: Any, seconds: float) -> None:
    waiting: Iterable[threading.Thread] = threads.pop_all() if isinstance(threads, _Threads) else ()
    if not join_threads(waiting, seconds):
        cut(server)
        join_threads(waiting, _GRACE_SECONDS)
