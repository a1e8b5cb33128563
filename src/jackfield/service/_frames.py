"""How a stream is cut into messages. Over datagrams none of this is there: a datagram is a frame already."""

from __future__ import annotations

from typing import Protocol, final

from typing_extensions import TypeForm

from ..errors import DeclarationError, DecodeError, EncodeError, FrameTooLarge
from ..interfaces import Buffer, Framer
from ..messages import Number, number_of


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

    __slots__ = ("_maximum", "_number", "_plus")

    def __init__(self, number: TypeForm[int], /, *, maximum: int, plus: int = 0) -> None:
        """Put *number* (``U32``, say) in front of a payload of *maximum* bytes at most.

        It holds the payload's size plus *plus*: the number's own size where it counts itself, say. Raises
        DeclarationError for what is no number, or a maximum that it cannot express.
        """
        self._number: Number = number_of(number)
        self._maximum = maximum
        self._plus = plus
        if maximum < 1:
            raise DeclarationError("LengthPrefixed", "maximum", f"has to be at least 1, not {maximum}")
        if not self._number.lowest <= plus <= maximum + plus <= self._number.highest:
            raise DeclarationError(
                "LengthPrefixed", "maximum", f"{self._number.name} cannot say {maximum} bytes and {plus} more"
            )

    @property
    def maximum(self) -> int:
        """Bytes that a frame's payload may have."""
        return self._maximum

    def framer(self) -> Framer:
        """Return what cuts one conversation."""
        return _LengthFramer(self._number, self._maximum, self._plus)

    def wrap(self, payload: bytes, /) -> bytes:
        """Return *payload* with the number in front; raises EncodeError where it is above the maximum."""
        if len(payload) > self._maximum:
            raise EncodeError("frame", None, f"{len(payload)} bytes, {self._maximum} at most")
        return self._number.build(len(payload) + self._plus) + payload


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
