"""The calculator as a program: over TCP and UDP at once, asked with Jackfield's client and with bytes by hand."""

from __future__ import annotations

import socket

import pytest

import jackfield as jf
from calculator import Add, Divide, Log, Quotient, Sum, Undefined, calculator
from examples.programs import running
from support import PATIENCE, read_exactly


def test_it_answers_over_both_transports() -> None:
    with running("calculator.py") as (urls, process):
        assert [url.partition(":")[0] for url in urls] == ["tcp", "udp"]
        for url in urls:
            with jf.connect(calculator, url) as client:
                assert client.call(Add(1, 2)) == Sum(3)
                assert client.call(Divide(7, 2)) == Quotient(3, 1)
                assert client.call(Divide(7, 0)) == Undefined("7 divided by nothing")
                client.send(Log("hello"))
                assert process.stdout is not None
                assert process.stdout.readline().endswith(" says: hello\n")


def test_its_wire_format_is_what_the_declarations_say() -> None:
    with running("calculator.py") as ((url, _), _):
        host, _, port = url.removeprefix("tcp://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as peer:
            peer.sendall(bytes.fromhex("00000011 01 0000000000000001 fffffffffffffffe"))
            assert read_exactly(peer, 13) == bytes.fromhex("00000009 81 ffffffffffffffff")


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, bytes(1000)], ids=["http", "ones", "zeros"]
)
def test_garbage_ends_its_connection_and_nothing_else(garbage: bytes) -> None:
    with running("calculator.py") as ((url, _), _):
        host, _, port = url.removeprefix("tcp://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as peer:
            peer.sendall(garbage)
            assert peer.recv(100) == b""
        with jf.connect(calculator, url) as client:
            assert client.call(Add(1, 2)) == Sum(3)
