"""The two sessions that all generated handlers share: over a stream, and over one datagram.

What is done with a payload is a script's to say. Sessions know how input is cut and kept, how replies keep their
order and their bounds, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Generic, final

from typing_extensions import TypeVar

from ..errors import CompositionError, HandlerFailed, JackfieldError, Truncated
from ..interfaces import BEGUN, CLOSING, MORE, PARTIAL, READY, WAITING, AsyncDriver, Buffer, Framer, Session
from ._conversation import Answered, Awaited, Conversation, Offloaded, Outside, Script, Series

ContextT = TypeVar("ContextT")
_NOTHING: Final = bytearray()
"""The tail of every session that has no frame begun, so that who is idle holds no buffer; it stays empty."""


@final
class StreamSession(Generic[ContextT]):
    """A conversation over a stream: cuts every complete frame of what arrives, and gives one buffer of replies.

    It works on the driver's buffer as long as no frame is left unfinished, and frames an unfinished one again only
    when as much has arrived as the framer asked for. One answer at a time: while a stream of replies or a call
    elsewhere is unfinished no further frame is cut.
    """

    __slots__ = (
        *("_call", "_ended", "_framer", "_fused", "_needed", "_stream", "_tail"),
        *("fault", "room", "script", "status", "talk"),
    )

    def __init__(self, talk: Conversation[ContextT]) -> None:
        self.talk = talk
        self.script: Script[ContextT] = talk.script
        """What is followed now; the conversation may say another one, from the next frame on."""
        self.room = talk.request.limits.unsent
        """Bytes of replies that are given at once, about."""
        self._framer: Framer = talk.script.framer()
        self._fused = talk.script.fused
        self._stream: Series | None = None
        self._call: _Call[ContextT] | None = None
        self._tail = _NOTHING
        self._needed = 0
        self._ended = False
        self.status = READY
        self.fault: JackfieldError | None = None
        self._open()

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        """Take input, answer every frame that is complete, and return the replies."""
        if not self.status and size:
            fused = self._fused
            return self.go_on(buffer, 0, size, []) if fused is None else fused(self, buffer, size)
        if self.status & CLOSING:
            return b""
        return self._behind_tail(buffer, size) if size else self._end()

    def resume(self) -> bytes:
        """Go on with what waits: for replies to leave, for a call to end, or to be pushed."""
        if self.status & CLOSING:
            self.status = CLOSING
        elif self.status & MORE or (self._call is not None and self._call.outcome is not None):
            return self.go_on(self._tail, 0, len(self._tail), [])
        return self.gathered([])

    def close(self, why: Exception | None, /) -> None:
        """Let go of what is left: close a running stream, tell the service."""
        self.talk.over = True
        self._tail = _NOTHING
        try:
            self._drop()
            self.script.closed(self.talk)
        except Exception as error:
            self.fault = self.fault or _blamed(error)
        finally:
            self.talk.forget()

    # ------------------------------------------------------------------ answering

    def go_on(
        self, buffer: Buffer, start: int, end: int, out: list[bytes], answering: Callable[[], Answered] | None = None
    ) -> bytes:
        """Go on at *start*, behind a frame that *answering* answers, where one is given, and the replies in *out*."""
        self.talk.busy = True
        try:
            if answering is not None:
                self._take(answering(), out)
            start = self._answer_frames(buffer, start, end, out)
        except JackfieldError as fault:
            self._stop(fault)
        else:
            self._keep(buffer, start, end)
        self.talk.busy = False  # from here on a push wakes the driver; one that came before is gathered
        return self.gathered(out)

    def _behind_tail(self, buffer: Buffer, size: int) -> bytes:
        """Put what arrived behind what was there, and answer what is complete now."""
        self._add(buffer, 0, size)
        if self.status & (MORE | WAITING):
            return b""
        if len(self._tail) < self._needed:
            self.status = PARTIAL
            return b""
        if self._fused is None:
            return self.go_on(self._tail, 0, len(self._tail), [])
        self.status = READY
        replies = self._fused(self, self._tail, len(self._tail))
        if not self.status:
            self._tail = _NOTHING
        return replies

    def _answer_frames(self, buffer: Buffer, start: int, end: int, out: list[bytes]) -> int:
        """Answer until input or the room for replies runs out; return where the first unanswered frame begins."""
        talk, room = self.talk, self.room - sum(map(len, out))
        self._needed = 0
        while True:
            if self._call is not None:
                if self._call.outcome is None:
                    break
                room -= self._take(self._finished(self._call), out)
            elif talk.closing:
                break
            elif self._stream is not None:
                if room <= 0:
                    break
                room -= self._take_next(self._stream, out)
            elif talk.script is not self.script:
                self._follow(talk.script)
            elif start >= end or room <= 0:
                break
            else:
                framer = self._framer
                size = framer.measure(buffer, start, end)
                if size > end - start:
                    self._needed = size
                    break
                payload = bytes(buffer[start + framer.head : start + size - framer.tail])
                start += size
                room -= self._take(self.script.answer(payload, talk), out)
        return start

    def _take(self, answered: Answered, out: list[bytes]) -> int:
        """Put what *answered* is, and what was pushed before it, behind *out*; return the bytes that this adds."""
        added = self._take_pushes(out)
        if isinstance(answered, bytes):
            out.append(answered)
            return added + len(answered)
        if isinstance(answered, Outside):
            self._call = _Call(answered, self.talk)
        elif answered is not None:
            self._stream = answered
        return added

    def _take_next(self, stream: Series, out: list[bytes]) -> int:
        reply = next(stream, None)
        if reply is None:
            self._stream = None
        return self._take(reply, out)

    def _take_pushes(self, out: list[bytes]) -> int:
        if not self.talk.pushed:
            return 0
        out.append(self.talk.take())
        return len(out[-1])

    def _finished(self, call: _Call[ContextT]) -> Answered:
        self._call = None
        return call.answered()

    def gathered(self, out: list[bytes]) -> bytes:
        """Return *out* and what was pushed meanwhile, as one; see whether somebody wants it to end."""
        self._take_pushes(out)
        if self.talk.closing and not self.status & CLOSING and (self._call is None or self._stream is not None):
            self._stop(None)  # behind the reply that a handler still owes, if it owes one
        return out[0] if len(out) == 1 else b"".join(out)

    # ------------------------------------------------------------------ what is left

    def _keep(self, buffer: Buffer, start: int, end: int) -> None:
        """Keep what is left of *buffer* and say what it is: an unfinished frame, or frames that have to wait."""
        if start == end:
            self._tail = _NOTHING
        elif buffer is self._tail:
            del self._tail[:start]
        else:
            self._add(buffer, start, end)
        if self._call is not None:
            self.status = WAITING
        elif self._stream is not None or (start < end and not self._needed):
            self.status = MORE
        elif start == end:
            self.status = READY
        elif self._ended:
            self._stop(Truncated(end - start, self._needed))
        else:
            self.status = PARTIAL if start == 0 and buffer is self._tail else PARTIAL | BEGUN

    def _add(self, buffer: Buffer, start: int, end: int) -> None:
        """Put a part of *buffer* behind the tail."""
        with memoryview(buffer) as view:
            if self._tail is _NOTHING:
                self._tail = bytearray(view[start:end])
            else:
                self._tail += view[start:end]

    def _end(self) -> bytes:
        """Come to the end of input: what is unfinished now stays so; what waits is answered first."""
        self._ended = True
        if self._tail and not self.status & (MORE | WAITING):
            self._stop(Truncated(len(self._tail), self._needed))
        return b""

    def _stop(self, fault: JackfieldError | None) -> None:
        """Answer nothing more, be somebody to blame or not."""
        self.fault = fault
        self.status = CLOSING
        self.talk.closing = True
        self._tail = _NOTHING
        try:
            self._drop()
        except Exception as error:
            self.fault = fault or _blamed(error)

    def _drop(self) -> None:
        call, self._call = self._call, None
        stream, self._stream = self._stream, None
        if call is not None:
            call.cancel()
        if stream is not None:
            stream.close()

    # ------------------------------------------------------------------ whose it is

    def _open(self) -> None:
        self.talk.busy = True
        try:
            self.script.opened(self.talk)
        except JackfieldError as fault:
            self._stop(fault)
        self.talk.busy = False
        if self.talk.closing:
            self._stop(self.fault)
        if self.talk.pushed:
            self.status |= MORE

    def _follow(self, script: Script[ContextT]) -> None:
        """Let the service that follows take over."""
        self._framer, self._fused = script.framer(), script.fused
        before, self.script = self.script, script
        try:
            before.closed(self.talk)
        finally:
            script.opened(self.talk)


@final
class _Call(Generic[ContextT]):
    """A call that is made elsewhere."""

    __slots__ = ("_finish", "_talk", "cancel", "outcome")

    def __init__(self, outside: Outside, talk: Conversation[ContextT]) -> None:
        self._finish = outside.finish
        self._talk = talk
        self.cancel: Callable[[], None] = _nothing
        """Lets go of it as far as can be: what is awaited is cancelled."""
        self.outcome: Callable[[], object] | None = None
        """There once the call has ended."""
        try:
            self._begin(outside)
        except Exception as error:
            self.outcome = _raising(error)

    def _begin(self, outside: Outside) -> None:
        driver = self._talk.request.driver
        if isinstance(outside, Offloaded):
            driver.submit(outside.call, outside.argument, self._done)
        elif isinstance(driver, AsyncDriver):
            self.cancel = driver.start(outside.work(), self._done)
        else:
            raise CompositionError(f"{type(driver).__name__} awaits nothing")

    def answered(self) -> Answered:
        """Return what the call came to, as it is sent."""
        outcome = self.outcome
        if outcome is None:
            raise AssertionError("asked for before it has ended")
        return self._finish(outcome)

    def _done(self, outcome: Callable[[], object]) -> None:
        self.outcome = outcome
        self.cancel = _nothing  # or whoever is told and who tells would hold each other, and what came of it
        if not self._talk.over:
            self._talk.request.driver.wake()


@final
class DatagramSession(Generic[ContextT]):
    """A conversation of one datagram; each reply is a datagram of its own."""

    __slots__ = ("_call", "_next", "_stream", "fault", "script", "status", "talk")

    def __init__(self, talk: Conversation[ContextT]) -> None:
        self.talk = talk
        self.script: Script[ContextT] = talk.script
        self._call: _Call[ContextT] | None = None
        self._stream: Series | None = None
        self._next: bytes | None = None
        """The reply that waits for `resume`."""
        self.status = READY
        self.fault: JackfieldError | None = None

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        """Answer the datagram; an empty reply waits for `resume`, as returning nothing means no reply."""
        fused = self.script.fused
        return self.go_on(buffer, 0, size, []) if fused is None else fused(self, buffer, size)

    def go_on(
        self, buffer: Buffer, start: int, end: int, out: list[bytes], answering: Callable[[], Answered] | None = None
    ) -> bytes:
        """Answer the datagram, or take what *answering* answers it with."""
        try:
            if answering is not None:
                return self._first(answering())
            with memoryview(buffer) as view:
                payload = view[:end].tobytes()
            return self._first(self.script.answer(payload, self.talk))
        except JackfieldError as fault:
            return self._fail(fault)

    def gathered(self, out: list[bytes]) -> bytes:
        """Return the reply: a push has left already."""
        return b"".join(out)

    def resume(self) -> bytes:
        """Return the reply that waits, or the first one that a call elsewhere came to."""
        call = self._call
        if call is not None:
            if call.outcome is None:
                return b""
            self._call = None
            try:
                return self._first(call.answered())
            except JackfieldError as fault:
                return self._fail(fault)
        return b"" if self._next is None else self._after(self._next)

    def close(self, why: Exception | None, /) -> None:
        """Let go of what is left: close a running stream."""
        self.talk.over = True
        call, self._call = self._call, None
        stream, self._stream = self._stream, None
        try:
            if call is not None:
                call.cancel()
            if stream is not None:
                stream.close()
        except Exception as error:
            self.fault = self.fault or _blamed(error)
        finally:
            self.talk.forget()

    def _first(self, answered: Answered) -> bytes:
        self.status = READY
        if answered is None and self._stream is not None:  # a reply that was waited for, and came to nothing
            answered = next(self._stream, None)
        elif answered is not None and not isinstance(answered, bytes | Offloaded | Awaited):
            self._stream = answered
            answered = next(answered, None)
        if isinstance(answered, Outside):
            return self._wait_for(answered)
        if answered == b"":
            self._next, self.status = b"", MORE
            return b""
        return b"" if answered is None else self._after(answered)

    def _wait_for(self, outside: Outside) -> bytes:
        self._call = _Call(outside, self.talk)
        if self._call.outcome is not None:
            return self.resume()
        self.status = WAITING
        return b""

    def _after(self, reply: bytes) -> bytes:
        """Return *reply*, and see whether one more follows it."""
        self._next, self.status = None, READY
        try:
            following = None if self._stream is None else next(self._stream, None)
        except JackfieldError as fault:
            self._fail(fault)
            return reply
        if isinstance(following, Outside):
            self._call, self.status = _Call(following, self.talk), WAITING  # which wakes where it has ended already
        elif following is not None:
            self._next, self.status = following, MORE
        return reply

    def _fail(self, fault: JackfieldError) -> bytes:
        self.fault = fault
        self.status = CLOSING
        return b""


def _nothing() -> None:
    """Leave a call alone that nobody can take back."""


def _blamed(error: Exception) -> JackfieldError:
    if isinstance(error, JackfieldError):
        return error
    failed = HandlerFailed("the end of a conversation")
    failed.__cause__ = error
    return failed


def _raising(error: Exception) -> Callable[[], object]:
    def outcome() -> object:
        raise error

    return outcome


if TYPE_CHECKING:
    _sessions: tuple[type[Session], ...] = (StreamSession[object], DatagramSession[object])
