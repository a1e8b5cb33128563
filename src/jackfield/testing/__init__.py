"""Tests of handlers and parts: in memory, by a clock that a test moves; by their contracts; and by faults.

What is tested is what is served. A generated handler is fed in memory, without sockets, threads or sleeps: the same
session, the same limits, and the same carrying out of what comes next as in the event loop. A part of one's own is
checked against its contract, as Jackfield's own are. And what goes wrong once in a million times goes wrong when a test
says so.
"""

from ._check_acceptor import check_acceptor as check_acceptor
from ._check_acceptor import visitor as visitor
from ._check_dispatcher import check_dispatcher as check_dispatcher
from ._check_listener import check_listener as check_listener
from ._check_session import check_session as check_session
from ._conversation import Conversation as Conversation
from ._datagrams import Datagrams as Datagrams
from ._fail_nth import FailNth as FailNth
from ._fail_nth import Kind as Kind
from ._promises import BrokenPromise as BrokenPromise
from ._promises import Held as Held
from ._promises import Promise as Promise
from ._requests import MemoryDatagram as MemoryDatagram
from ._requests import MemoryStream as MemoryStream

__all__ = [
    "BrokenPromise",
    "Conversation",
    "Datagrams",
    "FailNth",
    "Held",
    "Kind",
    "MemoryDatagram",
    "MemoryStream",
    "Promise",
    "check_acceptor",
    "check_dispatcher",
    "check_listener",
    "check_session",
    "visitor",
]
