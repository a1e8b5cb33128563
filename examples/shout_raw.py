"""Upper case over TCP, as it arrives: reads once, replies once, closes.

python examples/shout_raw.py [PORT]

printf 'hello' | socat - TCP:127.0.0.1:9999
"""

import sys

import jackfield as jf


def shout(connection: jf.Connection) -> None:
    data = connection.receive(1024)
    print(f"{connection.peer} wrote {data!r}", flush=True)
    connection.send(data.upper())


def main(port: int) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", port), shout, jf.Inline())
    print(server.address, flush=True)
    jf.run(server)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9999)
