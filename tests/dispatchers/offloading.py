"""A session that has its work done by its driver."""

from __future__ import annotations

import threading
from collections.abc import Callable

import jackfield as jf
from jackfield.interfaces import READY, WAITING, Buffer, Peered


class Offloading:
    """Has its work done by the driver, and says on which thread it was."""

    def __init__(self, request: Peered) -> None:
        self._driver = request.driver
        self.status = READY
        self.fault: jf.JackfieldError | None = None
        self._outcomes: list[Callable[[], str]] = []

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        if size:
            self.status = WAITING
            self._driver.submit(work, bytes(buffer[:size]), self._done)
        return b""

    def _done(self, outcome: Callable[[], str]) -> None:
        self._outcomes.append(outcome)
        self._driver.wake()

    def resume(self) -> bytes:
        if not self._outcomes:
            return b""
        self.status = READY
        try:
            return self._outcomes.pop()().encode()
        except Exception as error:
            return type(error).__name__.encode()

    def close(self, why: Exception | None, /) -> None:
        """Nothing is held."""


def work(data: bytes) -> str:
    if data == b"fail":
        raise LookupError
    return f"{data.decode()} on {threading.current_thread().name}"


@jf.sessions
def offloading(request: Peered) -> Offloading:
    return Offloading(request)
