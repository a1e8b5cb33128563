"""Upper case over TCP: reads once, says who wrote what, replies once.

python examples/upper_tcp.py [PORT]
python examples/upper_tcp_client.py PORT hello world with TCP
"""

import sys

import jackfield as jf
from jackfield.addresses import host_of


def upper(connection: jf.Connection) -> None:
    data = connection.receive(1024).strip()
    print(f"{host_of(connection.peer)} wrote:\n{data!r}", flush=True)
    connection.send(data.upper())


def main(port: int) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", port), upper, jf.Inline())
    print(server.address, flush=True)
    jf.run(server)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9999)
