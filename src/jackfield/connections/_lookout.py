"""Waiting for a listener: the one place where a thread blocks until something comes in."""

from __future__ import annotations

import selectors
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Protocol, final, runtime_checkable

from ._close_on_fork import close_on_fork
from ._waker import Waker


class Watched(Protocol):
    """What can be waited for."""

    def fileno(self) -> int:
        """Return the descriptor."""
        ...


@runtime_checkable
class _Kept(Protocol):
    """A selector that has a descriptor."""

    def fileno(self) -> int: ...


@final
class Lookout:
    """Waits for a listener, and for being woken. One thread waits at a time, any thread wakes."""

    __slots__ = ("__weakref__", "_closed", "_listener", "_selector", "_waited_for", "_waker", "_watched")

    def __init__(
        self,
        listener: Watched,
        selector: Callable[[], selectors.BaseSelector] | None = None,
        *,
        wakes: bool = True,
    ) -> None:
        """Wait with *selector*, by default what the system has best, and with *wakes* for `wake`, too.

        Raises ValueError or OSError, as the selector does, for a listener that is closed or cannot be waited for,
        and OSError where no descriptors are left for the rest.
        """
        self._listener = listener
        self._watched: dict[int, Callable[[], None]] = {}
        self._closed = False
        self._waited_for = -1
        """The listener's descriptor while it is waited for: it may have another by the time it is not."""
        self._waker: Waker | None = None
        self._selector = selectors.DefaultSelector() if selector is None else selector()
        try:
            if wakes:
                self._waker = Waker()
                self._selector.register(self._waker, selectors.EVENT_READ)
            self._listen(True)
        except BaseException:
            self.close()
            raise
        close_on_fork(self)

    def wait(self, seconds: float | None = None, *, listening: bool = True) -> bool:
        """Wait for the listener (unless *listening* is False), for being woken, *seconds* at most; None: for ever.

        Returns whether the listener has something. A wake counts once, for the wait under way or else the next.
        A listener whose descriptor changed is waited for by its new one after a wait without listening.
        """
        if listening is (self._waited_for < 0):
            self._listen(listening)
        ready = False
        for key, _ in self._selector.select(seconds):
            if key.fd == self._waited_for:
                ready = True
            elif (call := self._watched.get(key.fd)) is not None:
                call()
            else:
                self.clear()
        return ready

    def wake(self) -> None:
        """End the wait, or the next one, at once. Any thread, a signal handler, too; never blocks, never raises."""
        if self._waker is not None:
            self._waker.wake()

    def clear(self) -> None:
        """Take a wake as noticed, for whoever waits by itself for `fileno`; look for what it was about only then."""
        if self._waker is not None:
            self._waker.clear()

    def fileno(self) -> int:
        """Return the descriptor that becomes readable with a wake, -1 where there is none, or none any more."""
        return -1 if self._waker is None else self._waker.fileno()

    def watch(self, descriptor: int, call: Callable[[], None]) -> None:
        """Have *call* called by whoever waits, whenever *descriptor* is readable."""
        self._selector.register(descriptor, selectors.EVENT_READ)
        self._watched[descriptor] = call

    def unwatch(self, descriptor: int) -> None:
        """Forget a watched *descriptor*, before it is closed."""
        del self._watched[descriptor]
        self._selector.unregister(descriptor)

    def descriptors(self) -> Iterable[int]:
        """Return what a forked child must not keep, as of now; -1 stands for one that is closed."""
        if not self._closed:
            yield self._listener.fileno()
            # A selector that asks the system anew each time has none.
            yield self._selector.fileno() if isinstance(self._selector, _Kept) else -1
            if self._waker is not None:
                yield from self._waker.descriptors()

    def close(self) -> None:
        """Let go of selector and waker; the listener stays as it is. Idempotent; nobody may be waiting."""
        self._closed = True
        self._selector.close()
        if self._waker is not None:
            self._waker.close()

    def _listen(self, listening: bool) -> None:
        """Wait for the listener, or no longer; a change is one call, and rare."""
        if listening:
            descriptor = self._listener.fileno()
            self._selector.register(descriptor, selectors.EVENT_READ)
            self._waited_for = descriptor
        else:
            self._selector.unregister(self._waited_for)
            self._waited_for = -1

    def __enter__(self) -> Lookout:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None, /
    ) -> None:
        self.close()
