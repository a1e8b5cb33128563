"""Whether an acceptor keeps its contract."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import Final

from typing_extensions import TypeVar

from ..addresses import InternetAddress
from ..connections import Connection, RawConnection, name_of
from ..interfaces import Accepted, Facet, Negotiation
from ._promises import PATIENCE, Checklist, Promise, closing

RequestT = TypeVar("RequestT", bound=Accepted)

_ports: Final = itertools.count(1024)
_THREADS: Final = 8
_TURNS: Final = 20
_GARBAGE: Final = 1024 * 1024
"""Bytes that no negotiation needs."""


def visitor(host: str = "127.0.0.1") -> tuple[RawConnection, socket.socket]:
    """Return a connection from *host*, to be given to a step, and its client's end: a pair of real sockets."""
    ours, theirs = socket.socketpair()
    return Connection(ours, InternetAddress(host, next(_ports)), local=InternetAddress("127.0.0.1", 1)), theirs


def check_acceptor(
    step: Callable[[RequestT], Accepted | None],
    come: Callable[[], tuple[RequestT, socket.socket]],
    *,
    patience: float = PATIENCE,
) -> None:
    """Check that *step* keeps the contract of an `Acceptor`.

    *come* makes a request that *step* lets through when nobody else is inside (one of a `visitor`, say), and returns
    it with its client's end; whatever a step that negotiates would have to be told, it is not told here.

    Raises BrokenPromise for the first promise that is not kept; what should happen has *patience* seconds to.
    """
    check = Checklist(name_of(step), patience)
    for _ in range(_TURNS):
        _lets_through(check, step, come)
    _from_several_threads(check, step, come)
    _lets_through(check, step, come)
    _negotiates(check, step, come)


def _lets_through(
    check: Checklist,
    step: Callable[[RequestT], Accepted | None],
    come: Callable[[], tuple[RequestT, socket.socket]],
) -> None:
    """One after another: what the one before took is there again."""
    request, client = come()
    with client, closing(request):
        if not request.framed:
            client.sendall(b"x")
        refined = check.returns(
            Promise.STEP_NEVER_BLOCKS, partial(step, request), "it", raising=Promise.STEP_NEVER_RAISES
        )
        if refined is None:
            raise check.broken(Promise.STEP_GIVES_BACK, "it refused a request though nobody was inside")
        check.holds(Promise.STEP_CLOSES_NOTHING, min(refined.descriptors(), default=0) >= 0, "it is closed")
        if isinstance(refined, Connection):
            data = check.returns(Promise.STEP_READS_NOTHING, partial(refined.receive, 1), "receive()")
            check.holds(Promise.STEP_READS_NOTHING, data == b"x", f"receive() returned {data!r}")
        refined.finish(None)


def _from_several_threads(
    check: Checklist,
    step: Callable[[RequestT], Accepted | None],
    come: Callable[[], tuple[RequestT, socket.socket]],
) -> None:
    """At once: who is refused by a limit is refused rightly, but nobody may meet an exception."""
    together = threading.Barrier(_THREADS)
    errors: list[Exception] = []

    def call() -> None:
        for _ in range(_TURNS):
            request, client = come()
            together.wait()
            try:
                refined = step(request)
            except Exception as error:
                errors.append(error)
                refined = None
            for one in (refined, request):
                if one is not None:
                    one.finish(None)
            client.close()

    def work() -> None:
        threads = [threading.Thread(target=call, name="jackfield-check", daemon=True) for _ in range(_THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    check.returns(Promise.STEP_IS_SAFE_FROM_SEVERAL_THREADS, work, f"it, on {_THREADS} threads,")
    check.holds(Promise.STEP_IS_SAFE_FROM_SEVERAL_THREADS, not errors, f"it raised {errors[:1]}")


def _negotiates(
    check: Checklist,
    step: Callable[[RequestT], Accepted | None],
    come: Callable[[], tuple[RequestT, socket.socket]],
) -> None:
    """What it is fed is nothing that any negotiation wants."""
    (one, client), (other, stranger) = come(), come()
    with client, stranger, closing(one), closing(other):
        first, second = step(one), step(other)
        talk = None if first is None else first.negotiation
        if talk is not None:
            mine = second is None or second.negotiation is not talk
            check.holds(Promise.NEGOTIATION_IS_ITS_OWN, mine, "two requests have the same one")
            over = check.returns(Promise.NEGOTIATION_NEVER_RAISES, partial(_ends_by_garbage, talk), "receive()")
            check.holds(Promise.NEGOTIATION_IS_BOUNDED, over, f"after {_GARBAGE} bytes of garbage it waits for more")
        for refined in (first, second):
            if refined is not None:
                refined.finish(None)


def _ends_by_garbage(talk: Negotiation[Facet]) -> bool:
    data = b""
    for _ in range(0, _GARBAGE, 1024):
        talk.receive(data)
        if talk.done or talk.refused or talk.fault is not None:
            return True
        data = b"\xf5 what\r" * 128
    return False
