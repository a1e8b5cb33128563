"""A connection, and the peer's end of it as a plain socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager

import jackfield as jf
from jackfield.addresses import MemoryAddress
from support import PATIENCE

PEER = MemoryAddress(77)


@contextmanager
def pair(limits: jf.Limits | None = None) -> Generator[tuple[jf.Connection, socket.socket]]:
    """Give a connection over a real socket pair, and close both ends behind it."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(PATIENCE)
    connection: jf.Connection = jf.Connection(ours, PEER, local=MemoryAddress(78), limits=limits)
    try:
        yield connection, theirs
    finally:
        theirs.close()
        connection.finish(None)


@contextmanager
def trickling(peer: socket.socket, data: bytes, step: int, *, then_end: bool = False) -> Generator[None]:
    """Within the block *data* is sent in pieces of *step* bytes, by a thread: a socket pair does not hold many."""

    def send() -> None:
        for start in range(0, len(data), step):
            peer.sendall(data[start : start + step])
        if then_end:
            peer.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        thread.join(PATIENCE)
