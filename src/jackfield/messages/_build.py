"""Plan -> a function that builds: ``write(value) -> bytes``.

A value that its node cannot carry is a Fault, whatever is wrong with it; nothing is cut or padded in silence,
but for the NULs behind a text of fixed size.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, TypeAlias

from ..errors import EncodeError
from ._construct import build_foreign
from ._faults import Fault
from ._plan import BitGroup, Characters, Constant, Extent, Foreign, Member, Node, Octets, Prefix, Record, Repeat, Sized
from ._words import Boolean, Float, Number

Write: TypeAlias = Callable[[Any], bytes]


def writer(node: Node) -> Write:
    """Return the function that builds *node*; it raises Fault, and nothing else for any value."""
    match node:
        case Number():
            return _number(node)
        case Float():
            return _float(node)
        case Boolean():
            return lambda value: b"\1" if _be(bool, value) else b"\0"
        case Octets(extent=extent):
            return _octets(extent)
        case Characters(extent=extent):
            return _characters(extent)
        case Repeat():
            return _repeat(node)
        case Sized(inner=inner, prefix=prefix):
            write = writer(inner)
            return lambda value: _prefixed(prefix, write(value))
        case Constant(data=data):
            return lambda value: data
        case Foreign(schema=schema):
            return lambda value: build_foreign(schema, value)
        case BitGroup():
            raise AssertionError("a group of bits is built by its record")
        case Record():
            return _record(node)


def _be(kind: type[Any], value: object) -> Any:
    if not isinstance(value, kind):
        raise Fault(f"{value!r} is no {kind.__name__}")
    return value


def _number(number: Number) -> Write:
    def write(value: object) -> bytes:
        try:
            return number.build(_be(int, value))
        except EncodeError as error:
            raise Fault(error.reason) from error

    return write


def _float(node: Float) -> Write:
    pack = struct.Struct(("<" if node.little else ">") + ("f" if node.size == 4 else "d")).pack

    def write(value: object) -> bytes:
        if not isinstance(value, (int, float)):
            raise Fault(f"{value!r} is no float")
        try:
            return pack(value)
        except (OverflowError, struct.error) as error:
            raise Fault(f"{value!r} does not fit {node.size} bytes") from error

    return write


def _octets(extent: Extent) -> Write:
    def write(value: object) -> bytes:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise Fault(f"{value!r} is no bytes")
        data = bytes(value)
        if isinstance(extent, int) and len(data) != extent:
            raise Fault(f"{len(data)} bytes, not {extent}")
        return _prefixed(extent, data) if isinstance(extent, Prefix) else data

    return write


def _characters(extent: Extent) -> Write:
    def write(value: object) -> bytes:
        text = _be(str, value)
        try:
            data: bytes = text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise Fault(f"{value!r} has no UTF-8: {error.reason}") from error
        match extent:
            case int():
                return _padded(data, extent)
            case Prefix():
                return _prefixed(extent, data)
            case _:
                return data

    return write


def _padded(data: bytes, size: int) -> bytes:
    if len(data) > size:
        raise Fault(f"{len(data)} bytes of UTF-8, {size} at most")
    if data.endswith(b"\0"):
        raise Fault("text that ends with a NUL could not be told from its padding")
    return data.ljust(size, b"\0")


def _prefixed(prefix: Prefix, data: bytes, count: int | None = None) -> bytes:
    try:
        return prefix.number.build((len(data) if count is None else count) + prefix.plus) + data
    except EncodeError as error:
        raise Fault(f"too large for the {prefix.number.name} in front: {error.reason}") from error


def _repeat(node: Repeat) -> Write:
    write, extent = writer(node.element), node.extent

    def repeat(values: object) -> bytes:
        if not isinstance(values, (tuple, list)):
            raise Fault(f"{values!r} is no {node.kind.__name__}")
        if isinstance(extent, int) and len(values) != extent:
            raise Fault(f"{len(values)} elements, not {extent}")
        data = b"".join(_named(str(index), write, value) for index, value in enumerate(values))
        return _prefixed(extent, data, len(values)) if isinstance(extent, Prefix) else data

    return repeat


def _named(name: str, write: Write, value: object) -> bytes:
    try:
        return write(value)
    except Fault as fault:
        fault.path.append(name)
        raise


def _record(record: Record) -> Write:
    cls = record.cls
    parts = [_part(member) for member in record.members]

    def write(message: object) -> bytes:
        if type(message) is not cls:
            raise Fault(f"{message!r} is no {cls.__name__}")
        return b"".join([part(message) for part in parts])

    return write


def _part(member: Member | BitGroup) -> Callable[[object], bytes]:
    """Return what builds *member* of a message."""
    if isinstance(member, BitGroup):
        return _bits(member)
    name, write = member.name, writer(member.node)
    if isinstance(member.node, Constant):
        return write
    return lambda message: _named(name, write, getattr(message, name))


def _bits(group: BitGroup) -> Callable[[object], bytes]:
    def write(message: object) -> bytes:
        packed = 0
        for field in group.fields:
            packed = packed << field.width | _named_bits(field.name, field.width, getattr(message, field.name))
        return packed.to_bytes(group.size, "big")

    return write


def _named_bits(name: str, width: int, value: object) -> int:
    if isinstance(value, int) and 0 <= value < 1 << width:
        return int(value)
    fault = Fault(f"{value!r} does not fit {width} bits")
    fault.path.append(name)
    raise fault
