"""The two sessions that all generated handlers share: over a stream, and over one datagram.

What is done with a payload is an *answer*: bytes in, bytes or None out, a `JackfieldError` for a fault. Sessions
know how payloads are cut and how replies are kept in bounds, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, final

from ..errors import JackfieldError, Truncated
from ..interfaces import BEGUN, CLOSING, MORE, PARTIAL, READY, Buffer, Framer, Session

Answer: TypeAlias = Callable[[bytes], bytes | None]
"""Takes a payload and returns the reply's, or None for no reply."""


@final
class StreamSession:
    """A conversation over a stream: cuts every complete frame of what arrives, and gives one buffer of replies.

    It works on the driver's buffer as long as no frame is left unfinished, and frames an unfinished one again only
    when as much has arrived as the framer asked for.
    """

    __slots__ = ("_answer", "_ended", "_framer", "_high_water", "_needed", "_tail", "_wrap", "fault", "status")

    def __init__(self, framer: Framer, wrap: Callable[[bytes], bytes], answer: Answer, high_water: int) -> None:
        self._framer = framer
        self._wrap = wrap
        self._answer = answer
        self._high_water = high_water
        self._tail = bytearray()
        self._needed = 0
        self._ended = False
        self.status = READY
        self.fault: JackfieldError | None = None

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        """Take input, answer every frame that is complete, and return the replies."""
        if self.status & CLOSING:
            return b""
        if size == 0:
            self._end()
            return b""
        if not self._tail and not self.status & MORE:
            return self._cut(buffer, size)
        with memoryview(buffer) as view:
            self._tail += view[:size]
        if self.status & MORE:
            return b""
        if len(self._tail) < self._needed:
            self.status = PARTIAL
            return b""
        return self._cut(self._tail, len(self._tail))

    def resume(self) -> bytes:
        """Go on with input that waits behind replies which have left by now."""
        if not self.status & MORE:
            return b""
        self.status &= ~MORE
        return self._cut(self._tail, len(self._tail))

    def close(self, why: Exception | None, /) -> None:
        """Let go of what is left."""
        self._tail = bytearray()

    def _cut(self, buffer: Buffer, end: int) -> bytes:
        replies: list[bytes] = []
        start, self._needed = 0, 0
        try:
            with memoryview(buffer) as view:
                start = self._answer_frames(view, end, replies)
        except JackfieldError as fault:
            self._fail(fault)
        else:
            self._keep(buffer, start, end)
        return replies[0] if len(replies) == 1 else b"".join(replies)

    def _answer_frames(self, view: memoryview, end: int, replies: list[bytes]) -> int:
        """Answer frames until they or the room for replies run out; return where the first unanswered one begins."""
        framer, start, room = self._framer, 0, self._high_water
        while start < end and room > 0:
            size = framer.measure(view, start, end)
            if size > end - start:
                self._needed = size
                return start
            payload = view[start + framer.head : start + size - framer.tail].tobytes()
            start += size
            reply = self._answer(payload)
            if reply is not None:
                replies.append(self._wrap(reply))
                room -= len(replies[-1])
        return start

    def _keep(self, buffer: Buffer, start: int, end: int) -> None:
        """Keep what is left of *buffer* and say what it is: an unfinished frame, or frames that have to wait."""
        if buffer is self._tail:
            del self._tail[:start]
        elif start < end:
            with memoryview(buffer) as view:
                self._tail += view[start:end]
        if start == end:
            self.status = READY
        elif not self._needed:
            self.status = MORE
        elif self._ended:
            self._fail(Truncated(end - start, self._needed))
        else:
            self.status = PARTIAL if start == 0 and buffer is self._tail else PARTIAL | BEGUN

    def _end(self) -> None:
        """Come to the end of input: what is unfinished now stays so; what waits for room is answered first."""
        self._ended = True
        if self._tail and not self.status & MORE:
            self._fail(Truncated(len(self._tail), self._needed))

    def _fail(self, fault: JackfieldError) -> None:
        self.fault = fault
        self.status = CLOSING
        self._tail = bytearray()


@final
class DatagramSession:
    """A conversation of one datagram; a reply is a datagram of its own."""

    __slots__ = ("_answer", "fault", "status")

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.status = READY
        self.fault: JackfieldError | None = None

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        """Answer the datagram; an empty reply waits for `resume`, as returning nothing means no reply."""
        with memoryview(buffer) as view:
            payload = view[:size].tobytes()
        try:
            reply = self._answer(payload)
        except JackfieldError as fault:
            self.fault = fault
            self.status = CLOSING
            return b""
        if reply == b"":
            self.status = MORE
        return reply or b""

    def resume(self) -> bytes:
        """Return the empty reply."""
        self.status = READY
        return b""

    def close(self, why: Exception | None, /) -> None:
        """Do nothing: nothing is kept."""


if TYPE_CHECKING:
    _sessions: tuple[type[Session], ...] = (StreamSession, DatagramSession)
