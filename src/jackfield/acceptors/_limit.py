"""How many may be inside at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Protocol, final

from typing_extensions import TypeVar

from ..addresses import InternetAddress
from ..core import Admission
from ..interfaces import Located


class Leaving(Located, Protocol):
    """A request that tells when it is over."""

    def on_close(self, call: Callable[[], None], /) -> None:
        """Have *call* called once at its end."""
        ...


LeavingT = TypeVar("LeavingT", bound=Leaving)


@final
class Limit:
    """Refuses who is one too many; a place is given back when the server is done with the request.

    Peers are told apart by host, not by port, and where they have no host (Unix sockets, memory) they count
    as one. One object may stand behind several listeners: then it limits them together.
    """

    __slots__ = ("_admission", "_lock")

    def __init__(self, *, total: int | None = None, per_peer: int | None = None) -> None:
        """Allow *total* requests at once, and *per_peer* at once from each peer.

        Raises ValueError for a number below 1, or where neither is given.
        """
        if total is None and per_peer is None:
            raise ValueError("Limit needs total=, per_peer= or both")
        self._admission = Admission(total=total, per_peer=per_peer)
        self._lock = threading.Lock()

    @property
    def inside(self) -> int:
        """How many are inside now."""
        return self._admission.inside

    def __call__(self, request: LeavingT, /) -> LeavingT | None:
        """Return *request* where there is room."""
        peer = request.peer
        who = peer.host if isinstance(peer, InternetAddress) else type(peer).__name__
        with self._lock:
            if not self._admission.enter(who):
                return None
        request.on_close(partial(self._leave, who))
        return request

    def _leave(self, who: str) -> None:
        with self._lock:
            self._admission.leave(who)
