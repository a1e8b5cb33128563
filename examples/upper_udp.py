"""Upper case over UDP: there is no connection, each datagram is a request with its own way back.

python examples/upper_udp.py [PORT]
python examples/upper_udp_client.py PORT hello world with UDP
"""

import sys

import jackfield as jf
from jackfield.addresses import host_of


def upper(datagram: jf.Datagram) -> None:
    data = datagram.payload.strip()
    print(f"{host_of(datagram.peer)} wrote:\n{data!r}", flush=True)
    datagram.reply(data.upper())


def main(port: int) -> None:
    server = jf.Server(jf.udp("127.0.0.1", port), upper)
    print(server.address, flush=True)
    jf.run(server)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9999)
