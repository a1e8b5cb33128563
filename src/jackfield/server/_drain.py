"""An orderly end: nobody new comes in, who is inside finishes, and who does not is cut."""

from __future__ import annotations

import time
from typing import Final, TypeVar

from ..interfaces import Accepted, DrainReport, Elsewhere
from ._gate import ServerGate
from ._table import Entry

RequestT = TypeVar("RequestT", bound=Accepted)

_GRACE_SECONDS: Final = 1.0
"""For handlers whose connections were cut to notice; who has not by then is left behind."""


def drain(gate: ServerGate[RequestT], seconds: float | None, *, turn_away: bool) -> DrainReport:
    """Drain what *gate* serves, which has stopped handing out, within *seconds*; None: however long it takes.

    With *turn_away* connections that come meanwhile are refused; without they are left to the system.
    """
    begun = time.monotonic()
    drained: set[Entry[RequestT]] = set()
    answering, refused = gate.answering, 0
    while (
        (_tell(gate.table.entries(), drained) or gate.answering)
        and not gate.closed
        and (left := _left(begun, seconds)) != 0
    ):
        gate.wait_for_change(left, turn_away)
        while turn_away:
            try:
                if not gate.turn_away():
                    break
                refused += 1
            except OSError:
                turn_away = False  # out of descriptors, say: whoever waits is the system's to refuse
    cut = _cut(gate) + gate.answering
    return DrainReport(
        finished=len(drained) + answering - cut, cut=cut, refused=refused, seconds=time.monotonic() - begun
    )


def _tell(entries: list[Entry[RequestT]], told: set[Entry[RequestT]]) -> bool:
    """Tell those who were not told yet; return whether anybody is left."""
    for entry in entries:
        if entry not in told:
            told.add(entry)
            entry.drain()
    return bool(entries)


def _left(begun: float, seconds: float | None) -> float | None:
    return None if seconds is None else max(0.0, begun + seconds - time.monotonic())


def _cut(gate: ServerGate[RequestT]) -> int:
    """Cut those who are left, give them a moment, end those who can be ended, and return how many there were."""
    entries = gate.table.entries()
    for entry in entries:
        entry.cut()
    _wait_for_all(gate)
    for elsewhere in (left := _elsewhere(gate)):
        elsewhere.terminate()
    if left:
        _wait_for_all(gate)
    for elsewhere in (left := _elsewhere(gate)):
        elsewhere.kill()
    if left:
        _wait_for_all(gate)
    return len(entries)


def _elsewhere(gate: ServerGate[RequestT]) -> list[Elsewhere]:
    """Return the processes that still serve a request."""
    return [entry.elsewhere for entry in gate.table.entries() if entry.elsewhere is not None]


def _wait_for_all(gate: ServerGate[RequestT]) -> None:
    until = time.monotonic() + _GRACE_SECONDS
    while gate.table.entries() and not gate.closed and (left := until - time.monotonic()) > 0:
        gate.wait_for_change(left, door=False)
