"""Counts add up, whatever thread tells them, and stand in the form that Prometheus's own parser reads."""

from __future__ import annotations

import errno
import threading

from prometheus_client.parser import text_string_to_metric_families

import jackfield as jf
from jackfield.addresses import InternetAddress, UnixAddress
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
from jackfield.observers import Counting
from support import Seen, dial, exchange, serving

PEER, LOCAL = InternetAddress("192.0.2.1", 5), InternetAddress("127.0.0.1", 9)


def samples(counting: Counting) -> dict[tuple[str, ...], float]:
    """Return the values by name and labels but the listener's, as Prometheus's own parser reads them."""
    return {
        (sample.name, *(value for key, value in sorted(sample.labels.items()) if key != "listener")): sample.value
        for family in text_string_to_metric_families(counting.text())
        for sample in family.samples
    }


def told(*events: Event) -> dict[tuple[str, ...], float]:
    counting = Counting()
    for event in events:
        counting(event)
    return samples(counting)


def test_connections_are_counted_as_they_come_and_go() -> None:
    opened = Opened(peer=PEER, local=LOCAL)
    closed = Closed(peer=PEER, local=LOCAL, seconds=1.5, traffic=Traffic(received=7, sent=20))
    assert told(opened, opened, opened, closed, closed) == {
        ("jackfield_connections",): 1,
        ("jackfield_connections_opened_total",): 3,
        ("jackfield_connections_closed_total",): 2,
        ("jackfield_connection_seconds_total",): 3,
        ("jackfield_received_bytes_total",): 14,
        ("jackfield_sent_bytes_total",): 40,
    }


def test_faults_are_counted_by_what_and_whose_they_were() -> None:
    peers, ours = jf.FrameTooLarge(9, 8), jf.HandlerFailed("add")
    events = [Failed(peer=PEER, local=LOCAL, error=error) for error in (peers, peers, ours)]
    assert told(*events) == {
        ("jackfield_failed_total", "FrameTooLarge", "peer"): 2,
        ("jackfield_failed_total", "HandlerFailed", "ours"): 1,
    }


def test_every_other_event_is_counted_too() -> None:
    assert told(
        Started(local=LOCAL),
        Stopped(local=LOCAL, error=None),
        Started(local=LOCAL),
        Refused(peer=PEER, local=LOCAL, by="Limit"),
        AcceptFailed(local=LOCAL, error=OSError(errno.ECONNABORTED, "gone")),
        Paused(local=LOCAL, error=OSError(errno.EMFILE, "too many"), seconds=0.1),
        Dropped(peer=PEER, local=LOCAL, what="reply", error=jf.Overloaded("room", 1)),
        Drained(local=LOCAL, report=DrainReport(finished=3, cut=2, refused=1, seconds=0.5)),
    ) == {
        ("jackfield_serving",): 1,
        ("jackfield_refused_total", "Limit"): 1,
        ("jackfield_accept_failed_total",): 1,
        ("jackfield_accept_pauses_total",): 1,
        ("jackfield_dropped_total", "Overloaded", "reply"): 1,
        ("jackfield_drained_total", "finished"): 3,
        ("jackfield_drained_total", "cut"): 2,
        ("jackfield_drained_total", "refused"): 1,
        ("jackfield_drain_seconds_total",): 0.5,
    }


def test_listeners_are_told_apart_whatever_their_names() -> None:
    counting = Counting()
    names = ['/run/"quoted"', "/run/back\\slash", "/run/new\nline"]
    for name in names:
        counting(Opened(peer=PEER, local=UnixAddress(name)))
    families = text_string_to_metric_families(counting.text())
    found = [sample.labels["listener"] for family in families for sample in family.samples]
    assert sorted(set(found)) == sorted(names)


def test_each_name_is_told_with_its_kind_before_anything_has_happened() -> None:
    families = list(text_string_to_metric_families(Counting().text()))
    assert len(families) == 14
    assert {family.type for family in families} == {"counter", "gauge"}
    assert all(family.documentation for family in families)


def test_threads_lose_nothing() -> None:
    counting = Counting()

    def tell() -> None:
        for _ in range(2000):
            counting(Opened(peer=PEER, local=LOCAL))

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert samples(counting)["jackfield_connections",] == 8000


def test_a_server_that_is_counted_ends_at_nothing_under_way() -> None:
    counting, seen = Counting(), Seen()

    def observer(event: Event) -> None:
        counting(event)
        seen(event)

    def echo(connection: jf.Connection) -> None:
        connection.send(connection.receive())

    server = jf.Server(jf.tcp("127.0.0.1", 0), echo, jf.Threads(), observer=observer)
    with serving(server):
        for _ in range(3):
            with dial(server.address) as peer:
                assert exchange(peer, b"x") == b"x"
        seen.wait_for(Closed, 3)
    found = samples(counting)
    assert (found["jackfield_connections",], found["jackfield_connections_opened_total",]) == (0, 3)
    assert found["jackfield_serving",] == 0
