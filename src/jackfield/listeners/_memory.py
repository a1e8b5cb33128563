"""Connections within this process: each is a pair of real sockets, so all that serves TCP serves them."""

from __future__ import annotations

import itertools
import socket
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Final, final
from weakref import WeakSet

from typing_extensions import TypeVar

from ..addresses import Address, MemoryAddress
from ..connections import FORKING, Connection, Incoming, RawConnection, close_on_fork
from ..interfaces import Accepted, Listener

NewT = TypeVar("NewT", bound=Accepted)

_numbers: Final = itertools.count(1)


@final
class Memory:
    """A listener that is reached by `connect`, from any thread of this process."""

    __slots__ = ("__weakref__", "_address", "_backlog", "_bell", "_clients", "_rung", "_waiting")

    def __init__(self, *, backlog: int = 1024) -> None:
        self._backlog = backlog
        self._waiting: deque[tuple[socket.socket, Address]] = deque()
        self._address = MemoryAddress(next(_numbers))
        # One byte for each connection that waits makes the descriptor readable just as a backlog would.
        self._rung, self._bell = socket.socketpair()
        self._rung.setblocking(False)
        self._bell.setblocking(False)
        self._clients: WeakSet[socket.socket] = WeakSet()
        close_on_fork(self)

    def descriptors(self) -> Iterable[int]:
        """Return what a forked child must not keep: a client's end that lives on there would never end."""
        own = (self._rung, self._bell, *(sock for sock, _ in self._waiting))
        return [sock.fileno() for sock in (*own, *self._clients)]

    def connect(self) -> socket.socket:
        """Return a client's end of a new connection; its other end waits to be accepted.

        Raises ConnectionRefusedError once the listener is closed, or while the backlog is full.
        """
        if self._rung.fileno() < 0 or len(self._waiting) >= self._backlog:
            raise ConnectionRefusedError(f"{self._address} is closed or full")
        with FORKING:
            ours, theirs = socket.socketpair()
            self._waiting.append((ours, MemoryAddress(next(_numbers))))
            self._clients.add(theirs)
        with suppress(OSError):  # closed just now: `close` ends what waits
            self._bell.send(b"\0")
        return theirs

    def through(self, step: Callable[[RawConnection], NewT | None], /) -> Incoming[NewT]:
        """Return a panel with *step* behind this listener."""
        return Incoming(self).through(step)

    def only(self, allow: Callable[[RawConnection], bool], /) -> Incoming[RawConnection]:
        """Return a panel with *allow* behind this listener."""
        return Incoming(self).only(allow)

    @property
    def address(self) -> Address:
        """A number that is this listener's alone."""
        return self._address

    def fileno(self) -> int:
        """Return a descriptor that is readable while a connection waits, -1 once closed."""
        return self._rung.fileno()

    def accept(self) -> RawConnection | None:
        """Return a connection that waits, or None."""
        try:
            self._rung.recv(1)
        except BlockingIOError:
            return None
        sock, peer = self._waiting.popleft()
        return Connection(sock, peer, local=self._address)

    def close(self) -> None:
        """Stop listening; clients whose connections still wait see them end."""
        self._bell.close()
        self._rung.close()
        while self._waiting:
            with suppress(OSError):
                self._waiting.popleft()[0].close()


def memory(*, backlog: int = 1024) -> Memory:
    """Listen within this process: ``memory().connect()`` gives a client's socket. *backlog* connections may wait."""
    return Memory(backlog=backlog)


if TYPE_CHECKING:
    _listener: type[Listener[RawConnection]] = Memory
