"""A service with an exchange of each kind, and what each of its messages looks like on the wire."""

from __future__ import annotations

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


@jf.message(tag=0x83)
class Undefined:
    reason: jf.Text16


@jf.message(tag=0x02)
class Divide(jf.Request[Quotient | Undefined]):
    dividend: jf.I64
    divisor: jf.I64


@jf.message(tag=0x84)
class Found:
    where: jf.U16


@jf.message(tag=0x03)
class Find(jf.Request[Found | None]):
    text: jf.Text8


@jf.message(tag=0x04)
class Log(jf.OneWay):
    text: jf.Text16


@jf.message(tag=0x05)
class Fail(jf.Request[Sum]):
    pass


@jf.message(tag=0x86)
class Blob:
    data: jf.Rest


@jf.message(tag=0x06)
class Repeat(jf.Request[Blob]):
    count: jf.U32


MAXIMUM = 64 * 1024
wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=MAXIMUM), tag=jf.U8)
service = jf.Service(wire)


@service.on(Add)
def add(request: Add) -> Sum:
    return Sum(request.left + request.right)


@service.on(Divide)
def divide(request: Divide) -> Quotient | Undefined:
    return Quotient(request.dividend // request.divisor) if request.divisor else Undefined("nothing")


@service.on(Find)
def find(request: Find) -> Found | None:
    where = "haystack".find(request.text)
    return None if where < 0 else Found(where)


@service.on(Log)
def log(request: Log) -> None:
    """Nothing comes back."""


@service.on(Fail)
def fail(request: Fail) -> Sum:
    raise RuntimeError("on purpose")


@service.on(Repeat)
def repeat(request: Repeat) -> Blob:
    return Blob(b"x" * request.count)


def number(value: int, size: int = 8) -> bytes:
    return value.to_bytes(size, "big", signed=True)


def framed(payload: bytes) -> bytes:
    return number(len(payload), 4) + payload


def add_bytes(left: int, right: int) -> bytes:
    return b"\x01" + number(left) + number(right)


def sum_bytes(total: int) -> bytes:
    return b"\x81" + number(total)


# Payloads of requests and of their replies, None for none; worked out by hand, not by the library.
DIALOGUE: list[tuple[bytes, bytes | None]] = [
    (add_bytes(1, 2), sum_bytes(3)),
    (b"\x04\x00\x05hello", None),
    (b"\x02" + number(7) + number(2), b"\x82" + number(3)),
    (b"\x02" + number(7) + number(0), b"\x83\x00\x07nothing"),
    (b"\x03\x03hay", b"\x84\x00\x00"),
    (b"\x03\x06needle", None),
    (b"\x06\x00\x00\x10\x00", b"\x86" + b"x" * 4096),
    (add_bytes(-5, 3), sum_bytes(-2)),
]
REQUESTS = b"".join(framed(request) for request, _ in DIALOGUE)
REPLIES = b"".join(framed(reply) for _, reply in DIALOGUE if reply is not None)
