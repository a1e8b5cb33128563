"""Whether a factory's sessions keep their contract."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar, final

from ..connections import name_of
from ..core import Step, after, call_here
from ..interfaces import BEGUN, CLOSING, MORE, PARTIAL, TALKING, WAITING, Driver, Limits, Session
from ._promises import PATIENCE, Checklist, Promise
from ._requests import MemoryStream

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")

_BUFFER_SIZE: Final = 4096
_POISON: Final = b"\xa5"
_UNSENT: Final = 1024
"""Bytes of replies that may wait, so that few of them are enough to see what is done about it."""
_SPOILT: Final = 50
_ALL: Final = PARTIAL | MORE | WAITING | CLOSING | BEGUN | TALKING


def check_session(
    sessions: Callable[[MemoryStream], Session],
    messages: Sequence[bytes],
    *,
    raw: bool = False,
    patience: float = PATIENCE,
) -> None:
    """Check that what *sessions* makes keeps the contract of a `Session` over a stream.

    *messages* are what a peer says, each a whole message in its frame, which a session answers and goes on; it is
    always answered alike. *raw* is for sessions that know no messages and are never in the middle of one.

    Raises BrokenPromise for the first promise that is not kept; a call outside has *patience* seconds to come back.
    """
    check = Checklist(name_of(sessions), patience)
    whole = b"".join(messages)
    replies = _answers(check, sessions, [whole])
    for pieces in (messages, [whole[start : start + 7] for start in range(0, len(whole), 7)], _bytes_of(whole)):
        cut = _answers(check, sessions, pieces)
        same = f"in {len(pieces)} pieces they are {_shown(cut)}, in one {_shown(replies)}"
        check.holds(Promise.REPLIES_ARE_THE_SAME_HOWEVER_CUT, cut == replies, same)
    _shares_nothing(check, sessions, whole, replies)
    if not raw:
        _is_partial(check, sessions, messages)
    # Without messages a piece of input counts as one.
    largest = len(replies) * (_BUFFER_SIZE // len(whole) + 1 if raw else 1)
    _is_bounded(check, sessions, whole, len(replies), _UNSENT + largest)
    _bears_anything(check, sessions, whole)


@final
class _Talk:
    """Drives one session, from a buffer that is spoilt before and behind each call."""

    def __init__(self, check: Checklist, sessions: Callable[[MemoryStream], Session], unsent: int) -> None:
        self._check = check
        self._buffer = bytearray(_POISON * _BUFFER_SIZE)
        self._unsent = unsent
        self._woken = False
        self.longest = 0
        """Bytes that one call returned at most."""
        self.session = sessions(MemoryStream(self, limits=Limits(unsent=unsent), facets=(), peer=None))

    # ------------------------------------------------------------------ a driver

    def wake(self) -> None:
        self._woken = True

    def submit(
        self,
        call: Callable[[ArgumentT], ResultT],
        argument: ArgumentT,
        done: Callable[[Callable[[], ResultT]], None],
        /,
    ) -> None:
        call_here(call, argument, done)

    # ------------------------------------------------------------------ the test's side

    def feed(self, data: bytes) -> bytes:
        """Have *data* arrive, b"" for the end of input, and return all that is sent for it."""
        replies = self._settle(False)
        for start in range(0, max(1, len(data)), _BUFFER_SIZE):
            if self.session.status & CLOSING:
                break
            replies += self._receive(data[start : start + _BUFFER_SIZE])
            replies += self._settle(not data)
        return replies

    def finds_nothing(self) -> None:
        """Resume it though nothing waits."""
        if not self.session.status:
            found = self._call(self.session.resume, "resume()")
            self._check.holds(Promise.RESUME_FINDS_NOTHING, not found, f"it returned {_shown(found)}")

    def close(self) -> None:
        """End it."""
        why = self.session.fault
        try:
            self.session.close(why)
        except Exception as error:
            raise self._check.broken(Promise.NEVER_RAISES, f"close() raised {error!r}") from error

    # ------------------------------------------------------------------ inside

    def _receive(self, chunk: bytes) -> bytes:
        size, buffer = len(chunk), self._buffer
        buffer[:size] = chunk
        reply = self._call(lambda: self.session.receive(buffer, size), "receive()")
        buffer[:size] = _POISON * size
        try:
            buffer.append(0)
        except BufferError as error:
            raise self._check.broken(Promise.BUFFER_IS_THE_DRIVERS, "a view of it was kept") from error
        del buffer[-1:]
        return reply

    def _settle(self, ended: bool) -> bytes:
        """Do what a driver does behind a call whose reply has left."""
        replies = b""
        while True:
            step = after(self.session.status, 0, ended, False, self._unsent)
            if step is Step.PAUSE:
                self._check.comes_true(
                    Promise.STATUS_IS_TRUE, lambda: self._woken, lambda: "it says WAITING, and nobody wakes its driver"
                )
            elif step is not Step.RESUME and (self.session.status & CLOSING or not self._woken):
                return replies
            self._woken = False
            replies += self._call(self.session.resume, "resume()")

    def _call(self, call: Callable[[], bytes], what: str) -> bytes:
        try:
            reply: object = call()
        except Exception as error:
            raise self._check.broken(Promise.NEVER_RAISES, f"{what} raised {error!r}") from error
        if not isinstance(reply, bytes):
            raise self._check.broken(Promise.RETURNS_BYTES, f"{what} returned {reply!r}")
        self.longest = max(self.longest, len(reply))
        status = self.session.status
        self._check.holds(Promise.STATUS_IS_TRUE, status & ~_ALL == 0, f"the status is {status}, which is no such bits")
        closing = status & CLOSING or self.session.fault is None
        self._check.holds(Promise.STATUS_IS_TRUE, bool(closing), f"the fault is {self.session.fault!r}, and it goes on")
        return reply


def _answers(check: Checklist, sessions: Callable[[MemoryStream], Session], pieces: Sequence[bytes]) -> bytes:
    talk = _Talk(check, sessions, Limits().unsent)
    replies = b"".join(talk.feed(piece) for piece in pieces)
    talk.finds_nothing()
    replies += talk.feed(b"")
    talk.close()
    return replies


def _shares_nothing(
    check: Checklist, sessions: Callable[[MemoryStream], Session], whole: bytes, replies: bytes
) -> None:
    """Two at a time, byte by byte."""
    talks = [_Talk(check, sessions, Limits().unsent) for _ in range(2)]
    got = [b"", b""]
    for piece in (*_bytes_of(whole), b""):
        for number, talk in enumerate(talks):
            got[number] += talk.feed(piece)
    for number, talk in enumerate(talks):
        talk.close()
        beside = f"beside another the replies are {_shown(got[number])}, alone {_shown(replies)}"
        check.holds(Promise.SHARES_NOTHING, got[number] == replies, beside)


def _is_partial(check: Checklist, sessions: Callable[[MemoryStream], Session], messages: Sequence[bytes]) -> None:
    talk = _Talk(check, sessions, Limits().unsent)
    for message in messages:
        for count, byte in enumerate(_bytes_of(message), 1):
            talk.feed(byte)
            if talk.session.status & CLOSING:
                break
            said, begun = bool(talk.session.status & PARTIAL), count < len(message)
            wrong = f"after {count} of {len(message)} bytes of a message PARTIAL is {said}"
            check.holds(Promise.STATUS_IS_TRUE, said is begun, wrong)
    talk.close()


def _is_bounded(
    check: Checklist, sessions: Callable[[MemoryStream], Session], whole: bytes, size: int, most: int
) -> None:
    """All that is said, said so often at once that the replies, *size* bytes each time, are many times *most*."""
    talk = _Talk(check, sessions, _UNSENT)
    if size:
        talk.feed(whole * (1 + 8 * most // size))
        held = f"one call returned {talk.longest} bytes, where {_UNSENT} and one message are {most} at most"
        check.holds(Promise.RETURNS_ARE_BOUNDED, talk.longest <= most, held)
    talk.close()


def _bears_anything(check: Checklist, sessions: Callable[[MemoryStream], Session], whole: bytes) -> None:
    """What is said, spoilt: the same dice each time, so that what is found is found again."""
    dice = random.Random(7)
    for turn in range(_SPOILT):
        spoilt = bytearray(whole if turn % 2 else dice.randbytes(len(whole) + turn))
        for _ in range(1 + turn % 4):
            spoilt[dice.randrange(len(spoilt))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
        talk = _Talk(check, sessions, _UNSENT)
        talk.feed(bytes(spoilt))
        if not talk.session.status & CLOSING:
            talk.feed(b"")
        talk.close()


def _bytes_of(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def _shown(data: bytes) -> str:
    return repr(data) if len(data) <= 40 else f"{data[:40]!r} and {len(data) - 40} bytes more"


if TYPE_CHECKING:
    _driver: type[Driver] = _Talk
