"""Plan -> a framer: where does a message end on a stream?

A framer is a generator that keeps its place: it yields the size that it needs to go on and returns the size of the
whole, so that a message costs linear work however it trickles in.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeAlias, final

from ..errors import DecodeError, FrameTooLarge
from ..interfaces import Buffer
from ._construct import measure_foreign, no_frame, takes_all_foreign
from ._faults import Fault
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
    fixed_size,
    least_size,
    open_path,
    part_of,
)

Walk: TypeAlias = Generator[int, None, int]
"""Yields offsets that input has to reach, returns the offset behind what was walked over."""


@final
class Window:
    """What has arrived of the message so far."""

    __slots__ = ("buffer", "size", "start")

    def __init__(self) -> None:
        self.buffer: Buffer = b""
        self.start = 0
        self.size = 0

    def bytes_at(self, offset: int, size: int | None = None) -> bytes:
        """Return *size* bytes from *offset* of the message, or all from there."""
        end = self.size if size is None else offset + size
        return bytes(self.buffer[self.start + offset : self.start + end])


Walker: TypeAlias = Callable[[Window, int], Walk]


def unframeable(node: Node) -> tuple[tuple[str, ...], str] | None:
    """Return None where *node* says where it ends, else the path of the field that does not, and why."""
    if (path := open_path(node)) is not None:
        return path, "takes all there is, and a stream has no end to tell it by"
    match node:
        case Foreign(schema=schema):
            return no_frame(schema)
        case Repeat(element=element):
            return unframeable(element)
        case Record(members=members):
            for member in members:
                if isinstance(member, Member) and (found := unframeable(member.node)) is not None:
                    return (member.name, *found[0]), found[1]
            return None
        case _:
            return None


def takes_all(member: Member | BitGroup) -> bool:
    """Return whether *member* takes all there is, so that nothing can follow it."""
    if isinstance(member, BitGroup):
        return False
    return open_path(member.node) is not None or (
        isinstance(member.node, Foreign) and takes_all_foreign(member.node.schema)
    )


def walker(node: Node) -> Walker:
    """Return what walks over *node*, which `unframeable` has nothing against."""
    size = fixed_size(node)
    match node:
        case Constant():
            return _over_constant(node)
        case Foreign():
            return _over_foreign(node)
        case Octets(extent=Prefix() as prefix) | Characters(extent=Prefix() as prefix) | Sized(prefix=prefix):
            return _over_prefixed(prefix)
        case Repeat() if size is None:
            return _over_repeat(node)
        case Record() if size is None or any(isinstance(part_of(member), Constant) for member in node.members):
            return _over_record(node)
        case _:
            return _over_bytes(size or 0)


def _over_bytes(size: int) -> Walker:
    def walk(window: Window, offset: int) -> Walk:
        while window.size < offset + size:
            yield offset + size
        return offset + size

    return walk


def _over_constant(node: Constant) -> Walker:
    over = _over_bytes(len(node.data))

    def walk(window: Window, offset: int) -> Walk:
        after = yield from over(window, offset)
        found = window.bytes_at(offset, len(node.data))
        if found != node.data:
            raise Fault(f"is {found!r}, not {node.data!r}", offset)
        return after

    return walk


def _over_foreign(node: Foreign) -> Walker:
    def walk(window: Window, offset: int) -> Walk:
        while True:
            size, complete = measure_foreign(node.schema, window.bytes_at(offset))
            if complete:
                return offset + size
            yield offset + size

    return walk


def _extent(extent: Extent) -> Callable[[Window, int], Generator[int, None, tuple[int, int]]]:
    """Return what reads a length or count: it, and the offset behind where it stands."""

    def read(window: Window, offset: int) -> Generator[int, None, tuple[int, int]]:
        if not isinstance(extent, Prefix):
            return (extent if isinstance(extent, int) else 0), offset
        size = extent.number.size
        while window.size < offset + size:
            yield offset + size
        value = extent.number.parse(window.bytes_at(offset, size), 0) - extent.plus
        if value < 0:
            raise Fault(
                f"a size of {value + extent.plus} is less than the {extent.plus} that it counts of itself",
                offset + size,
            )
        return value, offset + size

    return read


def _over_prefixed(prefix: Prefix) -> Walker:
    measure = _extent(prefix)

    def walk(window: Window, offset: int) -> Walk:
        size, offset = yield from measure(window, offset)
        while window.size < offset + size:
            yield offset + size
        return offset + size

    return walk


def _over_repeat(node: Repeat) -> Walker:
    measure, over = _extent(node.extent), walker(node.element)
    size_of_one, least = fixed_size(node.element), least_size(node.element)

    def walk(window: Window, offset: int) -> Walk:
        count, offset = yield from measure(window, offset)
        if size_of_one is not None:
            return (yield from _over_bytes(count * size_of_one)(window, offset))
        for left in range(count, 0, -1):
            # What the rest takes at least is demanded at once, so that a count beyond the maximum is seen now.
            while window.size < offset + left * least:
                yield offset + left * least
            offset = yield from over(window, offset)
        return offset

    return walk


def _over_record(record: Record) -> Walker:
    parts = [(_name(member), walker(part_of(member))) for member in record.members]

    def walk(window: Window, offset: int) -> Walk:
        for name, over in parts:
            try:
                offset = yield from over(window, offset)
            except Fault as fault:
                fault.path.append(name)
                raise
        return offset

    return walk


def _name(member: object) -> str:
    return member.name if isinstance(member, Member) else "bits"


@final
class SchemaFramer:
    """The framer of one conversation, cutting messages by their own schema."""

    head = 0
    tail = 0

    def __init__(self, name: str, over: Walker, maximum: int) -> None:
        self._name = name
        self._over = over
        self._maximum = maximum
        self._window = Window()
        self._walk: Walk | None = None
        self._needed = 0

    def measure(self, buffer: Buffer, start: int, end: int, /) -> int:
        """Return the size of the message at *start*, or a lower bound of it above what is there."""
        window = self._window
        window.buffer, window.start, window.size = buffer, start, end - start
        if self._walk is None:
            self._walk = self._over(window, 0)
        elif window.size < self._needed:
            return self._needed
        try:
            self._needed = next(self._walk)
        except StopIteration as stop:
            return self._within(int(stop.value), over=True)
        except Fault as fault:
            self._walk = None
            raise DecodeError(self._name, fault.field, fault.offset, fault.reason) from fault
        finally:
            window.buffer = b""
        return self._within(self._needed, over=False)

    def _within(self, size: int, *, over: bool) -> int:
        if over or size > self._maximum:
            self._walk = None
        if size == 0:
            raise DecodeError(self._name, None, 0, "a message of no bytes would be followed by itself for ever")
        if size > self._maximum:
            raise FrameTooLarge(size, self._maximum)
        return size
