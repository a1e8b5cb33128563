"""Reads a capture file (libpcap's format) and says what is in it, as tcpdump does.

    python examples/pcap.py capture.pcap

The file is made of raw constructs, in the byte order that its first number tells; what is in the packets is declared.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from construct import Bytes, Construct, FormatField, Struct, this

import jackfield as jf
from jackfield.messages import Codec

ETHERNET, IPV4 = 1, 0x0800
SCALES = {0xA1B2C3D4: 6, 0xA1B23C4D: 9}
"""Magic number -> digits of a second (draft-ietf-opsawg-pcap, section 4)."""


@jf.message
class Ethernet:
    target: Annotated[bytes, jf.Fixed(6)]
    source: Annotated[bytes, jf.Fixed(6)]
    kind: jf.U16
    payload: jf.Rest


@jf.message
class Ip:
    """RFC 791, section 3.1."""

    version: Annotated[int, jf.Bits(4)]
    words: Annotated[int, jf.Bits(4)] = jf.field()
    service: jf.U8
    size: jf.U16 = jf.field()
    ident: jf.U16
    flags: Annotated[int, jf.Bits(3)]
    offset: Annotated[int, jf.Bits(13)]
    lifetime: jf.U8
    protocol: jf.U8
    checksum: jf.U16
    source: Annotated[bytes, jf.Fixed(4)]
    target: Annotated[bytes, jf.Fixed(4)]
    options: bytes = jf.field(size=words * 4 - 20)
    payload: bytes = jf.field(size=size - words * 4)
    padding: jf.Rest


@jf.message
class Udp:
    """RFC 768."""

    source: jf.U16
    target: jf.U16
    size: jf.U16
    checksum: jf.U16
    payload: jf.Rest


@jf.message
class Tcp:
    """RFC 9293, section 3.1."""

    source: jf.U16
    target: jf.U16
    sequence: jf.U32
    acknowledged: jf.U32
    words: Annotated[int, jf.Bits(4)] = jf.field()
    flags: Annotated[int, jf.Bits(12)]
    window: jf.U16
    checksum: jf.U16
    urgent: jf.U16
    options: bytes = jf.field(size=words * 4 - 20)
    payload: jf.Rest


frames, packets = Codec(Ethernet), Codec(Ip)
TRANSPORTS: dict[int, tuple[str, Codec[Udp] | Codec[Tcp]]] = {17: ("UDP, length", Codec(Udp)), 6: ("tcp", Codec(Tcp))}


@dataclass(frozen=True)
class Captured:
    """A packet of a file."""

    seconds: int
    fraction: str
    length: int
    data: bytes


def codecs(order: str) -> tuple[Codec[Any], Codec[Any]]:
    """Return what reads a file's header and its packets, in a byte order: ``<`` or ``>``."""
    number: Construct[int, int] = FormatField(order, "L")
    short: Construct[int, int] = FormatField(order, "H")
    header = Struct(
        "magic" / number,
        "major" / short,
        "minor" / short,
        "zone" / number,
        "accuracy" / number,
        "snapshot" / number,
        "link" / number,
    )
    packet = Struct(
        "seconds" / number,
        "fraction" / number,
        "kept" / number,
        "length" / number,
        "data" / Bytes(this.kept),
    )
    return Codec(header), Codec(packet)


FORMATS = {order: codecs(order) for order in "<>"}


def begun(data: bytes) -> tuple[Any, int, Codec[Any]]:
    """Return a file's header, where its packets begin, and what reads one; raises DecodeError where it is none."""
    for headers, records in FORMATS.values():
        header, at = headers.parse_from(data, 0)
        if header.magic in SCALES:
            return header, at, records
    raise jf.DecodeError("capture", "magic", 0, "is no capture file")


def read(data: bytes) -> Iterator[Captured]:
    """Give the packets of a capture file; raises DecodeError where it is none, or is cut off."""
    header, at, records = begun(data)
    if header.link != ETHERNET:
        raise jf.DecodeError("capture", "link", 20, f"is of link type {header.link}, not Ethernet")
    while at < len(data):
        packet, at = records.parse_from(data, at)
        yield Captured(packet.seconds, f"{packet.fraction:0{SCALES[header.magic]}}", packet.length, packet.data)


def told(packet: Captured) -> str:
    """Return what tcpdump -nn -tt -q says of a packet; raises DecodeError for what it is not made for."""
    frame = frames.parse(packet.data)
    if frame.kind != IPV4:
        return f"{packet.seconds}.{packet.fraction} ethertype 0x{frame.kind:04x}"
    ip = packets.parse(frame.payload)
    source, target = (".".join(map(str, address)) for address in (ip.source, ip.target))
    if ip.protocol not in TRANSPORTS:
        return f"{packet.seconds}.{packet.fraction} IP {source} > {target}: protocol {ip.protocol}"
    name, codec = TRANSPORTS[ip.protocol]
    inner = codec.parse(ip.payload)
    return (
        f"{packet.seconds}.{packet.fraction} IP {source}.{inner.source} > {target}.{inner.target}: "
        f"{name} {len(inner.payload)}"
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: pcap.py FILE")
    try:
        for captured in read(Path(sys.argv[1]).read_bytes()):
            print(told(captured))
    except (OSError, jf.DecodeError) as error:
        sys.exit(str(error))
