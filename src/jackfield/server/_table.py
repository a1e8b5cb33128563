"""Who is being served: the table that limits, drain and events are kept by."""

from __future__ import annotations

import threading
from typing import final

import attrs

from ..interfaces import Accepted


@final
@attrs.define(eq=False)
class Entry:
    """A request under way."""

    arrived: Accepted
    """As the listener handed it out."""
    request: Accepted
    """As it left the last step: the same object, unless a step made another."""
    opened_at: float
    cut: bool = False


@final
class Table:
    """The entries, by the identity of their request.

    Dictionary operations are atomic, so no lock guards a request's coming and going; the threads that handle
    are noted only so that nobody waits for itself.
    """

    __slots__ = ("_entries", "_handling")

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._handling: set[int] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: Entry) -> None:
        """Enter *entry*."""
        self._entries[id(entry.request)] = entry

    def remove(self, request: object) -> Entry | None:
        """Take out the entry of *request* and return it; None where it is out already."""
        return self._entries.pop(id(request), None)

    def entries(self) -> list[Entry]:
        """Return those under way, as of now."""
        return list(self._entries.values())

    def handling(self, begins: bool) -> None:
        """Note that the calling thread begins, or ends, to handle a request."""
        (self._handling.add if begins else self._handling.discard)(threading.get_ident())

    def is_handling(self) -> bool:
        """Return whether the calling thread handles a request."""
        return threading.get_ident() in self._handling
