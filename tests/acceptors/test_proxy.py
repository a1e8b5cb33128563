"""Connections behind a proxy: the client is the peer, whatever is wrong is refused, and real proxies are understood."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import uvloop

import jackfield as jf
from acceptors.certificates import Files, authority_file, client_context, issued
from jackfield.addresses import InternetAddress
from jackfield.interfaces import Closed, Dispatcher, Failed, Refused
from service.calculator import REPLIES, REQUESTS, service
from support import DISPATCHERS, PATIENCE, Seen, dial, name_of, read_all, read_exactly, serving

every_dispatcher = pytest.mark.parametrize("dispatcher", DISPATCHERS.values(), ids=DISPATCHERS)
REQUIRED = os.environ.get("JACKFIELD_REQUIRE_PEERS") == "1"
HEADER_1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\r\n"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
HEADER_2 = SIGNATURE + b"\x21\x11\0\x0c" + b"\xc0\0\2\7" + b"\xc6\x33\x64\1" + b"\x13\x88\1\xbb"
LOCAL = SIGNATURE + b"\x20\0\0\0"
BEHIND = jf.ProxyProtocol(trusted=["127.0.0.0/8"])


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [name for name in programs if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None]
    return pytest.mark.skipif(
        bool(missing) and not REQUIRED, reason=f"{missing} not installed: real proxies are not tested"
    )


def shout(connection: jf.Connection) -> None:
    for line in connection.lines():
        connection.send(line.upper())


def tell(connection: jf.Connection[jf.Proxied]) -> None:
    proxied = jf.Proxied.of(connection)
    assert proxied.client == connection.peer
    connection.send(f"{connection.peer} to {proxied.destination} by version {proxied.version}".encode())


@every_dispatcher
@pytest.mark.parametrize(("header", "version"), [(HEADER_1, 1), (HEADER_2, 2)], ids=["1", "2"])
def test_the_client_is_the_peer(dispatcher: Callable[[], Dispatcher], header: bytes, version: int) -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(BEHIND), tell, dispatcher(), observer=seen)
    with serving(server), dial(server.address) as peer:
        for start in range(0, len(header), 5):
            peer.sendall(header[start : start + 5])
        told = read_all(peer)
        seen.wait_for(Closed)
    assert told.decode() == f"192.0.2.7:5000 to 198.51.100.1:443 by version {version}"
    assert seen.of(Failed) == []


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize(("header", "version"), [(HEADER_1, 1), (HEADER_2, 2)], ids=["1", "2"])
def test_a_coroutine_is_told_of_its_client_and_gets_what_stands_behind_the_header(
    loop: Callable[[], asyncio.AbstractEventLoop], header: bytes, version: int
) -> None:
    async def tell_async(connection: jf.AsyncConnection[jf.Proxied]) -> None:
        proxied = jf.Proxied.of(connection)
        assert proxied.client == connection.peer
        line = await connection.receive_until(b"\n")
        await connection.send(f"{connection.peer} by version {proxied.version} says ".encode() + line)

    seen = Seen()
    panel = jf.tcp("127.0.0.1", 0).through(BEHIND)
    server = jf.Server(panel, tell_async, jf.Asyncio(loop=loop), observer=seen)
    with serving(server):
        for pieces in ([header + b"hello\n"], [header[:9], header[9:] + b"hel", b"lo\n"]):
            with dial(server.address) as peer:
                for piece in pieces:
                    peer.sendall(piece)
                assert read_all(peer) == f"192.0.2.7:5000 by version {version} says hello\n".encode()
        with dial(server.address) as peer:
            peer.sendall(b"hello, no header\n")
            assert read_all(peer) == b""
        (failed,) = seen.wait_for(Failed)
        seen.wait_for(Closed, 3)
    assert isinstance(failed.error, jf.ProxyHeaderError)


@every_dispatcher
@pytest.mark.parametrize("header", [HEADER_1, HEADER_2], ids=["1", "2"])
def test_what_stands_behind_the_header_is_served(dispatcher: Callable[[], Dispatcher], header: bytes) -> None:
    for handler, said, answer in ((shout, b"one\ntwo\n", b"ONE\nTWO\n"), (service, REQUESTS, REPLIES)):
        server = jf.Server(jf.tcp("127.0.0.1", 0).through(BEHIND), handler, dispatcher())
        with serving(server), dial(server.address) as peer:
            peer.sendall(header + said)
            assert read_exactly(peer, len(answer)) == answer


@every_dispatcher
@pytest.mark.parametrize(
    "said",
    [b"GET / HTTP/1.0\r\n\r\n", b"PROXY TCP4 1.2.3 4.5.6.7 1 2\r\n", SIGNATURE + b"\x31\0\0\0", b"\0"],
    ids=["none", "malformed 1", "malformed 2", "one byte"],
)
def test_a_header_that_is_none_is_refused_at_once(dispatcher: Callable[[], Dispatcher], said: bytes) -> None:
    for handler in (shout, service):
        seen, limits = Seen(), jf.Limits(handshake=None, idle=None)
        server = jf.Server(jf.tcp("127.0.0.1", 0).through(BEHIND), handler, dispatcher(), limits=limits, observer=seen)
        with serving(server), dial(server.address) as peer:
            peer.sendall(said)
            with suppress(ConnectionError):
                assert read_all(peer) == b""
            (failed,) = seen.wait_for(Failed)
            seen.wait_for(Closed)
        assert isinstance(failed.error, jf.ProxyHeaderError)


@every_dispatcher
def test_a_header_from_where_none_is_trusted_is_refused_and_not_looked_at(
    dispatcher: Callable[[], Dispatcher],
) -> None:
    elsewhere = jf.ProxyProtocol(trusted=["192.0.2.0/24"])
    for handler in (shout, service):
        seen, limits = Seen(), jf.Limits(handshake=None, idle=None, linger=0.05)
        server = jf.Server(
            jf.tcp("127.0.0.1", 0).through(elsewhere), handler, dispatcher(), limits=limits, observer=seen
        )
        with serving(server), dial(server.address) as peer:
            with suppress(ConnectionError):
                assert read_all(peer) == b""
            (failed,) = seen.wait_for(Failed)
            seen.wait_for(Closed)
        assert isinstance(failed.error, jf.ProxyHeaderError)
        assert isinstance(failed.peer, InternetAddress)
        assert failed.peer.host == "127.0.0.1"


@every_dispatcher
def test_a_connection_of_the_proxys_own_is_closed_without_a_word(dispatcher: Callable[[], Dispatcher]) -> None:
    for handler in (shout, service):
        seen = Seen()
        server = jf.Server(jf.tcp("127.0.0.1", 0).through(BEHIND), handler, dispatcher(), observer=seen)
        with serving(server), dial(server.address) as peer:
            peer.sendall(LOCAL)
            assert read_all(peer) == b""
            seen.wait_for(Closed)
        assert (seen.of(Failed), seen.of(Refused)) == ([], [])


each_way = pytest.mark.parametrize(
    ("handler", "dispatcher"),
    [(shout, jf.Threads), (service, jf.Threads), (service, jf.EventLoop)],
    ids=["function", "service", "service in a loop"],
)


@pytest.mark.parametrize("said", [b"", HEADER_1[:20], HEADER_2[:20]], ids=["nothing", "half of 1", "half of 2"])
@each_way
def test_a_header_that_does_not_come_is_given_up_at_the_deadline(
    handler: Callable[[jf.Connection], None], dispatcher: Callable[[], Dispatcher], said: bytes
) -> None:
    seen, limits = Seen(), jf.Limits(handshake=0.05)
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(BEHIND), handler, dispatcher(), limits=limits, observer=seen)
    with serving(server), dial(server.address) as peer:
        peer.sendall(said)
        assert read_all(peer) == b""
        (failed,) = seen.wait_for(Failed)
    assert isinstance(failed.error, jf.DeadlineExceeded)
    assert failed.error.waited_for == "handshake"


@every_dispatcher
def test_who_leaves_inside_the_header_is_told(dispatcher: Callable[[], Dispatcher]) -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(BEHIND), shout, dispatcher(), observer=seen)
    with serving(server), dial(server.address) as peer:
        peer.sendall(HEADER_1[:10])
        peer.shutdown(socket.SHUT_WR)
        (failed,) = seen.wait_for(Failed)
    assert isinstance(failed.error, jf.HandshakeFailed)


def test_limits_behind_it_count_clients_and_those_in_front_proxies() -> None:
    clients, proxies = jf.Limit(per_peer=1), jf.Limit(per_peer=3)
    panel = jf.tcp("127.0.0.1", 0).through(proxies).through(BEHIND).through(clients)
    server = jf.Server(panel, shout, jf.Threads(), observer=(seen := Seen()))
    other = HEADER_1.replace(b"192.0.2.7", b"192.0.2.8")
    with serving(server), dial(server.address) as one, dial(server.address) as two, dial(server.address) as three:
        for peer, header in ((one, HEADER_1), (two, other)):
            peer.sendall(header + b"x\n")
            assert read_exactly(peer, 2) == b"X\n"
        three.sendall(HEADER_1 + b"x\n")
        assert read_all(three) == b""
        (refused,) = seen.wait_for(Refused)
        assert str(refused.peer) == "192.0.2.7:5000"
        assert refused.by.endswith("Limit")
        seen.wait_for(Closed)
        with dial(server.address) as four:  # in place of the third, which has left
            four.sendall(HEADER_1.replace(b"192.0.2.7", b"192.0.2.9") + b"x\n")
            assert read_exactly(four, 2) == b"X\n"
    assert (clients.inside, proxies.inside) == (0, 0)


def test_where_there_is_no_network_it_is_trusted_by_name(tmp_path: Path) -> None:
    for local, expected in ((False, b""), (True, b"192.0.2.7:5000 to 198.51.100.1:443 by version 1")):
        panel = jf.unix_stream(tmp_path / "door").through(jf.ProxyProtocol(trusted=[], local=local))
        server = jf.Server(panel, tell, jf.Threads(), limits=jf.Limits(linger=0.05), observer=Seen())
        with serving(server), socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(PATIENCE)
            peer.connect(str(tmp_path / "door"))
            with suppress(ConnectionError):  # who is not trusted is closed without being heard
                peer.sendall(HEADER_1)
                assert read_all(peer) == expected


@pytest.mark.parametrize("networks", [["10.0.0.0/33"], ["localhost"], ["10.0.0.1/8"]])
def test_what_is_no_network_is_refused_when_it_is_made(networks: list[str]) -> None:
    with pytest.raises(ValueError, match=r"network|host bits"):
        jf.ProxyProtocol(trusted=networks)


def test_one_network_alone_is_a_mistake_that_is_told() -> None:
    with pytest.raises(TypeError, match="several networks"):
        jf.ProxyProtocol(trusted="10.0.0.0/8")


# ---------------------------------------------------------------------- real clients and proxies


def respond(connection: jf.Connection[jf.Proxied]) -> None:
    """Answer an HTTP request with who sent it."""
    connection.receive_until(b"\r\n\r\n")
    told = str(connection.peer).encode()
    connection.send(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told))


@needs("curl")
def test_curl_is_the_peer_that_it_says_it_is() -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(BEHIND), respond, jf.Threads())
    with serving(server):
        url = "http://{}:{}/".format(*name_of(server.address))
        options = ["--silent", "--max-time", "10", "--haproxy-protocol", "--write-out", " %{local_ip}:%{local_port}"]
        done = subprocess.run(["curl", *options, url], capture_output=True, timeout=PATIENCE, check=True)
    told, itself = done.stdout.decode().split()
    assert told == itself


CONFIGURATION = """
global
    maxconn 20
defaults
    mode tcp
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend plain
    bind 127.0.0.1:{plain}
    default_backend ours
frontend secure
    bind 127.0.0.1:{secure} ssl crt {certificate} ca-file {authority} verify required
    unique-id-format jf-%[uuid]
    default_backend ours
backend ours
    server one 127.0.0.1:{ours} {options}
"""


@contextmanager
def haproxy(folder: Path, ours: int, options: str) -> Generator[tuple[int, int]]:
    """Run HAProxy in front of *ours*; give the ports of its plain and its secure side."""
    files = issued(folder, "localhost")
    both = folder / "both.pem"
    both.write_bytes(files.certificate.read_bytes() + files.key.read_bytes())
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        plain, secure = one.getsockname()[1], other.getsockname()[1]
    authority = authority_file(folder)
    text = CONFIGURATION.format(
        plain=plain, secure=secure, ours=ours, options=options, certificate=both, authority=authority
    )
    (folder / "haproxy.cfg").write_text(text)
    path = f"{os.environ['PATH']}:/usr/sbin"
    program = subprocess.Popen(
        [str(shutil.which("haproxy", path=path)), "-db", "-f", str(folder / "haproxy.cfg")], stderr=subprocess.PIPE
    )
    try:
        for port in (plain, secure):
            wait_for_port(port, program)
        yield plain, secure
    finally:
        program.terminate()
        program.communicate(timeout=PATIENCE)


def wait_for_port(port: int, program: subprocess.Popen[bytes]) -> None:
    while program.poll() is None:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=PATIENCE):
            return
    raise AssertionError(program.communicate()[1].decode())


def describe(connection: jf.Connection[jf.Proxied]) -> None:
    proxied = jf.Proxied.of(connection)
    tls = proxied.tls and (proxied.tls.version, proxied.tls.client_name, proxied.tls.presented, proxied.tls.verified)
    own = proxied.unique_id is not None and proxied.unique_id.startswith(b"jf-")
    connection.send(f"{connection.peer}|{proxied.version}|{tls}|{proxied.authority}|{own}".encode())


@needs("haproxy")
@pytest.mark.parametrize("options", ["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl-cn"])
def test_haproxy_tells_who_its_client_is(options: str, tmp_path: Path) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(BEHIND), describe, jf.Threads())
    with (
        serving(server),
        haproxy(tmp_path, name_of(server.address)[1], options) as (plain, _),
        socket.create_connection(("127.0.0.1", plain), timeout=PATIENCE) as peer,
    ):
        told = read_all(peer).decode()
        itself = "{}:{}".format(*peer.getsockname())
    assert told == f"{itself}|{1 if options == 'send-proxy' else 2}|None|None|False"


@needs("haproxy")
def test_haproxy_tells_of_the_tls_that_it_ended(tmp_path: Path) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(BEHIND), describe, jf.Threads())
    client = issued(tmp_path, "ann@example.org", common_name="Ann")
    options = "send-proxy-v2-ssl-cn proxy-v2-options crc32c,authority,unique-id"
    with serving(server), haproxy(tmp_path, name_of(server.address)[1], options) as (_, secure):
        sock = socket.create_connection(("127.0.0.1", secure), timeout=PATIENCE)
        with client_context(client=client).wrap_socket(sock, server_hostname="localhost") as peer:
            told = read_all(peer).decode()
            itself = "{}:{}".format(*peer.getsockname())
    assert told == f"{itself}|2|('TLSv1.3', 'Ann', True, True)|localhost|True"


@needs("haproxy")
@every_dispatcher
def test_tls_through_haproxy_is_ours_to_end(dispatcher: Callable[[], Dispatcher], tmp_path: Path) -> None:
    """PROXY header in front, TLS behind: both facets are there, and the peer is the client."""

    def both(connection: jf.Connection[jf.Proxied | jf.Secured]) -> None:
        connection.send(f"{connection.peer} {jf.Secured.of(connection).server_name}".encode())

    files: Files = issued(tmp_path, "localhost")
    tls = jf.Tls(certificate=files.certificate, key=files.key)
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(BEHIND).through(tls), both, dispatcher())
    with serving(server), haproxy(tmp_path, name_of(server.address)[1], "send-proxy-v2") as (plain, _):
        sock = socket.create_connection(("127.0.0.1", plain), timeout=PATIENCE)
        with client_context().wrap_socket(sock, server_hostname="localhost") as peer:
            told = read_all(peer).decode()
            itself = "{}:{}".format(*peer.getsockname())
    assert told == f"{itself} localhost"
