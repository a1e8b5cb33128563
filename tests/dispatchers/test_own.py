"""A dispatcher of one's own: the contract, as somebody outside would meet it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import jackfield as jf
from jackfield.interfaces import Dispatcher, Gate
from support import dial, exchange, serving

RequestT = TypeVar("RequestT")


class Counted:
    """The simplest dispatcher, that counts."""

    def __init__(self) -> None:
        self.count = 0
        self.closed = 0

    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        for ticket in gate:
            self.count += 1
            gate.handle(handler, ticket)

    def close(self) -> None:
        self.closed += 1


def test_a_dispatcher_is_a_loop_over_the_gate() -> None:
    own = Counted()
    dispatcher: Dispatcher = own
    server = jf.Server(jf.tcp("127.0.0.1", 0), lambda c: c.send(c.receive()), dispatcher)
    with serving(server):
        for _ in range(3):
            with dial(server.address) as peer:
                assert exchange(peer, b"x") == b"x"
    assert own.count == 3
    assert own.closed == 1


class Polling:
    """A dispatcher that waits by itself, and ends requests itself."""

    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        for ticket in gate:
            handler(ticket.request)
            gate.done(ticket, None)
            gate.done(ticket, None)
            while (more := gate.accept()) is not None:
                gate.handle(handler, more)
        listener, waker = gate.filenos()
        assert listener != waker

    def close(self) -> None:
        """Nothing is left."""


def test_a_dispatcher_may_accept_and_end_requests_itself() -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), lambda c: c.send(c.receive()), Polling())
    peers = [dial(server.address) for _ in range(3)]
    with serving(server):
        for peer in peers:
            assert exchange(peer, b"x") == b"x"
            peer.close()
