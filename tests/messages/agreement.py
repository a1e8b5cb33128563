"""What must hold of any message and its bytes, in all directions."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

import jackfield as jf
from jackfield.messages import codec_for

MAXIMUM = 1000


def check(message: Any, wire: bytes, *, framed: bool = True) -> None:
    """Check that *message* is *wire*: built, parsed, cut off, and, unless no stream can be cut by it, framed."""
    codec = codec_for(type(message))
    assert codec.build(message) == wire
    assert codec.parse(wire) == message
    assert codec.parse_from(b"?" + wire, 1) == (message, 1 + len(wire))
    if framed and hasattr(codec, "_walker"):
        check_framing(type(message), wire)


def check_framing(schema: Any, wire: bytes) -> None:
    """Check that a framer finds the end of *wire* however much is there, and never asks for too much before."""
    codec = codec_for(schema)
    slow, quick = codec.framer(maximum=MAXIMUM), codec.framer(maximum=MAXIMUM)
    for _ in range(2):
        for there in range(len(wire)):
            assert there < slow.measure(b"?" + wire[:there], 1, 1 + there) <= len(wire)
        assert slow.measure(b"?" + wire, 1, 1 + len(wire)) == len(wire)
        assert quick.measure(wire + b"more", 0, len(wire) + 4) == len(wire)
    for there in range(len(wire)):
        with pytest.raises(jf.DecodeError):
            codec.parse(wire[:there])


def check_damaged(schema: Any, damaged: bytes) -> None:
    """Check that *damaged* is refused with a DecodeError, or read as a message that can be written and read again."""
    codec = codec_for(schema)
    with suppress(jf.DecodeError):
        message = codec.parse(damaged)
        assert codec.parse(codec.build(message)) == message
