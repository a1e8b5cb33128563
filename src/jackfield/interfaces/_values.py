"""Limits, the phases of serving, and what a drain came to: values that every room may hold."""

from __future__ import annotations

import enum
from typing import final

import attrs


@final
@attrs.frozen(kw_only=True)
class Limits:
    """What one peer may cost us. Durations are seconds on the monotonic clock; None turns a limit off.

    Raises ValueError for a limit that is not above 0.
    """

    handshake: float | None = 5.0
    """All negotiations of a connection together (TLS, PROXY header)."""
    idle: float | None = 60.0
    """No byte of a next message."""
    message: float | None = 10.0
    """From a message's first byte to its last, so that a dribble cannot stretch it."""
    write: float | None = 30.0
    """One send, to a peer that does not read."""
    unsent: int = 256 * 1024
    """Bytes of replies that may wait; reading pauses above it."""
    linger: float | None = 2.0
    """Only when we close first: so long unread input is taken, lest it turn our last reply into a reset."""
    drain: float | None = 10.0
    """What ``drain()`` waits where it is given no deadline."""

    def __attrs_post_init__(self) -> None:
        for name, value in attrs.asdict(self).items():
            if value is not None and not value > 0:
                raise ValueError(f"Limits.{name} must be above 0, or None for no limit, not {value!r}")


@final
@attrs.frozen(kw_only=True)
class Traffic:
    """Bytes that a connection has carried, as they were on the wire: with what a layer (TLS) or a header adds."""

    received: int
    """Of a connection that was reset it may be one less."""
    sent: int
    """Given to the network, be it that they have not arrived yet."""


@final
class Phase(enum.Enum):
    """What a gate is doing."""

    SERVING = "serving"
    STOPPING = "stopping"
    """No more requests are handed out; those under way are left alone."""
    DRAINING = "draining"
    """No more requests are handed out; those under way finish, or are cut at the deadline."""


@final
@attrs.frozen(kw_only=True)
class DrainReport:
    """What a drain came to, in connections."""

    finished: int
    """Closed by themselves, with every reply to what had been received sent."""
    cut: int
    """Closed by the deadline, or abandoned because the handler did not return."""
    refused: int
    """Turned away while draining."""
    seconds: float
