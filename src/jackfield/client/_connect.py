"""From an address to a client."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..addresses import from_system
from ..errors import ConnectionLost
from ..service import Wire
from ._async_client import AsyncClient
from ._client import Client
from ._inbox import FrameInbox
from ._matching import Matching
from ._pipes import DatagramPipe, Pipe, StreamPipe
from ._target import Target


def connect(
    wire: Wire, url: str, /, *, deadline: float = 10.0, retries: int = 0, pushed: Iterable[type] = ()
) -> Client:
    """Return a client of *wire* at *url*: ``tcp://host:port`` or ``udp://host:port``, IPv6 in brackets.

    Unix sockets are ``unix:///path`` and, for datagrams, ``unixgram:///path``, or ``unix://@name`` for an abstract
    name; the path stands there as it is, without escapes. So ``f"tcp://{server.address}"`` is a server's URL, and so on
    for each scheme.

    *deadline*, in seconds, bounds connecting, and each call that is not given its own. *retries* is how often a request
    over datagrams is sent again, the same bytes, within the deadline of its call. Name in *pushed* the classes of the
    messages that may come unasked, for `Client.pushed`.

    Raises CompositionError for a URL of another form, for a stream where the wire has no frame, and for retries over
    one; DeclarationError for what cannot be pushed on this wire; ConnectionLost where nobody answers.
    """
    target = Target.of(url)
    target.check(wire, retries)
    kinds = tuple(pushed)
    matching = Matching(wire, kinds)
    try:
        pipe = _PIPES[target.scheme](target, wire, matching, deadline)
    except OSError as error:
        raise ConnectionLost(url, error.strerror or str(error)) from error
    return Client(matching, pipe, deadline, retries=retries, listens=bool(kinds))


async def connect_async(
    wire: Wire, url: str, /, *, deadline: float = 10.0, retries: int = 0, pushed: Iterable[type] = ()
) -> AsyncClient:
    """Return a client of *wire* at *url* for the running asyncio loop; arguments and errors are those of `connect`."""
    from ._async_pipes import AsyncioTools, open_pipe  # asyncio is imported when it is first needed  # noqa: PLC0415

    target = Target.of(url)
    target.check(wire, retries)
    kinds = tuple(pushed)
    matching = Matching(wire, kinds)
    try:
        pipe = await open_pipe(target, wire.wrap, FrameInbox(matching.framer), deadline)
    except OSError as error:
        raise ConnectionLost(url, error.strerror or str(error)) from error
    return AsyncClient(matching, pipe, AsyncioTools(), deadline, retries=retries, listens=bool(kinds))


def _over_stream(target: Target, wire: Wire, matching: Matching, deadline: float) -> Pipe:
    sock = target.stream(deadline)
    try:
        return StreamPipe(sock, from_system(sock.getpeername()), wire.wrap, FrameInbox(matching.framer))
    except BaseException:
        sock.close()
        raise


def _over_datagrams(target: Target, wire: Wire, matching: Matching, deadline: float) -> Pipe:
    address = target.resolved()
    return DatagramPipe(address.connected, address.peer)


_PIPES: Final = {"tcp": _over_stream, "unix": _over_stream, "udp": _over_datagrams, "unixgram": _over_datagrams}
