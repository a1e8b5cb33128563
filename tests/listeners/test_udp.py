"""UDP listeners."""

from __future__ import annotations

import socket

import pytest

import jackfield as jf
from jackfield.addresses import InternetAddress
from support import await_readable, datagrams_to, name_of


def accepted(incoming: jf.Incoming[jf.Datagram]) -> jf.Datagram:
    with socket.socket(fileno=socket.dup(incoming.fileno())) as watched:
        await_readable(watched)
    datagram = incoming.accept()
    assert datagram is not None
    return datagram


@pytest.mark.parametrize("payload", [b"", b"x", bytes(60_000)], ids=["empty", "small", "large"])
def test_a_datagram_comes_whole_and_its_reply_goes_back(payload: bytes) -> None:
    incoming = jf.udp("127.0.0.1", 0)
    with datagrams_to(incoming.address) as peer:
        peer.send(payload)
        datagram = accepted(incoming)
        assert datagram.payload == payload
        assert datagram.peer == InternetAddress(*peer.getsockname())
        assert datagram.local == incoming.address
        datagram.reply(payload)
        assert peer.recv(65_536) == payload
    incoming.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_without_a_host_one_socket_receives_from_both_families(host: str) -> None:
    incoming = jf.udp("", 0)
    _, port = name_of(incoming.address)
    with datagrams_to(InternetAddress(host, port)) as peer:
        peer.send(b"hello")
        datagram = accepted(incoming)
        assert name_of(datagram.peer)[0] == host
        datagram.reply(b"there")
        assert peer.recv(100) == b"there"
    incoming.close()


def test_accepting_never_waits() -> None:
    incoming = jf.udp("127.0.0.1", 0)
    assert incoming.accept() is None
    incoming.close()


def test_a_reply_that_no_datagram_can_hold_is_an_encode_error_and_sends_nothing() -> None:
    incoming = jf.udp("127.0.0.1", 0)
    with datagrams_to(incoming.address) as peer:
        peer.send(b"?")
        datagram = accepted(incoming)
        with pytest.raises(jf.EncodeError, match="70000 bytes are too many"):
            datagram.reply(bytes(70_000))
        datagram.reply(b"short")
        assert peer.recv(100) == b"short"
    incoming.close()


def test_two_listeners_may_share_a_port() -> None:
    one = jf.udp("127.0.0.1", 0, reuse_port=True)
    two = jf.udp(*name_of(one.address), reuse_port=True)
    one.close()
    two.close()
    with pytest.raises(OSError, match="in use"):
        first = jf.udp("127.0.0.1", 0)
        jf.udp(*name_of(first.address))
    first.close()
