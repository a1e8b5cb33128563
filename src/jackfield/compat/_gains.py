"""What a moved program gains by two attributes of its server: an observer that is told, and limits that are kept.

A server is known here by its attributes alone, since a mix-in of ours may stand over a server that is not.
"""

from __future__ import annotations

import logging
import socket
import time
from contextlib import suppress
from typing import Any, final

import attrs

from ..addresses import Address, UnixAddress, from_system
from ..connections import name_of
from ..core import blame, lost
from ..errors import DeadlineExceeded, JackfieldError
from ..interfaces import Closed, Event, Failed, Limits, Opened, Refused

_LINGER_BYTES = 64 * 1024
"""What is taken of unread input at most, as under the other servers."""


@final
@attrs.frozen(kw_only=True, eq=False)
class Live:
    """A request under way, as observers and limits know it."""

    request: Any
    peer: Address
    local: Address
    begun: float
    framed: bool
    """Whether it is a datagram: these come and go without `Opened` and `Closed`."""


def limits_of(server: Any) -> Limits | None:
    """Return the limits that *server* has been given."""
    limits: Limits | None = getattr(server, "limits", None)
    return limits


def gains(server: Any) -> bool:
    """Return whether *server* was given an observer or limits."""
    return getattr(server, "observer", None) is not None or getattr(server, "limits", None) is not None


def tell(server: Any, event: Event) -> None:
    """Tell the observer, if there is one; what it raises is logged and goes no further."""
    observer = getattr(server, "observer", None)
    if observer is None:
        return
    try:
        observer(event)
    except Exception:
        logging.getLogger("jackfield").exception("the observer failed on %r", event)


def address_of(name: object) -> Address:
    """Return *name* as an address; programs make some up, which are shown as they are spelt."""
    try:
        return from_system(name)
    except ValueError:
        return UnixAddress(str(name))


# ---------------------------------------------------------------- a request's life


def arrived(server: Any, request: Any) -> None:
    """Set the limit on waiting for the peer, unless the server has set a timeout of its own."""
    limits = limits_of(server)
    if limits is not None and isinstance(request, socket.socket) and request.gettimeout() is None:
        request.settimeout(limits.idle)


def refused(server: Any, request: Any, client_address: Any) -> None:
    """Tell that ``verify_request`` said no."""
    tell(server, Refused(peer=address_of(client_address), local=_local(server, request), by="verify_request"))


def opened(server: Any, request: Any, client_address: Any) -> None:
    """Note that *request* goes to its handler."""
    live = Live(
        request=request,
        peer=address_of(client_address),
        local=_local(server, request),
        begun=time.monotonic(),
        framed=not isinstance(request, socket.socket),
    )
    _table(server)[id(request)] = live
    if not live.framed:
        tell(server, Opened(peer=live.peer, local=live.local))


def failed(server: Any, request: Any, client_address: Any, error: Exception) -> None:
    """Tell why a request failed."""
    peer = address_of(client_address)
    fault = fault_of(error, peer, getattr(server, "RequestHandlerClass", None), limits_of(server))
    tell(server, Failed(peer=peer, local=_local(server, request), error=fault))


def closed(server: Any, request: Any) -> None:
    """Note that *request* is over; once."""
    over(server, take(server, request))


def take(server: Any, request: Any) -> Live | None:
    """Return *request* as under way, and forget it: somebody else says when it is over."""
    live: Live | None = _table(server).pop(id(request), None)
    return live


def over(server: Any, live: Live | None) -> None:
    """Tell that what was taken is over."""
    if live is not None and not live.framed:
        tell(server, Closed(peer=live.peer, local=live.local, seconds=time.monotonic() - live.begun))


def fault_of(error: Exception, peer: Address, handler: object, limits: Limits | None) -> JackfieldError:
    """Return what *error* out of *handler* means, with the words of the other servers."""
    if isinstance(error, TimeoutError) and error.errno is None and limits is not None and limits.idle is not None:
        late = DeadlineExceeded("idle", limits.idle)
        late.__cause__ = error
        return late
    return blame(lost(error, peer) if isinstance(error, OSError) else error, name_of(handler))


# ---------------------------------------------------------------- ends


def linger(server: Any, request: Any) -> None:
    """Take unread input for a moment, lest closing turn the last reply into a reset (RFC 1122, 4.2.2.13)."""
    limits = limits_of(server)
    if limits is None or type(request) is not socket.socket or limits.linger is None:
        return
    until, left = time.monotonic() + limits.linger, _LINGER_BYTES
    with suppress(OSError):
        request.settimeout(0)
        while (taken := len(request.recv(4096))) and (left := left - taken) > 0:
            request.settimeout(max(0.001, until - time.monotonic()))


def cut(server: Any) -> None:
    """Wake whatever blocks on a request that is under way; its handler fails then."""
    for live in list(_table(server).values()):
        if isinstance(live.request, socket.socket):
            with suppress(OSError):
                live.request.shutdown(socket.SHUT_RDWR)


def _local(server: Any, request: Any) -> Address:
    with suppress(OSError, AttributeError):
        return address_of(request.getsockname())
    return address_of(getattr(server, "server_address", ""))


def _table(server: Any) -> dict[int, Live]:
    table: dict[int, Live] = vars(server).setdefault("_live_requests", {})
    return table
