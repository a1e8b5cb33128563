"""PROXY protocol headers, versions 1 and 2: what a proxy says of the connection that it passes on.

Written after HAProxy's specification, "The PROXY protocol, versions 1 & 2" (proxy-protocol.txt, 2020/03/05). A header
is taken strictly and whole: whatever is not spelt as the specification says is an error as soon as it can be seen,
since a header that is guessed at is an address that is made up.
"""

from __future__ import annotations

import ipaddress
import re
import struct
from typing import Final, final

import attrs

from ..addresses import Address, InternetAddress, UnixAddress
from ..errors import ProxyHeaderError
from ._crc32c import crc32c

_SIGNATURE_1: Final = b"PROXY "
_SIGNATURE_2: Final = b"\r\n\r\n\x00\r\nQUIT\n"
_LONGEST_1: Final = 107
"""Bytes of a line of version 1, its CRLF included (section 2.1)."""
_LINE: Final = re.compile(
    rb"PROXY (?:(TCP4|TCP6) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) ([0-9]{1,5}) ([0-9]{1,5})|UNKNOWN(?: .*)?)"
)
_HEAD_2: Final = struct.Struct(">12sBBH")
_TLS_HEAD: Final = struct.Struct(">BI")
_UNIX_PATH: Final = 108

_ALPN, _AUTHORITY, _CRC32C, _NOOP, _UNIQUE_ID, _TLS, _NETNS = 0x01, 0x02, 0x03, 0x04, 0x05, 0x20, 0x30
_TLS_VERSION, _TLS_CLIENT_NAME, _TLS_CIPHER, _TLS_SIGNATURE, _TLS_KEY = 0x21, 0x22, 0x23, 0x24, 0x25
_BY_TLS: Final = 0x01
_LONGEST_UNIQUE_ID: Final = 128


@final
@attrs.frozen(kw_only=True)
class ProxiedTls:
    """What the proxy says of the TLS that it ended (section 2.2.5)."""

    version: str
    """``"TLSv1.3"``, say; empty where it was not told, as every text here."""
    cipher: str
    client_name: str
    """The common name in the client's certificate."""
    presented: bool
    """Whether the client has shown a certificate, over this connection or an earlier one of its TLS session."""
    verified: bool
    """Whether it has, and the proxy found it valid."""
    signature_algorithm: str
    key_algorithm: str


@final
@attrs.frozen(kw_only=True)
class ProxyHeader:
    """A header, read."""

    version: int
    """1 or 2."""
    local: bool
    """The proxy connected for itself, to see whether we are well (LOCAL)."""
    source: Address | None
    """The client; None where the proxy does not say (UNKNOWN, UNSPEC)."""
    destination: Address | None
    """Where the client connected to."""
    authority: str | None = None
    """The host name that the client asked for (in TLS: SNI)."""
    alpn: bytes | None = None
    unique_id: bytes | None = None
    namespace: str | None = None
    tls: ProxiedTls | None = None
    others: tuple[tuple[int, bytes], ...] = ()
    """What has a type that is not named here, in order."""


def read_proxy_header(data: bytes | bytearray, /) -> tuple[ProxyHeader, int] | None:
    """Return the header at the front of *data* and its size in bytes, or None where more is needed.

    Raises ProxyHeaderError as soon as no header can begin so.
    """
    if data[: len(_SIGNATURE_2)] == _SIGNATURE_2[: len(data)]:
        return _version_2(data)
    if data[: len(_SIGNATURE_1)] == _SIGNATURE_1[: len(data)]:
        return _version_1(data)
    raise ProxyHeaderError("begins with no signature of the PROXY protocol")


# ---------------------------------------------------------------------- version 1


def _version_1(data: bytes | bytearray) -> tuple[ProxyHeader, int] | None:
    end = data.find(b"\r\n", 0, _LONGEST_1)
    if end < 0:
        if len(data) >= _LONGEST_1 or b"\n" in data or b"\r" in data[:-1]:
            raise ProxyHeaderError(f"no line of {_LONGEST_1} bytes at most that ends with CRLF")
        return None
    found = _LINE.fullmatch(bytes(data[:end]))
    if found is None:
        raise ProxyHeaderError("a line that is not spelt as version 1 says")
    family, source, destination, source_port, destination_port = found.groups()
    if family is None:
        return ProxyHeader(version=1, local=False, source=None, destination=None), end + 2
    return (
        ProxyHeader(
            version=1,
            local=False,
            source=_endpoint(family, source, source_port),
            destination=_endpoint(family, destination, destination_port),
        ),
        end + 2,
    )


def _endpoint(family: bytes, host: bytes, port: bytes) -> InternetAddress:
    number = int(port)
    if number > 65535 or str(number) != port.decode():
        raise ProxyHeaderError(f"{port.decode()!r} is no port")
    parse = ipaddress.IPv4Address if family == b"TCP4" else ipaddress.IPv6Address
    try:
        return InternetAddress(str(parse(host.decode())), number)
    except ValueError as error:
        raise ProxyHeaderError(f"{host.decode()!r} is no address of {family.decode()}") from error


# ---------------------------------------------------------------------- version 2


def _version_2(data: bytes | bytearray) -> tuple[ProxyHeader, int] | None:
    _check_early(data)
    if len(data) < _HEAD_2.size:
        return None
    _, version_command, family_transport, length = _HEAD_2.unpack_from(data)
    end = _HEAD_2.size + length
    local, family = not version_command & 0x0F, family_transport >> 4
    size = _ADDRESS_SIZES[family]
    if not local and length < size:
        raise ProxyHeaderError(f"{length} bytes are too few for the addresses of family {family}")
    if len(data) < end:
        return None
    if local:  # the rest is to be skipped, whatever it is (section 2.2)
        return ProxyHeader(version=2, local=True, source=None, destination=None), end
    header = bytes(data[:end])
    source, destination = _addresses(family, header[_HEAD_2.size : _HEAD_2.size + size])
    values = _values(header[_HEAD_2.size + size :])
    _check_sum(header, _HEAD_2.size + size)
    return _whole(source, destination, values), end


def _check_early(data: bytes | bytearray) -> None:
    """Raise for a byte behind the signature that can be seen to be wrong."""
    if len(data) > 12 and (data[12] >> 4 != 2 or data[12] & 0x0F > 1):
        raise ProxyHeaderError(f"version and command are 0x{data[12]:02x}, not 0x20 or 0x21")
    if len(data) > 13 and (data[13] >> 4 > 3 or data[13] & 0x0F > 2):
        raise ProxyHeaderError(f"family and transport 0x{data[13]:02x} are not among those that there are")


_ADDRESS_SIZES: Final = {0: 0, 1: 12, 2: 36, 3: 216}
"""Bytes of both addresses and ports: unspecified, IPv4, IPv6, Unix."""


def _addresses(family: int, data: bytes) -> tuple[Address | None, Address | None]:
    match family:
        case 1:
            source, destination, source_port, destination_port = struct.unpack(">4s4sHH", data)
        case 2:
            source, destination, source_port, destination_port = struct.unpack(">16s16sHH", data)
        case 3:
            return _unix(data[:_UNIX_PATH]), _unix(data[_UNIX_PATH:])
        case _:
            return None, None
    return (
        InternetAddress(str(ipaddress.ip_address(source)), source_port),
        InternetAddress(str(ipaddress.ip_address(destination)), destination_port),
    )


def _unix(field: bytes) -> UnixAddress:
    """A path ends at its first NUL; one that begins with a NUL is a name in the abstract space (unix(7))."""
    if field.startswith(b"\0") and field.strip(b"\0"):
        return UnixAddress(field.rstrip(b"\0"))
    return UnixAddress(field.partition(b"\0")[0].decode("utf-8", "surrogateescape"))


def _values(data: bytes) -> list[tuple[int, bytes]]:
    """Return the types and values in *data*, which they fill."""
    values: list[tuple[int, bytes]] = []
    while data:
        if len(data) < 3 or len(data) < 3 + (size := int.from_bytes(data[1:3], "big")):
            raise ProxyHeaderError("a value that ends behind the header")
        values.append((data[0], data[3 : 3 + size]))
        data = data[3 + size :]
    return values


def _check_sum(header: bytes, at: int) -> None:
    """Raise where *header*, whose values begin at *at*, holds a CRC-32C that is not its own."""
    while at < len(header):
        size = int.from_bytes(header[at + 1 : at + 3], "big")
        if header[at] == _CRC32C:
            said, zeroed = header[at + 3 : at + 3 + size], header[: at + 3] + bytes(size) + header[at + 3 + size :]
            if size != 4 or int.from_bytes(said, "big") != crc32c(zeroed):
                raise ProxyHeaderError("its CRC-32C is not that of the header")
        at += 3 + size


def _whole(source: Address | None, destination: Address | None, values: list[tuple[int, bytes]]) -> ProxyHeader:
    named = dict(values)
    if len(unique_id := named.get(_UNIQUE_ID, b"")) > _LONGEST_UNIQUE_ID:
        raise ProxyHeaderError(f"a unique id of {len(unique_id)} bytes, {_LONGEST_UNIQUE_ID} at most")
    known = (_ALPN, _AUTHORITY, _CRC32C, _NOOP, _UNIQUE_ID, _TLS, _NETNS)
    return ProxyHeader(
        version=2,
        local=False,
        source=source,
        destination=destination,
        authority=_text(named.get(_AUTHORITY)),
        alpn=named.get(_ALPN),
        unique_id=named.get(_UNIQUE_ID),
        namespace=_text(named.get(_NETNS)),
        tls=_tls(named[_TLS]) if _TLS in named else None,
        others=tuple((kind, value) for kind, value in values if kind not in known),
    )


def _text(value: bytes | None) -> str | None:
    if value is None:
        return None
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProxyHeaderError(f"{value!r} is no UTF-8") from error


def _tls(value: bytes) -> ProxiedTls | None:
    """Return what *value* says; None where the client did not come over TLS."""
    if len(value) < _TLS_HEAD.size:
        raise ProxyHeaderError("what it says of TLS is too short")
    client, failed = _TLS_HEAD.unpack_from(value)
    inner = dict(_values(value[_TLS_HEAD.size :]))
    if not client & _BY_TLS:
        return None
    presented = bool(client & 0x06)
    return ProxiedTls(
        version=_text(inner.get(_TLS_VERSION)) or "",
        cipher=_text(inner.get(_TLS_CIPHER)) or "",
        client_name=_text(inner.get(_TLS_CLIENT_NAME)) or "",
        presented=presented,
        verified=presented and not failed,
        signature_algorithm=_text(inner.get(_TLS_SIGNATURE)) or "",
        key_algorithm=_text(inner.get(_TLS_KEY)) or "",
    )
