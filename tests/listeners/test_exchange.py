"""Datagrams answered in place: the same promises, by one call for all of them and one by one."""

from __future__ import annotations

import gc
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jackfield as jf
from jackfield.addresses import InternetAddress, UnixAddress
from jackfield.interfaces import Answer, Buffer, Dropped, Origin
from jackfield.listeners import UdpListener
from support import PATIENCE, abstract, await_readable, is_readable, name_of

WAYS = {"by the batch": True, "one by one": False}
HOSTS = {"IPv4": "127.0.0.1", "IPv6": "::1"}
each_way = pytest.mark.parametrize("batches", WAYS.values(), ids=WAYS)
each_host = pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)


class Box:
    """A listener on loopback, what it dropped, and clients of it."""

    def __init__(self, host: str, *, batches: bool, maximum: int | None = None, bound: str | None = None) -> None:
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        bind_family = self.family if bound is None else socket.AF_INET6 if ":" in bound else socket.AF_INET
        self.sock = socket.socket(bind_family, socket.SOCK_DGRAM)
        if bind_family is socket.AF_INET6:
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.sock.bind((host if bound is None else bound, 0))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.listener = UdpListener(self.sock, batches=batches, maximum=maximum)
        self.drops: list[Dropped] = []
        self.listener.on_drop(self.drops.append)
        self._host = host
        self._clients = ExitStack()

    @property
    def name(self) -> tuple[str, int]:
        return self._host, name_of(self.listener.address)[1]

    def client(self, *, connected: bool = True) -> socket.socket:
        sock = self._clients.enter_context(socket.socket(self.family, socket.SOCK_DGRAM))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        sock.settimeout(PATIENCE)
        if connected:
            sock.connect(self.name)
        return sock

    def exchange(self, answer: Answer[jf.Datagram], count: int) -> None:
        """Exchange until *count* datagrams were taken; on loopback what was sent is there at once."""
        while count > 0:
            await_readable(self.sock)
            taken = self.listener.exchange(answer)
            assert taken
            count -= taken
        assert count == 0
        assert self.listener.exchange(answer) == 0

    def close(self) -> None:
        self._clients.close()
        self.listener.close()


@contextmanager
def box(
    host: str = "127.0.0.1", *, batches: bool, maximum: int | None = None, bound: str | None = None
) -> Generator[Box]:
    opened = Box(host, batches=batches, maximum=maximum, bound=bound)
    try:
        yield opened
    finally:
        opened.close()


def echo(buffer: Buffer, start: int, end: int, origin: Origin[jf.Datagram]) -> bytes | None:
    return bytes(buffer[start:end])


# ---------------------------------------------------------------- what comes in, and what goes out


@each_way
@each_host
def test_each_datagram_is_answered_in_order_and_each_reply_goes_to_its_sender(batches: bool, host: str) -> None:
    seen: list[bytes] = []

    def number(buffer: Buffer, start: int, end: int, origin: Origin[jf.Datagram]) -> bytes:
        seen.append(bytes(buffer[start:end]))
        return b"%d:" % len(seen) + seen[-1]

    with box(host, batches=batches) as opened:
        assert opened.listener.exchange(number) == 0
        clients = [opened.client() for _ in range(20)]
        for place, client in enumerate(clients):
            client.send(b"hello %d" % place)
        opened.exchange(number, 20)
        assert seen == [b"hello %d" % place for place in range(20)]
        for place, client in enumerate(clients):
            assert client.recv(100) == b"%d:hello %d" % (place + 1, place)
            assert not is_readable(client)
        assert opened.drops == []


@each_way
@each_host
def test_an_empty_datagram_is_one_and_so_is_an_empty_reply(batches: bool, host: str) -> None:
    with box(host, batches=batches) as opened, opened.client() as client:
        client.send(b"")
        opened.exchange(echo, 1)
        assert client.recv(100) == b""
        client.send(b"quiet")
        opened.exchange(lambda buffer, start, end, origin: None, 1)
        assert not is_readable(client)


@each_way
@pytest.mark.parametrize(("host", "largest"), [("127.0.0.1", 65_507), ("::1", 65_527)], ids=HOSTS)
def test_the_largest_that_the_transport_carries_is_whole_in_both_directions(
    batches: bool, host: str, largest: int
) -> None:
    with box(host, batches=batches) as opened, opened.client() as client:
        payload = os.urandom(largest)
        with pytest.raises(OSError, match="too long"):
            client.send(payload + b"!")
        client.send(payload)
        opened.exchange(echo, 1)
        assert client.recv(70_000) == payload


@each_way
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payloads=st.lists(st.binary(max_size=3000), max_size=70), host=st.sampled_from(list(HOSTS.values())))
def test_whatever_is_sent_is_what_comes_back(batches: bool, payloads: list[bytes], host: str) -> None:
    with box(host, batches=batches) as opened, opened.client() as client:
        for payload in payloads:
            client.send(payload)
        opened.exchange(echo, len(payloads))
        assert [client.recv(4096) for _ in payloads] == payloads


@each_way
def test_an_exchange_takes_a_batch_and_leaves_the_rest_where_it_is(batches: bool) -> None:
    with box(batches=batches) as opened, opened.client() as client:
        for number in range(150):
            client.send(b"%d" % number)
        assert opened.listener.exchange(echo) == 64
        datagram = opened.listener.accept()
        assert datagram is not None
        assert datagram.payload == b"64", "what an exchange does not answer it does not read"
        opened.exchange(echo, 85)
        assert [client.recv(100) for _ in range(149)] == [b"%d" % number for number in range(150) if number != 64]


@each_way
def test_several_replies_leave_in_order_before_what_the_answer_returns(batches: bool) -> None:
    def many(buffer: Buffer, start: int, end: int, origin: Origin[jf.Datagram]) -> bytes:
        for number in range(100):
            origin.reply(b"%d" % number)
        origin.reply(b"")
        origin.reply(memoryview(b"view"))
        return b"last of " + bytes(buffer[start:end])

    with box(batches=batches) as opened, opened.client() as one, opened.client() as other:
        one.send(b"one")
        other.send(b"other")
        opened.exchange(many, 2)
        for client, name in ((one, b"one"), (other, b"other")):
            replies = [client.recv(100) for _ in range(103)]
            assert replies == [*(b"%d" % number for number in range(100)), b"", b"view", b"last of " + name]


@each_way
@each_host
def test_an_origin_tells_both_ends_and_gives_a_copy_that_stays(batches: bool, host: str) -> None:
    kept: list[jf.Datagram] = []
    ends: list[tuple[object, object]] = []

    def keep(buffer: Buffer, start: int, end: int, origin: Origin[jf.Datagram]) -> None:
        kept.append(origin.request())
        ends.append((origin.peer, origin.local))

    with box(host, batches=batches) as opened:
        clients = [opened.client() for _ in range(3)]
        for place, client in enumerate(clients):
            client.send(b"hello %d" % place)
        opened.exchange(keep, 3)
        clients[0].send(b"overwrites")
        opened.exchange(echo, 1)
        assert clients[0].recv(100) == b"overwrites"
        for place, (client, datagram) in enumerate(zip(clients, kept, strict=True)):
            assert datagram.payload == b"hello %d" % place
            assert datagram.peer == InternetAddress(*client.getsockname()[:2])
            assert datagram.local == opened.listener.address
            assert ends[place] == (datagram.peer, datagram.local)
            datagram.reply(b"later")
            assert client.recv(100) == b"later"
            datagram.offer(b"offered")
            assert client.recv(100) == b"offered"


# ---------------------------------------------------------------- what is dropped


@each_way
@each_host
def test_a_datagram_above_the_maximum_is_told_as_truncated_and_never_seen(batches: bool, host: str) -> None:
    with box(host, batches=batches, maximum=10) as opened, opened.client() as client:
        for size in (10, 11, 5000, 9):
            client.send(b"x" * size)
        opened.exchange(lambda buffer, start, end, origin: b"%d" % (end - start), 4)
        assert [client.recv(100), client.recv(100)] == [b"10", b"9"]
        assert not is_readable(client)
        peer = InternetAddress(*client.getsockname()[:2])
        assert [(drop.peer, drop.what) for drop in opened.drops] == [(peer, "datagram")] * 2
        assert [
            (drop.error.received, drop.error.needed) for drop in opened.drops if isinstance(drop.error, jf.Truncated)
        ] == [
            (10, 11),
            (10, 5000),
        ]


@each_way
def test_a_small_maximum_bounds_requests_and_not_replies(batches: bool) -> None:
    with box(batches=batches, maximum=1) as opened, opened.client() as client:
        client.send(b"?")
        opened.exchange(lambda buffer, start, end, origin: bytes(60_000), 1)
        assert len(client.recv(65_536)) == 60_000


@each_way
@pytest.mark.parametrize("size", [65_508, 65_527, 65_528, 200_000])
@pytest.mark.parametrize("place", [0, 30, 63])
def test_a_reply_that_no_datagram_holds_is_dropped_and_the_others_leave(batches: bool, size: int, place: int) -> None:
    def large(buffer: Buffer, start: int, end: int, origin: Origin[jf.Datagram]) -> bytes:
        return bytes(size) if buffer[start] == place else bytes(buffer[start:end])

    with box(batches=batches) as opened, opened.client() as client:
        for number in range(64):
            client.send(bytes([number]))
        opened.exchange(large, 64)
        assert [client.recv(100) for _ in range(63)] == [bytes([number]) for number in range(64) if number != place]
        (drop,) = opened.drops
        assert (drop.what, drop.peer) == ("reply", InternetAddress(*client.getsockname()))
        assert isinstance(drop.error, jf.EncodeError)
        assert str(drop.error) == f"datagram: {size} bytes are too many for one"


def test_replies_that_the_system_has_no_room_for_are_dropped_and_counted() -> None:
    """Over UDP the system has room on loopback, whatever the settings; between Unix sockets a queue is short."""
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client,
    ):
        sock.bind(abstract("full"))
        client.bind("")
        client.connect(abstract("full"))
        listener, drops = UdpListener(sock), list[Dropped]()
        listener.on_drop(drops.append)

        def many(buffer: Buffer, start: int, end: int, origin: Origin[jf.Datagram]) -> None:
            for number in range(1000):
                origin.reply(b"%d" % number)

        client.send(b"?")
        assert listener.exchange(many) == 1
        arrived = 0
        while is_readable(client):
            assert client.recv(100) == b"%d" % arrived
            arrived += 1
        assert 0 < arrived < 1000
        assert arrived + len(drops) == 1000
        assert {(drop.what, type(drop.error)) for drop in drops} == {("reply", jf.Overloaded)}
        client.send(b"?")
        datagram = listener.accept()
        assert datagram is not None
        for _ in range(arrived):
            datagram.reply(b"fits")
        with pytest.raises(jf.Overloaded):
            datagram.reply(b"does not")


def send_from_port_0(name: tuple[str, int], payload: bytes) -> None:
    """Forge a UDP datagram that claims to come from port 0; skips where that takes rights that we have not."""
    family = socket.AF_INET6 if ":" in name[0] else socket.AF_INET
    try:
        forge = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_UDP)
    except PermissionError:
        pytest.skip("raw sockets need CAP_NET_RAW")
    with forge:
        if family is socket.AF_INET6:
            forge.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_CHECKSUM, 6)
        forge.sendto(struct.pack("!HHHH", 0, name[1], 8 + len(payload), 0) + payload, (name[0], 0))


@each_way
@each_host
def test_a_datagram_from_port_0_is_dropped_and_nothing_answers_it(batches: bool, host: str) -> None:
    with box(host, batches=batches) as opened, opened.client() as client:
        seen: list[bytes] = []

        def note(buffer: Buffer, start: int, end: int, origin: Origin[jf.Datagram]) -> bytes:
            seen.append(bytes(buffer[start:end]))
            return seen[-1]

        client.send(b"before")
        send_from_port_0(opened.name, b"forged")
        client.send(b"behind")
        opened.exchange(note, 3)
        assert seen == [b"before", b"behind"]
        assert [client.recv(100), client.recv(100)] == seen
        (drop,) = opened.drops
        assert (drop.what, drop.peer) == ("datagram", InternetAddress(host, 0))
        assert isinstance(drop.error, jf.Unanswerable)
        send_from_port_0(opened.name, b"forged")
        await_readable(opened.sock)
        assert opened.listener.accept() is None
        assert len(opened.drops) == 2


@each_way
def test_an_exception_out_of_an_answer_loses_nothing_unsaid(batches: bool) -> None:
    def fail(buffer: Buffer, start: int, end: int, origin: Origin[jf.Datagram]) -> bytes:
        if bytes(buffer[start:end]) == b"2":
            raise KeyboardInterrupt
        return b"answer to " + bytes(buffer[start:end])

    with box(batches=batches) as opened, opened.client() as client:
        for number in range(5):
            client.send(b"%d" % number)
        with pytest.raises(KeyboardInterrupt):
            opened.listener.exchange(fail)
        assert [client.recv(100), client.recv(100)] == [b"answer to 0", b"answer to 1"]
        assert {(drop.what, type(drop.error)) for drop in opened.drops} <= {("datagram", jf.ClosedError)}
        left = 2 - len(opened.drops)
        opened.exchange(echo, left)
        assert [client.recv(100) for _ in range(left)] == [b"3", b"4"][2 - left :]


@each_way
def test_an_error_for_an_earlier_reply_costs_no_later_one(batches: bool) -> None:
    """A connected socket is told by ICMP that nobody is there, udp(7); an unconnected one is not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, ExitStack() as stack:
        sock.bind(("127.0.0.1", 0))
        peer = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        peer.bind(("127.0.0.1", 0))
        name = peer.getsockname()
        peer.connect(sock.getsockname())
        sock.connect(name)
        listener, drops = UdpListener(sock, batches=batches), list[Dropped]()
        listener.on_drop(drops.append)
        for number in range(3):
            peer.send(b"%d" % number)
        peer.close()
        taken, turns = 0, 0
        while taken < 3:
            taken += refused_or(listener)
            turns += taken < 3
        assert {type(drop.error) for drop in drops} <= {jf.ConnectionLost}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
            again.bind(name)
            again.connect(sock.getsockname())
            again.settimeout(PATIENCE)
            again.send(b"again")
            while taken < 4:
                taken += refused_or(listener)
                turns += taken < 4
            assert again.recv(100) == b"again"
            assert turns, "the error of an earlier reply is told, before anything is received"


@each_way
def test_a_reply_that_meets_the_error_of_an_earlier_one_is_sent_all_the_same(batches: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, ExitStack() as stack:
        sock.bind(("127.0.0.1", 0))
        peer = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        peer.bind(("127.0.0.1", 0))
        peer.connect(sock.getsockname())
        sock.connect(peer.getsockname())
        listener, drops = UdpListener(sock, batches=batches), list[Dropped]()
        listener.on_drop(drops.append)
        again = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

        def leave_and_return(buffer: Buffer, start: int, end: int, origin: Origin[jf.Datagram]) -> bytes:
            name = peer.getsockname()
            peer.close()
            origin.request().reply(b"finds nobody")
            again.bind(name)
            again.connect(sock.getsockname())
            return b"finds somebody"

        peer.send(b"?")
        await_readable(sock)
        assert listener.exchange(leave_and_return) == 1
        again.settimeout(PATIENCE)
        assert again.recv(100) == b"finds somebody"
        assert drops == []


def refused_or(listener: UdpListener) -> int:
    """Return what an exchange took, 0 where it met the error of an earlier reply."""
    with socket.socket(fileno=os.dup(listener.fileno())) as watched:
        await_readable(watched)
    with suppress(ConnectionRefusedError):
        return listener.exchange(echo)
    return 0


# ---------------------------------------------------------------- which of our addresses


@each_way
@pytest.mark.parametrize(
    ("bound", "asked"),
    [("0.0.0.0", "127.0.0.1"), ("0.0.0.0", "127.9.8.7"), ("::", "::1"), ("::", "127.9.8.7")],
    ids=["IPv4", "another of IPv4", "IPv6", "IPv4 over IPv6"],
)
def test_on_all_interfaces_a_reply_leaves_from_where_its_request_was_sent_to(
    batches: bool, bound: str, asked: str
) -> None:
    kept: list[jf.Datagram] = []

    def keep(buffer: Buffer, start: int, end: int, origin: Origin[jf.Datagram]) -> bytes:
        kept.append(origin.request())
        assert origin.local == kept[-1].local
        return bytes(buffer[start:end])

    with box(asked, batches=batches, bound=bound) as opened:
        clients = [opened.client(connected=False) for _ in range(3)]
        for _ in range(2):
            for client in clients:
                client.sendto(b"hello", opened.name)
            opened.exchange(keep, 3)
            for client in clients:
                payload, sender = client.recvfrom(100)
                assert (payload, sender[:2]) == (b"hello", opened.name)
        for datagram in kept[:3]:
            assert str(datagram.local) == str(InternetAddress(*opened.name))
            datagram.reply(b"later")
        for client in clients:
            payload, sender = client.recvfrom(100)
            assert (payload, sender[:2]) == (b"later", opened.name)
        clients[0].sendto(b"accepted", opened.name)
        await_readable(opened.sock)
        accepted = opened.listener.accept()
        assert accepted is not None
        assert accepted.local == InternetAddress(*opened.name)
        accepted.reply(b"reply")
        assert clients[0].recvfrom(100)[1][:2] == opened.name
        assert opened.drops == []


@each_way
def test_what_was_broadcast_is_answered_from_an_address_of_ours(batches: bool) -> None:
    with box("127.255.255.255", batches=batches, bound="0.0.0.0") as opened, opened.client(connected=False) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        for _ in range(2):
            client.sendto(b"hello", opened.name)
        opened.exchange(echo, 2)
        assert {client.recvfrom(100)[1][0] for _ in range(2)} == {"127.0.0.1"}
        assert opened.drops == []


@each_way
def test_what_was_sent_to_a_group_is_answered_from_an_address_of_ours(batches: bool) -> None:
    loopback = socket.if_nametoindex("lo")
    with box("::1", batches=batches, bound="::") as opened, opened.client(connected=False) as client:
        membership = socket.inet_pton(socket.AF_INET6, "ff01::4a46") + struct.pack("@I", loopback)
        opened.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, membership)
        client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, loopback)
        client.bind(("::1", 0))
        try:
            for _ in range(2):
                client.sendto(b"hello", ("ff01::4a46", opened.name[1], 0, loopback))
        except OSError:
            pytest.skip("no route for groups on loopback")
        opened.exchange(echo, 2)
        assert {client.recvfrom(100)[1][0] for _ in range(2)} == {"::1"}
        assert opened.drops == []


def test_packet_info_is_asked_for_on_all_interfaces_only() -> None:
    for host, asked in (("127.0.0.1", 0), ("0.0.0.0", 1)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((host, 0))
            UdpListener(sock)
            assert sock.getsockopt(socket.IPPROTO_IP, getattr(socket, "IP_PKTINFO", 8)) == asked
    for host, asked in (("::1", 0), ("::", 1)):
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind((host, 0))
            UdpListener(sock)
            assert sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO) == asked


# ---------------------------------------------------------------- Unix


def test_a_unix_datagram_of_any_size_is_whole_in_both_directions() -> None:
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client,
    ):
        sock.bind(abstract("exchange"))
        client.bind("")
        for one in (sock, client):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 200_000)  # doubled by the system
        client.connect(abstract("exchange"))
        listener = UdpListener(sock)
        for size in (0, 1, 65_527, 65_528, 199_000, 390_000):
            payload = os.urandom(size)
            client.send(payload)
            assert listener.exchange(echo) == 1
            assert client.recv(500_000) == payload
            client.send(payload)
            datagram = listener.accept()
            assert datagram is not None
            assert datagram.payload == payload


def test_a_unix_datagram_above_the_maximum_is_told_as_truncated() -> None:
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client,
    ):
        sock.bind(abstract("exchange"))
        listener, drops = UdpListener(sock, maximum=10), list[Dropped]()
        listener.on_drop(drops.append)
        for size in (11, 10, 100_000):
            client.sendto(bytes(size), abstract("exchange"))
        assert listener.exchange(lambda buffer, start, end, origin: bytes(buffer[start:end])) == 3
        errors = [drop.error for drop in drops]
        assert [str(error) for error in errors] == [
            "the input ended after 10 of at least 11 bytes",
            "unnamed has no address to answer to",
            "the input ended after 10 of at least 100000 bytes",
        ]
        assert drops[0].peer == UnixAddress("")


# ---------------------------------------------------------------- what it costs


LAZY = """
import sys, socket
import jackfield as jf
listener = jf.udp("127.0.0.1", 0)
listener.accept()
before = "ctypes" in sys.modules
from jackfield.listeners import UdpListener
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", 0))
UdpListener(sock).exchange(lambda *arguments: None)
print(before, "ctypes" in sys.modules)
sock.close()
listener.close()
"""


def test_ctypes_is_imported_by_the_first_exchange_and_not_before() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LAZY], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.stdout, done.stderr) == ("False True\n", "")


def test_a_batch_makes_no_object_that_outlives_it() -> None:
    with box(batches=True) as opened, opened.client() as client:

        def round_trip() -> None:
            for _ in range(50):
                client.send(b"hello")
            opened.exchange(echo, 50)
            for _ in range(50):
                client.recv(100)

        round_trip()
        gc.collect()
        before = len(gc.get_objects())
        round_trip()
        assert len(gc.get_objects()) <= before + 5
