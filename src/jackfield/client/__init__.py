"""The other end of a wire: it needs the messages, never the service."""

from ._async_client import AsyncClient as AsyncClient
from ._async_replies import AsyncReplyStream as AsyncReplyStream
from ._client import Client as Client
from ._connect import connect as connect
from ._connect import connect_async as connect_async
from ._replies import ReplyStream as ReplyStream

__all__ = ["AsyncClient", "AsyncReplyStream", "Client", "ReplyStream", "connect", "connect_async"]
