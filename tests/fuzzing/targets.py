"""What a fuzzer feeds: each target takes any bytes, and may end in a typed error of the peer's, kept inside; no other.

A target's first bytes say how the rest is cut, so that a fuzzer finds cuts, too.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import construct

import jackfield as jf
from acceptors.certificates import client_context, issued
from jackfield.errors import PeerError
from jackfield.interfaces import Facet, Framer, Negotiation
from jackfield.messages import Codec, codec_for
from jackfield.testing import Conversation, Datagrams, visitor
from tracker import Frame, Login, login

MOST: Final = 100_000
"""Bytes that anything may send for an input of the sizes that are tried."""


class Target(NamedTuple):
    """Something to feed, and inputs that mean something to it."""

    feed: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def pieces(data: bytes) -> Iterator[bytes]:
    """Cut all but the first byte into pieces, which grow by as much as that says."""
    size, start = 1 + data[:1].count(0) + (data[0] if data else 0), 1
    while start < len(data):
        yield data[start : start + size]
        start += size
        size += size // 3


# ---------------------------------------------------------------------- sessions


@jf.message(tag=0x81)
class Item:
    value: jf.U16


@jf.message(tag=0x82)
class End:
    pass


@jf.message(tag=0x01)
class Count(jf.StreamRequest[Item, End]):
    limit: jf.U8


@jf.message(tag=0x02)
class Pick(jf.Request[Item]):
    size: jf.U8 = jf.computed()
    values: tuple[jf.U16, ...] = jf.field(count=size)
    text: jf.Text8 = jf.field(default="")


@jf.message(tag=0x03)
class Note(jf.OneWay):
    text: jf.Text16


fixed = jf.Service(jf.Wire(frame=jf.LengthPrefixed(jf.U16, maximum=1000), tag=jf.U8))
marked = jf.Service(jf.Wire(frame=jf.Delimited(b"\n", maximum=1000), tag=jf.U8))
framing = jf.Service(jf.Wire(frame=jf.SelfFramed(maximum=1000), tag=jf.U8))
for service in (fixed, marked, framing):

    @service.on(Pick)
    def pick(request: Pick) -> Item:
        return Item(request.values[0] if request.values else 0)

    service.on(Note)(lambda request: None)


@fixed.on(Count)
def count(request: Count) -> jf.Replies[Item, End]:
    for value in range(request.limit):
        yield Item(value)
    return End()


@jf.stream_handler(construct.Struct("size" / construct.VarInt, "data" / construct.Bytes(construct.this.size)))
def echo(request: object) -> object:
    return request


def session(handler: Callable[[jf.testing.MemoryStream], jf.interfaces.Session]) -> Callable[[bytes], None]:
    """Return what feeds a session of *handler*."""

    def feed(data: bytes) -> None:
        talk, sent = Conversation(handler), 0
        for piece in pieces(data):
            if talk.closed:
                break
            sent += len(talk.send(piece))
        if not talk.closed:
            talk.end()
        assert talk.closed
        assert talk.error is None or isinstance(talk.error, PeerError), repr(talk.error)
        assert sent < MOST

    return feed


def datagrams(data: bytes) -> None:
    """Feed datagrams."""
    there = Datagrams(fixed)
    for piece in pieces(data):
        there.send(piece)
    assert all(isinstance(error, PeerError) for error in there.errors), there.errors


# ---------------------------------------------------------------------- framers and codecs


def framer(make: Callable[[], Framer]) -> Callable[[bytes], None]:
    """Return what cuts a stream, that grows piece by piece, by a framer."""

    def feed(data: bytes) -> None:
        cutter, there, start = make(), bytearray(), 0
        for piece in pieces(data):
            there += piece
            while start < len(there):
                try:
                    size = cutter.measure(there, start, len(there))
                except (jf.FrameTooLarge, jf.DecodeError):
                    return
                assert size > 0
                if size > len(there) - start:
                    break
                start += size

    return feed


def codec(of: Codec[object]) -> Callable[[bytes], None]:
    """Return what parses, and builds what was parsed."""

    def feed(data: bytes) -> None:
        try:
            message = of.parse(data)
        except jf.DecodeError:
            return
        assert of.parse(of.build(message)) == message

    return feed


# ---------------------------------------------------------------------- before a word is said


def negotiation(step: Callable[[jf.RawConnection], jf.Connection[Facet] | None]) -> Negotiation[Facet]:
    """Return the negotiation that *step* has made."""
    connection, client = visitor()
    client.close()
    refined = step(connection)
    connection.finish(None)
    assert refined is not None
    assert refined.negotiation is not None
    return refined.negotiation


def is_over(talk: Negotiation[Facet]) -> bool:
    assert talk.fault is None or isinstance(talk.fault, PeerError)
    return talk.done or talk.refused or talk.fault is not None


def proxy(data: bytes) -> None:
    """Feed a PROXY header."""
    talk = negotiation(jf.ProxyProtocol(trusted=["127.0.0.1"]))  # type: ignore[arg-type]
    talk.receive(b"")
    for piece in pieces(data):
        if is_over(talk):
            break
        assert talk.receive(piece) == b""
    if is_over(talk) and talk.done:
        assert isinstance(talk.facet, jf.Proxied)
        talk.rest()


@cache
def tls() -> jf.Tls:
    """Return a step with a certificate of its own."""
    files = issued(Path(tempfile.mkdtemp()), "localhost")
    return jf.Tls(certificate=files.certificate, key=files.key)


@cache
def trusting() -> ssl.SSLContext:
    return client_context()


class Client:
    """A TLS client without a socket."""

    def __init__(self) -> None:
        self.arrived, self.leaves = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = trusting().wrap_bio(self.arrived, self.leaves, server_hostname="localhost")

    def said(self, heard: bytes) -> bytes:
        """Go on with the handshake, having heard that."""
        self.arrived.write(heard)
        with suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self.leaves.read()


def hello() -> bytes:
    """Return how a client begins."""
    return Client().said(b"")


def handshake(data: bytes) -> None:
    """Feed what may be a client's hello."""
    talk = negotiation(tls())  # type: ignore[arg-type]
    talk.receive(b"")
    for piece in pieces(data):
        if is_over(talk):
            break
        talk.receive(piece)
    is_over(talk)


def records(data: bytes) -> None:
    """Shake hands, then feed what may be records."""
    talk, client = negotiation(tls()), Client()  # type: ignore[arg-type]
    heard = talk.receive(b"")
    while not talk.done:
        heard = talk.receive(client.said(heard))
    layer = talk.layer
    assert layer is not None
    client.said(heard)
    client.tls.write(b"hello")
    assert layer.receive(talk.rest() + client.leaves.read()) == b"hello"
    for piece in pieces(data):
        layer.receive(piece)
        layer.send(b"")
        if layer.fault is not None or layer.ended:
            break
    assert layer.fault is None or isinstance(layer.fault, PeerError)
    layer.close()


# ---------------------------------------------------------------------- all of them

SAID: Final = codec_for(Pick).build(Pick((1, 2), "x"))
SIGNED: Final = bytes.fromhex("78780d01012345678901234500018cdd0d0a")
V2: Final = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes([10, 0, 0, 1, 10, 0, 0, 2, 0, 1, 0, 2])
TARGETS: Final[dict[str, Target]] = {
    "length-prefixed": Target(
        session(fixed), (b"\x05\0\x0a\x02" + SAID + b"\0\2\1\5", b"\0\0\7\3\0\4text", b"\xff\0\2\1\xff" * 3)
    ),
    "delimited": Target(session(marked), (b"\3\2\0\0\n\3\0\1a\n", b"\x40\2" + b"x" * 1100)),
    "self-framed": Target(session(framing), (b"\7\2" + SAID, b"\1\3\0\4text")),
    "packets": Target(session(login), (b"\0" + SIGNED, b"\3" + SIGNED * 2)),
    "schema": Target(session(echo), (b"\0\3abc\0", b"\1\xff\xff\xff\x7f")),
    "datagrams": Target(datagrams, (b"\x10\2" + SAID, b"\4\1\3")),
    "number framer": Target(framer(jf.LengthPrefixed(jf.U24, maximum=500, plus=3).framer), (b"\1\0\0\5ab\0\0\3",)),
    "mark framer": Target(
        framer(jf.Delimited(b"\r\n\r\n", maximum=100).framer), (b"\2a\r\n\r\r\n\r\n", b"\x20" + b"x" * 110)
    ),
    "schema framer": Target(framer(lambda: codec_for(Frame).framer(maximum=260)), (b"\1" + SIGNED,)),
    "codec": Target(codec(codec_for(Pick)), (SAID,)),
    "packet codec": Target(codec(codec_for(Frame)), (SIGNED,)),
    "login codec": Target(codec(codec_for(Login)), (SIGNED[4:12],)),
    "PROXY": Target(
        proxy, (b"\0PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\nrest", b"\x05PROXY UNKNOWN\r\n", b"\7" + V2, b"\2" + V2[:13])
    ),
    "TLS handshake": Target(handshake, (b"\xff" + hello(), b"\x20" + hello())),
    "TLS records": Target(records, (b"\x10\x17\3\3\0\5hello", b"\x05\x15\3\3\0\2\1\0")),
}
