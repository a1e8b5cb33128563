"""What a small request costs under load: the calculator's add, beside the same work written by hand.

    python benchmarks/serve.py                     every server, every load: some minutes
    python benchmarks/serve.py --loads b,c --only loop,hand-uvloop --rounds 9

Servers, each in a process of its own, on one core with its clients or beside them (--pin same | split):

    loop                  a service on EventLoop
    uvloop, asyncio       the same service on Asyncio, with uvloop's loop and with asyncio's
    threads               the same service on Threads
    hand-loop             a session written by hand, on EventLoop; hand-session-uvloop and -asyncio: on Asyncio
    hand-uvloop           a uvloop Protocol written by hand; hand-asyncio: on asyncio, reading 64 KiB at a time
    socketserver          socketserver.ThreadingTCPServer with construct

Loads: (a) 1 connection, request by request; (b) 64 connections; (c) 64 connections, 16 requests in a segment; (f)
connect, one request, close, 32 at a time. Every reply is checked.

Printed is the server's CPU time for a request (user + system), the median of rounds in which all servers have their
turn, and its ratio to hand-uvloop's. Absolute times are this machine's, now: compare ratios of one run.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import selectors
import socket
import socketserver
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from typing_extensions import override

import jackfield as jf
from jackfield.interfaces import BEGUN, CLOSING, PARTIAL, READY, Buffer, Peered

FRAME = struct.Struct(">IBIqq")
REPLY = struct.Struct(">IBIq")
SIZE, REPLY_SIZE = FRAME.size, REPLY.size
MAXIMUM = 64 * 1024
ADD = 7


# ---------------------------------------------------------------- the service, declared


@jf.message(tag=ADD)
class Sum:
    sequence: jf.U32
    total: jf.I64


@jf.message(tag=ADD)
class Add(jf.Request[Sum]):
    sequence: jf.U32
    left: jf.I64
    right: jf.I64


service = jf.Service(jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=MAXIMUM), tag=jf.U8))


@service.on(Add)
def add(request: Add) -> Sum:
    return Sum(request.sequence, request.left + request.right)


# ---------------------------------------------------------------- the same by hand


def answered(data: Buffer, size: int) -> tuple[list[bytes], int]:
    """Return the replies to all that is complete in *data*, and where the rest begins; -1 for what is no request."""
    at, replies = 0, list[bytes]()
    while size - at >= SIZE:
        length, tag, sequence, left, right = FRAME.unpack_from(data, at)
        if length != SIZE - 4 or tag != ADD:
            return replies, -1
        replies.append(REPLY.pack(REPLY_SIZE - 4, tag, sequence, left + right))
        at += SIZE
    return replies, at


@jf.sessions
class ByHand:
    """A session that makes no objects: the least that a session can cost."""

    __slots__ = ("_tail", "fault", "status")

    def __init__(self, request: Peered) -> None:
        self.status = READY
        self.fault: jf.JackfieldError | None = None
        self._tail = b""

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        if size == SIZE and not self._tail:
            length, tag, sequence, left, right = FRAME.unpack_from(buffer)
            if length == SIZE - 4 and tag == ADD:
                return REPLY.pack(REPLY_SIZE - 4, tag, sequence, left + right)
        if self._tail:
            buffer = self._tail + bytes(buffer[:size])
            size = len(buffer)
        replies, at = answered(buffer, size)
        self._tail = bytes(buffer[at:size]) if at >= 0 else b""
        self.status = CLOSING if at < 0 else PARTIAL | BEGUN if self._tail else READY
        return b"".join(replies)

    def resume(self) -> bytes:
        return b""

    def close(self, why: Exception | None, /) -> None:
        """Nothing is held."""


class HandProtocol(asyncio.Protocol):
    """What people write on asyncio: unpack, add, pack, one write for all."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport
        self._write: Callable[[bytes], None] = transport.write
        self._tail = b""
        if hasattr(transport, "max_size"):
            transport.max_size = MAXIMUM

    @override
    def data_received(self, data: bytes) -> None:
        if self._tail:
            data = self._tail + data
        size = len(data)
        if size == SIZE:
            length, tag, sequence, left, right = FRAME.unpack_from(data)
            if length == SIZE - 4 and tag == ADD:
                self._tail = b""
                self._write(REPLY.pack(REPLY_SIZE - 4, tag, sequence, left + right))
                return
        replies, at = answered(data, size)
        if at < 0:
            self._transport.close()
            return
        self._tail = data[at:]
        if replies:
            self._write(b"".join(replies))


def serve_by_protocol(loop: asyncio.AbstractEventLoop, ready: Callable[[int], None]) -> None:
    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(HandProtocol, "127.0.0.1", 0, backlog=4096)
        ready(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    loop.run_until_complete(main())


def serve_by_socketserver(ready: Callable[[int], None]) -> None:
    from construct import Int8ub, Int32ub, Int64sb, Prefixed, Struct  # noqa: PLC0415

    request = Prefixed(Int32ub, Struct("tag" / Int8ub, "sequence" / Int32ub, "left" / Int64sb, "right" / Int64sb))
    reply = Prefixed(Int32ub, Struct("tag" / Int8ub, "sequence" / Int32ub, "total" / Int64sb))

    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        @override
        def handle(self) -> None:
            while head := self.rfile.read(4):
                asked = request.parse(head + self.rfile.read(int.from_bytes(head)))
                total = asked.left + asked.right
                self.wfile.write(reply.build({"tag": asked.tag, "sequence": asked.sequence, "total": total}))

    class Server(socketserver.ThreadingTCPServer):
        request_queue_size = 4096
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        ready(server.server_address[1])
        server.serve_forever()


def served(handler: Callable[..., object], dispatcher: object) -> Callable[[Callable[[int], None]], None]:
    def serve(ready: Callable[[int], None]) -> None:
        server = jf.Server(jf.tcp("127.0.0.1", 0, backlog=4096), handler, dispatcher)  # type: ignore[call-overload]
        ready(int(str(server.address).rpartition(":")[2]))
        server.serve_forever()

    return serve


def uvloop_of() -> asyncio.AbstractEventLoop:
    import uvloop  # noqa: PLC0415

    return uvloop.new_event_loop()


SERVERS: dict[str, Callable[[Callable[[int], None]], None]] = {
    "loop": served(service, jf.EventLoop()),
    "hand-loop": served(ByHand, jf.EventLoop()),
    "uvloop": served(service, jf.Asyncio(loop=uvloop_of)),
    "hand-session-uvloop": served(ByHand, jf.Asyncio(loop=uvloop_of)),
    "hand-uvloop": lambda ready: serve_by_protocol(uvloop_of(), ready),
    "asyncio": served(service, jf.Asyncio()),
    "hand-session-asyncio": served(ByHand, jf.Asyncio()),
    "hand-asyncio": lambda ready: serve_by_protocol(asyncio.new_event_loop(), ready),
    "threads": served(service, jf.Threads()),
    "socketserver": serve_by_socketserver,
}
REFERENCE = "hand-uvloop"


# ---------------------------------------------------------------- load


class Asker:
    """One connection that keeps *depth* requests under way, and checks every reply."""

    def __init__(self, port: int, depth: int) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port))
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._depth = depth
        self._requests = b"".join(FRAME.pack(SIZE - 4, ADD, number, number, 2) for number in range(depth))
        self._expected = b"".join(REPLY.pack(REPLY_SIZE - 4, ADD, number, number + 2) for number in range(depth))
        self._got = b""

    def fileno(self) -> int:
        return self._sock.fileno()

    def ask(self) -> None:
        self._sock.sendall(self._requests)

    def take(self) -> int:
        """Take what came; when all is there ask again, and return how many were answered."""
        self._got += self._sock.recv(65536)
        if len(self._got) < len(self._expected):
            return 0
        assert self._got == self._expected, "a wrong reply"
        self._got = b""
        self.ask()
        return self._depth

    def close(self) -> None:
        self._sock.close()


def ask(port: int, connections: int, depth: int, seconds: float) -> int:
    """Return how many requests were answered."""
    selector, count = selectors.DefaultSelector(), 0
    askers = [Asker(port, depth) for _ in range(connections)]
    for asker in askers:
        selector.register(asker, selectors.EVENT_READ, asker)
        asker.ask()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for key, _ in selector.select(1):
            count += key.data.take()
    for asker in askers:
        asker.close()
    return count


def churn(port: int, connections: int, seconds: float) -> int:
    """Connect, ask, take the reply, close; *connections* at a time. Return how many were answered."""
    selector, count = selectors.DefaultSelector(), 0
    request, expected = FRAME.pack(SIZE - 4, ADD, 1, 1, 2), REPLY.pack(REPLY_SIZE - 4, ADD, 1, 3)
    until = time.monotonic() + seconds

    def begin() -> None:
        sock = socket.create_connection(("127.0.0.1", port))
        sock.sendall(request)
        selector.register(sock, selectors.EVENT_READ)

    for _ in range(connections):
        begin()
    while time.monotonic() < until:
        for key, _ in selector.select(1):
            sock = key.fileobj
            assert isinstance(sock, socket.socket)
            assert sock.recv(100) == expected
            selector.unregister(sock)
            sock.close()
            count += 1
            begin()
    return count


LOADS: dict[str, Callable[[int, float], int]] = {
    "a": lambda port, seconds: ask(port, 1, 1, seconds),
    "b": lambda port, seconds: ask(port, 64, 1, seconds),
    "c": lambda port, seconds: ask(port, 64, 16, seconds),
    "f": lambda port, seconds: churn(port, 32, seconds),
}


# ---------------------------------------------------------------- measuring


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that the threads of *pid* have used, by the scheduler's nanosecond counters."""
    spent = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with suppress(FileNotFoundError), open(f"/proc/{pid}/task/{task}/schedstat") as file:
            spent += int(file.read().split()[0])
    return spent / 1e9


def ticks_of(pid: int) -> float:
    """Return the CPU seconds of *pid*, its ended threads included, in steps of a hundredth."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(name: str, load: str, seconds: float, cores: tuple[int, int]) -> float:
    """Return the server's CPU microseconds for a request."""
    command = [sys.executable, __file__, "--serve", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            os.sched_setaffinity(server.pid, {cores[0]})
            os.sched_setaffinity(0, {cores[1]})
            LOADS[load](port, seconds / 5)
            clock = ticks_of if name in ("threads", "socketserver") else cpu_of
            before = clock(server.pid)
            count = LOADS[load](port, seconds)
            return (clock(server.pid) - before) / count * 1e6
        finally:
            server.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", default="a,b,c,f")
    parser.add_argument("--only", default=",".join(SERVERS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--pin", choices=["same", "split"], default="same")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        SERVERS[options.serve](lambda port: print(port, flush=True))
        return
    names = options.only.split(",")
    names += [REFERENCE] * (REFERENCE not in names)
    cores = sorted(os.sched_getaffinity(0))
    pins = (cores[0], cores[0]) if options.pin == "same" else (cores[0], cores[-1])
    for load in options.loads.split(","):
        found: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(options.rounds):
            for name in names:
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    found[name].append(pool.apply(measured, (name, load, options.seconds, pins)))
        medians = {name: statistics.median(times) for name, times in found.items()}
        print(f"\n({load})  {'server':22} {'µs':>8}  of {REFERENCE}")
        for name, median in sorted(medians.items(), key=lambda item: item[1]):
            print(f"     {name:22} {median:8.2f}  {median / medians[REFERENCE]:.2f}")


if __name__ == "__main__":
    main()
