"""How a stream is cut into messages. Over datagrams none of this is there: a datagram is a frame already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, final

from typing_extensions import TypeForm

from ..errors import DeclarationError, DecodeError, EncodeError, FrameTooLarge
from ..interfaces import Buffer, Framer
from ..messages import Number, number_of

_WINDOW: Final = 512
"""Bytes of a memoryview that are searched at a time: it has no ``find``, and what is searched has to be copied."""


class Frame(Protocol):
    """A way to cut a stream; a value, shared by all conversations of a wire."""

    @property
    def maximum(self) -> int:
        """Bytes that a frame's payload may have."""
        ...

    def framer(self) -> Framer:
        """Return what cuts one conversation."""
        ...

    def wrap(self, payload: bytes, /) -> bytes:
        """Return *payload* as a frame; raises EncodeError where it is above the maximum."""
        ...


@final
class LengthPrefixed:
    """A number in front that says how many bytes follow."""

    __slots__ = ("_framer", "_maximum", "_number", "_plus")

    def __init__(self, number: TypeForm[int], /, *, maximum: int, plus: int = 0) -> None:
        """Put *number* (``U32``, say) in front of a payload of *maximum* bytes at most.

        It holds the payload's size plus *plus*: the number's own size where it counts itself, say. Raises
        DeclarationError for what is no number, or a maximum that it cannot express.
        """
        self._number: Number = number_of(number)
        self._maximum = _checked("LengthPrefixed", maximum)
        self._plus = plus
        self._framer = _LengthFramer(self._number, self._maximum, plus)
        if not self._number.lowest <= plus <= maximum + plus <= self._number.highest:
            raise DeclarationError(
                "LengthPrefixed", "maximum", f"{self._number.name} cannot say {maximum} bytes and {plus} more"
            )

    @property
    def maximum(self) -> int:
        """Bytes that a frame's payload may have."""
        return self._maximum

    @property
    def number(self) -> Number:
        """The number in front."""
        return self._number

    @property
    def plus(self) -> int:
        """What the number holds beyond the payload's size."""
        return self._plus

    def framer(self) -> Framer:
        """Return what cuts any conversation: it has nothing to remember."""
        return self._framer

    def wrap(self, payload: bytes, /) -> bytes:
        """Return *payload* with the number in front; raises EncodeError where it is above the maximum."""
        _check_size(payload, self._maximum)
        return self._number.build(len(payload) + self._plus) + payload


@final
class Delimited:
    """A mark behind each payload, which has the mark nowhere inside."""

    __slots__ = ("_mark", "_maximum")

    def __init__(self, mark: bytes, /, *, maximum: int) -> None:
        r"""Put *mark* (``b"\r\n"``, say) behind a payload of *maximum* bytes at most, the mark not counted.

        Raises DeclarationError for an empty mark.
        """
        if not mark:
            raise DeclarationError("Delimited", "mark", "has to be one byte or more")
        self._mark = mark
        self._maximum = _checked("Delimited", maximum)

    @property
    def maximum(self) -> int:
        """Bytes that a frame's payload may have."""
        return self._maximum

    def framer(self) -> Framer:
        """Return what cuts one conversation."""
        return _MarkFramer(self._mark, self._maximum)

    def wrap(self, payload: bytes, /) -> bytes:
        """Return *payload* with the mark behind it.

        Raises EncodeError where it is above the maximum, or would be cut somewhere else than at its end.
        """
        _check_size(payload, self._maximum)
        wrapped = payload + self._mark
        if wrapped.find(self._mark) != len(payload):
            raise EncodeError("frame", None, f"has the mark {self._mark!r} inside, where it would be cut")
        return wrapped


@final
class SelfFramed:
    """Nothing around a message: its own schema, or its packet's, says where it ends. A fixed size is a case of it."""

    __slots__ = ("_maximum",)

    def __init__(self, *, maximum: int) -> None:
        """Cut messages of *maximum* bytes at most, all that stands around them included."""
        self._maximum = _checked("SelfFramed", maximum)

    @property
    def maximum(self) -> int:
        """Bytes that a message may have."""
        return self._maximum

    def wrap(self, payload: bytes, /) -> bytes:
        """Return *payload* as it is; raises EncodeError where it is above the maximum."""
        _check_size(payload, self._maximum)
        return payload


def _checked(name: str, maximum: int) -> int:
    if maximum < 1:
        raise DeclarationError(name, "maximum", f"has to be at least 1, not {maximum}")
    return maximum


def _check_size(payload: bytes, maximum: int) -> None:
    if len(payload) > maximum:
        raise EncodeError("frame", None, f"{len(payload)} bytes, {maximum} at most")


@final
class _LengthFramer:
    """Cuts by a number in front; it has nothing to remember."""

    __slots__ = ("_maximum", "_number", "_plus", "head", "tail")

    def __init__(self, number: Number, maximum: int, plus: int) -> None:
        self._number = number
        self._maximum = maximum
        self._plus = plus
        self.head = number.size
        self.tail = 0

    def measure(self, buffer: Buffer, start: int, end: int, /) -> int:
        """Return the frame's size, or the number's while that is not there."""
        if end - start < self.head:
            return self.head
        size = self._number.parse(buffer, start) - self._plus
        if size > self._maximum:
            raise FrameTooLarge(size, self._maximum)
        if size < 0:
            raise DecodeError("frame", "length", 0, f"says {size + self._plus}, which is less than {self._plus}")
        return self.head + size


@final
class _MarkFramer:
    """Cuts behind a mark; it remembers how far it looked."""

    __slots__ = ("_mark", "_maximum", "_scanned", "head", "tail")

    def __init__(self, mark: bytes, maximum: int) -> None:
        self._mark = mark
        self._maximum = maximum
        self._scanned = 0
        self.head = 0
        self.tail = len(mark)

    def measure(self, buffer: Buffer, start: int, end: int, /) -> int:
        """Return the frame's size, or one byte more than there is."""
        most = self._maximum + self.tail
        at = _find(buffer, self._mark, start + self._scanned, min(end, start + most))
        if at >= 0:
            self._scanned = 0
            return at - start + self.tail
        if end - start >= most:
            self._scanned = 0
            raise FrameTooLarge(end - start, self._maximum)
        self._scanned = max(0, end - start - self.tail + 1)
        return end - start + 1


def _find(buffer: Buffer, mark: bytes, start: int, end: int) -> int:
    """Return where *mark* begins between *start* and *end*, -1 where it does not."""
    if not isinstance(buffer, memoryview):
        return buffer.find(mark, start, end)
    while end - start >= len(mark):
        at = bytes(buffer[start : min(end, start + _WINDOW + len(mark) - 1)]).find(mark)
        if at >= 0:
            return start + at
        start += _WINDOW
    return -1


if TYPE_CHECKING:
    _frames: tuple[type[Frame], ...] = (LengthPrefixed, Delimited)
