"""What a request costs: the calculator's Add, beside the same work written by hand with struct.

    python benchmarks/cost.py

One client, one connection, one server thread; requests one by one, and a hundred at a time.
"""

import multiprocessing
import socket
import struct
import threading
import time
from collections.abc import Callable

import jackfield as jf

SECONDS = 2.0
HEAD = struct.Struct(">IB")
BODY = struct.Struct(">qq")
REPLY = struct.Struct(">IBq")
REQUEST = HEAD.pack(17, 1) + BODY.pack(1, 2)
ANSWER = REPLY.pack(9, 0x81, 3)


@jf.message(tag=0x81)
class Sum:
    total: jf.I64


@jf.message(tag=0x01)
class Add(jf.Request[Sum]):
    left: jf.I64
    right: jf.I64


service = jf.Service(jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=64 * 1024), tag=jf.U8))


@service.on(Add)
def add(request: Add) -> Sum:
    return Sum(request.left + request.right)


def by_hand(connection: jf.Connection) -> None:
    """Do what the service does, for well-behaved clients, in the fewest lines: the least that Python needs."""
    sock, tail = connection.socket, b""
    while data := sock.recv(65536):
        tail += data
        replies, at = [], 0
        while len(tail) - at >= 21:
            left, right = BODY.unpack_from(tail, at + 5)
            replies.append(REPLY.pack(9, 0x81, left + right))
            at += 21
        tail = tail[at:]
        sock.sendall(b"".join(replies))


def ask(port: int, depth: int) -> float:
    """Return requests per second, *depth* of them under way at a time."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        count, begun = 0, time.perf_counter()
        while (spent := time.perf_counter() - begun) < SECONDS:
            client.sendall(REQUEST * depth)
            missing = len(ANSWER) * depth
            while missing:
                missing -= len(client.recv(missing))
            count += depth
    return count / spent


def measured(handler: Callable[[jf.Connection], None] | jf.Service, depth: int) -> float:
    """Serve in this process, ask from another."""
    listener = jf.tcp("127.0.0.1", 0)
    server = jf.Server(listener, handler, jf.Inline())
    port = int(str(server.address).rpartition(":")[2])
    with server, multiprocessing.get_context("spawn").Pool(1) as pool:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return pool.apply(ask, (port, depth))


def main() -> None:
    for depth in (1, 100):
        hand, ours = measured(by_hand, depth), measured(service, depth)
        print(f"{depth:3} at a time: by hand {hand:9,.0f}/s, service {ours:9,.0f}/s, {hand / ours:.2f} times the cost")


if __name__ == "__main__":
    main()
