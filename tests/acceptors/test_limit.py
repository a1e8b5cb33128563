"""How many may be inside at once."""

from __future__ import annotations

import threading

import pytest

import jackfield as jf
from jackfield.addresses import InternetAddress, MemoryAddress
from support import PATIENCE


def coming_from(host: str, port: int = 7) -> jf.Datagram:
    here = InternetAddress("127.0.0.1", 9)
    return jf.Datagram(b"", peer=InternetAddress(host, port), local=here, reply=lambda data: None)


def test_peers_are_told_apart_by_host_and_not_by_port() -> None:
    limit = jf.Limit(per_peer=1)
    first = coming_from("10.0.0.1", 1)
    assert limit(first) is first
    assert limit(coming_from("10.0.0.1", 2)) is None
    assert limit(coming_from("10.0.0.2", 1)) is not None


def test_a_place_is_given_back_when_the_server_is_done_with_the_request() -> None:
    limit = jf.Limit(total=1)
    first = coming_from("10.0.0.1")
    assert limit(first)
    assert not limit(coming_from("10.0.0.2"))
    first.finish(None)
    first.finish(None)
    assert limit.inside == 0
    assert limit(coming_from("10.0.0.2"))


def test_who_was_refused_takes_no_place_and_gives_none_back() -> None:
    limit = jf.Limit(total=1)
    limit(coming_from("10.0.0.1"))
    refused = coming_from("10.0.0.2")
    limit(refused)
    refused.finish(None)
    assert limit.inside == 1


def test_peers_without_a_host_count_as_one() -> None:
    limit = jf.Limit(per_peer=1)
    requests = [
        jf.Datagram(b"", peer=MemoryAddress(number), local=MemoryAddress(9), reply=lambda data: None)
        for number in (1, 2)
    ]
    assert [limit(request) is request for request in requests] == [True, False]


def test_the_quota_holds_when_many_threads_enter_at_once() -> None:
    limit, entered = jf.Limit(total=50), []
    start = threading.Barrier(8)

    def enter() -> None:
        start.wait(PATIENCE)
        for number in range(100):
            request = coming_from("10.0.0.1", number)
            if limit(request):
                entered.append(request)

    threads = [threading.Thread(target=enter) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(entered) == limit.inside == 50


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="total=, per_peer="):
        jf.Limit()
