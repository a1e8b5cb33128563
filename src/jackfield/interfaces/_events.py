"""What an observer is told: one value for each decision, with its data."""

from __future__ import annotations

from typing import Literal, TypeAlias, final

import attrs

from ..addresses import Address
from ..errors import JackfieldError
from ._values import DrainReport, Traffic


@final
@attrs.frozen(kw_only=True)
class Started:
    """A server began to serve."""

    local: Address


@final
@attrs.frozen(kw_only=True)
class Stopped:
    """A server ended serving; *error* is what made it, None for a shutdown or a drain."""

    local: Address
    error: BaseException | None


@final
@attrs.frozen(kw_only=True)
class Opened:
    """A connection passed its acceptors and goes to the handler."""

    peer: Address
    local: Address


@final
@attrs.frozen(kw_only=True)
class Refused:
    """An acceptor said no; no handler ran."""

    peer: Address
    local: Address
    by: str
    """The acceptor's name, or ``"draining"``."""


@final
@attrs.frozen(kw_only=True)
class Failed:
    """A request ended by a fault. The error's class says whose: `PeerError` or `LocalError`."""

    peer: Address
    local: Address
    error: JackfieldError


@final
@attrs.frozen(kw_only=True)
class Closed:
    """A connection is over, whatever the reason; its limits have been given back."""

    peer: Address
    local: Address
    seconds: float
    traffic: Traffic | None = None
    """What it has carried; None where the system does not count (Unix sockets, memory, not Linux)."""


@final
@attrs.frozen(kw_only=True)
class AcceptFailed:
    """One incoming connection was lost before it could be accepted; accepting goes on."""

    local: Address
    error: OSError


@final
@attrs.frozen(kw_only=True)
class Paused:
    """Accepting pauses: descriptors or memory have run out. One event per pause."""

    local: Address
    error: OSError
    seconds: float


@final
@attrs.frozen(kw_only=True)
class Drained:
    """A drain has ended."""

    local: Address
    report: DrainReport


@final
@attrs.frozen(kw_only=True)
class Dropped:
    """A datagram that came in, or a reply to one, was given up; serving goes on."""

    peer: Address
    local: Address
    what: Literal["datagram", "reply"]
    """A dropped datagram was shown to no handler; a dropped reply is one of a handler that did its work."""
    error: JackfieldError | OSError
    """Why: Truncated (a datagram above the listener's maximum), Unanswerable (a sender without an address),
    Overloaded (no room to send), EncodeError (more than a datagram holds), ConnectionLost (nobody is there)."""


@final
@attrs.frozen(kw_only=True)
class Handled:
    """A service, or a handler of one schema, has dealt with one message; told to a `MessageObserver` alone."""

    peer: Address
    local: Address
    message: str
    """The name of its class or schema; ``"unknown"`` for a tag without a handler, ``"malformed"`` for no message."""
    received: int
    """Bytes of its payload, without the frame."""
    sent: int
    """Bytes of its replies, with their frames; pushes are nobody's reply."""
    seconds: float
    """From when it was cut until its last reply was made: the handler, and of a stream the peer's taking its time."""
    error: JackfieldError | None
    """What ended the conversation over it: the class says whose fault it is. None where it was answered."""


Event: TypeAlias = Started | Stopped | Opened | Refused | Failed | Closed | AcceptFailed | Paused | Drained | Dropped
"""Whatever an observer can be told."""
