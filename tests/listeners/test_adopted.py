"""Sockets that somebody else bound."""

from __future__ import annotations

import socket

import pytest

import jackfield as jf
from jackfield.addresses import UnixAddress, from_system
from support import abstract, datagrams_to, dial, exchange, serving


def echo(connection: jf.Connection) -> None:
    connection.send(connection.receive())


def answer(datagram: jf.Datagram) -> None:
    datagram.reply(datagram.payload.upper())


def test_a_listening_socket_is_served() -> None:
    incoming = jf.adopt(socket.create_server(("127.0.0.1", 0)))
    with serving(jf.Server(incoming, echo)), dial(incoming.address) as peer:
        assert exchange(peer, b"hello") == b"hello"


def test_a_listening_unix_socket_is_served() -> None:
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(abstract("adopted"))
    sock.listen()
    with serving(jf.Server(jf.adopt(sock), echo)), socket.socket(socket.AF_UNIX) as peer:
        assert from_system(sock.getsockname()) == UnixAddress(abstract("adopted"))
        peer.connect(abstract("adopted"))
        assert exchange(peer, b"hello") == b"hello"


def test_a_bound_datagram_socket_is_served() -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    incoming = jf.adopt(sock, datagrams=True)
    with serving(jf.Server(incoming, answer)), datagrams_to(incoming.address) as peer:
        peer.send(b"hello")
        assert peer.recv(100) == b"HELLO"


@pytest.mark.parametrize(
    ("kind", "datagrams", "reason"),
    [
        (socket.SOCK_DGRAM, False, "SOCK_DGRAM socket was to be adopted as SOCK_STREAM"),
        (socket.SOCK_STREAM, True, "SOCK_STREAM socket was to be adopted as SOCK_DGRAM"),
        (socket.SOCK_STREAM, False, "does not listen"),
    ],
    ids=["datagrams for a stream", "a stream for datagrams", "nobody listens"],
)
def test_a_socket_that_does_not_fit_is_refused_and_stays_the_callers(
    kind: socket.SocketKind, datagrams: bool, reason: str
) -> None:
    with socket.socket(socket.AF_INET, kind) as sock:
        with pytest.raises(jf.CompositionError, match=reason):
            jf.adopt(sock, datagrams=True) if datagrams else jf.adopt(sock)
        assert sock.fileno() >= 0
