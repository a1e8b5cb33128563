"""Plan -> a function that parses: ``read(data, offset, end) -> (value, next offset)``.

Nothing is read beyond *end*, and nothing allocated on the word of a peer alone: a length or count is compared
with what is left before anything is made of it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, TypeAlias

from ._construct import parse_foreign
from ._faults import Fault, short
from ._plan import (
    BitGroup,
    Characters,
    Constant,
    Extent,
    Foreign,
    Member,
    Node,
    Octets,
    Prefix,
    Record,
    Repeat,
    Sized,
    least_size,
)
from ._words import Boolean, Float, Number

Read: TypeAlias = Callable[[bytes, int, int], tuple[Any, int]]


def reader(node: Node) -> Read:
    """Return the function that parses *node*; it raises Fault, and nothing else for any bytes."""
    match node:
        case Number() | Float():
            return _scalar(node)
        case Boolean():
            return _map(_octets(1), lambda data: data != b"\0")
        case Octets(extent=extent):
            return _octets(extent)
        case Characters(extent=extent):
            return _characters(extent)
        case Repeat():
            return _repeat(node)
        case Sized(inner=inner, prefix=prefix):
            return _sized(reader(inner), prefix)
        case Constant():
            return _constant(node)
        case Foreign(schema=schema):
            return lambda data, offset, end: parse_foreign(schema, data, offset, end)
        case BitGroup():
            return _bits(node)
        case Record():
            return _record(node)


def _scalar(node: Number | Float) -> Read:
    size = node.size
    if isinstance(node, Number):
        return _map(_octets(size), node.parse)
    unpack = struct.Struct(("<" if node.little else ">") + ("f" if size == 4 else "d")).unpack
    return _map(_octets(size), lambda data: unpack(data)[0])


def _map(read: Read, convert: Callable[[bytes], object]) -> Read:
    def mapped(data: bytes, offset: int, end: int) -> tuple[Any, int]:
        raw, after = read(data, offset, end)
        return convert(raw), after

    return mapped


def _extent(extent: Extent) -> Callable[[bytes, int, int], tuple[int | None, int]]:
    """Return what reads a length or count: it and the next offset; None: all there is."""
    match extent:
        case int():
            return lambda data, offset, end: (extent, offset)
        case Prefix(number=number, plus=plus):
            read, least = _scalar(number), plus

            def prefixed(data: bytes, offset: int, end: int) -> tuple[int | None, int]:
                value, after = read(data, offset, end)
                if value < least:
                    raise Fault(f"a size of {value} is less than the {least} that it counts of itself", after)
                return value - least, after

            return prefixed
        case _:
            return lambda data, offset, end: (None, offset)


def _octets(extent: Extent) -> Read:
    measure = _extent(extent)

    def octets(data: bytes, offset: int, end: int) -> tuple[bytes, int]:
        size, offset = measure(data, offset, end)
        after = end if size is None else offset + size
        if after > end:
            short(after - offset, end - offset, offset)
        return data[offset:after], after

    return octets


def _characters(extent: Extent) -> Read:
    read, padded = _octets(extent), isinstance(extent, int)

    def characters(data: bytes, offset: int, end: int) -> tuple[str, int]:
        raw, after = read(data, offset, end)
        try:
            return (raw.rstrip(b"\0") if padded else raw).decode("utf-8"), after
        except UnicodeDecodeError as error:
            raise Fault(f"is no UTF-8: {error.reason}", after - len(raw) + error.start) from error

    return characters


def _repeat(node: Repeat) -> Read:
    read, measure, kind = reader(node.element), _extent(node.extent), node.kind
    least = max(1, least_size(node.element))

    def repeat(data: bytes, offset: int, end: int) -> tuple[Any, int]:
        count, offset = measure(data, offset, end)
        if count is not None and count * least > end - offset:
            raise Fault(f"{count} elements of at least {least} bytes, has {end - offset}", offset)
        values: list[object] = []
        while (offset < end) if count is None else (len(values) < count):
            try:
                value, offset = read(data, offset, end)
            except Fault as fault:
                fault.path.append(str(len(values)))
                raise
            values.append(value)
        return kind(values), offset

    return repeat


def _sized(read: Read, prefix: Prefix) -> Read:
    measure = _extent(prefix)

    def sized(data: bytes, offset: int, end: int) -> tuple[Any, int]:
        size, offset = measure(data, offset, end)
        after = offset + (size or 0)
        if after > end:
            short(after - offset, end - offset, offset)
        value, stopped = read(data, offset, after)
        if stopped != after:
            raise Fault(f"{after - stopped} bytes are left over", stopped)
        return value, after

    return sized


def _constant(node: Constant) -> Read:
    read, wanted, value = _octets(len(node.data)), node.data, node.value

    def constant(data: bytes, offset: int, end: int) -> tuple[Any, int]:
        raw, after = read(data, offset, end)
        if raw != wanted:
            raise Fault(f"is {raw!r}, not {wanted!r}", offset)
        return value, after

    return constant


def _bits(group: BitGroup) -> Read:
    read, fields = _octets(group.size), []
    left = group.size * 8
    for field in group.fields:
        left -= field.width
        fields.append((left, (1 << field.width) - 1, bool if field.boolean else int))

    def bits(data: bytes, offset: int, end: int) -> tuple[list[object], int]:
        raw, after = read(data, offset, end)
        packed = int.from_bytes(raw, "big")
        return [kind(packed >> shift & mask) for shift, mask, kind in fields], after

    return bits


def _record(record: Record) -> Read:
    steps = [_step(member) for member in record.members]
    make = _maker(record)

    def read_record(data: bytes, offset: int, end: int) -> tuple[Any, int]:
        values: dict[str, object] = {}
        for step in steps:
            offset = step(values, data, offset, end)
        return make(values), offset

    return read_record


def _step(member: Member | BitGroup) -> Callable[[dict[str, object], bytes, int, int], int]:
    """Return what reads *member* into the values so far, and gives the next offset."""
    if isinstance(member, BitGroup):
        read_bits, names = reader(member), [field.name for field in member.fields]

        def bits(values: dict[str, object], data: bytes, offset: int, end: int) -> int:
            read, offset = _named(names[0], read_bits, data, offset, end)
            values.update(zip(names, read, strict=True))
            return offset

        return bits
    name, read_one, kept = member.name, reader(member.node), not isinstance(member.node, Constant)

    def one(values: dict[str, object], data: bytes, offset: int, end: int) -> int:
        value, offset = _named(name, read_one, data, offset, end)
        if kept:
            values[name] = value
        return offset

    return one


def _named(name: str, read: Read, data: bytes, offset: int, end: int) -> tuple[Any, int]:
    try:
        return read(data, offset, end)
    except Fault as fault:
        fault.path.append(name)
        raise


def _maker(record: Record) -> Callable[[dict[str, object]], object]:
    """Return what makes an instance: past ``__init__`` where that would only store."""
    cls = record.cls
    if not record.plain:

        def through_init(values: dict[str, object]) -> object:
            try:
                return cls(**values)
            except (ValueError, TypeError) as error:
                raise Fault(f"refused by its class: {error}") from error

        return through_init

    def past_init(values: dict[str, object]) -> object:
        message: object = object.__new__(cls)
        for name, value in values.items():
            object.__setattr__(message, name, value)
        return message

    return past_init
