"""The other end of a wire: it needs the messages, never the service."""

from ._client import Client as Client
from ._connect import connect as connect

__all__ = ["Client", "connect"]
