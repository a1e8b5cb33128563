"""State that all handlers share, under a lock: threads see each other's changes.

python examples/shared_counter.py
"""

import socket
import threading
from collections import Counter

import jackfield as jf


class Visits:
    """Counts words; a handler is any callable, a bound method among them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[bytes] = Counter()

    def count(self, connection: jf.Connection) -> None:
        for line in connection.lines():
            with self._lock:
                self._counts[line] += 1
                total = self._counts[line]
            connection.send(f"{total}\n".encode())

    def summary(self) -> str:
        return ", ".join(f"{word.decode().strip()}: {count}" for word, count in sorted(self._counts.items()))


def visit(host: str, port: str) -> None:
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(b"hello\nhello\nworld\n")
        client.shutdown(socket.SHUT_WR)
        while client.recv(1024):
            pass


def main() -> None:
    visits = Visits()
    with jf.Server(jf.tcp("127.0.0.1", 0), visits.count, jf.Threads()) as server:
        server.serve_in_thread()
        host, _, port = str(server.address).rpartition(":")
        clients = [threading.Thread(target=visit, args=(host, port)) for _ in range(10)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    print(visits.summary())


if __name__ == "__main__":
    main()
