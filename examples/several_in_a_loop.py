"""Several servers in a loop of the program's own: lines over TCP, datagrams over UDP, and a socket that is no server.

python examples/several_in_a_loop.py [PORT]
"""

import select
import signal
import socket
import sys

import jackfield as jf


def upper(connection: jf.Connection) -> None:
    for line in connection.lines():
        connection.send(line.upper())


def lower(datagram: jf.Datagram) -> None:
    datagram.reply(datagram.payload.lower())


def main(port: int) -> None:
    ours, bell = socket.socketpair()
    bell.setblocking(False)
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.set_wakeup_fd(bell.fileno())
    # Threads: `handle_request` returns when a thread has taken the request, so no client holds up the loop.
    lines = jf.Server(jf.tcp("127.0.0.1", port), upper, jf.Threads())
    datagrams = jf.Server(jf.udp("127.0.0.1", port), lower)
    servers: dict[int, jf.Server[jf.RawConnection] | jf.Server[jf.Datagram]] = {
        lines.fileno(): lines,
        datagrams.fileno(): datagrams,
    }
    print(lines.address, datagrams.address, flush=True)
    with ours, bell, lines, datagrams:
        while True:
            ready, _, _ = select.select([ours.fileno(), *servers], [], [])
            if ours.fileno() in ready:
                break
            for number in ready:
                servers[number].handle_request(timeout=0)
        print("drained:", lines.drain().cut, "cut")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9999)
