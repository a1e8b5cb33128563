"""Jackfield: socket servers patched together from typed parts.

The rooms, from the top storey down; each imports only from those below it, by their doors::

    testing                                             a face: the transport in memory, checks, faults
    server | client                                     the meeting places
    listeners | acceptors | dispatchers | observers     the parts: none sees another
    connections                                         what parts hand on
    service                                             routing and sessions, without I/O
    core | messages                                     rules, and the message language, without I/O
    interfaces                                          the contracts
    errors | addresses                                  the vocabulary

This is the front door: what programs use, under ``import jackfield as jf``. Each name has its one address in its
room; ``jackfield.errors``, ``jackfield.interfaces`` and ``jackfield.observers`` hold more. A room is imported when the
first of its names is used.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for checkers, and for what holds the storeys; `_ROOMS` says the same to the interpreter
    from . import observers as observers
    from .acceptors import Allow as Allow
    from .acceptors import Deny as Deny
    from .acceptors import Limit as Limit
    from .acceptors import PeerCredentials as PeerCredentials
    from .acceptors import ProxyProtocol as ProxyProtocol
    from .acceptors import Tls as Tls
    from .client import AsyncClient as AsyncClient
    from .client import Client as Client
    from .client import connect as connect
    from .client import connect_async as connect_async
    from .connections import AsyncConnection as AsyncConnection
    from .connections import AsyncDatagram as AsyncDatagram
    from .connections import Connection as Connection
    from .connections import Credentials as Credentials
    from .connections import Datagram as Datagram
    from .connections import Incoming as Incoming
    from .connections import Proxied as Proxied
    from .connections import RawConnection as RawConnection
    from .connections import Secured as Secured
    from .dispatchers import Asyncio as Asyncio
    from .dispatchers import EventLoop as EventLoop
    from .dispatchers import Forks as Forks
    from .dispatchers import Inline as Inline
    from .dispatchers import ThreadPool as ThreadPool
    from .dispatchers import Threads as Threads
    from .errors import AddressUnusable as AddressUnusable
    from .errors import ChildFailed as ChildFailed
    from .errors import ClosedError as ClosedError
    from .errors import CompositionError as CompositionError
    from .errors import ConnectionLost as ConnectionLost
    from .errors import DeadlineExceeded as DeadlineExceeded
    from .errors import DeclarationError as DeclarationError
    from .errors import DecodeError as DecodeError
    from .errors import EncodeError as EncodeError
    from .errors import FrameTooLarge as FrameTooLarge
    from .errors import HandlerFailed as HandlerFailed
    from .errors import HandshakeFailed as HandshakeFailed
    from .errors import JackfieldError as JackfieldError
    from .errors import LocalError as LocalError
    from .errors import Overloaded as Overloaded
    from .errors import PeerError as PeerError
    from .errors import ProxyHeaderError as ProxyHeaderError
    from .errors import Truncated as Truncated
    from .errors import Unanswerable as Unanswerable
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
    from .listeners import unix_datagram as unix_datagram
    from .listeners import unix_stream as unix_stream
    from .messages import F32 as F32
    from .messages import F64 as F64
    from .messages import I8 as I8
    from .messages import I16 as I16
    from .messages import I24 as I24
    from .messages import I32 as I32
    from .messages import I64 as I64
    from .messages import U8 as U8
    from .messages import U16 as U16
    from .messages import U24 as U24
    from .messages import U32 as U32
    from .messages import U64 as U64
    from .messages import Adapt as Adapt
    from .messages import Bit as Bit
    from .messages import Bits as Bits
    from .messages import Body as Body
    from .messages import Bool as Bool
    from .messages import Bytes8 as Bytes8
    from .messages import Bytes16 as Bytes16
    from .messages import Codec as Codec
    from .messages import CText as CText
    from .messages import Custom as Custom
    from .messages import Decimal as Decimal
    from .messages import F32le as F32le
    from .messages import F64le as F64le
    from .messages import Fixed as Fixed
    from .messages import I16le as I16le
    from .messages import I24le as I24le
    from .messages import I32le as I32le
    from .messages import I64le as I64le
    from .messages import Message as Message
    from .messages import Packet as Packet
    from .messages import Prefixed as Prefixed
    from .messages import Rest as Rest
    from .messages import Tagged as Tagged
    from .messages import Terminated as Terminated
    from .messages import Text8 as Text8
    from .messages import Text16 as Text16
    from .messages import U16le as U16le
    from .messages import U24le as U24le
    from .messages import U32le as U32le
    from .messages import U64le as U64le
    from .messages import Unknown as Unknown
    from .messages import UntilEnd as UntilEnd
    from .messages import VarInt as VarInt
    from .messages import checksum as checksum
    from .messages import computed as computed
    from .messages import const as const
    from .messages import echo as echo
    from .messages import evolve as evolve
    from .messages import field as field
    from .messages import length as length
    from .messages import message as message
    from .messages import tag as tag
    from .messages import this as this
    from .server import Server as Server
    from .server import run as run
    from .service import AsyncService as AsyncService
    from .service import Context as Context
    from .service import Delimited as Delimited
    from .service import LengthPrefixed as LengthPrefixed
    from .service import OneWay as OneWay
    from .service import Replies as Replies
    from .service import Request as Request
    from .service import SelfFramed as SelfFramed
    from .service import Service as Service
    from .service import StreamRequest as StreamRequest
    from .service import Wire as Wire
    from .service import datagram_handler as datagram_handler
    from .service import stream_handler as stream_handler

__all__ = [
    "F32",
    "F64",
    "I8",
    "I16",
    "I24",
    "I32",
    "I64",
    "U8",
    "U16",
    "U24",
    "U32",
    "U64",
    "Adapt",
    "AddressUnusable",
    "Allow",
    "AsyncClient",
    "AsyncConnection",
    "AsyncDatagram",
    "AsyncService",
    "Asyncio",
    "Bit",
    "Bits",
    "Body",
    "Bool",
    "Bytes8",
    "Bytes16",
    "CText",
    "ChildFailed",
    "Client",
    "ClosedError",
    "Codec",
    "CompositionError",
    "Connection",
    "ConnectionLost",
    "Context",
    "Credentials",
    "Custom",
    "Datagram",
    "DeadlineExceeded",
    "Decimal",
    "DeclarationError",
    "DecodeError",
    "Delimited",
    "Deny",
    "DrainReport",
    "EncodeError",
    "Event",
    "EventLoop",
    "F32le",
    "F64le",
    "Facet",
    "Fixed",
    "Forks",
    "FrameTooLarge",
    "HandlerFailed",
    "HandshakeFailed",
    "I16le",
    "I24le",
    "I32le",
    "I64le",
    "Incoming",
    "Inline",
    "JackfieldError",
    "LengthPrefixed",
    "Limit",
    "Limits",
    "LocalError",
    "Message",
    "OneWay",
    "Overloaded",
    "Packet",
    "PeerCredentials",
    "PeerError",
    "Prefixed",
    "Proxied",
    "ProxyHeaderError",
    "ProxyProtocol",
    "RawConnection",
    "Replies",
    "Request",
    "Rest",
    "Secured",
    "SelfFramed",
    "Server",
    "Service",
    "Session",
    "StreamRequest",
    "Tagged",
    "Terminated",
    "Text8",
    "Text16",
    "ThreadPool",
    "Threads",
    "Tls",
    "Truncated",
    "U16le",
    "U24le",
    "U32le",
    "U64le",
    "Unanswerable",
    "Unknown",
    "UnknownMessage",
    "UntilEnd",
    "VarInt",
    "Wire",
    "adopt",
    "checksum",
    "computed",
    "connect",
    "connect_async",
    "const",
    "datagram_handler",
    "echo",
    "evolve",
    "field",
    "length",
    "memory",
    "message",
    "observers",
    "run",
    "sessions",
    "stream_handler",
    "tag",
    "tcp",
    "this",
    "udp",
    "unix_datagram",
    "unix_stream",
]

_ROOMS = {
    "acceptors": "Allow Deny Limit PeerCredentials ProxyProtocol Tls",
    "client": "AsyncClient Client connect connect_async",
    "connections": (
        "AsyncConnection AsyncDatagram Connection Credentials Datagram Incoming Proxied RawConnection Secured"
    ),
    "dispatchers": "Asyncio EventLoop Forks Inline ThreadPool Threads",
    "errors": (
        "AddressUnusable ChildFailed ClosedError CompositionError ConnectionLost DeadlineExceeded "
        "DeclarationError DecodeError EncodeError FrameTooLarge HandlerFailed HandshakeFailed JackfieldError "
        "LocalError Overloaded PeerError ProxyHeaderError Truncated Unanswerable UnknownMessage"
    ),
    "interfaces": "DrainReport Event Facet Limits Session sessions",
    "listeners": "adopt memory tcp udp unix_datagram unix_stream",
    "messages": (
        "F32 F64 I8 I16 I24 I32 I64 U8 U16 U24 U32 U64 Adapt Bit Bits Body Bool Bytes8 Bytes16 Codec CText Custom "
        "Decimal F32le F64le Fixed I16le I24le I32le I64le Message Packet Prefixed Rest Tagged Terminated Text8 "
        "Text16 U16le U24le U32le U64le Unknown UntilEnd VarInt checksum computed const echo evolve field length "
        "message tag this"
    ),
    "server": "Server run",
    "service": (
        "AsyncService Context Delimited LengthPrefixed OneWay Replies Request SelfFramed Service StreamRequest "
        "Wire datagram_handler stream_handler"
    ),
    "addresses": "",
    "core": "",
    "observers": "",
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names.split()}


if not TYPE_CHECKING:  # a checker would take any name for one that is here

    def __getattr__(name: str) -> object:
        """Import the room of *name*, once (PEP 562): a program pays for the rooms that it uses."""
        if name in _ROOMS:
            return _import_module(f".{name}", __name__)
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        thing = globals()[name] = getattr(_import_module(f".{_HOMES[name]}", __name__), name)
        return thing

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
