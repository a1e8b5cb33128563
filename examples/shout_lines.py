"""Upper case over TCP, line by line, for as long as the client likes.

python examples/shout_lines.py [PORT]

printf 'hello\nworld\n' | socat - TCP:127.0.0.1:9999
"""

import sys

import jackfield as jf


def shout(connection: jf.Connection) -> None:
    for line in connection.lines(limit=1024):
        connection.send(line.upper())


def main(port: int) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", port), shout, jf.Threads(limit=64))
    print(server.address, flush=True)
    jf.run(server)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9999)
