"""What an idle server costs in CPU, and how long it takes to notice a client or a shutdown.

python benchmarks/waking.py
"""

import socket
import statistics
import threading
import time
from collections.abc import Callable

import jackfield as jf
from jackfield.interfaces import Dispatcher

IDLE_SECONDS = 3.0
ROUNDS = 300
DISPATCHERS: dict[str, Callable[[], Dispatcher]] = {
    "Inline": jf.Inline,
    "Threads": jf.Threads,
    "ThreadPool": lambda: jf.ThreadPool(4),
}


def greet(connection: jf.Connection) -> None:
    connection.send(b"x")


def idle_cpu(dispatcher: Dispatcher) -> float:
    """Return the CPU seconds that a server uses in `IDLE_SECONDS` of idleness."""
    with jf.Server(jf.tcp("127.0.0.1", 0), greet, dispatcher) as server:
        server.serve_in_thread()
        before = time.process_time()
        threading.Event().wait(IDLE_SECONDS)
        return time.process_time() - before


def connect_times(dispatcher: Dispatcher) -> list[float]:
    """Return the seconds from connecting to the handler's first byte, each time out of idleness."""
    times = []
    with jf.Server(jf.tcp("127.0.0.1", 0), greet, dispatcher) as server:
        server.serve_in_thread()
        host, _, port = str(server.address).rpartition(":")
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            with socket.create_connection((host, int(port))) as client:
                client.recv(1)
                times.append(time.perf_counter() - begun)
    return times


def shutdown_times(dispatcher: Callable[[], Dispatcher]) -> list[float]:
    """Return the seconds from ``shutdown()`` to the end of ``serve_forever()``."""
    times = []
    with jf.Server(jf.tcp("127.0.0.1", 0), greet, dispatcher()) as server:
        for _ in range(ROUNDS):
            thread = server.serve_in_thread()
            begun = time.perf_counter()
            server.shutdown()
            thread.join()
            times.append(time.perf_counter() - begun)
    return times


def told(times: list[float]) -> str:
    return f"median {statistics.median(times) * 1000:6.3f} ms, worst of {len(times)} {max(times) * 1000:6.3f} ms"


def main() -> None:
    for name, dispatcher in DISPATCHERS.items():
        print(f"{name:10}  idle for {IDLE_SECONDS:g} s: {idle_cpu(dispatcher()) * 1000:.2f} ms of CPU")
        print(f"{name:10}  connect to first byte: {told(connect_times(dispatcher()))}")
        print(f"{name:10}  shutdown to return:    {told(shutdown_times(dispatcher))}")


if __name__ == "__main__":
    main()
