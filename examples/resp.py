"""A store that Redis's clients can use: RESP2, its protocol, declared, over one dictionary.

    python examples/resp.py [PORT]

serves on PORT (6379 unless told otherwise, 0 for a free one) until Ctrl-C or SIGTERM. A request is a row of words; a
reply is a value that may hold values, `DEPTH` deep. There are strings and lists, and `MEMORY` bytes for them.
"""

import sys
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Annotated, Any, NamedTuple, TypeAlias

from construct import (
    Array,
    Bytes,
    Const,
    Construct,
    Error,
    ExprAdapter,
    FocusedSeq,
    GreedyBytes,
    If,
    LazyBound,
    NullTerminated,
    Struct,
    Switch,
    this,
)

import jackfield as jf

DEPTH = 16
MEMORY = 64 * 1024 * 1024
ENTRY = 64  # bytes that a key or an element costs beside its own


# ---------------------------------------------------------------- requests: the language has words for them

Count = Annotated[int, jf.Terminated(b"\r\n")]


@jf.message
class Word:
    mark: bytes = jf.const(b"$")
    size: Count = jf.computed()
    text: bytes = jf.field(size=size)
    end: bytes = jf.const(b"\r\n")


# ---------------------------------------------------------------- replies: values in values, as a construct says them


class Failure(NamedTuple):
    text: str


class Null(NamedTuple):
    """No value."""


Value: TypeAlias = "str | Failure | int | bytes | list[Any] | Null"
"""Text is a simple string, bytes are a bulk string, and lists hold values."""


def whole(digits: bytes) -> int:
    """Return a number of 64 bits; int() alone takes blanks and underscores, too."""
    if not digits.removeprefix(b"-").isdigit() or not -(2**63) <= (number := int(digits[:24])) < 2**63:
        raise ValueError(f"{digits[:24]!r} is no number of 64 bits")
    return number


def ended(text: bytes) -> bytes:
    """Return a line without its CR: NullTerminated finds marks of two bytes at even places alone."""
    if text[-1:] != b"\r" or b"\r" in text[:-1]:
        raise ValueError("a line ends with CR LF")
    return text[:-1]


def unbroken(text: bytes) -> bytes:
    if b"\r" in text or b"\n" in text:
        raise ValueError("a line contains neither CR nor LF")
    return text + b"\r"


def counted(number: int) -> int:
    if number < -1:
        raise ValueError("a size is 0 or more, or -1 where there is nothing")
    return number


def taken(parsed: Any, context: object) -> Value:
    """Return the value that a kind and its data are."""
    match parsed.kind:
        case b"+":
            text: str = parsed.data.decode()
            return text
        case b"-":
            return Failure(parsed.data.decode())
        case b":":
            number: int = parsed.data
            return number
        case _:
            inside: bytes | list[Any] | None = parsed.data.inside
            return Null() if inside is None else inside


def given(value: Value, context: object) -> dict[str, object]:
    match value:
        case str():
            return {"kind": b"+", "data": value.encode()}
        case Failure(text):
            return {"kind": b"-", "data": text.encode()}
        case int():
            return {"kind": b":", "data": value}
        case Null():
            return {"kind": b"$", "data": {"size": -1, "inside": None}}
        case _:
            kind = b"$" if isinstance(value, bytes) else b"*"
            return {"kind": kind, "data": {"size": len(value), "inside": value}}


def depth_of(value: Value) -> int:
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


def bounded(value: Value, context: object) -> Value:
    if depth_of(value) > DEPTH:
        raise ValueError(f"values are nested deeper than {DEPTH}")
    return value


line = ExprAdapter(NullTerminated(GreedyBytes, term=b"\n"), lambda text, _: ended(text), lambda text, _: unbroken(text))
digits = ExprAdapter(line, lambda text, _: whole(text), lambda number, _: b"%d" % whole(b"%d" % number))
size = ExprAdapter(digits, lambda number, _: counted(number), lambda number, _: number)
blob = FocusedSeq("text", "text" / Bytes(this._.size), Const(b"\r\n"))
row = Array(this.size, LazyBound(lambda: value))
kinds = {
    b"+": line,
    b"-": line,
    b":": digits,
    b"$": Struct("size" / size, "inside" / If(this.size >= 0, blob)),
    b"*": Struct("size" / size, "inside" / If(this.size >= 0, row)),
}
value: "Construct[Any, Any]" = ExprAdapter(
    Struct("kind" / Bytes(1), "data" / Switch(this.kind, kinds, default=Error)), taken, given
)


@jf.message
class Reply:
    value: Annotated[object, ExprAdapter(value, bounded, bounded)]


@jf.message(tag=ord("*"))
class Command(jf.Request[Reply | None]):
    count: Count = jf.computed()
    words: tuple[Word, ...] = jf.field(count=count)


@jf.message(tag=ord("P"))
class Ping(jf.Request[Reply]):
    """What somebody types who has no client but telnet."""

    rest: bytes = jf.const(b"ING\r\n")


# ---------------------------------------------------------------- the store


class Refusal(Exception):
    """What a client is told."""


WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"


class Store:
    """What is kept, in a bounded number of bytes."""

    def __init__(self) -> None:
        self.items: dict[bytes, bytes | deque[bytes]] = {}
        self.used = 0

    def charge(self, size: int) -> None:
        if size > 0 and self.used + size > MEMORY:
            raise Refusal("OOM command not allowed when used memory > 'maxmemory'.")
        self.used += size

    def text(self, key: bytes) -> bytes | None:
        item = self.items.get(key)
        if isinstance(item, deque):
            raise Refusal(WRONG_TYPE)
        return item

    def row(self, key: bytes) -> deque[bytes]:
        item = self.items.get(key, deque[bytes]())
        if not isinstance(item, deque):
            raise Refusal(WRONG_TYPE)
        return item

    def put(self, key: bytes, text: bytes) -> None:
        self.charge(ENTRY + len(key) + len(text) - self.size_of(key))
        self.items[key] = text

    def push(self, key: bytes, *texts: bytes, left: bool) -> int:
        row = self.row(key)
        self.charge(sum(ENTRY + len(text) for text in texts) + (0 if key in self.items else ENTRY + len(key)))
        self.items[key] = row
        (row.extendleft if left else row.extend)(texts)
        return len(row)

    def pop(self, key: bytes, *, left: bool) -> bytes | None:
        row = self.row(key)
        if not row:
            return None
        text = row.popleft() if left else row.pop()
        self.charge(-ENTRY - len(text))
        if not row:
            self.delete(key)
        return text

    def delete(self, *keys: bytes) -> int:
        found = [key for key in dict.fromkeys(keys) if key in self.items]
        for key in found:
            self.charge(-self.size_of(key))
            del self.items[key]
        return len(found)

    def size_of(self, key: bytes) -> int:
        item = self.items.get(key)
        if item is None:
            return 0
        inside = len(item) if isinstance(item, bytes) else sum(ENTRY + len(text) for text in item)
        return ENTRY + len(key) + inside

    def count(self, key: bytes, change: int) -> int:
        try:
            number = whole(self.text(key) or b"0") + change
            self.put(key, b"%d" % number)
            whole(b"%d" % number)
        except ValueError:
            raise Refusal("ERR value is not an integer or out of range") from None
        return number

    def between(self, key: bytes, first: bytes, last: bytes) -> list[Value]:
        row = self.row(key)
        try:
            begin, end = (n + len(row) if n < 0 else n for n in (whole(first), whole(last)))
        except ValueError:
            raise Refusal("ERR value is not an integer or out of range") from None
        return list(islice(row, max(0, begin), max(0, end + 1)))


# ---------------------------------------------------------------- commands

store = Store()
commands: dict[bytes, tuple[Callable[..., Value], int]] = {}
"""By name, what each does, and how many words it has at least (below zero: or more), its name being one."""


def command(name: str, arity: int) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    def register(function: Callable[..., Value]) -> Callable[..., Value]:
        commands[name.encode()] = function, arity
        return function

    return register


def some(text: bytes | None) -> Value:
    return Null() if text is None else text


command("echo", 2)(lambda text: text)
command("get", 2)(lambda key: some(store.text(key)))
command("del", -2)(store.delete)
command("exists", -2)(lambda *keys: sum(key in store.items for key in keys))
command("incr", 2)(lambda key: store.count(key, 1))
command("decr", 2)(lambda key: store.count(key, -1))
command("strlen", 2)(lambda key: len(store.text(key) or b""))
command("mget", -2)(lambda *keys: [item if isinstance(item := store.items.get(key), bytes) else Null() for key in keys])
command("lpush", -3)(lambda key, *texts: store.push(key, *texts, left=True))
command("rpush", -3)(lambda key, *texts: store.push(key, *texts, left=False))
command("lpop", 2)(lambda key: some(store.pop(key, left=True)))
command("rpop", 2)(lambda key: some(store.pop(key, left=False)))
command("llen", 2)(lambda key: len(store.row(key)))
command("lrange", 4)(store.between)
command("dbsize", 1)(lambda: len(store.items))


@command("ping", -1)
def ping(*words: bytes) -> Value:
    return words[0] if words else "PONG"


@command("set", -3)
def assign(key: bytes, text: bytes, *options: bytes) -> Value:
    if options:
        raise Refusal("ERR syntax error")  # no times of expiry here
    store.put(key, text)
    return "OK"


@command("mset", -3)
def assign_all(*words: bytes) -> Value:
    if len(words) % 2:
        raise Refusal("ERR wrong number of arguments for 'mset' command")
    for key, text in zip(words[::2], words[1::2], strict=True):
        store.put(key, text)
    return "OK"


@command("flushall", -1)
def flush(*options: bytes) -> Value:
    store.delete(*store.items)
    return "OK"


@command("config", -2)
def config(verb: bytes, *names: bytes) -> Value:
    if verb.lower() != b"get":
        raise Refusal("ERR only CONFIG GET is known")
    settings = {b"save": b"", b"appendonly": b"no", b"maxmemory": b"%d" % MEMORY}
    return [text for name in names if name.lower() in settings for text in (name.lower(), settings[name.lower()])]


@command("command", -1)
def describe(*words: bytes) -> Value:
    if words and words[0].lower() == b"count":
        return len(commands)
    if words:
        return []
    return [[name, arity, ["fast"], 1, 1, 1] for name, (_, arity) in commands.items()]


# ---------------------------------------------------------------- the service

replies = jf.Wire(frame=jf.SelfFramed(maximum=2 * MEMORY))
wire = jf.Wire(frame=jf.SelfFramed(maximum=1024 * 1024), tag=jf.U8, reply=replies)


service = jf.Service(wire)


@service.on(Command)
def obey(request: Command) -> Reply | None:
    if not request.words:
        return None
    name, *words = (word.text for word in request.words)
    function, arity = commands.get(name.lower(), (None, 0))
    if function is None:
        return Reply(Failure(f"ERR unknown command {name[:64]!r}"))
    if (arity > 0 and len(words) + 1 != arity) or len(words) + 1 < -arity:
        return Reply(Failure(f"ERR wrong number of arguments for {name.lower().decode()!r} command"))
    try:
        return Reply(function(*words))
    except Refusal as refusal:
        return Reply(Failure(str(refusal)))


@service.on(Ping)
def answer(request: Ping) -> Reply:
    return Reply("PONG")


def main(port: int) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", port), service, jf.EventLoop())
    print(f"tcp://{server.address}", flush=True)
    jf.run(server)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6379)
