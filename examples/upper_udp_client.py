"""Send some words over UDP as one datagram, and print what comes back.

python examples/upper_udp_client.py PORT WORD...
"""

import socket
import sys


def main(port: int, *words: str) -> None:
    text = " ".join(words)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.sendto(text.encode() + b"\n", ("127.0.0.1", port))
        answer = client.recv(1024).decode()
    print(f"Sent:     {text}")
    print(f"Received: {answer}")


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
