"""The request handlers: one object for each request, which its constructor serves."""

from __future__ import annotations

import socket
from contextlib import suppress
from io import BufferedIOBase, BytesIO
from typing import Any

from typing_extensions import Buffer, override


class BaseRequestHandler:
    """Serves one request while it is constructed: `setup`, `handle`, and `finish` whatever `handle` did.

    Derive from it and define `handle`, which finds `request`, `client_address` and `server` on itself. The request
    of a stream server is the connected socket, that of a datagram server ``(payload, server's socket)``.
    """

    request: Any
    client_address: Any
    server: Any

    def __init__(self, request: Any, client_address: Any, server: Any) -> None:
        """Serve *request*. Raises what the three methods raise; where `setup` does, the others are not called."""
        self.request = request
        self.client_address = client_address
        self.server = server
        self.setup()
        try:
            self.handle()
        finally:
            self.finish()

    def setup(self) -> None:
        """Prepare; does nothing by itself."""

    def handle(self) -> None:
        """Serve the request; does nothing by itself."""

    def finish(self) -> None:
        """Clean up; does nothing by itself."""


class StreamRequestHandler(BaseRequestHandler):
    """A handler with file objects over its connection: `rfile` to read from, `wfile` to write to."""

    rbufsize: int = -1
    """The buffer of `rfile` in bytes, as ``socket.makefile`` takes it: -1 for the system's default, 0 for none."""
    wbufsize: int = 0
    """The buffer of `wfile`; with 0 each write is sent at once and whole."""
    timeout: float | None = None
    """Seconds that one wait for the peer may take, after which TimeoutError is raised; None: as long as it does."""
    disable_nagle_algorithm: bool = False
    """Whether small packets are sent at once (TCP_NODELAY, tcp(7)); for a buffered `wfile`."""

    connection: Any
    rfile: Any
    wfile: Any

    @override
    def setup(self) -> None:
        """Apply the options and open the files."""
        self.connection = self.request
        if self.timeout is not None:
            self.connection.settimeout(self.timeout)
        if self.disable_nagle_algorithm:
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self.rfile = self.connection.makefile("rb", self.rbufsize)
        if self.wbufsize:
            self.wfile = self.connection.makefile("wb", self.wbufsize)
        else:
            self.wfile = _SocketWriter(self.connection)

    @override
    def finish(self) -> None:
        """Send what is buffered, unless the peer is gone, and close the files."""
        if not self.wfile.closed:
            with suppress(OSError):
                self.wfile.flush()
        self.wfile.close()
        self.rfile.close()


class _SocketWriter(BufferedIOBase):
    """A file that sends what is written at once, all of it; so there is nothing to flush."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, data: Buffer, /) -> int:
        self._sock.sendall(data)
        with memoryview(data) as view:
            return view.nbytes

    @override
    def fileno(self) -> int:
        return self._sock.fileno()


class DatagramRequestHandler(BaseRequestHandler):
    """A handler with file objects over a datagram: what was written to `wfile` is sent back as one, at the end."""

    packet: Any
    socket: Any
    rfile: BytesIO
    wfile: BytesIO

    @override
    def setup(self) -> None:
        """Open the files."""
        self.packet, self.socket = self.request
        self.rfile = BytesIO(self.packet)
        self.wfile = BytesIO()

    @override
    def finish(self) -> None:
        """Send the reply: one datagram, be it empty, and be it that `handle` raised."""
        self.socket.sendto(self.wfile.getvalue(), self.client_address)
