"""Unix sockets: what they hand out is what TCP and UDP hand out."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

import jackfield as jf


def talk(connection: jf.Connection) -> None: ...


def answer(datagram: jf.Datagram) -> None: ...


streams = jf.unix_stream("/run/service", mode=0o660, backlog=16)
datagrams = jf.unix_datagram("/run/service", mode=0o660)
assert_type(streams, jf.Incoming[jf.RawConnection])
assert_type(datagrams, jf.Incoming[jf.Datagram])

for path in ("/run/service", b"/run/service", Path("/run/service"), "\0abstract", b"\0abstract"):
    jf.Server(jf.unix_stream(path), talk, jf.Threads())
    jf.Server(jf.unix_datagram(path), answer)

wire = jf.Wire(tag=jf.U8)
assert_type(jf.connect(wire, f"unix://{streams.address}"), jf.Client)
assert_type(jf.connect(wire, f"unixgram://{datagrams.address}"), jf.Client)

try:
    jf.unix_stream("/run/service")
except jf.AddressUnusable as error:
    assert_type(error.reason, str)
