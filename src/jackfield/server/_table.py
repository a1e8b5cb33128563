"""Who is being served: the table that limits, drain and events are kept by."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, final

import attrs
from typing_extensions import TypeVar

from ..interfaces import Accepted, Elsewhere, Ticket

RequestT = TypeVar("RequestT", bound=Accepted)


@final
@attrs.define(eq=False)
class Entry(Generic[RequestT]):
    """A request under way; the ticket that dispatchers pass on."""

    arrived: Accepted
    """As the listener handed it out."""
    request: RequestT
    """As it left the last step: the same object, unless a step made another."""
    opened_at: float
    """On the monotonic clock."""
    elsewhere: Elsewhere | None = None
    """Who serves it, where that is no thread of this process."""
    rest: Callable[[], None] | None = None
    """The steps that are left while it talks; until then it is not all that the handler was promised."""
    refused: bool = False
    """Whether one of those refused it."""

    def drain(self) -> None:
        """Tell whoever serves it that the server drains."""
        self.request.drain()
        if self.elsewhere is not None:
            self.elsewhere.drain()

    def cut(self) -> None:
        """Make whatever serves it fail."""
        self.request.cut()

    def inherit(self, told: int) -> None:
        """Begin to live in a forked child."""
        self.request.inherit(told)
        if self.arrived is not self.request:
            self.arrived.inherit(told)

    def finish(self, why: Exception | None) -> None:
        """Close it and make its calls."""
        if self.elsewhere is not None:
            self.request.cut()  # what is unread was lingered for over there, or nobody did: no wait for it here
        self.request.finish(why)
        if self.arrived is not self.request:
            self.arrived.finish(why)


@final
class Table(Generic[RequestT]):
    """The entries, by the identity of their ticket.

    Dictionary operations are atomic, so no lock guards a request's coming and going; the threads that handle
    are noted only so that nobody waits for itself.
    """

    __slots__ = ("_entries", "_handling")

    def __init__(self) -> None:
        self._entries: dict[int, Entry[RequestT]] = {}
        self._handling: set[int] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: Entry[RequestT]) -> None:
        """Enter *entry*."""
        self._entries[id(entry)] = entry

    def remove(self, ticket: object) -> Entry[RequestT] | None:
        """Take out the entry that *ticket* is and return it; None where it is out already."""
        return self._entries.pop(id(ticket), None)

    def find(self, ticket: object) -> Entry[RequestT] | None:
        """Return the entry that *ticket* is; None where it is out."""
        return self._entries.get(id(ticket))

    def entries(self) -> list[Entry[RequestT]]:
        """Return those under way, as of now."""
        return list(self._entries.values())

    def handling(self, begins: bool) -> None:
        """Note that the calling thread begins, or ends, to handle a request."""
        (self._handling.add if begins else self._handling.discard)(threading.get_ident())

    def is_handling(self) -> bool:
        """Return whether the calling thread handles a request."""
        return threading.get_ident() in self._handling


if TYPE_CHECKING:
    _ticket: type[Ticket[Accepted]] = Entry[Accepted]
