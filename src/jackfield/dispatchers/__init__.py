"""Where and when handlers run. None of them knows what a handler is, or what it serves."""

from ._asyncio import Asyncio as Asyncio
from ._children import Child as Child
from ._children import Children as Children
from ._children import Ended as Ended
from ._children import Line as Line
from ._children import flush_output as flush_output
from ._children import fork as fork
from ._children import reap as reap
from ._children import wait_for_any as wait_for_any
from ._crew import Crew as Crew
from ._crew import join_threads as join_threads
from ._crew import start_thread as start_thread
from ._event_loop import EventLoop as EventLoop
from ._forks import Forks as Forks
from ._inline import Inline as Inline
from ._pool import ThreadPool as ThreadPool
from ._threads import Threads as Threads

__all__ = [
    "Asyncio",
    "Child",
    "Children",
    "Crew",
    "Ended",
    "EventLoop",
    "Forks",
    "Inline",
    "Line",
    "ThreadPool",
    "Threads",
    "flush_output",
    "fork",
    "join_threads",
    "reap",
    "start_thread",
    "wait_for_any",
]
