"""What a failed ``accept`` means: one table for every listener and dispatcher.

The errors that Linux hands on from the new connection's network are listed in accept(2), "Error handling";
the ones about descriptors and memory there, too. What is in no row stops the server: an error that nobody
foresaw is not one to spin on.
"""

from __future__ import annotations

import enum
import errno
from typing import Final, final


@final
class Verdict(enum.Enum):
    """What becomes of accepting after an error."""

    NOTHING = "nothing"
    """Nothing is there after all: wait again."""
    LOST = "lost"
    """One incoming connection is gone; the next may be well."""
    PAUSE = "pause"
    """We have run out of something: leave the rest in the backlog for `PAUSE_SECONDS`."""
    FATAL = "fatal"
    """The listener cannot go on."""


PAUSE_SECONDS: Final = 0.1
"""Ten attempts a second at most: enough to recover promptly, too few to burn a core."""

_VERDICTS: Final = {
    Verdict.NOTHING: ("EAGAIN", "EWOULDBLOCK", "EINTR"),
    Verdict.LOST: (
        "ECONNABORTED",
        "ECONNRESET",
        "ECONNREFUSED",  # on a datagram socket: an ICMP error for an earlier reply, udp(7)
        "EPROTO",
        "EPERM",  # a firewall's rule, accept(2)
        "ENETDOWN",
        "ENOPROTOOPT",
        "EHOSTDOWN",
        "ENONET",
        "EHOSTUNREACH",
        "EOPNOTSUPP",
        "ENETUNREACH",
        "ETIMEDOUT",
    ),
    Verdict.PAUSE: ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"),
}

_BY_NUMBER: Final = {
    number: verdict
    for verdict, names in _VERDICTS.items()
    for name in names
    if isinstance(number := getattr(errno, name, None), int)
}

_GONE: Final = frozenset(
    number
    for name in (
        "ECONNRESET",
        "EPIPE",
        "ECONNABORTED",
        "ENOTCONN",
        "ETIMEDOUT",
        "EHOSTUNREACH",
        "ENETUNREACH",
        "ESHUTDOWN",
    )
    if isinstance(number := getattr(errno, name, None), int)
)


def judge_accept_error(error: OSError, /) -> Verdict:
    """Return what *error*, raised by a listener's ``accept``, means for accepting."""
    return _BY_NUMBER.get(error.errno or 0, Verdict.FATAL)


def peer_is_gone(error: OSError, /) -> bool:
    """Return whether *error*, raised by a send or a receive, says that the other side is no longer there."""
    return error.errno in _GONE
