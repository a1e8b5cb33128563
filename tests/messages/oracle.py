"""construct itself, interpreted, as the judge of what a codec does."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import construct
import pytest

import jackfield as jf
from jackfield.messages import Codec

ODD: Final[tuple[Any, ...]] = (None, -1, 2**70, "x", b"x", [], {}, 1.5, True, [None])
"""Values that most nodes refuse, and some take in their own way."""


def parsed(schema: Any, data: bytes) -> tuple[Any, int] | None:
    """Return what *schema* parses and where it stops; None where it raises."""
    stream = io.BytesIO(data)
    try:
        value = schema.parse_stream(stream)
    except Exception:
        return None
    return value, stream.tell()


def built(schema: Any, value: Any) -> bytes | None:
    """Return what *schema* builds; None where it raises."""
    try:
        return bytes(schema.build(value))
    except Exception:
        return None


def assert_same(ours: Any, theirs: Any) -> None:
    """Compare values of any depth with their types; records by their fields, in order, without the stream."""
    if isinstance(theirs, dict):
        assert isinstance(ours, dict), (ours, theirs)
        keys = [key for key in theirs if key != "_io"]
        assert list(ours) == keys
        for key in keys:
            _assert_same_when_asked(partial(ours.__getitem__, key), partial(theirs.__getitem__, key))
            if key not in dir(dict) and str(key).isidentifier():
                _assert_same_when_asked(partial(getattr, ours, key), partial(theirs.__getitem__, key))
    elif isinstance(theirs, list):
        assert isinstance(ours, list), (ours, theirs)
        assert len(ours) == len(theirs)
        for at in range(len(theirs)):
            _assert_same_when_asked(partial(ours.__getitem__, at), partial(theirs.__getitem__, at))
    elif callable(theirs):
        _assert_same_when_asked(ours, theirs)
    else:
        assert type(ours) is type(theirs)
        assert repr(ours) == repr(theirs), "by text, since a NaN is not itself"


def _assert_same_when_asked(ours: Callable[[], Any], theirs: Callable[[], Any]) -> None:
    """Compare what is there; what is lazy may be found broken only now."""
    try:
        expected = theirs()
    except construct.ConstructError:
        with pytest.raises(construct.ConstructError):
            ours()
        return
    assert_same(ours(), expected)


def assert_parses_alike(schema: Any, codec: Codec[Any], data: bytes, offset: int = 0) -> None:
    """Compare value, end and error for *data*, from *offset*."""
    expected = parsed(schema, data[offset:])
    if expected is None:
        with pytest.raises(jf.DecodeError):
            codec.parse_from(data, offset)
        return
    ours, end = codec.parse_from(data, offset)
    assert_same(ours, expected[0])
    assert end - offset == expected[1]
    if not offset and end == len(data):
        assert_same(codec.parse(data), expected[0])
    elif not offset:
        with pytest.raises(jf.DecodeError, match="left over"):
            codec.parse(data)


def assert_builds_alike(schema: Any, codec: Codec[Any], value: Any) -> bytes | None:
    """Compare bytes and error for *value*; return the bytes."""
    expected = built(schema, value)
    if expected is None:
        with pytest.raises(jf.EncodeError):
            codec.build(value)
    else:
        assert codec.build(value) == expected
    return expected


def damages(data: bytes) -> Iterator[bytes]:
    """Give *data* with a byte changed, each in turn, and every beginning of it."""
    for at in range(len(data)):
        yield data[:at]
        changed = bytearray(data)
        changed[at] = (0x00, 0xFF, changed[at] ^ 1, changed[at] ^ 0x80, zlib.crc32(data[: at + 1]) & 0xFF)[at % 5]
        yield bytes(changed)


def spoiled(value: Any) -> Iterator[Any]:
    """Give *value* with one thing in it, at any depth, replaced by something near, something odd, or nothing."""
    yield from _near(value)
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {other: kept for other, kept in value.items() if other != key}
            yield from ({**value, key: worse} for worse in spoiled(inner))
    elif isinstance(value, list):
        for at, inner in enumerate(value[:2]):
            yield from ([*value[:at], worse, *value[at + 1 :]] for worse in spoiled(inner))


def _near(value: Any) -> tuple[Any, ...]:
    match value:
        case bool() | None:
            return (0, 2, "x", b"", [])
        case int():
            edges = (1 << bits for bits in (7, 8, 15, 16, 23, 24, 70))  # as a size, 1 << 32 is more than a machine has
            return (-1 - value, *edges, None, "x", 1.5, True, b"x")
        case bytes():
            return (value[:-1], value + b"x", bytearray(value), memoryview(value), None, 5, "x", [1])
        case str():
            return (value + "longer than before", "\ud800", "", None, 5, b"x")
        case list():
            return (value[1:], [*value, *value[:1]], tuple(value), None, 5, "xy", {})
        case dict():
            return ({**value, "more": 1}, None, [], 5, "x")
        case _:
            return ODD
