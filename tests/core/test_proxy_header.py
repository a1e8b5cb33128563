"""PROXY headers: read whole and strictly, at every prefix, and refused as soon as they can be."""

from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.addresses import InternetAddress, UnixAddress
from jackfield.core import crc32c, read_proxy_header
from jackfield.errors import ProxyHeaderError

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
IPV4 = socket.inet_aton("192.0.2.7") + socket.inet_aton("198.51.100.1") + struct.pack(">HH", 5000, 443)
IPV6 = (
    socket.inet_pton(socket.AF_INET6, "2001:db8::7")
    + socket.inet_pton(socket.AF_INET6, "2001:db8::1")
    + struct.pack(">HH", 5000, 443)
)
UNIX = b"/run/client".ljust(108, b"\0") + b"\0abstract".ljust(108, b"\0")


def value(kind: int, data: bytes) -> bytes:
    return struct.pack(">BH", kind, len(data)) + data


def version_2(family: int, body: bytes, command: int = 0x21) -> bytes:
    return SIGNATURE + struct.pack(">BBH", command, family, len(body)) + body


def with_checksum(family: int, addresses: bytes, values: bytes = b"", spoil: int = 0) -> bytes:
    zeroed = version_2(family, addresses + value(3, bytes(4)) + values)
    at = 16 + len(addresses) + 3
    return zeroed[:at] + struct.pack(">I", crc32c(zeroed) ^ spoil) + zeroed[at + 4 :]


TLS = (
    struct.pack(">BI", 0x07, 0)
    + value(0x21, b"TLSv1.3")
    + value(0x22, b"ann")
    + value(0x23, b"AES")
    + value(0x24, b"x")
)
GOOD = {
    "1 TCP4": b"PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\r\n",
    "1 TCP6": b"PROXY TCP6 2001:db8::7 2001:db8::1 5000 443\r\n",
    "1 unknown": b"PROXY UNKNOWN\r\n",
    "1 unknown and more": b"PROXY UNKNOWN ffff::1 what ever 1 2\r\n",
    "1 longest": b"PROXY UNKNOWN " + b"x" * 91 + b"\r\n",
    "2 IPv4": version_2(0x11, IPV4),
    "2 IPv4 datagrams": version_2(0x12, IPV4),
    "2 IPv6": version_2(0x21, IPV6),
    "2 Unix": version_2(0x31, UNIX),
    "2 unspecified": version_2(0x00, b""),
    "2 unspecified with what nobody can read": version_2(0x00, value(4, b"abc")),
    "2 local": version_2(0x00, b"", 0x20),
    "2 local with addresses": version_2(0x11, IPV4, 0x20),
    "2 local with anything": version_2(0x11, b"\1\2\3", 0x20),
    "2 checksum": with_checksum(0x11, IPV4),
    "2 values": with_checksum(0x11, IPV4, value(2, b"host") + value(5, b"id") + value(0x20, TLS)),
    "2 largest": version_2(0x11, IPV4 + value(4, bytes(65_535 - 15))),
}
BAD = {
    "nothing of the kind": b"GET / HTTP/1.1\r\n",
    "TLS": b"\x16\x03\x01\x02\x00",
    "small letters": b"proxy TCP4",
    "1 other family": b"PROXY UDP4 192.0.2.7 198.51.100.1 5000 443\r\n",
    "1 two blanks": b"PROXY TCP4  192.0.2.7 198.51.100.1 5000 443\r\n",
    "1 one address": b"PROXY TCP4 192.0.2.7 5000 443\r\n",
    "1 IPv6 as IPv4": b"PROXY TCP4 ::1 ::1 5000 443\r\n",
    "1 IPv4 as IPv6": b"PROXY TCP6 192.0.2.7 198.51.100.1 5000 443\r\n",
    "1 octal": b"PROXY TCP4 192.0.02.7 198.51.100.1 5000 443\r\n",
    "1 port above": b"PROXY TCP4 192.0.2.7 198.51.100.1 65536 443\r\n",
    "1 port with a zero": b"PROXY TCP4 192.0.2.7 198.51.100.1 05000 443\r\n",
    "1 negative port": b"PROXY TCP4 192.0.2.7 198.51.100.1 -1 443\r\n",
    "1 blank at the end": b"PROXY TCP4 192.0.2.7 198.51.100.1 5000 443 \r\n",
    "1 line feed alone": b"PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\n",
    "1 carriage return inside": b"PROXY TCP4\r192.0.2.7",
    "1 too long": b"PROXY UNKNOWN " + b"x" * 93,
    "1 one too long": b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n",
    "2 version 1": SIGNATURE + b"\x11",
    "2 version 3": SIGNATURE + b"\x31",
    "2 command 2": SIGNATURE + b"\x22",
    "2 family 4": SIGNATURE + b"\x21\x41",
    "2 transport 3": SIGNATURE + b"\x21\x13",
    "2 too short for IPv4": version_2(0x11, IPV4[:-1]),
    "2 too short for IPv6": version_2(0x21, IPV4),
    "2 too short for Unix": version_2(0x31, UNIX[:-1]),
    "2 value cut off": version_2(0x11, IPV4 + b"\4\0\3ab"),
    "2 value without a size": version_2(0x11, IPV4 + b"\4\0"),
    "2 wrong checksum": with_checksum(0x11, IPV4, spoil=1),
    "2 checksum of 3 bytes": version_2(0x11, IPV4 + value(3, b"abc")),
    "2 unique id of 129 bytes": version_2(0x11, IPV4 + value(5, bytes(129))),
    "2 authority that is no text": version_2(0x11, IPV4 + value(2, b"\xff")),
    "2 TLS too short": version_2(0x11, IPV4 + value(0x20, b"\1\0\0\0")),
    "2 TLS with a value cut off": version_2(0x11, IPV4 + value(0x20, b"\1\0\0\0\0\x21\0\5abc")),
}


@pytest.mark.parametrize("header", GOOD.values(), ids=GOOD)
def test_a_header_is_read_whatever_stands_behind_it_and_asked_for_more_at_every_prefix(header: bytes) -> None:
    alone = read_proxy_header(header)
    assert alone is not None
    assert alone[1] == len(header)
    assert read_proxy_header(header + b"what follows") == alone
    assert read_proxy_header(bytearray(header)) == alone
    step = max(1, len(header) // 200)
    assert [size for size in range(0, len(header), step) if read_proxy_header(header[:size]) is not None] == []


@pytest.mark.parametrize("header", BAD.values(), ids=BAD)
def test_what_is_no_header_is_refused(header: bytes) -> None:
    with pytest.raises(ProxyHeaderError):
        read_proxy_header(header)


@pytest.mark.parametrize(
    ("header", "at"),
    [(b"GET ", 1), (b"PROXX", 5), (SIGNATURE + b"\x31", 13), (SIGNATURE + b"\x21\x41", 14), (SIGNATURE[:5] + b"x", 6)],
)
def test_it_is_refused_at_the_first_byte_that_tells(header: bytes, at: int) -> None:
    assert read_proxy_header(header[: at - 1]) is None
    with pytest.raises(ProxyHeaderError):
        read_proxy_header(header[:at])


@pytest.mark.parametrize("name", ["1 TCP4", "2 IPv4", "2 IPv4 datagrams", "2 checksum", "2 values"])
def test_ipv4_endpoints_are_told(name: str) -> None:
    found = read_proxy_header(GOOD[name])
    assert found is not None
    assert (found[0].source, found[0].destination) == (
        InternetAddress("192.0.2.7", 5000),
        InternetAddress("198.51.100.1", 443),
    )


@pytest.mark.parametrize("name", ["1 TCP6", "2 IPv6"])
def test_ipv6_endpoints_are_told(name: str) -> None:
    found = read_proxy_header(GOOD[name])
    assert found is not None
    assert (found[0].source, found[0].destination) == (
        InternetAddress("2001:db8::7", 5000),
        InternetAddress("2001:db8::1", 443),
    )


def test_unix_endpoints_are_told_paths_and_names() -> None:
    found = read_proxy_header(GOOD["2 Unix"])
    assert found is not None
    assert (found[0].source, found[0].destination) == (UnixAddress("/run/client"), UnixAddress(b"\0abstract"))


def test_what_is_not_known_is_not_made_up() -> None:
    for name in ("1 unknown", "1 unknown and more", "2 unspecified", "2 local", "2 local with addresses"):
        found = read_proxy_header(GOOD[name])
        assert found is not None
        assert (found[0].source, found[0].destination, found[0].local) == (None, None, "local" in name)


def test_values_are_told_with_their_types() -> None:
    values = value(1, b"h2") + value(2, b"example.org") + value(5, b"id") + value(0x20, TLS) + value(0x30, b"blue")
    found = read_proxy_header(version_2(0x11, IPV4 + values + value(0xEE, b"own") + value(4, b"padding")))
    assert found is not None
    header, tls = found[0], found[0].tls
    assert (header.alpn, header.authority, header.unique_id) == (b"h2", "example.org", b"id")
    assert (header.namespace, header.others) == ("blue", ((0xEE, b"own"),))
    assert tls is not None
    assert (tls.version, tls.client_name, tls.cipher) == ("TLSv1.3", "ann", "AES")
    assert (tls.signature_algorithm, tls.key_algorithm) == ("x", "")


@pytest.mark.parametrize(
    ("client", "failed", "presented", "verified"),
    [
        (0x01, 0, False, False),
        (0x03, 0, True, True),
        (0x05, 0, True, True),
        (0x07, 1, True, False),
        (0x01, 1, False, False),
    ],
)
def test_a_certificate_is_verified_only_where_one_was_presented(
    client: int, failed: int, presented: bool, verified: bool
) -> None:
    found = read_proxy_header(version_2(0x11, IPV4 + value(0x20, struct.pack(">BI", client, failed))))
    assert found is not None
    assert found[0].tls is not None
    assert (found[0].tls.presented, found[0].tls.verified) == (presented, verified)


def test_without_tls_nothing_is_told_of_it() -> None:
    found = read_proxy_header(version_2(0x11, IPV4 + value(0x20, struct.pack(">BI", 0, 1))))
    assert found is not None
    assert found[0].tls is None


@pytest.mark.parametrize(
    ("data", "sum_"),
    [(bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43), (bytes(range(32)), 0x46DD794E), (b"123456789", 0xE3069283)],
)
def test_the_checksum_is_that_of_the_standards_examples(data: bytes, sum_: int) -> None:
    """RFC 3720, appendix B.4, and the usual check value."""
    assert crc32c(data) == sum_


@given(st.sampled_from(sorted(GOOD)), st.data())
def test_a_damaged_header_is_read_or_refused_and_nothing_else(name: str, data: st.DataObject) -> None:
    header = bytearray(GOOD[name][:400])
    at = data.draw(st.integers(0, len(header) - 1))
    header[at] ^= data.draw(st.integers(1, 255))
    try:
        found = read_proxy_header(header)
    except ProxyHeaderError:
        return
    assert found is None or found[1] <= len(header)


@given(st.binary(max_size=300))
def test_any_bytes_behind_a_signature_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    for signature in (b"PROXY ", SIGNATURE, SIGNATURE + b"\x21\x11"):
        try:
            found = read_proxy_header(signature + data)
        except ProxyHeaderError:
            continue
        assert found is None or found[1] <= len(signature + data)
