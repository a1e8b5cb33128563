"""Driving a negotiation on a thread that blocks."""

from __future__ import annotations

import time
from typing import Final

from ..errors import HandshakeFailed
from ..interfaces import Facet, Limits, Negotiation
from ._layered_socket import Stream

_CHUNK: Final = 64 * 1024


def drive_negotiation(
    io: Stream, waiting: bytes, negotiation: Negotiation[Facet], limits: Limits, begun: float | None
) -> None:
    """Drive *negotiation* over *io* to its end, be it done, refused or at fault; *waiting* has come in already.

    Raises DeadlineExceeded, ConnectionLost, ClosedError, and HandshakeFailed where the input ends before.
    """
    begun = time.monotonic() if begun is None else begun
    data = b""
    while not _over(negotiation):
        if due := negotiation.receive(data):
            io.send(due, limits.write)
        if waiting:
            data, waiting = waiting, b""
        elif not _over(negotiation):
            data = io.receive(_CHUNK, "handshake", limits.handshake, begun)
            if not data:
                raise HandshakeFailed("the peer left before it was done")


def _over(negotiation: Negotiation[Facet]) -> bool:
    return negotiation.done or negotiation.refused or negotiation.fault is not None
