"""A request without a transport, and a session driven by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Never, TypeVar

import jackfield as jf
from jackfield.addresses import Address, MemoryAddress
from jackfield.core import call_here
from jackfield.interfaces import MORE, Driver

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")


class Waking:
    """A driver that counts its wakes and makes calls at once."""

    def __init__(self) -> None:
        self.wakes = 0

    def wake(self) -> None:
        self.wakes += 1

    def submit(
        self,
        call: Callable[[ArgumentT], ResultT],
        argument: ArgumentT,
        done: Callable[[Callable[[], ResultT]], None],
        /,
    ) -> None:
        call_here(call, argument, done)


class Stream:
    """What a session needs to know of a connection."""

    def __init__(self, unsent: int = 256 * 1024) -> None:
        self.peer: Address = MemoryAddress(1)
        self.local: Address = MemoryAddress(2)
        self.limits = jf.Limits(unsent=unsent)
        self.driver: Driver = Waking()

    @property
    def framed(self) -> Literal[False]:
        return False

    def facet(self, kind: type[Never], /) -> jf.Facet | None:
        return None


class Packet:
    """What a session needs to know of a datagram."""

    def __init__(self) -> None:
        self.peer: Address = MemoryAddress(1)
        self.local: Address = MemoryAddress(2)
        self.limits = jf.Limits()
        self.sent: list[bytes] = []
        self.full = False
        self.driver: Driver = Waking()

    @property
    def framed(self) -> Literal[True]:
        return True

    def reply(self, data: bytes | bytearray | memoryview, /) -> None:
        if self.full:
            raise jf.Overloaded("send buffer", 0)
        self.sent.append(bytes(data))

    def facet(self, kind: type[Never], /) -> jf.Facet | None:
        return None


def feed(session: jf.Session, *chunks: bytes) -> bytes:
    """Give *chunks* to *session* as a driver would, out of one buffer used again, and return all that it replies."""
    buffer = bytearray(70_000)
    replies = bytearray()
    for chunk in chunks:
        buffer[: len(chunk)] = chunk
        replies += session.receive(buffer, len(chunk))
        buffer[: len(chunk)] = b"\xee" * len(chunk)  # the buffer is the driver's: nobody may still look at it
        while session.status & MORE:
            replies += session.resume()
    return bytes(replies)


def cut(data: bytes, size: int) -> list[bytes]:
    """Return *data* in pieces of *size* bytes."""
    return [data[start : start + size] for start in range(0, len(data), size)]
