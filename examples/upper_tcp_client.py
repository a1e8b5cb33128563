"""Send some words over TCP as a line, and print what comes back.

python examples/upper_tcp_client.py PORT WORD...
"""

import socket
import sys


def main(port: int, *words: str) -> None:
    text = " ".join(words)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as server:
        server.sendall(text.encode() + b"\n")
        answer = server.recv(1024).decode()
    print(f"Sent:     {text}")
    print(f"Received: {answer}")


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
