"""Counts of what servers do, in the text form that Prometheus reads (its "text-based format", version 0.0.4)."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Final, TypeAlias, final

from ..errors import PeerError
from ..interfaces import (
    AcceptFailed,
    Closed,
    Drained,
    Dropped,
    Event,
    Failed,
    Observer,
    Opened,
    Paused,
    Refused,
    Started,
    Stopped,
)

_HELP: Final = {
    "jackfield_serving": ("gauge", "Servers that serve now."),
    "jackfield_connections": ("gauge", "Connections under way."),
    "jackfield_connections_opened_total": ("counter", "Connections that went to a handler."),
    "jackfield_connections_closed_total": ("counter", "Connections that are over."),
    "jackfield_connection_seconds_total": ("counter", "What those lasted, together."),
    "jackfield_received_bytes_total": ("counter", "Bytes that those have received, where the system counts."),
    "jackfield_sent_bytes_total": ("counter", "Bytes that those have sent, where the system counts."),
    "jackfield_refused_total": ("counter", "Requests that an acceptor refused."),
    "jackfield_failed_total": ("counter", "Requests that ended by a fault."),
    "jackfield_dropped_total": ("counter", "Datagrams, and replies to them, that were given up."),
    "jackfield_accept_failed_total": ("counter", "Connections that were lost before they could be accepted."),
    "jackfield_accept_pauses_total": ("counter", "Pauses of accepting, for want of descriptors or memory."),
    "jackfield_drained_total": ("counter", "Connections that a drain has seen the end of."),
    "jackfield_drain_seconds_total": ("counter", "What drains took, together."),
}
_Key: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]


@final
class Counting:
    """An observer that counts. `text` gives the counts; serve them by whatever you serve HTTP with.

    Labels are the listener's address, an acceptor's name, an error's class and whose fault it was: a program has a
    few of each, whatever its peers do. Safe from several threads.
    """

    __slots__ = ("_counts", "_lock")

    def __init__(self) -> None:
        self._counts: defaultdict[_Key, float] = defaultdict(float)
        self._lock = threading.Lock()

    def __call__(self, event: Event, /) -> None:
        """Count *event*."""
        match event:
            case Opened():
                self._add(event, "jackfield_connections_opened_total")
                self._add(event, "jackfield_connections")
            case Closed():
                self._closed(event)
            case Failed():
                whose = "peer" if isinstance(event.error, PeerError) else "ours"
                self._add(event, "jackfield_failed_total", error=type(event.error).__name__, fault=whose)
            case Refused():
                self._add(event, "jackfield_refused_total", by=event.by)
            case Dropped():
                self._add(event, "jackfield_dropped_total", what=event.what, error=type(event.error).__name__)
            case AcceptFailed():
                self._add(event, "jackfield_accept_failed_total")
            case Paused():
                self._add(event, "jackfield_accept_pauses_total")
            case Started() | Stopped():
                self._add(event, "jackfield_serving", 1 if isinstance(event, Started) else -1)
            case Drained():
                self._drained(event)

    def text(self) -> str:
        """Return the counts: a ``# HELP`` and a ``# TYPE`` line for each name, and a line for each set of labels."""
        with self._lock:
            counts = dict(self._counts)
        lines: list[str] = []
        for name, (kind, told) in _HELP.items():
            lines += [f"# HELP {name} {told}", f"# TYPE {name} {kind}"]
            lines += [_line(name, labels, value) for (of, labels), value in sorted(counts.items()) if of == name]
        return "\n".join(lines) + "\n"

    def _closed(self, event: Closed) -> None:
        self._add(event, "jackfield_connections_closed_total")
        self._add(event, "jackfield_connection_seconds_total", event.seconds)
        if event.traffic is not None:
            self._add(event, "jackfield_received_bytes_total", event.traffic.received)
            self._add(event, "jackfield_sent_bytes_total", event.traffic.sent)
        self._add(event, "jackfield_connections", -1)

    def _drained(self, event: Drained) -> None:
        report = event.report
        for how, count in (("finished", report.finished), ("cut", report.cut), ("refused", report.refused)):
            self._add(event, "jackfield_drained_total", count, how=how)
        self._add(event, "jackfield_drain_seconds_total", report.seconds)

    def _add(self, event: Event, name: str, amount: float = 1, **labels: str) -> None:
        key = name, (("listener", str(event.local)), *labels.items())
        with self._lock:
            self._counts[key] += amount


def _line(name: str, labels: tuple[tuple[str, str], ...], value: float) -> str:
    told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
    return f"{name}{{{told}}} {value:.17g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


if TYPE_CHECKING:
    _observer: type[Observer] = Counting
