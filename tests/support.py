"""What tests share: an observer that remembers, servers on threads, and sockets to talk to them."""

from __future__ import annotations

import os
import select
import socket
import threading
import weakref
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, TypeAlias, TypeVar, final

import uvloop

import jackfield as jf
from jackfield.addresses import Address, InternetAddress
from jackfield.interfaces import READY, Buffer, Dispatcher, Event, Peered, SessionDispatcher

EventT = TypeVar("EventT")
THOROUGH: Final = bool(os.environ.get("JACKFIELD_THOROUGH"))
"""Whether to take the minutes that it takes to try everything with everything, and hypothesis's own dice."""
PATIENCE: Final = 10.0
"""Seconds until a wait that should end counts as a hang; no test waits so long when all is well."""

DISPATCHERS: Final[dict[str, Callable[[], Dispatcher]]] = {
    "inline": jf.Inline,
    "threads": jf.Threads,
    "forks": jf.Forks,
    "pool": lambda: jf.ThreadPool(4),
}
"""Those that run any handler."""
AnyDispatcher: TypeAlias = Dispatcher | SessionDispatcher
SESSION_DISPATCHERS: Final[dict[str, Callable[[], AnyDispatcher]]] = {
    **DISPATCHERS,
    "event loop": jf.EventLoop,
    "asyncio": jf.Asyncio,
    "uvloop": lambda: jf.Asyncio(loop=uvloop.new_event_loop),
}
"""Those that run generated handlers."""
IN_PROCESS: Final = {name: dispatcher for name, dispatcher in SESSION_DISPATCHERS.items() if name != "forks"}
"""Those whose sessions share memory with the test."""


@jf.sessions
@final
class Echo:
    """A session that sends back what comes, for any dispatcher."""

    def __init__(self, request: Peered) -> None:
        self.status = READY
        self.fault: jf.JackfieldError | None = None

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        """Send it back."""
        return bytes(buffer[:size])

    def resume(self) -> bytes:
        """Have nothing more to say."""
        return b""

    def close(self, why: Exception | None, /) -> None:
        """Hold nothing."""


@final
class Seen:
    """An observer that remembers what it was told, and can be waited for."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._changed = threading.Condition()

    def __call__(self, event: Event, /) -> None:
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def of(self, kind: type[EventT]) -> list[EventT]:
        """Return the events of *kind* so far."""
        with self._changed:
            return [event for event in self._events if isinstance(event, kind)]

    def wait_for(self, kind: type[EventT], count: int = 1) -> list[EventT]:
        """Return the events of *kind* once there are *count*."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._so_far(kind)) >= count, PATIENCE), self._events
            return self._so_far(kind)

    def kinds(self) -> list[str]:
        """Return the names of the events so far, in order."""
        with self._changed:
            return [type(event).__name__ for event in self._events]

    def _so_far(self, kind: type[EventT]) -> list[EventT]:
        return [event for event in self._events if isinstance(event, kind)]


@final
class Flag:
    """An event that threads share with forked children."""

    def __init__(self) -> None:
        self._shown, self._hoist = os.pipe()
        weakref.finalize(self, os.close, self._shown)
        weakref.finalize(self, os.close, self._hoist)

    def set(self) -> None:
        """Set it, for good."""
        os.write(self._hoist, b"x")

    def wait(self, seconds: float = PATIENCE) -> bool:
        """Wait until it is set; False after *seconds*."""
        return bool(select.select([self._shown], [], [], seconds)[0])


class Servable(Protocol):
    """What `serving` needs of a server."""

    def serve_in_thread(self) -> threading.Thread:
        """Serve on a thread."""
        ...

    def close(self) -> None:
        """Close."""
        ...


@contextmanager
def serving(*servers: Servable) -> Generator[None]:
    """Serve on threads for the ``with`` block, then close; a thread that does not end is a failure."""
    threads = [server.serve_in_thread() for server in servers]
    try:
        yield
    finally:
        for server in servers:
            server.close()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()


def name_of(address: Address) -> tuple[str, int]:
    """Return what a client connects to for *address*."""
    assert isinstance(address, InternetAddress)
    return address.host, address.port


def dial(address: Address) -> socket.socket:
    """Return a connected TCP client."""
    return socket.create_connection(name_of(address), timeout=PATIENCE)


def datagrams_to(address: Address) -> socket.socket:
    """Return a UDP client whose peer is *address*."""
    assert isinstance(address, InternetAddress)
    sock = socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(PATIENCE)
    sock.connect((address.host, address.port))
    return sock


def read_all(sock: socket.socket) -> bytes:
    """Return everything up to the end of input."""
    data = bytearray()
    while chunk := sock.recv(65536):
        data += chunk
    return bytes(data)


def read_exactly(sock: socket.socket, size: int) -> bytes:
    """Return just *size* bytes."""
    data = bytearray()
    while len(data) < size:
        chunk = sock.recv(size - len(data))
        assert chunk, f"the input ended after {bytes(data)!r}"
        data += chunk
    return bytes(data)


def exchange(sock: socket.socket, data: bytes) -> bytes:
    """Send *data*, say that nothing more comes, and return everything that comes back."""
    sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)
    return read_all(sock)


def is_readable(sock: socket.socket) -> bool:
    """Return whether *sock* has something (data, or its end) right now."""
    return bool(select.select([sock], [], [], 0)[0])


def await_readable(sock: socket.socket) -> None:
    """Wait until *sock* has something."""
    assert select.select([sock], [], [], PATIENCE)[0]


def await_taken(peer: socket.socket) -> None:
    """Wait until the server has read what was sent: by the system's table of connections nothing is left to receive."""
    here, there = ("{}:{}".format(*name) for name in (peer.getpeername(), peer.getsockname()))
    for _ in range(10_000):
        if queue_of(here, there) == 0:
            return
    raise AssertionError("the server does not read")


def queue_of(local: str, remote: str) -> int:
    """Return the bytes that wait at *local* to be received from *remote*."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if (endpoint(fields[1]), endpoint(fields[2])) == (local, remote):
            return int(fields[4].partition(":")[2], 16)
    raise AssertionError("no such connection")


def endpoint(text: str) -> str:
    """Return an address of the system's table as people write it."""
    host, port = text.split(":")
    return f"{socket.inet_ntoa(bytes.fromhex(host)[::-1])}:{int(port, 16)}"


def abstract(name: str) -> bytes:
    """Return an abstract Unix name (unix(7)) that tests in another process do not take."""
    return f"\0jackfield-{name}-{os.getpid()}".encode()
