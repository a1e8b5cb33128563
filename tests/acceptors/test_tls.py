"""TLS: the same object under every dispatcher, off the accept path, typed, and told to the end."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import trustme
import uvloop

import jackfield as jf
from acceptors.certificates import Files, authority_file, client_context, issued
from jackfield.interfaces import Closed, Dispatcher, Failed, Opened, Refused
from service.calculator import REPLIES, REQUESTS, service
from support import (
    DISPATCHERS,
    PATIENCE,
    SESSION_DISPATCHERS,
    AnyDispatcher,
    Seen,
    dial,
    read_all,
    read_exactly,
    serving,
)

every_dispatcher = pytest.mark.parametrize("dispatcher", DISPATCHERS.values(), ids=DISPATCHERS)
every_session_dispatcher = pytest.mark.parametrize("dispatcher", SESSION_DISPATCHERS.values(), ids=SESSION_DISPATCHERS)
HOST = "localhost"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def files(folder: Path) -> Files:
    return issued(folder, HOST)


@pytest.fixture
def tls(files: Files) -> jf.Tls:
    return jf.Tls(certificate=files.certificate, key=files.key)


def wrapped(sock: socket.socket, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
    return (context or client_context()).wrap_socket(sock, server_hostname=HOST)


def shout(connection: jf.Connection) -> None:
    for line in connection.lines():
        connection.send(line.upper())


def tell(connection: jf.Connection[jf.Secured]) -> None:
    secured = jf.Secured.of(connection)
    connection.send(repr((secured.version, secured.alpn, secured.server_name, secured.peer_name)).encode())


@every_dispatcher
def test_a_blocking_handler_reads_and_writes_through_it(dispatcher: Callable[[], Dispatcher], tls: jf.Tls) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(tls), shout, dispatcher())
    with serving(server), wrapped(dial(server.address)) as peer:
        peer.sendall(b"one\ntwo\n")
        assert read_exactly(peer, 8) == b"ONE\nTWO\n"
        peer.sendall(b"x" * 60_000 + b"\n")
        assert read_exactly(peer, 60_001) == b"X" * 60_000 + b"\n"


@every_session_dispatcher
@pytest.mark.parametrize("size", [len(REQUESTS), 1000, 7], ids=["whole", "1000", "7"])
def test_a_service_gives_the_same_bytes_through_it(
    dispatcher: Callable[[], AnyDispatcher], size: int, tls: jf.Tls
) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(tls), service, dispatcher())
    with serving(server), wrapped(dial(server.address)) as peer:
        for start in range(0, len(REQUESTS), size):
            peer.sendall(REQUESTS[start : start + size])
        assert read_exactly(peer, len(REPLIES)) == REPLIES
        assert peer.unwrap().recv(1) == b"", "its close_notify is answered by ours, and the end"


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_coroutine_reads_and_writes_through_it(loop: Callable[[], asyncio.AbstractEventLoop], tls: jf.Tls) -> None:
    async def converse(connection: jf.AsyncConnection[jf.Secured]) -> None:
        await connection.send(jf.Secured.of(connection).version.encode() + b"\n")
        async for line in connection.lines(limit=100_000):
            await connection.send(line.upper())

    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(tls), converse, jf.Asyncio(loop=loop), observer=seen)
    with serving(server):
        with wrapped(dial(server.address)) as peer:
            assert read_exactly(peer, 8) == b"TLSv1.3\n"
            peer.sendall(b"x" * 60_000 + b"\n")
            assert read_exactly(peer, 60_001) == b"X" * 60_000 + b"\n"
            peer.sendall(b"last\n")
            assert read_exactly(peer, 5) == b"LAST\n"
            assert peer.unwrap().recv(1) == b"", "its close_notify is answered by ours, and the end"
        with dial(server.address) as plain:
            plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
            read_all(plain)
        (failed,) = seen.wait_for(Failed)
        assert isinstance(failed.error, jf.HandshakeFailed)


def test_a_coroutine_is_told_when_the_input_was_cut_short(tls: jf.Tls) -> None:
    async def read(connection: jf.AsyncConnection[jf.Secured]) -> None:
        await connection.send(b"go")
        await connection.receive()

    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(tls), read, observer=seen)
    with serving(server), wrapped(dial(server.address)) as peer:
        assert read_exactly(peer, 2) == b"go"
        with socket.socket(fileno=os.dup(peer.fileno())) as raw:
            raw.shutdown(socket.SHUT_WR)
        (failed,) = seen.wait_for(Failed)
    assert isinstance(failed.error, jf.ConnectionLost)


@every_dispatcher
def test_it_tells_what_was_agreed_on(dispatcher: Callable[[], Dispatcher], files: Files) -> None:
    tls = jf.Tls(certificate=files.certificate, key=files.key, alpn=["jf/2", "jf/1"])
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(tls), tell, dispatcher())
    with serving(server):
        with wrapped(dial(server.address), client_context(alpn=["jf/1", "jf/2"])) as peer:
            assert read_all(peer) == b"('TLSv1.3', 'jf/2', 'localhost', '')"
        context = client_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with wrapped(dial(server.address), context) as peer:
            assert read_all(peer) == b"('TLSv1.2', None, 'localhost', '')"


@every_dispatcher
def test_the_clients_certificate_is_verified_and_told(
    dispatcher: Callable[[], Dispatcher], files: Files, folder: Path
) -> None:
    seen: list[jf.Secured] = []

    def note(connection: jf.Connection[jf.Secured]) -> None:
        seen.append(jf.Secured.of(connection))
        connection.send(jf.Secured.of(connection).peer_name.encode())

    tls = jf.Tls(certificate=files.certificate, key=files.key, client_ca=authority_file(folder))
    client = issued(folder, "ann@example.org", common_name="Ann")
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(tls), note, dispatcher())
    with serving(server), wrapped(dial(server.address), client_context(client=client)) as peer:
        assert read_all(peer) == b"Ann"
    if seen:  # not in a child, whose list is its own
        certificate = seen[0].certificate
        assert certificate is not None
        assert certificate.names == ("ann@example.org",)
        assert certificate.not_before < certificate.not_after
        assert ssl.DER_cert_to_PEM_cert(certificate.der).split() == client.certificate.read_text().split()
        assert int(certificate.serial_number, 16) > 0
        assert certificate.issuer


def attempt(server: jf.Server[jf.Connection[jf.Secured]], context: ssl.SSLContext) -> None:
    """Come in and say something; a failure is what is expected."""
    with suppress(OSError), wrapped(dial(server.address), context) as peer:
        peer.sendall(b"x\n")
        read_all(peer)


@every_dispatcher
def test_a_client_without_a_certificate_is_refused_and_told_why(
    dispatcher: Callable[[], Dispatcher], files: Files, folder: Path
) -> None:
    seen = Seen()
    tls = jf.Tls(certificate=files.certificate, key=files.key, client_ca=authority_file(folder))
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(tls), shout, dispatcher(), observer=seen)
    stranger = issued(folder, "stranger@example.org", by=trustme.CA())
    with serving(server):
        for context in (client_context(), client_context(client=stranger)):
            with (
                pytest.raises((ssl.SSLError, ConnectionError)),
                wrapped(dial(server.address), context) as peer,
            ):
                peer.sendall(b"x\n")
                assert not peer.recv(1)
                raise ConnectionError("closed without a word")
        seen.wait_for(Closed, 2)
    assert [type(event.error) for event in seen.of(Failed)] == [jf.HandshakeFailed] * 2


@every_dispatcher
def test_what_is_no_tls_costs_its_connection_alone(dispatcher: Callable[[], Dispatcher], tls: jf.Tls) -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(tls), shout, dispatcher(), observer=seen)
    with serving(server):
        with dial(server.address) as plain:
            plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
            with suppress(ConnectionError):
                read_all(plain)
        with dial(server.address) as gone:
            gone.sendall(b"\x16\x03\x01\x02\x00")
            gone.shutdown(socket.SHUT_RDWR)
        with wrapped(dial(server.address)) as peer:
            peer.sendall(b"x\n")
            assert read_exactly(peer, 2) == b"X\n"
            peer.unwrap()
        seen.wait_for(Closed, 3)
    assert [type(event.error) for event in seen.of(Failed)] == [jf.HandshakeFailed] * 2


each_way = pytest.mark.parametrize(
    ("handler", "dispatcher"),
    [(shout, jf.Threads), (service, jf.Threads), (service, jf.EventLoop)],
    ids=["function", "service", "service in a loop"],
)


@each_way
def test_who_does_not_shake_hands_holds_up_nobody(
    handler: Callable[[jf.Connection], None], dispatcher: Callable[[], Dispatcher], tls: jf.Tls
) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(tls), handler, dispatcher())
    with serving(server), dial(server.address), dial(server.address) as dribbling:
        dribbling.sendall(b"\x16")
        with wrapped(dial(server.address)) as peer:
            peer.unwrap()


@each_way
@pytest.mark.parametrize("said", [b"", b"\x16"], ids=["silent", "dribbling"])
def test_who_does_not_shake_hands_is_closed_at_the_deadline(
    handler: Callable[[jf.Connection], None], dispatcher: Callable[[], Dispatcher], said: bytes, tls: jf.Tls
) -> None:
    seen, limits = Seen(), jf.Limits(handshake=0.05)
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(tls), handler, dispatcher(), limits=limits, observer=seen)
    with serving(server), dial(server.address) as peer:
        peer.sendall(said)
        assert read_all(peer) == b""
        (failed,) = seen.wait_for(Failed)
    assert isinstance(failed.error, jf.DeadlineExceeded)
    assert failed.error.waited_for == "handshake"


@every_dispatcher
def test_a_stream_that_is_cut_off_is_told_from_one_that_was_closed(
    dispatcher: Callable[[], Dispatcher], tls: jf.Tls
) -> None:
    for handler in (shout, service):
        seen = Seen()
        server = jf.Server(jf.tcp("127.0.0.1", 0).through(tls), handler, dispatcher(), observer=seen)
        with serving(server):
            with wrapped(dial(server.address)) as peer:
                peer.unwrap()
            seen.wait_for(Closed, 1)
            assert seen.of(Failed) == []
            with wrapped(dial(server.address)) as peer:
                peer.shutdown(socket.SHUT_RDWR)  # said of the socket; a forked child has it, too
            seen.wait_for(Closed, 2)
        (failed,) = seen.of(Failed)
        assert isinstance(failed.error, jf.ConnectionLost)


@every_dispatcher
def test_what_stands_behind_the_handshake_is_served(dispatcher: Callable[[], Dispatcher], tls: jf.Tls) -> None:
    """What a client sends together with its Finished waits inside the layer, and on no socket."""
    for handler, said, answer in ((shout, b"at once\n", b"AT ONCE\n"), (service, REQUESTS, REPLIES)):
        server = jf.Server(jf.tcp("127.0.0.1", 0).through(tls), handler, dispatcher())
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = client_context().wrap_bio(incoming, outgoing, server_hostname=HOST)
        with serving(server), dial(server.address) as sock:
            with pytest.raises(ssl.SSLWantReadError):
                client.do_handshake()
            sock.sendall(outgoing.read())
            while True:
                incoming.write(sock.recv(65_536))
                try:
                    client.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    continue
            client.write(said)
            sock.sendall(outgoing.read())
            got = b""
            while len(got) < len(answer):
                with suppress(ssl.SSLWantReadError):
                    got += client.read(65_536)
                    continue
                incoming.write(sock.recv(65_536))
            assert got == answer


def test_reloading_changes_what_comes_and_not_what_is_there(folder: Path) -> None:
    home = folder / "reload"
    home.mkdir()
    old, new = issued(folder, HOST, common_name="old"), issued(home, HOST, common_name="new")
    live = Files(home / "live.pem", home / "live.key")
    for part, source in zip(live, old, strict=True):
        part.write_bytes(source.read_bytes())
    tls = jf.Tls(certificate=live.certificate, key=live.key)
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(tls), shout, jf.Threads())

    def name_shown(peer: ssl.SSLSocket) -> str:
        der = peer.getpeercert(binary_form=True)
        assert der is not None
        return "new" if ssl.DER_cert_to_PEM_cert(der).split() == new.certificate.read_text().split() else "old"

    with serving(server), wrapped(dial(server.address)) as before:
        assert name_shown(before) == "old"
        live.certificate.write_bytes(new.certificate.read_bytes())
        with pytest.raises(ssl.SSLError):
            tls.reload()
        with wrapped(dial(server.address)) as peer:
            assert name_shown(peer) == "old", "a pair that does not match leaves the old one serving"
        live.key.write_bytes(new.key.read_bytes())
        tls.reload()
        with wrapped(dial(server.address)) as peer:
            assert name_shown(peer) == "new"
        before.sendall(b"still here\n")
        assert read_exactly(before, 11) == b"STILL HERE\n"


def test_a_context_of_ones_own_is_used_as_it_is(files: Files) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    asked: list[str | None] = []
    context.sni_callback = lambda tls, name, inner: asked.append(name)
    tls = jf.Tls(context)
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(tls), tell, jf.Inline())
    with serving(server), wrapped(dial(server.address)) as peer:
        assert b"'localhost'" in read_all(peer)
    assert asked == [HOST]
    with pytest.raises(jf.CompositionError):
        tls.reload()


def test_files_that_do_not_belong_together_are_refused_when_it_is_made(folder: Path, files: Files) -> None:
    other = issued(folder, "other.example")
    with pytest.raises(ssl.SSLError):
        jf.Tls(certificate=files.certificate, key=other.key)
    with pytest.raises(OSError, match="No such file"):
        jf.Tls(certificate=folder / "nowhere.pem")


@every_dispatcher
def test_a_step_behind_it_refuses_by_what_was_learned(
    dispatcher: Callable[[], Dispatcher], files: Files, folder: Path
) -> None:
    def is_ann(connection: jf.Connection[jf.Secured]) -> bool:
        return jf.Secured.of(connection).peer_name == "Ann"

    tls = jf.Tls(certificate=files.certificate, key=files.key, client_ca=authority_file(folder))
    bob = client_context(client=issued(folder, "bob@example.org", common_name="Bob"))
    ann = client_context(client=issued(folder, "ann@example.org", common_name="Ann"))
    for handler, said, answer in ((shout, b"x\n", b"X\n"), (service, REQUESTS, REPLIES)):
        seen, limit = Seen(), jf.Limit(total=5)
        panel = jf.tcp("127.0.0.1", 0).through(limit).through(tls).only(is_ann)
        server = jf.Server(panel, handler, dispatcher(), observer=seen)
        with serving(server):
            with wrapped(dial(server.address), bob) as peer, suppress(ConnectionError):
                assert read_all(peer) == b""
            with wrapped(dial(server.address), ann) as peer:
                peer.sendall(said)
                assert read_exactly(peer, len(answer)) == answer
                peer.unwrap()
            seen.wait_for(Closed, 2)
        assert len(seen.of(Opened)) == len(seen.of(Closed)) == 2
        assert [event.by.rpartition(".")[2] for event in seen.of(Refused)] == ["is_ann"]
        assert limit.inside == 0


def test_a_drain_lets_who_shakes_hands_finish(tls: jf.Tls) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(tls), shout, jf.Threads(), observer=(seen := Seen()))
    with serving(server), dial(server.address) as sock:
        seen.wait_for(Opened)
        drained = threading.Thread(target=server.drain, args=(5,))
        drained.start()
        with suppress(OSError), wrapped(sock) as peer:
            assert read_all(peer) == b""
        drained.join(PATIENCE)
        assert not drained.is_alive()
    assert [type(event) for event in seen.of(Refused)] == []
