"""A cache that memcached's clients can use: its binary protocol, declared, over one dictionary.

    python examples/memcached.py [PORT]

serves on PORT (11211 unless told otherwise, 0 for a free one) until Ctrl-C or SIGTERM. Times of expiry are taken and
not kept: this shows a protocol, not a cache.
"""

import itertools
import sys
from typing import NamedTuple

import jackfield as jf

OK, NOT_FOUND, EXISTS, NOT_STORED, NO_NUMBER = 0x00, 0x01, 0x02, 0x05, 0x06
DO_NOT_CREATE = 0xFFFFFFFF  # as a counter's time of expiry


@jf.message
class Header:
    magic: bytes = jf.const(b"\x80")
    opcode: jf.U8 = jf.tag()
    key_size: jf.U16 = jf.computed()
    extras_size: jf.U8 = jf.computed()
    data_type: jf.U8 = jf.const(0)
    vbucket: jf.U16 = jf.field(default=0, kw_only=True)
    body_size: jf.U32 = jf.length(plus=-12)  # all that follows but opaque and cas
    opaque: jf.U32 = jf.echo()
    cas: jf.U64 = jf.field(default=0, kw_only=True)


@jf.message
class Answer:
    magic: bytes = jf.const(b"\x81")
    opcode: jf.U8 = jf.tag()  # the request's
    key_size: jf.U16 = jf.computed()
    extras_size: jf.U8 = jf.computed()
    data_type: jf.U8 = jf.const(0)
    status: jf.U16
    body_size: jf.U32 = jf.length(plus=-12)
    opaque: jf.U32 = jf.echo()
    cas: jf.U64 = 0
    extras: bytes = jf.field(size=extras_size, default=b"")
    key: bytes = jf.field(size=key_size, default=b"")
    value: jf.Rest = b""


@jf.message
class Keyed(Header):
    extras: bytes = jf.field(size=jf.this.extras_size, default=b"", kw_only=True)
    key: bytes = jf.field(size=jf.this.key_size)
    value: jf.Rest = b""


@jf.message
class Storing:
    flags: jf.U32
    expiry: jf.U32


@jf.message
class Stored(Header):
    extras: Storing = jf.field(size=jf.this.extras_size)
    key: bytes = jf.field(size=jf.this.key_size)
    value: jf.Rest


@jf.message
class Counting:
    delta: jf.U64
    initial: jf.U64
    expiry: jf.U32


@jf.message
class Counted(Header):
    extras: Counting = jf.field(size=jf.this.extras_size)
    key: bytes = jf.field(size=jf.this.key_size)


@jf.message
class Bare(Header):
    extras: bytes = jf.field(size=jf.this.extras_size, default=b"")
    key: bytes = jf.field(size=jf.this.key_size, default=b"")


@jf.message(tag=0x00)
class Get(Keyed, jf.Request[Answer]): ...


@jf.message(tag=0x09)
class GetQ(Keyed, jf.Request[Answer | None]): ...


@jf.message(tag=0x0C)
class GetK(Keyed, jf.Request[Answer]): ...


@jf.message(tag=0x0D)
class GetKQ(Keyed, jf.Request[Answer | None]): ...


@jf.message(tag=0x01)
class Set(Stored, jf.Request[Answer]): ...


@jf.message(tag=0x02)
class Add(Stored, jf.Request[Answer]): ...


@jf.message(tag=0x03)
class Replace(Stored, jf.Request[Answer]): ...


@jf.message(tag=0x11)
class SetQ(Stored, jf.Request[Answer | None]): ...


@jf.message(tag=0x12)
class AddQ(Stored, jf.Request[Answer | None]): ...


@jf.message(tag=0x13)
class ReplaceQ(Stored, jf.Request[Answer | None]): ...


@jf.message(tag=0x04)
class Delete(Keyed, jf.Request[Answer]): ...


@jf.message(tag=0x14)
class DeleteQ(Keyed, jf.Request[Answer | None]): ...


@jf.message(tag=0x05)
class Increment(Counted, jf.Request[Answer]): ...


@jf.message(tag=0x06)
class Decrement(Counted, jf.Request[Answer]): ...


@jf.message(tag=0x15)
class IncrementQ(Counted, jf.Request[Answer | None]): ...


@jf.message(tag=0x16)
class DecrementQ(Counted, jf.Request[Answer | None]): ...


@jf.message(tag=0x0A)
class Noop(Bare, jf.Request[Answer]): ...


@jf.message(tag=0x0B)
class Version(Bare, jf.Request[Answer]): ...


@jf.message(tag=0x08)
class Flush(Bare, jf.Request[Answer]): ...


@jf.message(tag=0x07)
class Quit(Bare, jf.Request[Answer]): ...


class Item(NamedTuple):
    flags: int
    value: bytes
    cas: int


class Cache:
    """What is kept, and what each operation comes to."""

    def __init__(self) -> None:
        self.items: dict[bytes, Item] = {}
        self.versions = itertools.count(1)

    def get(self, key: bytes, *, with_key: bool = False) -> Answer:
        item = self.items.get(key)
        if item is None:
            return Answer(NOT_FOUND, value=b"Not found")
        flags = item.flags.to_bytes(4, "big")
        return Answer(OK, item.cas, extras=flags, key=key if with_key else b"", value=item.value)

    def store(self, request: Stored, *, new: bool | None = None) -> Answer:
        item = self.items.get(request.key)
        if request.cas and item is not None and request.cas != item.cas:
            return Answer(EXISTS, value=b"Data exists for key")
        if item is None and (request.cas or new is False):
            return Answer(NOT_FOUND, value=b"Not found")
        if item is not None and new:
            return Answer(EXISTS, value=b"Data exists for key")
        return Answer(OK, self.put(request.key, request.extras.flags, request.value))

    def delete(self, request: Keyed) -> Answer:
        item = self.items.get(request.key)
        if item is None:
            return Answer(NOT_FOUND, value=b"Not found")
        if request.cas and request.cas != item.cas:
            return Answer(EXISTS, value=b"Data exists for key")
        del self.items[request.key]
        return Answer(OK)

    def count(self, request: Counted, sign: int) -> Answer:
        item, extras = self.items.get(request.key), request.extras
        if item is None and extras.expiry == DO_NOT_CREATE:
            return Answer(NOT_FOUND, value=b"Not found")
        if item is not None and not item.value.isdigit():
            return Answer(NO_NUMBER, value=b"Non-numeric server-side value for incr or decr")
        number = extras.initial if item is None else max(0, int(item.value) + sign * extras.delta) % 2**64
        cas = self.put(request.key, 0 if item is None else item.flags, b"%d" % number)
        return Answer(OK, cas, value=number.to_bytes(8, "big"))

    def put(self, key: bytes, flags: int, value: bytes) -> int:
        cas = next(self.versions)
        self.items[key] = Item(flags, value, cas)
        return cas


cache = Cache()
wire = jf.Wire(frame=jf.SelfFramed(maximum=1024 * 1024 + 512))
service = jf.Service(wire)


def failure(answer: Answer) -> Answer | None:
    """What a quiet variant says: nothing of what went well."""
    return answer if answer.status != OK else None


def hit(answer: Answer) -> Answer | None:
    """What a quiet get says: nothing of what is not there."""
    return answer if answer.status == OK else None


service.on(Get)(lambda request: cache.get(request.key))
service.on(GetQ)(lambda request: hit(cache.get(request.key)))
service.on(GetK)(lambda request: cache.get(request.key, with_key=True))
service.on(GetKQ)(lambda request: hit(cache.get(request.key, with_key=True)))
service.on(Set)(cache.store)
service.on(Add)(lambda request: cache.store(request, new=True))
service.on(Replace)(lambda request: cache.store(request, new=False))
service.on(SetQ)(lambda request: failure(cache.store(request)))
service.on(AddQ)(lambda request: failure(cache.store(request, new=True)))
service.on(ReplaceQ)(lambda request: failure(cache.store(request, new=False)))
service.on(Delete)(cache.delete)
service.on(DeleteQ)(lambda request: failure(cache.delete(request)))
service.on(Increment)(lambda request: cache.count(request, 1))
service.on(Decrement)(lambda request: cache.count(request, -1))
service.on(IncrementQ)(lambda request: failure(cache.count(request, 1)))
service.on(DecrementQ)(lambda request: failure(cache.count(request, -1)))
service.on(Noop)(lambda request: Answer(OK))
service.on(Version)(lambda request: Answer(OK, value=b"1.0-jackfield"))


@service.on(Flush)
def flush(request: Flush) -> Answer:
    cache.items.clear()
    return Answer(OK)


@service.on(Quit)
def leave(request: Quit, context: jf.Context) -> Answer:
    context.close()
    return Answer(OK)


def main(port: int) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", port), service, jf.EventLoop())
    print(f"tcp://{server.address}", flush=True)
    jf.run(server)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 11211)
