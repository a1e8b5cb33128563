"""Where and when handlers run. None of them knows what a handler is, or what it serves."""

from ._inline import Inline as Inline
from ._pool import ThreadPool as ThreadPool
from ._threads import Threads as Threads

__all__ = ["Inline", "ThreadPool", "Threads"]
