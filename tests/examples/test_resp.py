"""The store, asked by Redis's own clients, and by ours; and its values, whatever they hold."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
from examples.programs import running
from jackfield.messages import codec_for
from jackfield.testing import Conversation
from resp import DEPTH, MEMORY, Command, Failure, Null, Refusal, Reply, Store, Word, service, wire
from support import PATIENCE, exchange

REQUIRED = os.environ.get("JACKFIELD_REQUIRE_PEERS") == "1"
needs_redis = pytest.mark.skipif(
    shutil.which("redis-cli") is None and not REQUIRED,
    reason="redis-tools are not installed: real clients are not tested",
)


def command(*words: bytes) -> Command:
    return Command(tuple(map(Word, words)))


def asking(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


# ---------------------------------------------------------------- clients that somebody else wrote


def redis(url: str, program: str, *arguments: str, typed: str = "") -> str:
    port = url.rpartition(":")[2]
    ran = subprocess.run(
        [program, "-p", port, *arguments], input=typed, capture_output=True, text=True, timeout=4 * PATIENCE, check=True
    )
    return ran.stdout


@needs_redis
def test_redis_cli_stores_counts_and_sees_values_in_values() -> None:
    typed = "set greeting hello\nget greeting\nget nothing\nincr count\nincr count\nincr greeting\n"
    typed += (
        "rpush row a b c\nlrange row 0 -1\nlpop row\nget row\nmset x 1 y 2\nmget x z y\ndel x y z\nexists x count\n"
    )
    with running("resp.py") as ((url,), _):
        assert redis(url, "redis-cli", "--no-raw", typed=typed).splitlines() == [
            "OK",
            '"hello"',
            "(nil)",
            "(integer) 1",
            "(integer) 2",
            "(error) ERR value is not an integer or out of range",
            "(integer) 3",
            *('1) "a"', '2) "b"', '3) "c"'),
            '"a"',
            "(error) WRONGTYPE Operation against a key holding the wrong kind of value",
            "OK",
            *('1) "1"', "2) (nil)", '3) "2"'),
            "(integer) 2",
            "(integer) 1",
        ]
        described = redis(url, "redis-cli", "--no-raw", "command").splitlines()
        assert described[:3] == [' 1) 1) "echo"', "    2) (integer) 2", "    3) 1) fast"]
        assert redis(url, "redis-cli", "config", "get", "appendonly").split() == ["appendonly", "no"]
        assert redis(url, "redis-cli", "-x", "echo", typed="x\r\ny" * 10_000).count("x") == 10_000


@needs_redis
def test_redis_benchmark_pipelines_over_many_connections() -> None:
    with running("resp.py") as ((url,), _):
        tests = "ping_inline,ping_mbulk,set,get,incr,rpush,lpop,mset"
        table = redis(url, "redis-benchmark", "-n", "400", "-c", "8", "-P", "16", "-t", tests, "--csv")
        names = [row.split(",")[0].strip('"') for row in table.splitlines()[1:]]
        assert names == ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "RPUSH", "LPOP", "MSET (10 keys)"]
        assert redis(url, "redis-cli", "get", "counter:__rand_int__") == "400\n"


def test_our_own_client_speaks_it_from_the_same_declarations() -> None:
    with running("resp.py") as ((url,), _), jf.connect(wire, url) as client:
        asked = [
            command(b"RPUSH", b"row", b"1", b"", b"\r\n"),
            command(b"LRANGE", b"row", b"0", b"-1"),
            command(b"nope"),
        ]
        pushed, row, refused = client.call_many(asked)
        assert pushed == Reply(3)
        assert row == Reply([b"1", b"", b"\r\n"])
        assert refused == Reply(Failure("ERR unknown command b'nope'"))


# ---------------------------------------------------------------- who speaks something else


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"*0\r\n" + asking(b"PING"), b"+PONG\r\n"),
        (b"PING\r\n" * 3, b"+PONG\r\n" * 3),
        (asking(b"PING") + b"*1\r\n*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"),
        (b"*1\r\n$4\r\nPINGxx" + asking(b"PING"), b""),
        (b"*-1\r\n", b""),
        (b"*99999999\r\n", b""),
        (b"*1\r\n$1048577\r\n", b""),
        (b"PONG\r\n", b""),
        (b"\x16\x03\x01\x02\x00", b""),
    ],
)
def test_what_is_no_request_ends_the_conversation_behind_what_came_before(sent: bytes, answer: bytes) -> None:
    talk = Conversation(service)
    assert talk.send(sent) == answer
    assert talk.closed is isinstance(talk.error, jf.PeerError) is (b"+PONG" not in answer or b"*1\r\n*1" in sent)


def test_who_is_hung_up_on_costs_nobody_else_anything() -> None:
    with running("resp.py") as ((url,), _):
        host, _, port = url.removeprefix("tcp://").rpartition(":")
        for sent, answer in ((b"*x\r\n", b""), (asking(b"PING")[:-1], b""), (asking(b"PING"), b"+PONG\r\n")):
            with socket.create_connection((host, int(port)), timeout=PATIENCE) as peer:
                assert exchange(peer, sent) == answer


@pytest.mark.parametrize("words", [[b"get"], [b"get", b"a", b"b"], [b"set", b"a"], [b"mset", b"a", b"1", b"b"]])
def test_a_command_with_the_wrong_number_of_words_is_refused(words: list[bytes]) -> None:
    assert Conversation(service).send(asking(*words)).startswith(b"-ERR wrong number of arguments")


def test_the_store_takes_no_more_than_it_has_room_for_and_gives_back_what_is_deleted() -> None:
    store, piece = Store(), b"x" * (MEMORY // 4)
    for key in (b"a", b"b", b"c"):
        store.put(key, piece)
    with pytest.raises(Refusal, match="OOM"):
        store.put(b"d", piece)
    with pytest.raises(Refusal, match="OOM"):
        store.push(b"d", piece, left=True)
    store.put(b"a", piece)
    assert store.delete(b"a", b"a", b"b") == 2
    assert store.push(b"d", piece, piece, left=True) == 2
    assert [store.pop(b"d", left=left) for left in (True, False, True)] == [piece, piece, None]
    assert store.delete(b"c") == 1
    assert (store.used, store.items) == (0, {})


# ---------------------------------------------------------------- values

LINES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=8)
SCALARS = st.one_of(
    LINES, st.builds(Failure, LINES), st.integers(-(2**63), 2**63 - 1), st.binary(max_size=12), st.builds(Null)
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4), max_leaves=20)
CODEC: Any = codec_for(Reply)


@given(VALUES)
def test_values_in_values_come_back_as_they_were_and_are_cut_where_they_end(value: object) -> None:
    data = CODEC.build(Reply(value))
    assert CODEC.parse(data) == Reply(value)
    framer = CODEC.framer(maximum=64 * 1024)
    needed = 1
    for size in range(len(data) + 1):  # byte by byte; asked again only when what it asked for is there
        if size >= needed:
            needed = framer.measure(data + b"+next\r\n", 0, size)
            assert needed > size or size == len(data)
    assert needed == len(data)


@given(st.lists(st.lists(st.binary(max_size=6), min_size=1, max_size=3), max_size=5), st.integers(1, 40))
def test_requests_are_answered_alike_however_they_arrive(requests: list[list[bytes]], size: int) -> None:
    data = b"".join(asking(b"mget", *words) for words in requests)
    whole, pieces = Conversation(service), Conversation(service)
    answered = whole.send(data) if data else b""
    assert b"".join(pieces.send(data[at : at + size]) for at in range(0, len(data), size)) == answered
    assert answered.count(b"$-1\r\n") == sum(map(len, requests))


def nested(depth: int) -> object:
    value: object = b"x"
    for _ in range(depth):
        value = [value]
    return value


def test_values_are_nested_so_deep_and_no_deeper() -> None:
    data = CODEC.build(Reply(nested(DEPTH)))
    assert CODEC.parse(data) == Reply(nested(DEPTH))
    with pytest.raises(jf.EncodeError, match="nested deeper"):
        CODEC.build(Reply(nested(DEPTH + 1)))
    for deeper in (b"*1\r\n" + data, b"*1\r\n" * 100_000 + b":1\r\n"):
        with pytest.raises(jf.DecodeError):
            CODEC.parse(deeper)


@pytest.mark.parametrize(
    "wrong",
    [b":\r\n", b": 1\r\n", b":1_0\r\n", b":9223372036854775808\r\n", b"+a\n", b"$-2\r\n", b"?\r\n", b"$1\r\nabc"],
)
def test_what_is_no_value_is_refused(wrong: bytes) -> None:
    with pytest.raises(jf.DecodeError):
        CODEC.parse(wrong)


@pytest.mark.parametrize("wrong", ["a\r", Failure("a\n"), 2**70, object()])
def test_what_cannot_be_sent_is_refused(wrong: object) -> None:
    with pytest.raises(jf.EncodeError):
        CODEC.build(Reply(wrong))
