"""The tracker's messages, against bytes worked out by hand from the protocol's description."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
import tracker
from examples.programs import running
from jackfield.messages import carry_echoes, codec_for
from support import PATIENCE, read_exactly

LOGIN = bytes.fromhex("7878 0d 01 0123456789012345 0001 8cdd 0d0a")
LOGGED_IN = bytes.fromhex("7878 05 01 0001 d9dc 0d0a")
HEARTBEAT = bytes.fromhex("7878 0a 13 44 01 04 0001 0005 0845 0d0a")
POSITION = bytes.fromhex("7878 1f 12 0b081d112e10 cf 027ac7eb 0c465849 00 148f 01cc00287d001fb8 0003 8081 0d0a")


def test_the_checksum_is_that_of_the_catalogue() -> None:
    # The check value of CRC-16/X-25 (also known as CRC-16/IBM-SDLC) for "123456789".
    assert tracker.crc_itu(b"123456789") == 0x906E


def test_a_login_is_answered_with_its_own_serial_number() -> None:
    frame = codec_for(tracker.Frame).parse(LOGIN)
    assert (frame.length, frame.kind, frame.serial, frame.crc) == (13, 1, 1, 0x8CDD)
    assert codec_for(tracker.Login).parse(frame.body.payload).imei.hex() == "0123456789012345"
    reply = tracker.Frame(tracker.LoggedIn())
    carry_echoes(frame, reply)
    assert codec_for(tracker.Frame).build(reply) == LOGGED_IN


def test_a_position_is_read_to_its_bits() -> None:
    frame = codec_for(tracker.Frame).parse(POSITION)
    position = codec_for(tracker.Position).parse(frame.body.payload)
    assert position.when == bytes([11, 8, 29, 17, 46, 16])
    assert position.course == tracker.Course(0, False, True, False, True, 0x8F)
    assert position.degrees == pytest.approx((23.111668, 114.409285), abs=1e-6)
    assert position.cell == bytes.fromhex("01cc00287d001fb8")
    again = tracker.Frame(position)
    carry_echoes(frame, again)
    assert codec_for(tracker.Frame).build(again) == POSITION


@pytest.mark.parametrize("frame", [LOGIN, LOGGED_IN, HEARTBEAT, POSITION], ids=["login", "reply", "alive", "position"])
def test_a_frame_is_cut_by_its_own_length_and_any_changed_byte_is_seen(frame: bytes) -> None:
    codec = codec_for(tracker.Frame)
    framer = codec.framer(maximum=260)
    for there in range(len(frame)):
        assert there < framer.measure(frame, 0, there) <= len(frame)
    assert framer.measure(frame + LOGIN, 0, len(frame + LOGIN)) == len(frame)
    for at in range(len(frame)):
        with pytest.raises(jf.DecodeError):
            codec.parse(frame[:at] + bytes([frame[at] ^ 0x10]) + frame[at + 1 :])


@given(st.binary(max_size=40), st.integers(0, 2**32 - 1))
def test_a_command_has_a_length_of_its_own_inside_the_frames(text: bytes, flag: int) -> None:
    command = tracker.Command(flag, text)
    body = bytes([4 + len(text)]) + flag.to_bytes(4, "big") + text
    covered = bytes([5 + len(body), 0x80]) + body + b"\0\0"
    wire = b"\x78\x78" + covered + tracker.crc_itu(covered).to_bytes(2, "big") + b"\r\n"
    assert codec_for(tracker.Frame).build(tracker.Frame(command)) == wire
    assert codec_for(tracker.Command).parse(codec_for(tracker.Frame).parse(wire).body.payload) == command


@pytest.mark.parametrize(
    ("frame", "status", "said"),
    [
        (LOGIN, 0, "1: Login(imei=b'\\x01#Eg\\x89\\x01#E')"),
        (LOGGED_IN[:-1] + b"\0", 1, "no frame: Frame.stop at byte 8"),
    ],
    ids=["a login", "damaged"],
)
def test_the_program_says_what_a_frame_is(frame: bytes, status: int, said: str) -> None:
    done = subprocess.run(
        [sys.executable, Path(tracker.__file__), frame.hex()],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, (done.stdout + done.stderr).startswith(said)) == (status, True), done.stderr


def test_served_it_lets_a_tracker_log_in_asks_it_and_prints_where_it_is() -> None:
    with running("tracker.py") as ((url,), process):
        host, _, port = url.removeprefix("tcp://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as peer:
            peer.sendall(LOGIN + HEARTBEAT[:5])
            assert read_exactly(peer, len(LOGGED_IN)) == LOGGED_IN
            command = read_exactly(peer, 22)
            assert command[:16] == bytes.fromhex("7878 11 80 0b 00000001") + b"STATUS#"
            assert tracker.crc_itu(command[2:18]) == int.from_bytes(command[18:20], "big")
            peer.sendall(HEARTBEAT[5:] + POSITION)
            alive = codec_for(tracker.Frame).parse(read_exactly(peer, 10))
            assert (alive.kind, alive.serial) == (0x13, 5)
            assert process.stdout is not None
            assert process.stdout.readline().startswith("0123456789012345 #3: ")


def test_served_it_hangs_up_on_who_does_not_log_in_or_sends_a_wrong_checksum() -> None:
    with running("tracker.py") as ((url,), _):
        host, _, port = url.removeprefix("tcp://").rpartition(":")
        for wrong in (HEARTBEAT, LOGIN[:-4] + b"\0\0" + LOGIN[-2:]):
            with socket.create_connection((host, int(port)), timeout=PATIENCE) as peer:
                peer.sendall(wrong)
                assert peer.recv(100) == b""
