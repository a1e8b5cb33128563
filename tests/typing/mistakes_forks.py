"""What forked children do not take."""

from __future__ import annotations

import jackfield as jf
from jackfield.dispatchers import Children, Line

tcp = jf.tcp("127.0.0.1", 0)
children = Children()


def datagrams(datagram: jf.Datagram) -> None:
    datagram.reply(b"x")


def text(line: Line) -> str:
    return "0"


def nothing(line: Line) -> None:
    pass


jf.Forks(limit="40")
# mypy says: Argument "limit" to "Forks" has incompatible type "str"; expected "int"
# pyright says: "Literal['40']" is not assignable to "int"

jf.Server(tcp, datagrams, jf.Forks())
# mypy says: incompatible type "Callable[[Datagram[Never]], None]"
# pyright says: No overloads for "__init__" match the provided arguments

children.start(nothing, text)
# mypy says: incompatible type "Callable[[Line], str]"; expected "Callable[[Line], int]"
# pyright says: "str" is not assignable to "int"
