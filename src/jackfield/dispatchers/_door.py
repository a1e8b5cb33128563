"""Accepting in a running asyncio loop, by ourselves: policy, steps and limits are the gate's, as everywhere."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Generic, TypeVar, final

from ..interfaces import Gate, Ticket

RequestT = TypeVar("RequestT")

_ADMITTED: Final = 64
"""Requests that are accepted in a row before those inside have their turn."""


@final
class Door(Generic[RequestT]):
    """Takes in who comes, until the gate has ended; for the loop that runs where it is made."""

    def __init__(
        self,
        gate: Gate[RequestT],
        admit: Callable[[Ticket[RequestT]], None],
        batch: Callable[[], int] | None = None,
    ) -> None:
        """Call *admit* with each who comes, or where there is a *batch* that, which answers all who are there."""
        self._gate = gate
        self._admit_one = admit
        self._batch = batch
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._listener, self._waker = gate.filenos()
        self._listening = False
        self._full = False
        self._again: asyncio.TimerHandle | None = None
        self._ended: asyncio.Future[None] = self._loop.create_future()

    async def serve(self) -> None:
        """Serve until the gate has ended; raises what the gate raises."""
        self._loop.add_reader(self._waker, self._look)
        try:
            self._look()
            await self._ended
        finally:
            self._leave()

    def close(self) -> None:
        """End serving, before the gate's descriptors are closed. Any thread, any time."""
        if threading.get_ident() == self._thread:
            self._leave()
        else:
            with suppress(RuntimeError):  # the loop is closed: so is the door
                self._loop.call_soon_threadsafe(self._leave)

    def full(self, full: bool) -> None:
        """Leave those who come to the system for a while, or no longer."""
        if full is not self._full:
            self._full = full
            self._look()

    def _leave(self) -> None:
        if self._waker < 0:
            return
        self._listen(False)
        self._loop.remove_reader(self._waker)
        self._waker = -1
        if self._again is not None:
            self._again.cancel()
        if not self._ended.done():
            self._ended.set_result(None)

    def _look(self) -> None:
        """Look at what the gate wants."""
        if self._waker < 0:
            return
        if self._gate.ended:
            self._leave()
            return
        listening, seconds = self._gate.outlook()
        self._listen(listening and not self._full)
        if self._again is not None:
            self._again.cancel()
        self._again = None if seconds is None else self._loop.call_later(seconds, self._look)

    def _listen(self, on: bool) -> None:
        if on is self._listening:
            return
        self._listening = on
        if on:
            self._loop.add_reader(self._listener, self._admit)
        else:
            self._loop.remove_reader(self._listener)

    def _admit(self) -> None:
        """Take in who is at the door."""
        try:
            if not (self._accept() if self._batch is None else self._batch()):
                self._look()
        except Exception as error:
            if not self._ended.done():
                self._ended.set_exception(error)
        if self._gate.ended:
            self._leave()

    def _accept(self) -> int:
        """Accept those who are there, up to a number, and return how many there were."""
        for count in range(_ADMITTED):
            ticket = None if self._full else self._gate.accept()
            if ticket is None:
                return count
            self._admit_one(ticket)
        return _ADMITTED
