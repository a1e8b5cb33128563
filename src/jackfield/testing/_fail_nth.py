"""Faults where they are rare: the n-th call of a kind fails, for each n until there is no such call.

The seam is public: a listener in front of the real one, whose connections own a socket that counts, and a step in front
of the real one, whose negotiations do. Nothing is patched, so what is tested is what is served.
"""

from __future__ import annotations

import errno
import os
import select
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, Literal, Self, TypeAlias, final

from typing_extensions import TypeVar

from ..addresses import Address
from ..connections import Connection, Incoming, RawConnection, name_of
from ..errors import PeerError
from ..interfaces import Accepted, Facet, Layer, Listener, Negotiation
from ._faulty_socket import FaultySocket

if TYPE_CHECKING:
    from types import TracebackType

RequestT = TypeVar("RequestT", bound=Accepted)
NewT = TypeVar("NewT", bound=Accepted)

Kind: TypeAlias = Literal["accept", "receive", "send", "handshake", "close"]
"""What fails: a listener's ``accept``; a socket's receive, send or close; a negotiation's ``receive``."""

_ERRORS: Final[dict[Kind, int]] = {
    "accept": errno.ECONNABORTED,
    "receive": errno.ECONNRESET,
    "send": errno.EPIPE,
    "handshake": errno.ECONNRESET,
    "close": errno.EIO,
}
_MOST: Final = 1000
_GOOD: Final = b"."
_BAD: Final = b"!"


@final
class FailNth:
    """One fault: the *n*-th call of a kind fails, the others do their work.

    Calls are counted across threads and forked children. A loop that does its I/O outside Python (uvloop's) makes no
    receive, send or close that could be counted.
    """

    def __init__(self, kind: Kind, n: int, *, error: Exception | None = None) -> None:
        """Have call number *n* of *kind*, from 1 on, raise *error*: by default an OSError that such a call can meet.

        Raises ValueError for an *n* below 1 or above 1000. It holds a descriptor until it is closed.
        """
        if not 1 <= n <= _MOST:
            raise ValueError(f"n is between 1 and {_MOST}, not {n}")
        number = _ERRORS[kind]
        self.kind: Kind = kind
        self.n: int = n
        self._error = OSError(number, os.strerror(number)) if error is None else error
        # A byte for each call, the last one bad: taking one is one operation, and children share it.
        self._calls, fill = os.pipe()
        os.write(fill, _GOOD * (n - 1) + _BAD)
        os.close(fill)
        self._happened: bool | None = None
        """There once it is disarmed."""
        self._closed = False

    @classmethod
    def each(cls, kind: Kind, *, error: Exception | None = None) -> Iterator[Self]:
        """Yield faults, the first call of *kind* first, until one has not happened: there is no such call any more."""
        for n in range(1, _MOST + 1):
            with cls(kind, n, error=error) as fault:
                yield fault
                if not fault.happened:
                    return

    @property
    def happened(self) -> bool:
        """Whether the call has come, and failed."""
        if self._happened is not None:
            return self._happened
        readable = select.poll()
        readable.register(self._calls, select.POLLIN)
        return not any(mask & select.POLLIN for _, mask in readable.poll(0))

    def disarm(self) -> None:
        """Have every call do its work from now on; what has `happened` stays. Any time; idempotent."""
        if self._happened is None:
            self._happened = _BAD not in os.read(self._calls, _MOST)

    def close(self) -> None:
        """Disarm it, and let go of what counts: when what it stands in front of is used no more. Idempotent."""
        self.disarm()
        if not self._closed:
            self._closed = True
            os.close(self._calls)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None, /
    ) -> None:
        self.close()

    # ------------------------------------------------------------------ where it happens

    def listener(self, listener: Listener[RawConnection], /) -> Incoming[RawConnection]:
        """Return *listener* with this fault in its ``accept``, or in the sockets of what it hands out."""
        return Incoming(_FaultyListener(listener, self._count))

    def acceptor(self, step: Callable[[RequestT], NewT | None], /) -> Callable[[RequestT], NewT | None]:
        """Return *step* with this fault in the negotiations of the connections that it makes negotiate."""

        def faulty(request: RequestT) -> NewT | None:
            refined = step(request)
            if isinstance(refined, Connection) and refined.negotiation is not None:
                refined.negotiate(_FaultyNegotiation(refined.negotiation, self._count))
            return refined

        faulty.__qualname__ = name_of(step)
        return faulty

    def _count(self, kind: Kind) -> None:
        """Count a call of *kind*, and raise where it is the one."""
        if kind == self.kind and self._happened is None and os.read(self._calls, 1) == _BAD:
            raise self._error


@final
class _FaultyListener:
    """Counts what it is asked for, and hands out connections whose sockets count."""

    def __init__(self, listener: Listener[RawConnection], count: Callable[[Kind], None]) -> None:
        self._listener = listener
        self._count = count

    @property
    def address(self) -> Address:
        return self._listener.address

    def fileno(self) -> int:
        return self._listener.fileno()

    def accept(self) -> RawConnection | None:
        self._count("accept")
        connection = self._listener.accept()
        if connection is None:
            return None
        sock = FaultySocket(connection.socket, self._count)
        return Connection(sock, connection.peer, local=connection.local)

    def close(self) -> None:
        self._listener.close()


@final
class _FaultyNegotiation:
    """Does what another one does, and counts what it is fed."""

    done: bool
    refused: bool
    fault: PeerError | None
    peer: Address | None
    layer: Layer | None

    def __init__(self, negotiation: Negotiation[Facet], count: Callable[[Kind], None]) -> None:
        self._negotiation = negotiation
        self._count = count
        self._look()

    @property
    def facet(self) -> Facet:
        return self._negotiation.facet

    def receive(self, data: bytes, /) -> bytes:
        self._count("handshake")
        due = self._negotiation.receive(data)
        self._look()
        return due

    def rest(self) -> bytes:
        return self._negotiation.rest()

    def _look(self) -> None:
        """Take over what the other one has come to."""
        of = self._negotiation
        self.done, self.refused, self.fault, self.peer, self.layer = of.done, of.refused, of.fault, of.peer, of.layer


if TYPE_CHECKING:
    _listener: type[Listener[RawConnection]] = _FaultyListener
    _negotiation: type[Negotiation[Facet]] = _FaultyNegotiation
