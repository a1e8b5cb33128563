"""Forked children: a dispatcher like the others, and the primitives under it."""

from __future__ import annotations

from typing import assert_type

import jackfield as jf
from jackfield.dispatchers import Child, Children, Ended, Line
from jackfield.interfaces import Dispatcher

dispatcher: Dispatcher = jf.Forks()
tcp = jf.tcp("127.0.0.1", 0)
udp = jf.udp("127.0.0.1", 0)


def stream(connection: jf.Connection) -> None:
    connection.send(b"x")


def datagrams(datagram: jf.Datagram) -> None:
    datagram.reply(b"x")


jf.Server(tcp, stream, jf.Forks())
jf.Server(udp, datagrams, jf.Forks(limit=8))


def prepare(line: Line) -> None:
    assert_type(line.fileno(), int)


def work(line: Line) -> int:
    line.report(b"said")
    return 0


children = Children()
child = children.start(prepare, work)
assert_type(child, Child)
assert_type(child.pid, int)
ended = children.reap(child)
assert_type(ended, Ended | None)
if ended is not None:
    assert_type(ended.status, int | None)
    assert_type(ended.report, bytes)


def failed(error: jf.JackfieldError) -> int | None:
    match error:
        case jf.ChildFailed(status=status):
            assert_type(status, int | None)
            return status
        case _:
            return None
