"""A calculator over TCP and UDP at once: messages declared, handlers decorated, servers composed.

    python examples/calculator.py [PORT]

serves on PORT (9000 unless told otherwise, 0 for a free one) until Ctrl-C or SIGTERM.
"""

import sys

import jackfield as jf


@jf.message(tag=0x81)
class Sum:
    total: jf.I64


@jf.message(tag=0x01)
class Add(jf.Request[Sum]):
    left: jf.I64
    right: jf.I64


@jf.message(tag=0x82)
class Quotient:
    value: jf.I64
    remainder: jf.I64


@jf.message(tag=0x83)
class Undefined:
    reason: jf.Text16


@jf.message(tag=0x02)
class Divide(jf.Request[Quotient | Undefined]):
    dividend: jf.I64
    divisor: jf.I64


@jf.message(tag=0x03)
class Log(jf.OneWay):
    text: jf.Text16


calculator = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=64 * 1024), tag=jf.U8)
service = jf.Service(calculator)


@service.on(Add)
def add(request: Add) -> Sum:
    return Sum(request.left + request.right)


@service.on(Divide)
def divide(request: Divide) -> Quotient | Undefined:
    if request.divisor == 0:
        return Undefined(f"{request.dividend} divided by nothing")
    return Quotient(*divmod(request.dividend, request.divisor))


@service.on(Log)
def log(request: Log, context: jf.Context) -> None:
    print(f"{context.peer} says: {request.text}", flush=True)


def main(port: int) -> None:
    stream = jf.Server(jf.tcp("127.0.0.1", port), service, jf.Threads(limit=64))
    datagrams = jf.Server(jf.udp("127.0.0.1", port), service, jf.Inline())
    print(f"tcp://{stream.address} udp://{datagrams.address}", flush=True)
    jf.run(stream, datagrams)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9000)
