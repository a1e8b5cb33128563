"""What checks and faults do not take."""

from __future__ import annotations

import socket

import jackfield as jf
from jackfield.testing import FailNth, check_acceptor, check_dispatcher, check_listener, check_session, visitor


def knock(listener: jf.listeners.Memory) -> socket.socket:
    return listener.connect()


def datagrams(datagram: jf.Datagram) -> jf.Datagram:
    return datagram


def stream(connection: jf.Connection) -> None:
    connection.send(b"x")


check_listener(lambda: jf.tcp("127.0.0.1", 0), knock)
# mypy says: Cannot infer value of type parameter "ListenerT" of "check_listener"
# pyright says: Argument of type "(listener: Memory) -> socket" cannot be assigned

check_acceptor(datagrams, visitor)
# mypy says: Cannot infer value of type parameter "RequestT" of "check_acceptor"
# pyright says: "tuple[RawConnection[Never], socket]" is not assignable to "tuple[Datagram[Never], socket]"

check_dispatcher(lambda: stream)
# mypy says: Incompatible return value type
# mypy says: Argument 1 to "check_dispatcher" has incompatible type
# pyright says: is incompatible with protocol "Dispatcher"

check_session(stream, [b"x"])
# mypy says: incompatible type "Callable[[Connection[Never, object]], None]"
# pyright says: cannot be assigned to parameter "sessions"

FailNth("read", 1)
# mypy says: incompatible type "Literal['read']"
# pyright says: "Literal['read']" is not assignable to type "Kind"

FailNth("accept", 1).listener(jf.udp("127.0.0.1", 0))
# mypy says: incompatible type "Incoming[Datagram[Never]]"
# pyright says: "Incoming[Datagram[Never]]" is incompatible with protocol "Listener[RawConnection[Never]]"
