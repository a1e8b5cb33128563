"""Tests of generated handlers without sockets, threads or sleeps: in memory, by a clock that a test moves.

What is tested is what is served: the same session, the same limits, and the same carrying out of what comes next as in
the event loop. Handlers run on the test's own thread, within the call that feeds them.
"""

from ._conversation import Conversation as Conversation
from ._datagrams import Datagrams as Datagrams
from ._requests import MemoryDatagram as MemoryDatagram
from ._requests import MemoryStream as MemoryStream

__all__ = ["Conversation", "Datagrams", "MemoryDatagram", "MemoryStream"]
