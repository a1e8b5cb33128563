"""Whether a listener keeps its contract."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable
from functools import partial

from typing_extensions import TypeVar

from ..addresses import InternetAddress, from_system
from ..connections import Connection, name_of
from ..interfaces import Accepted, Listener
from ._promises import PATIENCE, Checklist, Promise, closing

ListenerT = TypeVar("ListenerT", bound=Listener[Accepted])


def check_listener(
    make: Callable[[], ListenerT], knock: Callable[[ListenerT], socket.socket], *, patience: float = PATIENCE
) -> None:
    """Check that what *make* makes, a listener that nobody else knows of, keeps the contract of a `Listener`.

    *knock* has somebody come: it connects to the listener, or sends it a datagram, and returns the client's socket.

    Raises BrokenPromise for the first promise that is not kept; what should happen has *patience* seconds to.
    """
    check = Checklist(name_of(make), patience)
    listener = make()
    try:
        _is_quiet(check, listener)
        for _ in range(2):
            _hands_out_one(check, listener, knock)
        _hands_out_each(check, listener, knock)
        _closes(check, listener, knock)
    finally:
        listener.close()


def _is_quiet(check: Checklist, listener: Listener[Accepted]) -> None:
    address = listener.address
    check.holds(Promise.READABLE_WHEN_SOMEBODY_COMES, listener.fileno() >= 0, f"fileno() is {listener.fileno()}")
    nobody = _accept(check, listener)
    check.holds(Promise.EACH_ONCE, nobody is None, f"accept() returned {nobody!r} before anybody came")
    check.holds(Promise.ADDRESS_STAYS, listener.address == address, f"it was {address}, and is {listener.address}")


def _hands_out_one(check: Checklist, listener: ListenerT, knock: Callable[[ListenerT], socket.socket]) -> None:
    with knock(listener) as client:
        request = _expect(check, listener)
        with closing(request):
            peer, name = request.peer, from_system(client.getsockname())
            if isinstance(name, InternetAddress):
                check.holds(Promise.ENDS_ARE_KNOWN, peer == name, f"it was {name}, and peer is {peer}")
            _finishes(check, request, client)
        nobody = _accept(check, listener)
        check.holds(Promise.EACH_ONCE, nobody is None, f"accept() returned {nobody!r} when nobody was left")


def _hands_out_each(check: Checklist, listener: ListenerT, knock: Callable[[ListenerT], socket.socket]) -> None:
    """Three come before anybody looks."""
    clients = [knock(listener) for _ in range(3)]
    requests = [_expect(check, listener) for _ in clients]
    for request in requests:
        request.finish(None)
    for client in clients:
        client.close()
    check.holds(Promise.EACH_ONCE, len({id(request) for request in requests}) == 3, "a request was handed out twice")


def _closes(check: Checklist, listener: ListenerT, knock: Callable[[ListenerT], socket.socket]) -> None:
    with knock(listener) as client, closing(_expect(check, listener)) as request:
        descriptor = listener.fileno()
        inode = os.fstat(descriptor).st_ino
        for _ in range(2):
            check.returns(Promise.CLOSE_IS_IDEMPOTENT, listener.close, "close()")
        check.holds(Promise.CLOSED_HAS_NO_DESCRIPTOR, listener.fileno() < 0, f"fileno() is {listener.fileno()}")
        check.holds(
            Promise.CLOSED_HAS_NO_DESCRIPTOR, not _is_open(descriptor, inode), f"descriptor {descriptor} is open"
        )
        if isinstance(request, Connection):
            client.sendall(b"x")
            lives = Promise.HANDED_OUT_LIVES_ON
            data = check.returns(lives, partial(request.receive, 1), "receive()")
            check.holds(lives, data == b"x", f"receive() returned {data!r}, not what its client sent")


def _finishes(check: Checklist, request: Accepted, client: socket.socket) -> None:
    calls: list[int] = []
    for number in range(2):
        request.on_close(partial(calls.append, number))
    for _ in range(2):
        check.returns(Promise.FINISH_CALLS_BACK_ONCE, partial(request.finish, None), "finish()")
    check.holds(Promise.FINISH_CALLS_BACK_ONCE, calls == [1, 0], f"of calls 0 and 1 it made {calls}")
    if not request.framed:
        ended = check.returns(Promise.FINISH_ENDS_IT, partial(_ends, client), "the client's recv()")
        check.holds(Promise.FINISH_ENDS_IT, ended, "it sent something")


def _expect(check: Checklist, listener: Listener[Accepted]) -> Accepted:
    """Return the next request, which is on its way."""
    readable = select.poll()
    readable.register(listener.fileno(), select.POLLIN)
    check.comes_true(
        Promise.READABLE_WHEN_SOMEBODY_COMES, lambda: bool(readable.poll(0)), lambda: "it stayed as it was"
    )
    request = _accept(check, listener)
    if request is None:
        raise check.broken(Promise.ACCEPT_GIVES_WHAT_IS_THERE, "it returned None though fileno() was readable")
    return request


def _accept(check: Checklist, listener: Listener[Accepted]) -> Accepted | None:
    return check.returns(
        Promise.ACCEPT_NEVER_BLOCKS, listener.accept, "accept()", raising=Promise.ACCEPT_GIVES_WHAT_IS_THERE
    )


def _ends(client: socket.socket) -> bool:
    """Wait for the end of what *client* is sent; an end by a reset is one."""
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


def _is_open(descriptor: int, inode: int) -> bool:
    try:
        return os.fstat(descriptor).st_ino == inode
    except OSError:
        return False
