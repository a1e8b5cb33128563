"""The program that is attacked: one protocol, served in the way that it is told, with short deadlines.

It says its port when it listens, and its report, its counts and whom it let in when it ends. Run by tests, and
not imported.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from contextlib import suppress

import jackfield as jf
from service.calculator import MAXIMUM, framed, service, sum_bytes

LIMITS = jf.Limits(handshake=0.4, idle=1.0, message=0.4, write=0.4, linger=0.2, drain=5)


def answer(payload: bytes) -> bytes:
    """Answer an addition, or a repetition, as the service does."""
    match payload[0]:
        case 1 if len(payload) == 17:
            numbers = (int.from_bytes(payload[start : start + 8], "big", signed=True) for start in (1, 9))
            return framed(sum_bytes(sum(numbers)))
        case 6 if len(payload) == 5:
            return framed(b"\x86" + b"x" * int.from_bytes(payload[1:], "big"))
    raise jf.UnknownMessage(payload[:1], payload[1:])


def checked(header: bytes) -> int:
    size = int.from_bytes(header, "big")
    if not 0 < size <= MAXIMUM:
        raise jf.FrameTooLarge(size, MAXIMUM)
    return size


def blocking(connection: jf.Connection) -> None:
    while first := connection.receive(1):
        size = checked(first + connection.receive_exactly(3))
        connection.send(answer(connection.receive_exactly(size)))


async def coroutine(connection: jf.AsyncConnection) -> None:
    while first := await connection.receive(1):
        size = checked(first + await connection.receive_exactly(3))
        await connection.send(answer(await connection.receive_exactly(size)))


def in_uvloop() -> jf.Asyncio:
    import uvloop  # noqa: PLC0415  # the others need not wait for it

    return jf.Asyncio(loop=uvloop.new_event_loop)


def main(way: str) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    counting, opened = jf.observers.Counting(), list[jf.interfaces.Opened]()

    def observer(event: jf.Event) -> None:
        counting(event)
        if isinstance(event, jf.interfaces.Opened):
            opened.append(event)

    tcp = jf.tcp("127.0.0.1", 0, backlog=4096)
    ways: dict[str, Callable[[], jf.Server[jf.Connection]]] = {
        "inline": lambda: jf.Server(tcp, service, jf.Inline(), limits=LIMITS, observer=observer),
        "threads": lambda: jf.Server(tcp, service, jf.Threads(), limits=LIMITS, observer=observer),
        "pool": lambda: jf.Server(tcp, service, jf.ThreadPool(8), limits=LIMITS, observer=observer),
        "forks": lambda: jf.Server(tcp, service, jf.Forks(), limits=LIMITS, observer=observer),
        "event loop": lambda: jf.Server(tcp, service, jf.EventLoop(), limits=LIMITS, observer=observer),
        "asyncio": lambda: jf.Server(tcp, service, jf.Asyncio(), limits=LIMITS, observer=observer),
        "uvloop": lambda: jf.Server(tcp, service, in_uvloop(), limits=LIMITS, observer=observer),
        "blocking": lambda: jf.Server(tcp, blocking, jf.Threads(), limits=LIMITS, observer=observer),
        "coroutine": lambda: jf.Server(tcp, coroutine, jf.Asyncio(), limits=LIMITS, observer=observer),
    }
    server = ways[way]()
    print(str(server.address).rpartition(":")[2], flush=True)
    with suppress(BrokenPipeError):
        print(*jf.run(server), flush=True)
        print(counting.text(), *(event.peer for event in opened), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
