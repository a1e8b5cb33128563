"""The time server, asked by ntplib and by bytes written by hand."""

from __future__ import annotations

import socket
import time

import ntplib
import pytest

from examples.programs import running
from support import PATIENCE

EPOCH = 2_208_988_800


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_ntplib_gets_the_time(version: int) -> None:
    with running("ntp.py") as ((url,), _):
        host, port = split(url)
        answer = ntplib.NTPClient().request(host, port=port, version=version, timeout=PATIENCE)
    assert (answer.version, answer.mode, answer.stratum, answer.leap) == (version, 4, 1, 0)
    assert ntplib.ref_id_to_text(answer.ref_id, answer.stratum) == "uncalibrated local clock"
    assert abs(answer.offset) < 1
    assert answer.orig_time <= answer.recv_time <= answer.tx_time <= answer.dest_time


def split(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("udp://").rpartition(":")
    return host, int(port)


def ask(request: bytes, then: bytes) -> bytes:
    """Send *request* and then *then*; return the first answer, which is *then*'s where *request* gets none."""
    with running("ntp.py") as ((url,), _), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(PATIENCE)
        for data in (request, then):
            peer.sendto(data, split(url))
        return peer.recv(1000)


def query(first: int, mark: bytes, extra: bytes = b"") -> bytes:
    return bytes([first]) + b"\0\x06\xec" + bytes(36) + mark + extra


def test_an_answer_is_just_what_the_protocol_says() -> None:
    before = time.time()
    answer = ask(query(0x23, b"originat"), b"")
    assert len(answer) == 48
    assert answer[0] == 0x24, "leap 0, version 4, mode 4"
    assert answer[1:4] == b"\x01\x06\xec"
    assert answer[12:16] == b"LOCL"
    assert answer[24:32] == b"originat"
    received, transmitted = (int.from_bytes(answer[at : at + 8], "big") / 2**32 - EPOCH for at in (32, 40))
    assert before - 0.001 <= received <= transmitted <= time.time() + 0.001


@pytest.mark.parametrize(
    "ignored",
    [query(0x24, b"mode  4!"), query(0x03, b"version0"), query(0x3B, b"version7"), b"short", query(0x23, b"cut")],
    ids=["a server's message", "version 0", "version 7", "five bytes", "47 bytes"],
)
def test_what_is_no_clients_request_gets_no_answer(ignored: bytes) -> None:
    assert ask(ignored, query(0x23, b"the next"))[24:32] == b"the next"


def test_extensions_and_signatures_are_passed_over() -> None:
    assert ask(query(0x23, b"signed!!", bytes(20)), b"")[24:32] == b"signed!!"
