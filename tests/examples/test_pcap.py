"""The capture reader, beside tcpdump: what tcpdump wrote is read as tcpdump itself reads it."""

from __future__ import annotations

import os
import select
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import pytest

import jackfield as jf
import pcap
from examples.programs import output_of
from support import PATIENCE

REQUIRED = os.environ.get("JACKFIELD_REQUIRE_PEERS") == "1"


needs_tcpdump = pytest.mark.skipif(
    not REQUIRED and (shutil.which("tcpdump") is None or os.geteuid() != 0),
    reason="tcpdump is not installed, or may not capture: no real capture is read",
)


KNOCK: Final = b"is anybody there?"


@contextmanager
def capturing(file: Path, port: int, count: int, *options: str) -> Iterator[None]:
    """Capture *count* packets of a port on the loopback interface into *file*, from when a first one was seen."""
    command = ["tcpdump", "-i", "lo", "-n", "-U", "--immediate-mode", "-w", "-", *options, f"port {port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0) as process:
        watchdog = threading.Timer(PATIENCE, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            captured = read_exactly(process.stdout, 24)
            knock(process.stdout, port)
            yield
            while count:
                record = read_exactly(process.stdout, 16)
                record += read_exactly(process.stdout, int.from_bytes(record[8:12], sys.byteorder))
                if not record.endswith(KNOCK):
                    captured, count = captured + record, count - 1
            file.write_bytes(captured)
        finally:
            watchdog.cancel()
            process.kill()


def knock(captured: IO[bytes], port: int) -> None:
    """Send datagrams to *port* until one is seen: only then is all of what follows captured."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        while not select.select([captured], [], [], 0.1)[0]:
            sock.sendto(KNOCK, ("127.0.0.1", port))


def read_exactly(stream: IO[bytes], size: int) -> bytes:
    data = b""
    while len(data) < size:
        chunk = stream.read(size - len(data))
        assert chunk, "tcpdump ended, or did not see all of it in time"
        data += chunk
    return data


def as_tcpdump_reads(file: Path, *options: str) -> list[str]:
    done = subprocess.run(
        ["tcpdump", "-nn", "-tt", "-q", *options, "-r", str(file)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return done.stdout.splitlines()


@contextmanager
def datagrams() -> Iterator[tuple[socket.socket, socket.socket]]:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there,
    ):
        there.bind(("127.0.0.1", 0))
        here.connect(there.getsockname())
        yield here, there


PAYLOADS = (b"hello", b"x" * 1200, b"")


def captured_datagrams(file: Path, *options: str) -> None:
    with datagrams() as (here, there), capturing(file, there.getsockname()[1], len(PAYLOADS), *options):
        for payload in PAYLOADS:
            here.send(payload)


@needs_tcpdump
@pytest.mark.parametrize("precision", ["micro", "nano"])
def test_datagrams_are_read_as_tcpdump_reads_them(precision: str, tmp_path: Path) -> None:
    file, option = tmp_path / "some.pcap", f"--time-stamp-precision={precision}"
    captured_datagrams(file, option)
    lines = output_of("pcap.py", str(file)).splitlines()
    assert lines == as_tcpdump_reads(file, option)
    assert [line.rpartition(" ")[2] for line in lines] == ["5", "1200", "0"]
    assert [packet.data[42:] for packet in pcap.read(file.read_bytes())] == list(PAYLOADS)


@needs_tcpdump
def test_a_connection_is_read_as_tcpdump_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "some.pcap"
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        capturing(file, server.getsockname()[1], 8),
        socket.create_connection(server.getsockname()) as client,
        server.accept()[0] as other,
    ):
        client.sendall(b"a request")
        assert other.recv(100) == b"a request"
        other.sendall(b"its reply")
        assert client.recv(100) == b"its reply"
    lines = output_of("pcap.py", str(file)).splitlines()
    assert lines == as_tcpdump_reads(file)
    assert sum(line.endswith("tcp 9") for line in lines) == 2


@needs_tcpdump
def test_a_file_in_the_other_byte_order_is_built_here_and_read_by_tcpdump(tmp_path: Path) -> None:
    file, swapped = tmp_path / "some.pcap", tmp_path / "swapped.pcap"
    captured_datagrams(file)
    little, big = pcap.FORMATS["<"], pcap.FORMATS[">"]
    data = file.read_bytes()
    header, at = little[0].parse_from(data, 0)
    built = big[0].build(header)
    while at < len(data):
        packet, at = little[1].parse_from(data, at)
        built += big[1].build(packet)
    swapped.write_bytes(built)
    assert built != data
    assert output_of("pcap.py", str(swapped)).splitlines() == as_tcpdump_reads(swapped) == as_tcpdump_reads(file)


HEADER = b"\xd4\xc3\xb2\xa1\x02\0\x04\0" + bytes(8) + b"\0\0\4\0\1\0\0\0"
BROKEN = {
    "empty": (b"", "Struct"),
    "no capture": (b"GIF89a" + bytes(20), "is no capture file"),
    "cut in a packet": (HEADER + b"\1\0\0\0\2\0\0\0\x05\0\0\0\x05\0\0\0abc", "Struct"),
    "a size beyond the file": (HEADER + b"\1\0\0\0\2\0\0\0\xff\xff\xff\x7f\x05\0\0\0abc", "Struct"),
    "another link": (HEADER[:-4] + b"\x71\0\0\0", "link type 113"),
}


@pytest.mark.parametrize(("data", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_capture_is_told_as_a_decode_error(data: bytes, said: str) -> None:
    with pytest.raises(jf.DecodeError, match=said):
        list(pcap.read(data))
