"""Requests, replies and who answers them: sessions without I/O, for any dispatcher and any transport."""

from ._async_service import AsyncService as AsyncService
from ._context import Context as Context
from ._context import Takes as Takes
from ._envelopes import Envelope as Envelope
from ._envelopes import Key as Key
from ._envelopes import Opened as Opened
from ._envelopes import codec_with as codec_with
from ._envelopes import tag_value as tag_value
from ._frames import Delimited as Delimited
from ._frames import Frame as Frame
from ._frames import LengthPrefixed as LengthPrefixed
from ._frames import SelfFramed as SelfFramed
from ._handlers import DatagramHandler as DatagramHandler
from ._handlers import StreamHandler as StreamHandler
from ._handlers import datagram_handler as datagram_handler
from ._handlers import stream_handler as stream_handler
from ._requests import Asked as Asked
from ._requests import Exchange as Exchange
from ._requests import Many as Many
from ._requests import One as One
from ._requests import OneWay as OneWay
from ._requests import Replies as Replies
from ._requests import Request as Request
from ._requests import StreamRequest as StreamRequest
from ._requests import asked_by as asked_by
from ._requests import is_reply as is_reply
from ._service import On as On
from ._service import Refusal as Refusal
from ._service import Service as Service
from ._wire import Wire as Wire

__all__ = [
    "Asked",
    "AsyncService",
    "Context",
    "DatagramHandler",
    "Delimited",
    "Envelope",
    "Exchange",
    "Frame",
    "Key",
    "LengthPrefixed",
    "Many",
    "On",
    "One",
    "OneWay",
    "Opened",
    "Refusal",
    "Replies",
    "Request",
    "SelfFramed",
    "Service",
    "StreamHandler",
    "StreamRequest",
    "Takes",
    "Wire",
    "asked_by",
    "codec_with",
    "datagram_handler",
    "is_reply",
    "stream_handler",
    "tag_value",
]
