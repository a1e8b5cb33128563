"""The blocking client, against real servers and against servers that misbehave."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import jackfield as jf
from service.calculator import (
    Add,
    Blob,
    Divide,
    Fail,
    Find,
    Found,
    Log,
    Quotient,
    Repeat,
    Sum,
    Undefined,
    framed,
    number,
    service,
    sum_bytes,
    wire,
)
from support import PATIENCE, Seen, abstract, name_of, read_exactly, serving

SHORT = 0.05
TRANSPORTS = ["tcp", "udp", "unix", "unixgram"]
every_transport = pytest.mark.parametrize("transport", TRANSPORTS)


@contextmanager
def calculator(transport: str) -> Generator[str]:
    """Serve the calculator; give its URL."""
    if transport in ("tcp", "unix"):
        door = jf.tcp("127.0.0.1", 0) if transport == "tcp" else jf.unix_stream(abstract("calculator"))
        stream = jf.Server(door, service, observer=Seen())
        with serving(stream):
            yield f"{transport}://{stream.address}"
    else:
        box = jf.udp("127.0.0.1", 0) if transport == "udp" else jf.unix_datagram(abstract("calculator"))
        datagrams = jf.Server(box, service, observer=Seen())
        with serving(datagrams):
            yield f"{transport}://{datagrams.address}"


@contextmanager
def misbehaving(talk: Callable[[socket.socket], object]) -> Generator[str]:
    """Give the URL of a server that takes one request from one client and then does *talk*."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(PATIENCE)
            read_exactly(peer, 21)
            talk(peer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield "tcp://{}:{}".format(*listener.getsockname())
    finally:
        thread.join(PATIENCE)
        listener.close()


@every_transport
def test_a_call_gives_the_reply_of_its_requests_class(transport: str) -> None:
    with calculator(transport) as url, jf.connect(wire, url) as client:
        assert client.call(Add(2, 40)) == Sum(42)
        assert client.call(Divide(7, 2)) == Quotient(3)
        assert client.call(Divide(7, 0)) == Undefined("nothing")
        assert client.call(Repeat(10_000)) == Blob(b"x" * 10_000)
        client.send(Log("hello"))
        assert client.call(Find("stack")) == Found(3)


@every_transport
def test_a_request_that_may_stay_unanswered_gives_none_at_its_deadline(transport: str) -> None:
    with calculator(transport) as url, jf.connect(wire, url) as client:
        assert client.call(Find("needle"), deadline=SHORT) is None


@pytest.mark.parametrize("transport", ["udp", "unixgram"])
def test_over_datagrams_a_client_goes_on_after_a_deadline(transport: str) -> None:
    with calculator(transport) as url, jf.connect(wire, url) as client:
        assert client.call(Find("needle"), deadline=SHORT) is None
        with pytest.raises(jf.DeadlineExceeded):
            client.call(Fail(), deadline=SHORT)
        assert client.call(Add(1, 2)) == Sum(3)


def test_over_a_stream_a_deadline_ends_the_client_since_a_late_reply_would_be_the_next_ones() -> None:
    with misbehaving(lambda peer: peer.recv(100)) as url, jf.connect(wire, url) as client:
        with pytest.raises(jf.DeadlineExceeded) as caught:
            client.call(Add(1, 2), deadline=SHORT)
        assert (caught.value.waited_for, caught.value.seconds) == ("reply", SHORT)
        with pytest.raises(jf.ClosedError):
            client.call(Add(1, 2))


@every_transport
def test_a_request_that_cannot_be_built_sends_nothing_and_harms_nothing(transport: str) -> None:
    with calculator(transport) as url, jf.connect(wire, url) as client:
        with pytest.raises(jf.EncodeError):
            client.call(Add(2**63, 0))
        assert client.call(Add(1, 2)) == Sum(3)


def test_a_request_above_the_wires_maximum_sends_nothing() -> None:
    with calculator("tcp") as url, jf.connect(wire, url) as client:
        with pytest.raises(jf.EncodeError):
            client.send(Log("x" * 65535))
        assert client.call(Add(1, 2)) == Sum(3)


def test_a_request_that_no_datagram_can_hold_sends_nothing() -> None:
    with calculator("udp") as url, jf.connect(wire, url) as client:
        with pytest.raises(jf.EncodeError, match="too many"):
            client.send(Log("x" * 65_535))
        assert client.call(Add(1, 2)) == Sum(3)


def test_over_datagrams_a_late_reply_is_not_the_next_ones() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(PATIENCE)
        with jf.connect(wire, "udp://{}:{}".format(*server.getsockname())) as client:
            with pytest.raises(jf.DeadlineExceeded):
                client.call(Add(1, 2), deadline=SHORT)
            _, name = server.recvfrom(100)
            server.sendto(sum_bytes(3), name)  # late

            def answer() -> None:
                _, other = server.recvfrom(100)
                server.sendto(sum_bytes(3), name)  # later still
                server.sendto(sum_bytes(7), other)

            thread = threading.Thread(target=answer)
            thread.start()
            assert client.call(Add(3, 4)) == Sum(7)
            thread.join(PATIENCE)


def test_waiting_for_ones_turn_counts_against_the_deadline() -> None:
    with misbehaving(lambda peer: peer.recv(100)) as url, jf.connect(wire, url, deadline=SHORT * 4) as client:
        started = threading.Barrier(2)

        def call() -> None:
            started.wait(PATIENCE)
            with suppress(jf.JackfieldError):
                client.call(Add(1, 2))

        thread = threading.Thread(target=call)
        thread.start()
        started.wait(PATIENCE)
        with pytest.raises((jf.DeadlineExceeded, jf.ClosedError)):
            client.call(Add(3, 4), deadline=SHORT)
        thread.join(PATIENCE)


BAD_REPLIES: dict[str, tuple[bytes, type[jf.JackfieldError]]] = {
    "an unknown tag": (framed(b"\x99"), jf.UnknownMessage),
    "another request's reply": (framed(b"\x82" + number(3)), jf.UnknownMessage),
    "too short": (framed(b"\x81\0"), jf.DecodeError),
    "too long": (framed(sum_bytes(3) + b"!"), jf.DecodeError),
    "above the maximum": (b"\xff\xff\xff\xff", jf.FrameTooLarge),
    "cut off": (framed(sum_bytes(3))[:7], jf.ConnectionLost),
    "nothing at all": (b"", jf.ConnectionLost),
}


@pytest.mark.parametrize(("reply", "kind"), BAD_REPLIES.values(), ids=BAD_REPLIES)
def test_a_reply_that_is_none_is_a_typed_error_and_ends_the_client(reply: bytes, kind: type[jf.JackfieldError]) -> None:
    with misbehaving(lambda peer: peer.sendall(reply)) as url, jf.connect(wire, url) as client:
        with pytest.raises(kind):
            client.call(Add(1, 2), deadline=PATIENCE)
        with pytest.raises(jf.ClosedError):
            client.send(Log("x"))


def test_a_dribbled_reply_is_put_together() -> None:
    def dribble(peer: socket.socket) -> None:
        for byte in framed(sum_bytes(3)):
            peer.sendall(bytes([byte]))

    with misbehaving(dribble) as url, jf.connect(wire, url) as client:
        assert client.call(Add(1, 2)) == Sum(3)


def test_a_reset_is_connection_lost() -> None:
    def reset(peer: socket.socket) -> None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with misbehaving(reset) as url, jf.connect(wire, url) as client, pytest.raises(jf.ConnectionLost):
        client.call(Add(1, 2))


@every_transport
def test_many_threads_may_call_one_client(transport: str) -> None:
    with calculator(transport) as url, jf.connect(wire, url) as client:
        sums: dict[int, int] = {}

        def add(number: int) -> None:
            for _ in range(20):
                sums[number] = client.call(Add(number, number)).total

        threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
    assert sums == {number: 2 * number for number in range(8)}


@every_transport
def test_closing_wakes_a_call_that_waits_on_another_thread(transport: str) -> None:
    with calculator(transport) as url, jf.connect(wire, url, deadline=PATIENCE) as client:
        caught: list[BaseException] = []
        waiting = threading.Event()

        def call() -> None:
            waiting.set()
            try:
                client.call(Find("needle"))
            except jf.JackfieldError as error:
                caught.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        waiting.wait(PATIENCE)
        client.close()
        client.close()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert isinstance(caught[0], jf.ConnectionLost | jf.ClosedError)
        with pytest.raises(jf.ClosedError):
            client.call(Add(1, 2))


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:9000",
        "tcp://127.0.0.1",
        "tcp://:9000",
        "tcp://127.0.0.1:port",
        "tcp://127.0.0.1:99999",
        "ftp://127.0.0.1:9000",
        "tcp://127.0.0.1:9000/path",
        "tcp://[::1:9000",
        "",
        "unix://",
        "unix://relative/path",
        "unixgram://relative/path",
        "unix:///with\0nul",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(jf.CompositionError) as caught:
        jf.connect(wire, url)
    assert repr(url) in str(caught.value)


def test_a_wire_without_a_frame_cannot_connect_to_a_stream() -> None:
    with pytest.raises(jf.CompositionError, match="datagrams only"):
        jf.connect(jf.Wire(tag=jf.U8), "tcp://127.0.0.1:9")


def test_where_nobody_listens_the_connection_is_lost() -> None:
    listener = jf.tcp("127.0.0.1", 0)
    host, port = name_of(listener.address)
    listener.close()
    with pytest.raises(jf.ConnectionLost) as caught:
        jf.connect(wire, f"tcp://{host}:{port}")
    assert caught.value.peer == f"tcp://{host}:{port}"
    with jf.connect(wire, f"udp://{host}:{port}") as client, pytest.raises(jf.ConnectionLost):
        client.call(Add(1, 2))


@pytest.mark.parametrize("scheme", ["unix", "unixgram"])
@pytest.mark.parametrize("name", ["/nobody", "@jackfield-nobody"])
def test_where_nobody_is_behind_a_unix_socket_the_connection_is_lost(scheme: str, name: str, tmp_path: Path) -> None:
    url = f"{scheme}://{tmp_path}{name}" if name.startswith("/") else f"{scheme}://{name}"
    with pytest.raises(jf.ConnectionLost) as caught:
        jf.connect(wire, url)
    assert caught.value.peer == url


@pytest.mark.parametrize("name", ["plain", "with space", "per%20cent", "why?#not"])
def test_a_servers_path_is_its_clients_as_it_is(name: str, tmp_path: Path) -> None:
    streams = jf.Server(jf.unix_stream(tmp_path / name), service)
    datagrams = jf.Server(jf.unix_datagram(tmp_path / f"{name}.datagrams"), service)
    with serving(streams, datagrams):
        for url in (f"unix://{streams.address}", f"unixgram://{datagrams.address}"):
            with jf.connect(wire, url) as client:
                assert client.call(Add(1, 2)) == Sum(3)


def test_a_server_that_went_away_behind_its_path_is_connection_lost(tmp_path: Path) -> None:
    server = jf.Server(jf.unix_datagram(tmp_path / "socket"), service)
    with jf.connect(wire, f"unixgram://{server.address}") as client:
        server.close()
        with pytest.raises(jf.ConnectionLost):
            client.call(Add(1, 2))


def test_a_wire_without_a_frame_cannot_connect_to_a_unix_stream() -> None:
    with pytest.raises(jf.CompositionError, match="datagrams only"):
        jf.connect(jf.Wire(tag=jf.U8), "unix:///nowhere")


@pytest.mark.parametrize("url", ["tcp://no.such.host.invalid:1", "udp://no.such.host.invalid:1"])
def test_a_host_that_is_none_is_connection_lost(url: str) -> None:
    with pytest.raises(jf.ConnectionLost):
        jf.connect(wire, url)


def test_ipv6_stands_in_brackets() -> None:
    server = jf.Server(jf.tcp("::1", 0), service)
    with serving(server), jf.connect(wire, f"tcp://{server.address}") as client:
        assert client.call(Add(1, 2)) == Sum(3)


def test_a_wrong_request_is_refused_before_anything_is_sent() -> None:
    wrong: Any = Sum(1)
    with calculator("tcp") as url, jf.connect(wire, url) as client:
        with pytest.raises(jf.DeclarationError, match="is no request"):
            client.call(wrong)
        assert client.call(Add(1, 2)) == Sum(3)
