"""The other end of a wire: it needs the messages, never the service."""

from ._async_client import AsyncClient as AsyncClient
from ._async_replies import AsyncReplyStream as AsyncReplyStream
from ._client import Client as Client
from ._connect import connect as connect
from ._connect import connect_async as connect_async
from ._inbox import FrameInbox as FrameInbox
from ._matching import Arrival as Arrival
from ._matching import Matching as Matching
from ._pipes import Pipe as Pipe
from ._replies import ReplyStream as ReplyStream

__all__ = [
    "Arrival",
    "AsyncClient",
    "AsyncReplyStream",
    "Client",
    "FrameInbox",
    "Matching",
    "Pipe",
    "ReplyStream",
    "connect",
    "connect_async",
]
