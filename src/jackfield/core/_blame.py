"""What an exception means for the request that it came out of."""

from __future__ import annotations

from ..addresses import Address
from ..errors import ConnectionLost, HandlerFailed, JackfieldError
from ._accept_policy import peer_is_gone


def blame(error: Exception, who: str, /) -> JackfieldError:
    """Return *error* as one of ours: itself, or a HandlerFailed of *who* that it is the cause of."""
    if isinstance(error, JackfieldError):
        return error
    failed = HandlerFailed(who)
    failed.__cause__ = error
    return failed


def lost(error: OSError, peer: Address, /) -> Exception:
    """Return what *error*, raised by a send or a receive, means: ConnectionLost where *peer* is gone, else itself."""
    if not peer_is_gone(error):
        return error
    gone = ConnectionLost(peer, error.strerror or type(error).__name__)
    gone.__cause__ = error
    return gone
