"""Mistakes with Unix sockets."""

from __future__ import annotations

import jackfield as jf


def talk(connection: jf.Connection) -> None: ...


def answer(datagram: jf.Datagram) -> None: ...


streams = jf.unix_stream("/run/service")
datagrams = jf.unix_datagram("/run/service")

jf.Server(streams, answer)
# mypy says: incompatible type "Callable[[Datagram[Never]], None]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(datagrams, talk)
# mypy says: incompatible type "Callable[[Connection[Never, object]], None]"; expected "Callable[[Datagram[Never]], None]"
# pyright says: is not assignable to type "(Datagram[Never]) -> Session"
jf.unix_stream("127.0.0.1", 9000)
# mypy says: Too many positional arguments
# pyright says: Expected 1 positional argument
jf.unix_stream("/run/service", 0o660)
# mypy says: Too many positional arguments
# pyright says: Expected 1 positional argument
jf.unix_stream("/run/service", mode="rw")
# mypy says: Argument "mode" to "unix_stream" has incompatible type "str"
# pyright says: cannot be assigned to parameter "mode" of type "int | None"
jf.unix_datagram("/run/service", backlog=16)
# mypy says: Unexpected keyword argument "backlog"
# pyright says: No parameter named "backlog"
jf.unix_stream(9000)
# mypy says: incompatible type "int"; expected "str | bytes | PathLike[str]"
# pyright says: cannot be assigned to parameter "path"
