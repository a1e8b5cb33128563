"""Server and clients in one program: a thread for each connection, and one for the server itself.

python examples/shout_threads.py
"""

import socket
import threading

import jackfield as jf


def shout(connection: jf.Connection) -> None:
    for line in connection.lines():
        connection.send(threading.current_thread().name.encode() + b": " + line.upper())


def ask(host: str, port: str, text: str) -> str:
    with socket.create_connection((host, int(port))) as client:
        client.sendall(text.encode() + b"\n")
        return client.makefile().readline()


def main() -> None:
    with jf.Server(jf.tcp("127.0.0.1", 0), shout, jf.Threads(limit=64)) as server:
        server.serve_in_thread()
        host, _, port = str(server.address).rpartition(":")
        for text in ("hello world 1", "hello world 2", "hello world 3"):
            print("received:", ask(host, port, text), end="")


if __name__ == "__main__":
    main()
