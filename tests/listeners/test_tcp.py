"""TCP listeners."""

from __future__ import annotations

import socket

import pytest

import jackfield as jf
from jackfield.addresses import InternetAddress
from support import await_readable, dial, name_of, read_all


def accepted(incoming: jf.Incoming[jf.RawConnection]) -> jf.RawConnection:
    with socket.socket(fileno=socket.dup(incoming.fileno())) as watched:
        await_readable(watched)
    connection = incoming.accept()
    assert connection is not None
    return connection


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_port_zero_takes_a_free_one_which_the_address_tells(host: str) -> None:
    incoming = jf.tcp(host, 0)
    with dial(incoming.address) as peer:
        connection = accepted(incoming)
        assert connection.peer == InternetAddress(*peer.getsockname()[:2])
        assert connection.local == incoming.address
        connection.finish(None)
    incoming.close()


@pytest.mark.parametrize(("host", "seen"), [("127.0.0.1", "127.0.0.1"), ("::1", "::1")])
def test_without_a_host_one_socket_serves_both_families(host: str, seen: str) -> None:
    incoming = jf.tcp("", 0)
    _, port = name_of(incoming.address)
    with socket.create_connection((host, port)):
        connection = accepted(incoming)
        assert name_of(connection.peer)[0] == seen
        assert name_of(connection.local)[0] == seen
        connection.finish(None)
    incoming.close()


def test_accepting_never_waits() -> None:
    incoming = jf.tcp("127.0.0.1", 0)
    assert incoming.accept() is None
    incoming.close()


def test_a_connection_that_was_accepted_outlives_its_listener() -> None:
    incoming = jf.tcp("127.0.0.1", 0)
    with dial(incoming.address) as peer:
        connection = accepted(incoming)
        incoming.close()
        incoming.close()
        connection.send(b"still here")
        connection.finish(None)
        assert read_all(peer) == b"still here"
    assert incoming.fileno() == -1


def test_replies_leave_at_once() -> None:
    incoming = jf.tcp("127.0.0.1", 0)
    with dial(incoming.address):
        connection = accepted(incoming)
        assert connection.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.finish(None)
    incoming.close()


def test_accepted_sockets_are_not_inherited_by_other_programs() -> None:
    incoming = jf.tcp("127.0.0.1", 0)
    with dial(incoming.address):
        connection = accepted(incoming)
        assert not connection.socket.get_inheritable()
        connection.finish(None)
    incoming.close()


def test_a_taken_port_is_an_oserror_unless_it_is_shared() -> None:
    first = jf.tcp("127.0.0.1", 0)
    with pytest.raises(OSError, match="in use"):
        jf.tcp(*name_of(first.address))
    first.close()

    one = jf.tcp("127.0.0.1", 0, reuse_port=True)
    two = jf.tcp(*name_of(one.address), reuse_port=True)
    assert one.address == two.address
    one.close()
    two.close()


def test_a_port_is_free_again_once_its_listener_is_closed() -> None:
    first = jf.tcp("127.0.0.1", 0)
    with dial(first.address) as peer:
        accepted(first).finish(None)  # we close first, so the port has a connection in TIME_WAIT
        read_all(peer)
    first.close()
    jf.tcp(*name_of(first.address)).close()


@pytest.mark.parametrize("host", ["256.0.0.1", "no.such.host.invalid"])
def test_a_host_that_is_none_is_an_oserror(host: str) -> None:
    with pytest.raises(OSError):  # getaddrinfo's texts differ
        jf.tcp(host, 0)


def test_the_backlog_is_given_to_the_system() -> None:
    incoming = jf.tcp("127.0.0.1", 0, backlog=1)
    peers = []
    for _ in range(4):
        peer = socket.socket()
        peer.setblocking(False)
        peer.connect_ex(name_of(incoming.address))
        peers.append(peer)
    waiting = 0
    while (connection := incoming.accept()) is not None:
        connection.finish(None)
        waiting += 1
    assert waiting <= 2, "a backlog of 1 holds 2 connections on Linux, listen(2)"
    for peer in peers:
        peer.close()
    incoming.close()
