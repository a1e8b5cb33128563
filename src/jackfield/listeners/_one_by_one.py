"""An exchange by the calls that every system has: receive one, answer it, send the reply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from ..addresses import Address
from ..connections import Datagram
from ..interfaces import Answer, Buffer, Origin
from ._port import Port, Sender

BATCH: Final = 64
"""Datagrams in one exchange at most, so that whoever shares a thread with it has a turn."""


@final
class OneByOne:
    """Exchanges over a port; the origin of each datagram in turn."""

    __slots__ = ("_error", "_port", "_sender", "_size")

    def __init__(self, port: Port) -> None:
        self._port = port
        self._error: OSError | None = None
        self._size = 0
        self._sender = Sender(port, None, [])

    def exchange(self, answer: Answer[Datagram]) -> int:
        """Answer what is there, as `DatagramListener.exchange` says."""
        for count in range(BATCH):
            if not self._receive(count):
                return count
            if self._port.admits(self._size, self._sender):
                reply = answer(self._port.view, 0, self._size, self)
                if reply is not None:
                    self.reply(reply)
        return BATCH

    def _receive(self, count: int) -> bool:
        """Receive one; an error behind others is kept for the next exchange."""
        error, self._error = self._error, None
        if error is not None:
            raise error
        try:
            received = self._port.receive()
        except OSError as error:
            if not count:
                raise
            self._error = error
            return False
        if received is None:
            return False
        self._size, self._sender = received
        return True

    @property
    def peer(self) -> Address:
        """Who sent the datagram that is being answered."""
        return self._sender.peer

    @property
    def local(self) -> Address:
        """Where it was sent to."""
        return self._sender.local

    def reply(self, data: Buffer, /) -> None:
        """Send one datagram back now, or drop and tell it."""
        self._sender.offer(data)

    def request(self) -> Datagram:
        """Return a copy of it."""
        return Datagram.between(bytes(self._port.view[: self._size]), self._sender)


if TYPE_CHECKING:
    _origin: type[Origin[Datagram]] = OneByOne
