"""Who may enter is decided before anything is read: by network, and by a function of one's own.

python examples/members_only.py [PORT [NETWORK]]
"""

import sys

import jackfield as jf
from jackfield.interfaces import Refused


def comes_from_a_user(connection: jf.RawConnection) -> bool:
    _, _, port = str(connection.peer).rpartition(":")
    return int(port) >= 1024  # lower ones take privileges, on a system that still thinks so


def greet(connection: jf.Connection) -> None:
    connection.send(b"welcome\n")


def watch(event: jf.Event) -> None:
    if isinstance(event, Refused):
        print(f"{str(event.peer).partition(':')[0]} was refused by {event.by}", flush=True)


def main(port: int, network: str) -> None:
    door = jf.tcp("127.0.0.1", port).through(jf.Allow(network)).only(comes_from_a_user)
    server = jf.Server(door, greet, observer=watch)
    print(server.address, flush=True)
    jf.run(server)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9999, sys.argv[2] if len(sys.argv) > 2 else "127.0.0.0/8")
