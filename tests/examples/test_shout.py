"""The echo servers in upper case, asked by socat and by plain sockets."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess

import pytest

from examples.programs import output_of, running
from support import PATIENCE, exchange

REQUIRED = os.environ.get("JACKFIELD_REQUIRE_PEERS") == "1"
needs_socat = pytest.mark.skipif(
    shutil.which("socat") is None and not REQUIRED, reason="socat is not installed: real clients are not tested"
)


def socat(address: str, text: bytes) -> bytes:
    done = subprocess.run(
        ["socat", "-t", "1", "-T", "5", "-", address], input=text, capture_output=True, timeout=PATIENCE, check=True
    )
    return done.stdout


def split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


@needs_socat
def test_socat_gets_what_arrives_in_upper_case() -> None:
    with running("shout_raw.py") as ((address,), _):
        assert socat(f"TCP:{address}", b"hello") == b"HELLO"


@needs_socat
def test_socat_gets_lines_in_upper_case() -> None:
    with running("shout_lines.py") as ((address,), _):
        assert socat(f"TCP:{address}", b"hello\nworld\n") == b"HELLO\nWORLD\n"


@needs_socat
def test_socat_gets_datagrams_in_upper_case() -> None:
    with running("shout_udp.py") as ((address,), _):
        assert socat(f"UDP:{address}", b"hello") == b"HELLO"


def test_what_arrives_comes_back_in_upper_case_and_is_printed_with_its_sender() -> None:
    with running("shout_raw.py") as ((address,), process):
        with socket.create_connection(split(address), timeout=PATIENCE) as peer:
            name = "{}:{}".format(*peer.getsockname())
            assert exchange(peer, b"hello") == b"HELLO"
        assert process.stdout is not None
        assert process.stdout.readline() == f"{name} wrote b'hello'\n"


def test_lines_come_back_in_upper_case_for_several_clients_at_once() -> None:
    with running("shout_lines.py") as ((address,), _):
        peers = [socket.create_connection(split(address), timeout=PATIENCE) for _ in range(3)]
        for peer in reversed(peers):
            with peer:
                assert exchange(peer, b"one\ntwo\n") == b"ONE\nTWO\n"


def test_datagrams_come_back_in_upper_case() -> None:
    with (
        running("shout_udp.py") as ((address,), _),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
    ):
        peer.settimeout(PATIENCE)
        peer.sendto(b"hello", split(address))
        assert peer.recv(100) == b"HELLO"


def test_the_threaded_example_is_its_own_client_and_ends() -> None:
    assert output_of("shout_threads.py").splitlines() == [
        f"received: jackfield-handler: HELLO WORLD {number}" for number in (1, 2, 3)
    ]
