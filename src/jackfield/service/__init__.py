"""Requests, replies and who answers them: sessions without I/O, for any dispatcher and any transport."""

from ._context import Context as Context
from ._frames import Frame as Frame
from ._frames import LengthPrefixed as LengthPrefixed
from ._handlers import DatagramHandler as DatagramHandler
from ._handlers import StreamHandler as StreamHandler
from ._handlers import datagram_handler as datagram_handler
from ._handlers import stream_handler as stream_handler
from ._requests import Exchange as Exchange
from ._requests import One as One
from ._requests import OneWay as OneWay
from ._requests import Request as Request
from ._requests import is_reply as is_reply
from ._requests import replies_of as replies_of
from ._service import On as On
from ._service import Service as Service
from ._wire import Wire as Wire

__all__ = [
    "Context",
    "DatagramHandler",
    "Exchange",
    "Frame",
    "LengthPrefixed",
    "On",
    "One",
    "OneWay",
    "Request",
    "Service",
    "StreamHandler",
    "Wire",
    "datagram_handler",
    "is_reply",
    "replies_of",
    "stream_handler",
]
