"""A thread for each connection, one for the server, and the clients in the same program.

python examples/hello_threads.py
"""

import socket
import threading

import jackfield as jf


def answer(connection: jf.Connection) -> None:
    text = connection.receive(1024).decode("ascii")
    connection.send(f"{threading.current_thread().name}: {text}".encode("ascii"))


def ask(host: str, port: str, text: str) -> None:
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(text.encode("ascii"))
        print("Received:", client.recv(1024).decode("ascii"))


def main() -> None:
    with jf.Server(jf.tcp("127.0.0.1", 0), answer, jf.Threads()) as server:
        thread = server.serve_in_thread()
        print("Server loop running in thread:", thread.name)
        host, _, port = str(server.address).rpartition(":")
        for number in (1, 2, 3):
            ask(host, port, f"Hello World {number}")
        server.drain()


if __name__ == "__main__":
    main()
