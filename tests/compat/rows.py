"""What the row tests share: both modules, servers of either on threads, and clients.

A row is one behaviour of the standard module; most tests run over both modules, so that what they claim is what the
standard one does. Where ours differs (the standard one would hang or leak) a test runs over ours alone.
"""

from __future__ import annotations

import importlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support import PATIENCE, exchange

STANDARD: Any = importlib.import_module("socketserver")
OURS: Any = importlib.import_module("jackfield.compat.socketserver")
SOURCES = Path(__file__).parents[2] / "src"

both = pytest.mark.parametrize("module", [STANDARD, OURS], ids=["standard", "ours"])
ours = pytest.mark.parametrize("module", [OURS], ids=["ours"])


@contextmanager
def serving(server: Any, poll_interval: float = 0.01) -> Generator[threading.Thread]:
    """Serve on a thread; at the end shut down and close. A loop that does not end is a failure."""
    thread = threading.Thread(target=server.serve_forever, args=(poll_interval,))
    thread.start()
    try:
        yield thread
    finally:
        server.shutdown()
        thread.join(PATIENCE)
        server.server_close()
        assert not thread.is_alive()


def dial(server: Any) -> socket.socket:
    """Return a client that is connected to *server*."""
    sock = socket.socket(server.address_family, socket.SOCK_STREAM)
    sock.settimeout(PATIENCE)
    try:
        sock.connect(server.server_address)
    except OSError:
        sock.close()
        raise
    return sock


def ask(server: Any, data: bytes) -> bytes:
    """Return all that a stream server replies to *data*."""
    with dial(server) as client:
        return exchange(client, data)


@contextmanager
def datagrams(server: Any) -> Generator[socket.socket]:
    """Give a datagram client that is connected to *server*."""
    with socket.socket(server.address_family, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        client.connect(server.server_address)
        yield client


def handler(module: Any, handle: Callable[[Any], None], base: str = "BaseRequestHandler", **attributes: Any) -> Any:
    """Return a handler class that does *handle*."""
    return type("Handler", (getattr(module, base),), {"handle": handle, **attributes})


def echo(self: Any) -> None:
    """Handle a connection: give back a line."""
    self.wfile.write(self.rfile.readline())


def python(program: str, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run *program* in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "PYTHONPATH": str(SOURCES), "PYTHONUNBUFFERED": ""},  # output waits in buffers, as it does
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def name_of(module: Any) -> str:
    """Return what a program imports to get *module*."""
    name = module.__name__
    assert isinstance(name, str)
    return name


def in_time(event: threading.Event) -> None:
    """Wait for *event*; one that does not come is a failure."""
    assert event.wait(PATIENCE)
