"""The same with the connection as files: one line in, one line out.

python examples/upper_file.py [PORT]
python examples/upper_tcp_client.py PORT hello world with TCP
"""

import sys

import jackfield as jf
from jackfield.addresses import host_of


def upper(connection: jf.Connection) -> None:
    data = connection.rfile.readline().strip()
    print(f"{host_of(connection.peer)} wrote:\n{data!r}", flush=True)
    connection.wfile.write(data.upper())


def main(port: int) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", port), upper, jf.Inline())
    print(server.address, flush=True)
    jf.run(server)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9999)
