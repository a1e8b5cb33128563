"""The contracts between the parts, and the values that cross them.

A contract has few methods and no bodies; each method says what it promises, what it raises, what unblocks it
and what holds after it failed. Whoever keeps a contract is a part: no base class is needed, and Jackfield's own
parts have none.
"""

from ._contracts import Accepted as Accepted
from ._contracts import Acceptor as Acceptor
from ._contracts import Async as Async
from ._contracts import AsyncDispatcher as AsyncDispatcher
from ._contracts import AsyncSessionDispatcher as AsyncSessionDispatcher
from ._contracts import AsyncSessions as AsyncSessions
from ._contracts import Dispatcher as Dispatcher
from ._contracts import Elsewhere as Elsewhere
from ._contracts import Exchanger as Exchanger
from ._contracts import Gate as Gate
from ._contracts import Handler as Handler
from ._contracts import Listener as Listener
from ._contracts import MessageObserver as MessageObserver
from ._contracts import Observer as Observer
from ._contracts import SessionDispatcher as SessionDispatcher
from ._contracts import Ticket as Ticket
from ._datagrams import Answer as Answer
from ._datagrams import Answerer as Answerer
from ._datagrams import DatagramListener as DatagramListener
from ._datagrams import Envelope as Envelope
from ._datagrams import Origin as Origin
from ._driver import AsyncDriver as AsyncDriver
from ._driver import AsyncOf as AsyncOf
from ._driver import Driver as Driver
from ._events import AcceptFailed as AcceptFailed
from ._events import Closed as Closed
from ._events import Drained as Drained
from ._events import Dropped as Dropped
from ._events import Event as Event
from ._events import Failed as Failed
from ._events import Handled as Handled
from ._events import Opened as Opened
from ._events import Paused as Paused
from ._events import Refused as Refused
from ._events import Started as Started
from ._events import Stopped as Stopped
from ._negotiation import Layer as Layer
from ._negotiation import Negotiation as Negotiation
from ._peered import Facet as Facet
from ._peered import Framed as Framed
from ._peered import Located as Located
from ._peered import Peered as Peered
from ._peered import Streamed as Streamed
from ._peered import is_datagram as is_datagram
from ._session import BEGUN as BEGUN
from ._session import CLOSING as CLOSING
from ._session import MORE as MORE
from ._session import PARTIAL as PARTIAL
from ._session import READY as READY
from ._session import TALKING as TALKING
from ._session import WAITING as WAITING
from ._session import Buffer as Buffer
from ._session import Framer as Framer
from ._session import Preparing as Preparing
from ._session import Session as Session
from ._session import Traceable as Traceable
from ._session import Tracer as Tracer
from ._session import makes_sessions as makes_sessions
from ._session import sessions as sessions
from ._values import DrainReport as DrainReport
from ._values import Limits as Limits
from ._values import Phase as Phase
from ._values import Traffic as Traffic

__all__ = [
    "BEGUN",
    "CLOSING",
    "MORE",
    "PARTIAL",
    "READY",
    "TALKING",
    "WAITING",
    "AcceptFailed",
    "Accepted",
    "Acceptor",
    "Answer",
    "Answerer",
    "Async",
    "AsyncDispatcher",
    "AsyncDriver",
    "AsyncOf",
    "AsyncSessionDispatcher",
    "AsyncSessions",
    "Buffer",
    "Closed",
    "DatagramListener",
    "Dispatcher",
    "DrainReport",
    "Drained",
    "Driver",
    "Dropped",
    "Elsewhere",
    "Envelope",
    "Event",
    "Exchanger",
    "Facet",
    "Failed",
    "Framed",
    "Framer",
    "Gate",
    "Handled",
    "Handler",
    "Layer",
    "Limits",
    "Listener",
    "Located",
    "MessageObserver",
    "Negotiation",
    "Observer",
    "Opened",
    "Origin",
    "Paused",
    "Peered",
    "Phase",
    "Preparing",
    "Refused",
    "Session",
    "SessionDispatcher",
    "Started",
    "Stopped",
    "Streamed",
    "Ticket",
    "Traceable",
    "Tracer",
    "Traffic",
    "is_datagram",
    "makes_sessions",
    "sessions",
]
