"""Jackfield: socket servers patched together from typed parts.

The rooms, from the top storey down; each imports only from those below it, by their doors::

    server | client                                     the meeting places
    listeners | acceptors | dispatchers | observers     the parts: none sees another
    connections                                         what parts hand on
    service                                             routing and sessions, without I/O
    core | messages                                     rules, and the message language, without I/O
    interfaces                                          the contracts
    errors | addresses                                  the vocabulary

This is the front door: what programs use, under ``import jackfield as jf``. Each name has its one address in its
room; ``jackfield.errors``, ``jackfield.interfaces`` and ``jackfield.observers`` hold more.
"""

from .acceptors import Allow as Allow
from .acceptors import Deny as Deny
from .acceptors import Limit as Limit
from .client import Client as Client
from .client import connect as connect
from .connections import Connection as Connection
from .connections import Datagram as Datagram
from .connections import Incoming as Incoming
from .connections import RawConnection as RawConnection
from .dispatchers import Inline as Inline
from .dispatchers import ThreadPool as ThreadPool
from .dispatchers import Threads as Threads
from .errors import ClosedError as ClosedError
from .errors import CompositionError as CompositionError
from .errors import ConnectionLost as ConnectionLost
from .errors import DeadlineExceeded as DeadlineExceeded
from .errors import DeclarationError as DeclarationError
from .errors import DecodeError as DecodeError
from .errors import EncodeError as EncodeError
from .errors import FrameTooLarge as FrameTooLarge
from .errors import HandlerFailed as HandlerFailed
from .errors import JackfieldError as JackfieldError
from .errors import LocalError as LocalError
from .errors import Overloaded as Overloaded
from .errors import PeerError as PeerError
from .errors import Truncated as Truncated
from .errors import UnknownMessage as UnknownMessage
from .interfaces import DrainReport as DrainReport
from .interfaces import Event as Event
from .interfaces import Facet as Facet
from .interfaces import Limits as Limits
from .interfaces import Session as Session
from .interfaces import sessions as sessions
from .listeners import adopt as adopt
from .listeners import memory as memory
from .listeners import tcp as tcp
from .listeners import udp as udp
from .server import Server as Server
from .server import run as run
