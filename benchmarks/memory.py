"""What connections cost in memory: many that say nothing, and one that downloads much.

    python -m benchmarks.memory                    both; the first needs `ulimit -n` of 12,000 or more
    python -m benchmarks.memory --idle 1000 --only loop --mib 64

The server is a process of its own; printed is its resident memory (VmRSS of proc(5)).

Idle connections: the bytes that each adds when 16 have been served before; and the CPU time for a request of 16 active
ones beside them, against that of a server without them, in turns. Each idle one has been answered once.

The download: replies of 64 KiB, 1 GiB in all, to one client, and how far memory rose meanwhile above what it was when
the first MiB had come.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import struct
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

from benchmarks.serve import ADD, FRAME, REPLY_SIZE, SERVERS, SIZE, ask, cpu_of, service

import jackfield as jf

PIECE = 64 * 1024 - 8
MIB = 1024 * 1024


@jf.message(tag=0x91)
class Piece:
    data: jf.Rest


@jf.message(tag=0x92)
class Done:
    pass


@jf.message(tag=0x11)
class Download(jf.StreamRequest[Piece, Done]):
    pieces: jf.U32


@service.on(Download)
def download(request: Download) -> Generator[Piece, None, Done]:
    for number in range(request.pieces):
        yield Piece(number.to_bytes(4, "big") * (PIECE // 4))
    return Done()


def resident(pid: int) -> int:
    """Return the bytes of resident memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("a process has resident memory")


class Started:
    """A server in a process of its own."""

    def __init__(self, name: str) -> None:
        command = [sys.executable, "-m", "benchmarks.memory", "--serve", name]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    @property
    def pid(self) -> int:
        return self.process.pid

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *why: object) -> None:
        self.process.kill()
        self.process.wait()


def active_cost(server: Started) -> float:
    """Return the server's CPU microseconds for a request of 16 connections."""
    before = cpu_of(server.pid)
    count = ask(server.port, 16, 1, 0.3)
    return (cpu_of(server.pid) - before) / count * 1e6


def asked_once(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port))
    sock.sendall(FRAME.pack(SIZE - 4, ADD, 1, 1, 2))
    assert len(sock.recv(REPLY_SIZE)) == REPLY_SIZE
    return sock


def idle(name: str, count: int) -> None:
    with Started(name) as server, Started(name) as other:
        for one in (server, other):
            ask(one.port, 16, 1, 0.3)
        before = resident(server.pid)
        held = [asked_once(server.port) for _ in range(count)]
        each = (resident(server.pid) - before) / count
        rounds = [(active_cost(server), active_cost(other)) for _ in range(15)]
        beside, alone = (statistics.median(costs) for costs in zip(*rounds, strict=True))
        ratio = f"{beside:.2f} µs, of {alone:.2f}: {beside / alone:.2f}"
        print(f"{name:14} {each:6.0f} bytes each of {count}; active {ratio}")
        for sock in held:
            sock.close()


def stream(name: str, size: int) -> None:
    with Started(name) as server, socket.create_connection(("127.0.0.1", server.port)) as sock:
        sock.sendall(struct.pack(">IBI", 5, 0x11, size // PIECE))
        got, before, highest = 0, 0, 0
        while got < size // PIECE * PIECE:
            got += len(sock.recv(MIB))
            if got >= MIB and not before:
                before = resident(server.pid)
            if got % (16 * MIB) < MIB:
                highest = max(highest, resident(server.pid))
        print(f"{name:14} {got / MIB:6.0f} MiB streamed; memory rose by {(highest - before) / MIB:.2f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--idle", type=int, default=5000, help="how many; 0 for none")
    parser.add_argument("--mib", type=int, default=1024, help="how much is downloaded; 0 for nothing")
    parser.add_argument("--only", default="loop,uvloop,asyncio,hand-uvloop,hand-asyncio")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        SERVERS[options.serve](lambda port: print(port, flush=True))
        return
    for name in options.only.split(","):
        if options.idle:
            idle(name, options.idle)
    for name in options.only.split(","):
        if options.mib and not name.startswith("hand"):
            stream(name, options.mib * MIB)


if __name__ == "__main__":
    main()
