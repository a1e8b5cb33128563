"""A connection, and the peer's end of it as a plain socket."""

from __future__ import annotations

import socket
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
