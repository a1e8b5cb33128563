"""A forked child for each connection; the clients are a process of their own, so that the server has the only thread.

python examples/hello_forks.py
"""

import multiprocessing
import os
import signal
import socket

import jackfield as jf


def answer(connection: jf.Connection) -> None:
    text = connection.receive(1024).decode("ascii")
    connection.send(f"Process-{os.getpid()}: {text}".encode("ascii"))


def ask(host: str, port: str) -> None:
    for number in (1, 2, 3):
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(f"Hello World {number}".encode("ascii"))
            print("Received:", client.recv(1024).decode("ascii"), flush=True)
    os.kill(os.getppid(), signal.SIGTERM)


def main() -> None:
    with jf.Server(jf.tcp("127.0.0.1", 0), answer, jf.Forks()) as server:
        signal.signal(signal.SIGTERM, lambda *_: server.shutdown())
        host, _, port = str(server.address).rpartition(":")
        clients = multiprocessing.get_context("spawn").Process(target=ask, args=(host, port))
        clients.start()
        server.serve_forever()
        clients.join()
        print("drained:", server.drain().cut, "cut, clients ended with status", clients.exitcode)


if __name__ == "__main__":
    main()
