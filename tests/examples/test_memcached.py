"""The cache, asked by a memcached client that somebody else wrote, and by ours."""

from __future__ import annotations

import socket
from typing import Any

import bmemcached
import pytest

import jackfield as jf
from examples.programs import running
from memcached import EXISTS, NOT_FOUND, OK, Answer, Get, GetKQ, Noop, SetQ, Storing, wire


def test_a_foreign_client_gets_sets_adds_replaces_deletes_and_counts() -> None:
    with running("memcached.py") as ((url,), _):
        client: Any = bmemcached.Client((url.removeprefix("tcp://"),))
        try:
            assert client.get("nothing") is None
            assert client.set("name", "value")
            assert client.get("name") == "value"
            assert client.set("number", 42)
            assert client.get("number") == 42
            assert client.set("large", "x" * 100_000, compress_level=0)
            assert client.get("large") == "x" * 100_000
            assert not client.add("name", "other")
            assert client.add("new", "one")
            assert client.replace("new", "two")
            assert not client.replace("missing", "three")
            assert client.get("new") == "two"
            assert client.delete("new")
            assert client.get("new") is None
            assert [client.incr("count", 5, default=10), client.incr("count", 5), client.decr("count", 100)] == [
                10,
                15,
                0,
            ]
            value, cas = client.gets("name")
            assert value == "value"
            assert client.cas("name", "changed", cas)
            assert not client.cas("name", "again", cas)
            assert client.get("name") == "changed"
            assert client.flush_all()
            assert client.get("name") is None
        finally:
            client.disconnect_all()


def test_a_foreign_client_pipelines_quiet_variants() -> None:
    with running("memcached.py") as ((url,), _):
        client: Any = bmemcached.Client((url.removeprefix("tcp://"),))
        try:
            values = {f"key {index}".replace(" ", "-"): f"value {index}" for index in range(50)}
            assert client.set_multi(values) == []
            assert client.get_multi([*values, "missing"]) == values
            assert client.delete_multi(list(values))
            assert client.get_multi(list(values)) == {}
        finally:
            client.disconnect_all()


def test_our_own_client_speaks_it_from_the_same_declarations() -> None:
    with running("memcached.py") as ((url,), _), jf.connect(wire, url) as client:
        requests: Any = [SetQ(Storing(7, 0), b"a", b"1"), GetKQ(b"b"), GetKQ(b"a"), Noop()]
        nothing, missing, found, noop = client.call_many(requests)
        assert (nothing, missing) == (None, None)
        assert (found.status, found.extras, found.key, found.value) == (OK, b"\0\0\0\7", b"a", b"1")
        assert noop.status == OK
        answer = client.call(Get(b"b"))
        assert isinstance(answer, Answer)
        assert answer.status == NOT_FOUND
        assert EXISTS


@pytest.mark.parametrize("wrong", [b"\x81" + bytes(23), b"\x80\x55" + bytes(22), b"\x80\0\0\5" + bytes(20)])
def test_who_speaks_something_else_is_hung_up_on(wrong: bytes) -> None:
    with running("memcached.py") as ((url,), _):
        host, _, port = url.removeprefix("tcp://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as peer:
            peer.sendall(wrong)
            assert peer.recv(100) == b""
