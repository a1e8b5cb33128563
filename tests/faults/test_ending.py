"""SIGTERM under load: no request that was accepted is lost."""

from __future__ import annotations

import math
import re
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from faults.subject import ADD, SUM, WAYS, Subject, pause
from support import read_all

CLIENTS = 4
SECONDS = 0.5

pytestmark = pytest.mark.once


class Exchange(NamedTuple):
    """One request, over a connection of its own."""

    name: str
    """The client's address."""
    sent_at: float
    answered: bool


@contextmanager
def suppress_ends() -> Generator[None]:
    """Bear all that the end of a server does to a client, but not that it waits in vain."""
    try:
        yield
    except TimeoutError:
        raise
    except OSError:
        pass


class Load:
    """Clients that send requests at a rate until nobody listens."""

    def __init__(self, subject: Subject, rate: float) -> None:
        self.exchanges: list[Exchange] = []
        self._subject = subject
        self._interval = CLIENTS / rate
        self._threads = [threading.Thread(target=self._run) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        with suppress_ends():
            while True:
                pause(max(0.0, due - time.monotonic()))
                due += self._interval
                with self._subject.dial() as peer:
                    self.exchanges.append(self._exchange(peer))

    def _exchange(self, peer: socket.socket) -> Exchange:
        name, sent_at, reply = "{}:{}".format(*peer.getsockname()), math.inf, b""
        with suppress_ends():
            peer.sendall(ADD)
            sent_at = time.monotonic()
            peer.shutdown(socket.SHUT_WR)
            reply = read_all(peer)
        assert reply in (SUM, b""), reply
        return Exchange(name, sent_at, reply == SUM)


@pytest.mark.parametrize("way", WAYS)
def test_sigterm_during_500_requests_per_second_loses_none_that_was_accepted(way: str) -> None:
    """Who was let in, and had sent a request before the signal, has an answer."""
    subject = Subject(way)
    try:
        load = Load(subject, 50 if way == "forks" else 500)
        pause(SECONDS)
        told_at = time.monotonic()
        said = subject.ends()
        load.join()
    finally:
        subject.kill()
    opened = set(re.findall(r"127\.0\.0\.1:\d+(?= |$)", said, re.MULTILINE))
    assert {one.name for one in load.exchanges if one.answered} <= opened
    unanswered = [one for one in load.exchanges if one.name in opened and not one.answered]
    assert [one for one in unanswered if one.sent_at < told_at] == []
    assert sum(one.answered for one in load.exchanges) >= 10
    assert "cut=0" in said
    # Who was let in as it ended, and sent only then, may find it hung up; its handler is told that the peer is gone.
    failures = re.findall(r'jackfield_failed_total{.*fault="(\w+)"} (\d+)', said)
    assert all(fault == "peer" for fault, _ in failures)
    assert sum(int(count) for _, count in failures) <= len(unanswered)
