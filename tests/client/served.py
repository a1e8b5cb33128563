"""A service with streams and pushes, served for real, and servers that answer by hand."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import jackfield as jf
from support import PATIENCE, Seen, serving


@jf.message(tag=0x81)
class Sum:
    total: jf.I64


@jf.message(tag=0x01)
class Add(jf.Request[Sum]):
    left: jf.I64
    right: jf.I64


@jf.message(tag=0x82)
class Done:
    count: jf.U32


@jf.message(tag=0x83)
class Piece:
    data: jf.Bytes16


@jf.message(tag=0x02)
class Count(jf.StreamRequest[Piece, Done]):
    pieces: jf.U32
    size: jf.U16


@jf.message(tag=0x84)
class Found:
    where: jf.U8


@jf.message(tag=0x03)
class Find(jf.Request[Found | None]):
    where: jf.U8


@jf.message(tag=0x04)
class Raw(jf.Request[bytes]):
    pass


@jf.message(tag=0x85)
class Note:
    text: jf.Text8


@jf.message(tag=0x86)
class Other:
    number: jf.U8


@jf.message(tag=0x05)
class Poke(jf.OneWay):
    """Ask for so many notes, and another message."""

    notes: jf.U16


@jf.message(tag=0x06)
class Ask(jf.Request[Sum]):
    """Be given a note before the reply."""

    text: jf.Text8


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=64 * 1024), tag=jf.U8)
lines = jf.Wire(frame=jf.SelfFramed(maximum=64 * 1024), tag=jf.U8)


class Served:
    """The service on a wire, and how far its streams came."""

    def __init__(self, over: jf.Wire = wire) -> None:
        self.made = 0
        self.service = jf.Service(over)
        self.service.on(Add)(lambda request: Sum(request.left + request.right))
        self.service.on(Find)(lambda request: Found(request.where) if request.where else None)
        self.service.on(Raw)(lambda request: b"\0\0\0\3raw" if over is wire else b"\x84r")
        self.service.on(Count)(self.count)
        self.service.on(Poke)(self.poke)
        self.service.on(Ask)(self.ask)

    def count(self, request: Count) -> jf.Replies[Piece, Done]:
        for _ in range(request.pieces):
            self.made += 1
            yield Piece(b"x" * request.size)
        return Done(request.pieces)

    def poke(self, request: Poke, context: jf.Context) -> None:
        for number in range(request.notes):
            context.send(Note(str(number)))
        context.send(Other(7))

    def ask(self, request: Ask, context: jf.Context) -> Sum:
        context.send(Note(request.text))
        return Sum(len(request.text))


@contextmanager
def served(transport: str, made: Served | None = None) -> Generator[str]:
    """Serve; give the URL."""
    service = (made or Served()).service
    if transport == "tcp":
        stream = jf.Server(jf.tcp("127.0.0.1", 0), service, observer=Seen())
        with serving(stream):
            yield f"tcp://{stream.address}"
    else:
        datagrams = jf.Server(jf.udp("127.0.0.1", 0), service, observer=Seen())
        with serving(datagrams):
            yield f"udp://{datagrams.address}"


@contextmanager
def by_hand(talk: Callable[[socket.socket], object]) -> Generator[str]:
    """Give the URL of a server that takes one connection and does *talk* with it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(PATIENCE)
            talk(peer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield "tcp://{}:{}".format(*listener.getsockname())
    finally:
        thread.join(PATIENCE)
        listener.close()


@contextmanager
def datagrams_by_hand(talk: Callable[[socket.socket], object]) -> Generator[str]:
    """Give the URL of a datagram server that does *talk*."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(PATIENCE)
        thread = threading.Thread(target=talk, args=(server,))
        thread.start()
        try:
            yield "udp://{}:{}".format(*server.getsockname())
        finally:
            thread.join(PATIENCE)
