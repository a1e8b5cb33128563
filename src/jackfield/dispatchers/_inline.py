"""One request at a time, on the thread that serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, final

from typing_extensions import TypeVar

from ..interfaces import Dispatcher, Exchanger, Gate

RequestT = TypeVar("RequestT")


@final
class Inline:
    """Handles each request before the next is accepted; who comes meanwhile waits in the backlog."""

    __slots__ = ()

    def serve(self, gate: Gate[RequestT], handler: Callable[[RequestT], None], /) -> None:
        """Handle the gate's requests one by one."""
        for ticket in gate:
            gate.handle(handler, ticket)

    def exchange(self, gate: Gate[RequestT], turn: Callable[[], int], /) -> None:
        """Answer datagrams by the batch."""
        gate.repeat(turn)

    def close(self) -> None:
        """Do nothing: nothing is left."""


if TYPE_CHECKING:
    _dispatcher: type[Dispatcher] = Inline
    _exchanger: type[Exchanger] = Inline
