"""A child for each request, over any server class."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ..connections import FORKING, let_go
from ..dispatchers import fork, reap, wait_for_any
from ..errors import ChildFailed
from ..interfaces import Failed
from ._gains import Live, gains, limits_of, over, take, tell

_GRACE_SECONDS = 1.0
"""What a child that was told to end has to end in."""


class ForkingMixIn:
    """Serves each request in a forked child; stands in front of a server class in the list of bases.

    A child keeps its request, and no listener: it lives on after the server is closed. What it prints is written out.
    """

    timeout: float | None = 300
    """Seconds after which `handle_request` gives up waiting and reaps children."""
    active_children: set[int] | None = None
    """The pids of the children that are not reaped yet; None before the first."""
    max_children: int = 40
    """As many children, and the server waits for one to end."""
    block_on_close: bool = True
    """Whether `server_close` waits for requests under way."""

    def collect_children(self, *, blocking: bool = False) -> None:
        """Reap the children that have ended; with *blocking* all, as they end. Never touches another's child."""
        while self.active_children and len(self.active_children) >= self.max_children:
            wait_for_any(self.active_children)
            self._reap(wait=False)
        self._reap(wait=blocking)

    def handle_timeout(self) -> None:
        """Reap children that have ended."""
        self.collect_children()

    def service_actions(self) -> None:
        """Reap children that have ended; called by the loop each turn."""
        self.collect_children()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Fork a child for a request, and return.

        Raises OSError where the system has no process left; the server reports and closes the request then.
        """
        server: Any = self
        with FORKING:
            pid = fork(lambda: _leave_behind(server, request), lambda: _serve(server, request, client_address))
        if self.active_children is None:
            self.active_children = set()
        self.active_children.add(pid)
        if gains(self):
            _table(self)[pid] = take(self, request)
        server.close_request(request)

    def server_close(self) -> None:
        """Close the server, then wait for requests under way: for ever, or with limits as ``limits.drain`` says.

        Children that are left by then are told to end (SIGTERM), and killed where they do not.
        """
        server: Any = super()
        server.server_close()
        limits = limits_of(self)
        if not self.block_on_close or limits is None or limits.drain is None:
            self.collect_children(blocking=self.block_on_close)
        else:
            self._drain(limits.drain)

    def _reap(self, *, wait: bool) -> None:
        children = self.active_children or set[int]()
        for pid in children.copy():
            try:
                status = reap(pid, wait=wait)
            except ChildProcessError:
                status = 0  # somebody else has it
            except OSError:
                continue
            if status is not None:
                children.discard(pid)
                _ended(self, pid, status)

    def _drain(self, seconds: float) -> None:
        for allowed, number in ((seconds, signal.SIGTERM), (_GRACE_SECONDS, signal.SIGKILL)):
            until = time.monotonic() + allowed
            self._reap(wait=False)
            while self.active_children and (left := until - time.monotonic()) > 0:
                wait_for_any(self.active_children, left)
                self._reap(wait=False)
            for pid in self.active_children or ():
                os.kill(pid, number)
        self.collect_children(blocking=True)


def _leave_behind(server: Any, request: Any) -> None:
    """In the child: let go of what is the parent's. The parent's observer cannot be told from here."""
    let_go(set(_descriptors(request)))
    server.observer = None


def _descriptors(request: Any) -> Iterator[int]:
    """Find the sockets in a request: it is one, or it is a datagram with its server's."""
    for part in request if isinstance(request, tuple) else (request,):
        if hasattr(part, "fileno"):
            yield part.fileno()


def _serve(server: Any, request: Any, client_address: Any) -> int:
    """In the child: serve, and return the exit status. What is no Exception has nobody here to go to."""
    status = 1
    with suppress(BaseException):
        try:
            server.finish_request(request, client_address)
            status = 0
        except Exception:
            server.handle_error(request, client_address)
        finally:
            server.shutdown_request(request)
    return status


def _table(server: Any) -> dict[int, Live | None]:
    table: dict[int, Live | None] = vars(server).setdefault("_live_children", {})
    return table


def _ended(server: Any, pid: int, status: int) -> None:
    """Tell how a request in a child ended, if it is one that observers know of."""
    live = vars(server).get("_live_children", {}).pop(pid, None)
    if live is None:
        return
    if status:
        how = f"ended with status {status}" if status > 0 else f"was killed by {signal.Signals(-status).name}"
        tell(server, Failed(peer=live.peer, local=live.local, error=ChildFailed(f"the child {how}", status)))
    over(server, live)
