"""What checks and faults do not take."""

from __future__ import annotations

import socket

import jackfield as jf
from jackfield.testing import FailNth, check_acceptor, check_dispatcher, check_listener, check_session, visitor


def knock(listener: jf.listeners.Memory) -> socket.socket:
    return listener.connect()


def number(connection: jf.Connection) -> int:
    return 1


def stream(connection: jf.Connection) -> None:
    connection.send(b"x")


check_listener(jf.memory(), knock)
# mypy says: Argument 1 to "check_listener" has incompatible type "Memory"; expected "Callable[[], Memory]"
# pyright says: Type "Memory" is not assignable to type "() -> Memory"

check_acceptor(number, visitor)
# mypy says: expected "Callable[[Connection[Never, Unread]], Accepted | None]"
# pyright says: "int" is incompatible with protocol "Accepted"

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
