"""What is written to the log, and how loudly."""

from __future__ import annotations

import errno
import logging
import re
from typing import get_args

import pytest

import jackfield as jf
from jackfield.addresses import InternetAddress
from jackfield.interfaces import (
    AcceptFailed,
    Closed,
    Drained,
    DrainReport,
    Dropped,
    Event,
    Failed,
    Opened,
    Paused,
    Refused,
    Started,
    Stopped,
    Traffic,
)
from jackfield.observers import Logging

PEER, LOCAL = InternetAddress("192.0.2.1", 5), InternetAddress("127.0.0.1", 9)
REPORT = DrainReport(finished=3, cut=2, refused=1, seconds=0.5)
LINES: list[tuple[Event, int, str]] = [
    (Started(local=LOCAL), logging.INFO, "127.0.0.1:9"),
    (Stopped(local=LOCAL, error=None), logging.INFO, "127.0.0.1:9"),
    (Stopped(local=LOCAL, error=OSError("no more")), logging.ERROR, "no more"),
    (Opened(peer=PEER, local=LOCAL), logging.DEBUG, "192.0.2.1:5"),
    (Closed(peer=PEER, local=LOCAL, seconds=1.5), logging.DEBUG, "1.500"),
    (
        Closed(peer=PEER, local=LOCAL, seconds=1.5, traffic=Traffic(received=7, sent=20)),
        logging.DEBUG,
        "1.500 s: 7 bytes received, 20 sent",
    ),
    (Refused(peer=PEER, local=LOCAL, by="Limit"), logging.INFO, "Limit"),
    (Failed(peer=PEER, local=LOCAL, error=jf.FrameTooLarge(9, 8)), logging.INFO, "FrameTooLarge: a frame of 9"),
    (Failed(peer=PEER, local=LOCAL, error=jf.HandlerFailed("add")), logging.ERROR, "192.0.2.1:5"),
    (AcceptFailed(local=LOCAL, error=OSError(errno.ECONNABORTED, "gone")), logging.INFO, "gone"),
    (Paused(local=LOCAL, error=OSError(errno.EMFILE, "too many"), seconds=0.1), logging.WARNING, "too many"),
    (
        Dropped(peer=PEER, local=LOCAL, what="reply", error=jf.Overloaded("bytes", 9)),
        logging.INFO,
        "192.0.2.1:5: a reply at 127.0.0.1:9 was dropped: bytes: 9 at most",
    ),
    (Drained(local=LOCAL, report=REPORT), logging.INFO, "finished=3"),
]


@pytest.mark.parametrize(("event", "level", "text"), LINES, ids=lambda value: type(value).__name__)
def test_an_event_is_one_line_at_its_level(
    event: Event, level: int, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "jackfield"):
        Logging()(event)
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("jackfield", level)
    assert text in record.getMessage()


def test_every_kind_of_event_is_written() -> None:
    assert {type(event) for event, _, _ in LINES} == set(get_args(Event))


def test_a_failed_handler_is_written_with_the_traceback_of_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    error = jf.HandlerFailed("add")
    error.__cause__ = ZeroDivisionError("oh")
    Logging()(Failed(peer=PEER, local=LOCAL, error=error))
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[1] is error.__cause__


def test_a_peers_fault_is_written_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "jackfield"):
        Logging()(Failed(peer=PEER, local=LOCAL, error=jf.Truncated(1, 2)))
    assert caplog.records[0].exc_info is None


def test_another_logger_can_be_given(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "mine"):
        Logging(logging.getLogger("mine"))(Started(local=LOCAL))
    assert [record.name for record in caplog.records] == ["mine"]


def test_a_scan_of_ten_thousand_resets_writes_little_and_counts_all(caplog: pytest.LogCaptureFixture) -> None:
    now = iter(range(10_000))
    logging_observer = Logging(clock=lambda: next(now) / 100)
    with caplog.at_level(logging.INFO, "jackfield"):
        for port in range(10_000):
            peer = InternetAddress("192.0.2.1", port)
            logging_observer(Failed(peer=peer, local=LOCAL, error=jf.ConnectionLost(peer, "Connection reset by peer")))
        logging_observer(Stopped(local=LOCAL, error=None))
    lines = [record.getMessage() for record in caplog.records]
    held = sum(int(found[1]) for line in lines if (found := re.search(r"(\d+) more like it", line)))
    written = sum("reset by peer" in line for line in lines)
    assert written + held == 10_000
    assert sum(map(len, lines)) < 10_000, "a tenth of what may be written"


def test_what_our_side_does_wrong_is_never_held_back(caplog: pytest.LogCaptureFixture) -> None:
    observer = Logging(clock=lambda: 0.0)
    for _ in range(100):
        observer(Failed(peer=PEER, local=LOCAL, error=jf.HandlerFailed("add")))
    assert len(caplog.records) == 100


def test_what_is_not_written_anyway_is_not_counted_as_held_back(caplog: pytest.LogCaptureFixture) -> None:
    observer = Logging(clock=lambda: 0.0)
    with caplog.at_level(logging.WARNING, "jackfield"):
        for _ in range(100):
            observer(Refused(peer=PEER, local=LOCAL, by="Limit"))
    with caplog.at_level(logging.INFO, "jackfield"):
        observer(Stopped(local=LOCAL, error=None))
    assert [record.getMessage() for record in caplog.records] == ["stopped serving on 127.0.0.1:9"]
