"""Every built-in part keeps its contract."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Never

import construct
import pytest

import jackfield as jf
from acceptors.certificates import issued
from jackfield.addresses import Address, InternetAddress, UnixAddress
from jackfield.core import NegotiatedSession
from jackfield.interfaces import Accepted, Listener, Session, Streamed
from jackfield.listeners import Memory, UdpListener
from jackfield.testing import (
    MemoryStream,
    check_acceptor,
    check_dispatcher,
    check_listener,
    check_session,
    visitor,
)
from service.calculator import DIALOGUE, Add, Sum, add_bytes, framed, service
from support import SESSION_DISPATCHERS, AnyDispatcher, Echo, datagrams_to, dial

numbers = itertools.count()


def name_in(address: Address) -> str | bytes:
    assert isinstance(address, UnixAddress)
    return address.path


def knock(listener: Listener[Accepted]) -> socket.socket:
    """Connect to a listener of any kind, or send it a datagram."""
    match listener, listener.address:
        case Memory(), _:
            return listener.connect()
        case jf.Incoming(), InternetAddress() if isinstance(listener.path.source, UdpListener):
            client = datagrams_to(listener.address)
            client.send(b"x")
            return client
        case _, InternetAddress():
            return dial(listener.address)
        case _, address:
            kind = socket.SOCK_STREAM if "stream" in str(name_in(address)) else socket.SOCK_DGRAM
            client = socket.socket(socket.AF_UNIX, kind)
            if kind is socket.SOCK_DGRAM:
                client.bind(f"\0jackfield test {next(numbers)}")
            client.connect(name_in(address))
            if kind is socket.SOCK_DGRAM:
                client.send(b"x")
            return client


LISTENERS: dict[str, Callable[[Path], Listener[Accepted]]] = {
    "tcp": lambda _: jf.tcp("127.0.0.1", 0),
    "tcp, IPv6": lambda _: jf.tcp("::1", 0),
    "udp": lambda _: jf.udp("127.0.0.1", 0),
    "unix stream": lambda folder: jf.unix_stream(folder / "stream"),
    "unix datagram": lambda folder: jf.unix_datagram(folder / "datagram"),
    "abstract unix stream": lambda _: jf.unix_stream(f"\0jackfield stream {next(numbers)}"),
    "memory": lambda _: jf.memory(),
    "adopted": lambda _: jf.adopt(socket.create_server(("127.0.0.1", 0))),
    "with steps": lambda _: jf.tcp("127.0.0.1", 0).through(jf.Limit(total=5)).only(lambda _: True),
}


@pytest.mark.parametrize("make", LISTENERS.values(), ids=LISTENERS)
def test_listeners_keep_their_contract(make: Callable[[Path], Listener[Accepted]], tmp_path: Path) -> None:
    check_listener(lambda: make(tmp_path), knock)


STEPS: dict[str, Callable[[Path], Callable[[jf.RawConnection], Accepted | None]]] = {
    "a limit for all": lambda _: jf.Limit(total=1),
    "a limit for each": lambda _: jf.Limit(per_peer=3),
    "allow": lambda _: jf.Allow("127.0.0.0/8"),
    "deny": lambda _: jf.Deny("10.0.0.0/8"),
    "credentials": lambda _: jf.PeerCredentials(),
    "PROXY": lambda _: jf.ProxyProtocol(trusted=["127.0.0.1"]),
    "TLS": lambda folder: jf.Tls(**issued(folder, "localhost")._asdict()),
    "a function": lambda _: lambda connection: connection,
}


@pytest.mark.parametrize("make", STEPS.values(), ids=STEPS)
def test_acceptors_keep_their_contract(
    make: Callable[[Path], Callable[[jf.RawConnection], Accepted | None]], tmp_path: Path
) -> None:
    check_acceptor(make(tmp_path), visitor)


@pytest.mark.parametrize("make", SESSION_DISPATCHERS.values(), ids=SESSION_DISPATCHERS)
def test_dispatchers_keep_their_contract(make: Callable[[], AnyDispatcher]) -> None:
    check_dispatcher(make)


CALCULATING = [framed(request) for request, _ in DIALOGUE]


@jf.stream_handler(construct.Struct("value" / construct.Int16ub))
def doubling(request: construct.Container) -> object:
    return request


@jf.message(tag=0x81)
class Item:
    value: jf.U16


@jf.message(tag=0x82)
class Done:
    pass


@jf.message(tag=0x01)
class Count(jf.StreamRequest[Item, Done]):
    limit: jf.U16


streaming = jf.Service(jf.Wire(frame=jf.LengthPrefixed(jf.U8, maximum=100), tag=jf.U8))


@streaming.on(Count)
def count(request: Count) -> jf.Replies[Item, Done]:
    for value in range(request.limit):
        yield Item(value)
    return Done()


offloading = jf.Service(jf.Wire(frame=jf.LengthPrefixed(jf.U8, maximum=100), tag=jf.U8))


@offloading.on(Add, offload=True)
def add(request: Add) -> Sum:
    return Sum(request.left + request.right)


HEADER = b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"


@jf.sessions
def behind_proxy(request: Streamed[Never]) -> Session:
    arrived, client = visitor()
    client.close()
    proxied = jf.ProxyProtocol(trusted=["127.0.0.1"])(arrived)
    assert proxied is not None
    assert proxied.negotiation is not None
    negotiation = proxied.negotiation
    arrived.finish(None)
    return NegotiatedSession(negotiation, request.peer, lambda: service(request))


def short(*payloads: bytes) -> list[bytes]:
    return [bytes([len(payload)]) + payload for payload in payloads]


FACTORIES: dict[str, tuple[Callable[[MemoryStream], Session], list[bytes], bool]] = {
    "a service": (service, CALCULATING, False),
    "a service of streams": (streaming, short(b"\x01\x00\x03", b"\x01\x00\x00", b"\x01\x01\x00"), False),
    "a service that offloads": (offloading, short(add_bytes(1, 2), add_bytes(3, 4)), False),
    "a schema": (doubling, [b"\x00\x01", b"\x02\x03"], False),
    "behind PROXY": (behind_proxy, [HEADER, *CALCULATING], True),
    "no messages": (Echo, [b"hello", b"world"], True),
}


@pytest.mark.parametrize(("factory", "messages", "raw"), FACTORIES.values(), ids=FACTORIES)
def test_sessions_keep_their_contract(
    factory: Callable[[MemoryStream], Session], messages: list[bytes], raw: bool
) -> None:
    check_session(factory, messages, raw=raw)
