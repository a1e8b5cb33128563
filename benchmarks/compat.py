"""What a moved program costs: a threading TCP server on the standard module, and on ours.

    python benchmarks/compat.py

One connection that asks and waits (a), 64 of them (b), and connect, ask, close, 32 at a time (f). The servers are
processes of their own, side by side, which tell their CPU time; rounds are short, and each puts the load on one, then
on the other, so that both meet the same weather. A figure is the median over rounds, a ratio that of the medians. Last,
how long ``shutdown()`` of an idle server takes.
"""

import importlib
import selectors
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

MODULES = ("socketserver", "jackfield.compat.socketserver")
ROUNDS = 41
HEAD = struct.Struct("!I")
REQUEST = struct.Struct("!BIqq")
REPLY = struct.Struct("!IBIq")


def serve(name: str) -> None:
    """Be the server: tell the port, then the CPU seconds so far for each line that is read."""
    module: Any = importlib.import_module(name)

    class Adder(module.StreamRequestHandler):  # type: ignore[misc, no-any-unimported]
        disable_nagle_algorithm = True

        def handle(self) -> None:
            read, write = self.rfile.read, self.wfile.write
            while len(head := read(4)) == 4:
                op, number, left, right = REQUEST.unpack(read(HEAD.unpack(head)[0]))
                write(REPLY.pack(13, op, number, left + right))

    class Server(module.ThreadingTCPServer):  # type: ignore[misc, no-any-unimported]
        daemon_threads = True
        block_on_close = False
        request_queue_size = 1024

    with Server(("127.0.0.1", 0), Adder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        for _ in sys.stdin:
            print(time.process_time(), flush=True)
        server.shutdown()


def request(number: int) -> bytes:
    return HEAD.pack(REQUEST.size) + REQUEST.pack(1, number, number, 2)


def check(reply: bytes, number: int) -> None:
    if reply != REPLY.pack(13, 1, number, number + 2):
        raise AssertionError(reply)


def ping_pong(port: int, clients: int, total: int) -> None:
    """Ask *total* times, *clients* at a time, each on its connection."""
    with selectors.DefaultSelector() as selector:
        socks = [socket.create_connection(("127.0.0.1", port)) for _ in range(clients)]
        for number, sock in enumerate(socks):
            selector.register(sock, selectors.EVENT_READ, number)
            sock.sendall(request(number))
        asked = clients
        answered = 0
        while answered < total:
            for key, _ in selector.select():
                sock = socks[key.data % clients]
                check(sock.recv(100), key.data)
                answered += 1
                if asked < total:
                    number = key.data + clients
                    selector.modify(sock, selectors.EVENT_READ, number)
                    sock.sendall(request(number))
                    asked += 1
        for sock in socks:
            sock.close()


def churn(port: int, clients: int, total: int) -> None:
    """Connect, ask and close *total* times, on *clients* threads."""

    def be_client() -> None:
        for number in range(total // clients):
            with socket.create_connection(("127.0.0.1", port)) as sock:
                sock.sendall(request(number))
                check(sock.recv(100), number)

    threads = [threading.Thread(target=be_client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


LOADS: dict[str, tuple[int, Callable[[int], None]]] = {
    "(a) 1 connection": (1_000, lambda port: ping_pong(port, 1, 1_000)),
    "(b) 64 connections": (1_920, lambda port: ping_pong(port, 64, 1_920)),
    "(f) connect, ask, close": (320, lambda port: churn(port, 32, 320)),
}


class Server:
    """A server on one of the modules, in a process of its own."""

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._port = int(self._say())

    def cost(self, load: str) -> float:
        """Return the CPU microseconds for one request of *load*."""
        total, run = LOADS[load]
        before = self._cpu()
        run(self._port)
        return (self._cpu() - before) / total * 1e6

    def close(self) -> None:
        self._process.communicate(timeout=10)

    def _cpu(self) -> float:
        assert self._process.stdin
        self._process.stdin.write("\n")
        return float(self._say())

    def _say(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()


def shutdown_time(name: str) -> float:
    """Return the seconds that shutting down an idle server takes, the median of some."""
    module: Any = importlib.import_module(name)
    times = []
    with module.ThreadingTCPServer(("127.0.0.1", 0), None) as server:
        for _ in range(7):
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            threading.Event().wait(0.05)  # idle
            begun = time.perf_counter()
            server.shutdown()
            times.append(time.perf_counter() - begun)
            thread.join()
    return statistics.median(times)


def main() -> None:
    servers = [Server(module) for module in MODULES]
    for load in LOADS:
        for server in servers:
            server.cost(load)  # warm
        rounds = []
        for number in range(ROUNDS):
            order = servers[:: 1 if number % 2 else -1]
            costs = {server: server.cost(load) for server in order}
            rounds.append([costs[server] for server in servers])
        theirs, ours = (statistics.median(figures) for figures in zip(*rounds, strict=True))
        print(f"{load:24} {theirs:8.1f} us a request, ours {ours:8.1f}, ratio {ours / theirs:.3f}", flush=True)
    for server in servers:
        server.close()
    theirs, ours = (shutdown_time(module) * 1000 for module in MODULES)
    print(f"shutdown of an idle one  {theirs:8.1f} ms,           ours {ours:8.1f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(sys.argv[1])
    else:
        main()
