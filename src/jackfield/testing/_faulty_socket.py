"""A socket whose calls are counted, and may fail."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Literal, final

from typing_extensions import Buffer, override


# The base is what connections and asyncio take for a socket.
@final
class FaultySocket(socket.socket):
    """Owns the descriptor of another socket, which it takes over; *count* may raise in place of a call."""

    __slots__ = ("_count",)

    def __init__(self, sock: socket.socket, count: Callable[[Literal["receive", "send", "close"]], None]) -> None:
        family, kind, protocol = sock.family, sock.type, sock.proto
        super().__init__(family, kind, protocol, fileno=sock.detach())
        self._count = count

    @override
    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        self._count("receive")
        return super().recv(bufsize, flags)

    @override
    def recv_into(self, buffer: Buffer, nbytes: int = 0, flags: int = 0) -> int:
        self._count("receive")
        return super().recv_into(buffer, nbytes, flags)

    @override
    def send(self, data: Buffer, flags: int = 0, /) -> int:
        self._count("send")
        return super().send(data, flags)

    @override
    def sendmsg(
        self, buffers: Iterable[Buffer], ancdata: Iterable[tuple[int, int, Buffer]] = (), flags: int = 0, *to: object
    ) -> int:
        self._count("send")
        return super().sendmsg(buffers, ancdata, flags)

    @override
    def close(self) -> None:
        """Let go of the descriptor, then fail perhaps: the system does it in this order, too."""
        was_open = self.fileno() >= 0
        super().close()
        if was_open:
            self._count("close")
