"""Who is at the other end of a Unix socket."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import jackfield as jf
from jackfield.interfaces import Refused
from support import PATIENCE, Seen, dial, read_all, serving


def tell(connection: jf.Connection[jf.Credentials]) -> None:
    found = jf.Credentials.of(connection)
    connection.send(f"{found.pid} {found.uid} {found.gid}".encode())


def test_the_kernel_tells_who_has_connected(tmp_path: Path) -> None:
    server = jf.Server(jf.unix_stream(tmp_path / "door").through(jf.PeerCredentials()), tell, jf.Threads())
    with serving(server), socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(PATIENCE)
        peer.connect(str(tmp_path / "door"))
        assert read_all(peer).decode() == f"{os.getpid()} {os.getuid()} {os.getgid()}"


def test_where_the_kernel_does_not_know_nobody_gets_in() -> None:
    server = jf.Server(
        jf.tcp("127.0.0.1", 0).through(jf.PeerCredentials()), tell, jf.Threads(), observer=(seen := Seen())
    )
    with serving(server), dial(server.address) as peer:
        assert read_all(peer) == b""
        seen.wait_for(Refused)
