"""What asyncio's transports need before they carry a connection of ours. Does not import asyncio itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeGuard

if TYPE_CHECKING:
    from asyncio import BaseTransport, Transport

_READ_SIZE: Final = 64 * 1024
"""Bytes read at a time: asyncio's own 256 KiB are above what the C library keeps at hand, so that each read would map
and unmap memory."""


class _Sized(Protocol):
    """asyncio's own transports say how much they read at a time; uvloop's read into a buffer of their loop."""

    max_size: int


def prepared(transport: BaseTransport, /) -> Transport:
    """Return *transport*, which is a stream's, so that it reads little at a time and tells whatever is unsent."""
    assert _is_stream(transport)
    sized: object = transport
    if _is_sized(sized):
        sized.max_size = _READ_SIZE
    transport.set_write_buffer_limits(0)
    return transport


def _is_stream(transport: BaseTransport) -> TypeGuard[Transport]:
    """Return whether *transport* is a stream's; uvloop's are, though of no class of asyncio's."""
    return hasattr(transport, "write")


def _is_sized(transport: object) -> TypeGuard[_Sized]:
    return hasattr(transport, "max_size")
