"""Upper case over UDP: each datagram gets one back.

python examples/shout_udp.py [PORT]

printf 'hello' | socat -t 1 - UDP:127.0.0.1:9999
"""

import sys

import jackfield as jf


def shout(datagram: jf.Datagram) -> None:
    datagram.reply(datagram.payload.upper())


def main(port: int) -> None:
    server = jf.Server(jf.udp("127.0.0.1", port), shout)
    print(server.address, flush=True)
    jf.run(server)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9999)
