"""What a framer promises, checked against construct at every prefix."""

from __future__ import annotations

from typing import Any, Final

import pytest

import jackfield as jf
from jackfield.interfaces import Framer
from jackfield.messages import Codec
from messages.oracle import parsed

MAXIMUM: Final = 200
MALFORMED: Final = 0
"""Says that no message begins so, where a size could stand."""


def verdict(framer: Framer, data: bytes, start: int = 0) -> int:
    """Return what *framer* makes of *data* from *start* on: a size, a lower bound above what is there, or MALFORMED."""
    there = len(data) - start
    try:
        found = framer.measure(data, start, len(data))
    except jf.DecodeError:
        return MALFORMED
    except jf.FrameTooLarge:
        return MALFORMED
    assert 0 < found <= MAXIMUM
    assert found <= there or found > there
    return found


def assert_frames_alike(schema: Any, codec: Codec[Any], data: bytes) -> None:
    """Check every prefix of *data*, with a new framer each, and with one that goes on when it has what it asked for."""
    expected = parsed(schema, data)
    if expected is not None and expected[1] == 0:
        assert verdict(codec.framer(maximum=MAXIMUM), data) == MALFORMED, "it would be followed by itself for ever"
        return
    going_on, needed, settled = codec.framer(maximum=MAXIMUM), 1, 0
    for there in range(1, len(data) + 1):
        found = verdict(codec.framer(maximum=MAXIMUM), data[:there])
        if settled:
            assert found == MALFORMED or found <= there, "what was settled stays so"
        elif there >= needed:
            needed = slow = verdict(going_on, b"?" * (there % 3) + data[:there], there % 3)
            assert (slow == MALFORMED) == (found == MALFORMED)
            assert (slow <= there) == (found <= there)
            if slow <= there:
                settled = there
                _assert_settled(schema, codec, data, slow, expected)
        if expected is not None:
            assert found == expected[1] if there >= expected[1] else there < found <= expected[1]
    if settled and expected is not None:
        assert verdict(going_on, data) == expected[1], "it is ready for the next one"


def _assert_settled(schema: Any, codec: Codec[Any], data: bytes, size: int, expected: tuple[Any, int] | None) -> None:
    """What was cut is a message, or was no message to begin with."""
    if size == MALFORMED:
        assert expected is None
        return
    if parsed(schema, data[:size]) is None:
        with pytest.raises(jf.DecodeError) as caught:
            codec.parse(data[:size])
        assert "left over" not in caught.value.reason
    else:
        codec.parse(data[:size])


def assert_cut_from_a_stream(codec: Codec[Any], wires: list[bytes], pieces: list[int]) -> None:
    """Feed messages in *pieces* to one framer, as a session does: each comes out as it went in."""
    framer, found, needed = codec.framer(maximum=MAXIMUM), list[bytes](), 0
    stream, waiting = b"".join(wires), bytearray()
    for at, size in enumerate(pieces):
        waiting += stream[sum(pieces[:at]) : sum(pieces[:at]) + size]
        while len(waiting) > 0 and len(waiting) >= needed:
            needed = framer.measure(waiting, 0, len(waiting))
            if needed <= len(waiting):
                found.append(bytes(waiting[:needed]))
                del waiting[:needed]
                needed = 0
    assert found == wires
