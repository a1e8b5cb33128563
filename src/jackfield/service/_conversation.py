"""What a session, the contexts of its handlers and other threads share of one conversation.

Other threads do just three things to it: append a push, say that it ends, and wake who drives it. Each is one
operation that needs no lock, so there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from itertools import count
from typing import Generic, Never, Protocol, TypeAlias, final

import attrs
from typing_extensions import TypeVar

from ..errors import ClosedError, Overloaded
from ..interfaces import AsyncOf, Buffer, Framed, Framer, Peered, is_datagram

ContextT = TypeVar("ContextT")


@final
@attrs.frozen(eq=False)
class Offloaded:
    """A call that the driver makes somewhere else, and what makes a reply of what came of it."""

    call: Callable[[object], object]
    argument: object
    finish: Callable[[Callable[[], object]], Answered]
    """Given what returns the call's value, or raises what it raised."""


@final
@attrs.frozen(eq=False)
class Awaited:
    """A coroutine that the driver awaits, and what makes a reply of what came of it."""

    work: Callable[[], AsyncOf[object]]
    """Begins it."""
    finish: Callable[[Callable[[], object]], Answered]


Outside: TypeAlias = Offloaded | Awaited
"""What is waited for."""
Series: TypeAlias = "Generator[bytes | Awaited, None, None]"
"""Replies one after another; some are waited for."""
Answered: TypeAlias = "bytes | Series | Outside | None"
"""What is sent for a payload: bytes, nothing, one after another, or what a call will come to."""


class Going(Protocol):
    """A session, as generated code sees it that does a part of its work."""

    def go_on(
        self, buffer: Buffer, start: int, end: int, out: list[bytes], answering: Callable[[], Answered] | None = None
    ) -> bytes:
        """Go on at *start*, behind a frame that *answering* answers, where one is given, and the replies in *out*."""
        ...

    def gathered(self, out: list[bytes]) -> bytes:
        """Return *out* and what was pushed meanwhile, as one; see whether somebody wants it to end."""
        ...


Fused: TypeAlias = Callable[[Going, Buffer, int], bytes]
"""Does what a session's ``receive`` does, as far as it is usual, and hands the rest to the session."""


class Script(Protocol[ContextT]):
    """What a conversation follows: how its input is cut, and what is answered. Shared by all that follow it."""

    @property
    def fused(self) -> Fused | None:
        """What answers whole frames in one go, and hands to the session what is not usual; None where nothing does."""
        ...

    def framer(self) -> Framer:
        """Return what cuts one conversation."""
        ...

    def name_of(self, payload: bytes, /) -> str:
        """Return the name of the message that *payload* is, for people; never raises."""
        ...

    def answer(self, payload: bytes, talk: Conversation[ContextT], /) -> Answered:
        """Answer *payload*, framed as it is to be sent; raises a JackfieldError that ends the conversation."""
        ...

    def push(self, message: object, talk: Conversation[ContextT], /) -> bytes:
        """Return *message* as it is sent without having been asked for; raises EncodeError or DeclarationError."""
        ...

    def drop(self) -> None:
        """Count a push over datagrams that the system had no room for."""
        ...

    def opened(self, talk: Conversation[ContextT], /) -> None:
        """Take note that *talk* follows this script from now on; raises HandlerFailed."""
        ...

    def closed(self, talk: Conversation[ContextT], /) -> None:
        """Take note that *talk* follows it no longer; raises HandlerFailed."""
        ...


@final
class Conversation(Generic[ContextT]):
    """One conversation: who it is with, the script that it follows, and what was pushed and has not left yet."""

    __slots__ = ("_pushes", "busy", "closing", "context", "numbers", "over", "packet", "request", "script", "tracing")

    def __init__(self, request: Peered[Never], script: Script[ContextT]) -> None:
        self.request: Peered[Never] = request
        self.script: Script[ContextT] = script
        """What is followed; where another one is put here, the session follows that from the next frame on."""
        self.tracing: Callable[[Script[ContextT]], Script[ContextT]] | None = None
        """What puts the telling of messages around a script; None where nobody asks for it."""
        self.context: ContextT
        """What handlers are given beside the request; there until the end."""
        self.packet: object = None
        """The packet around the message that is being answered, where the wire has packets."""
        self.numbers: Iterator[int] = count()
        """Numbers for the echo fields of what is pushed."""
        self.busy: bool = False
        """Whether the session is at work, and will look for pushes before it returns."""
        self.closing: bool = False
        """Whether it ends when what was answered and pushed has been sent."""
        self.over: bool = False
        """Whether it has ended."""
        self._pushes: list[tuple[bytes, int]] = []

    @property
    def pushed(self) -> bool:
        """Whether something waits to be taken."""
        return bool(self._pushes)

    def traced_by(self, tracing: Callable[[Script[ContextT]], Script[ContextT]]) -> None:
        """Have *tracing* put around what is followed, now and later."""
        self.tracing = tracing
        self.script = tracing(self.script)

    def follow(self, script: Script[ContextT]) -> None:
        """Follow *script* from the next frame on."""
        self.script = script if self.tracing is None else self.tracing(script)

    def push(self, message: object) -> None:
        """Send *message* soon, or at once over datagrams; any thread.

        Raises ClosedError, EncodeError, and Overloaded where more than ``Limits.unsent`` bytes wait already.
        """
        if self.over or self.closing:
            raise ClosedError("the conversation")
        data = self.script.push(message, self)
        if is_datagram(self.request):
            self._send_at_once(data, self.request)
            return
        self._append(data)
        if not self.busy:  # else the session looks again after it has said that it is not
            self.request.driver.wake()

    def end(self) -> None:
        """Let it end when what was answered and pushed so far has been sent; any thread."""
        self.closing = True
        if not self.busy:
            self.request.driver.wake()

    def forget(self) -> None:
        """Be over: nothing is sent any more, and no handler called."""
        self.over = True
        if hasattr(self, "context"):
            del self.context

    def take(self) -> bytes:
        """Return what was pushed so far; the session's thread."""
        pushes = self._pushes
        size = len(pushes)  # others may append meanwhile, and never do anything else
        taken = pushes[:size]
        del pushes[:size]
        return b"".join([data for data, _ in taken])

    def _append(self, data: bytes) -> None:
        """Queue *data*. Each entry knows the bytes queued up to it, so that no counter is shared."""
        waiting = self._pushes[-1:], self._pushes[:1]
        before = waiting[0][0][1] if waiting[0] else 0
        freed = waiting[1][0][1] - len(waiting[1][0][0]) if waiting[1] else 0
        limit = self.request.limits.unsent
        if before - freed >= limit:
            raise Overloaded("unsent", limit)
        self._pushes.append((data, before + len(data)))

    def _send_at_once(self, data: bytes, datagram: Framed[Never]) -> None:
        try:
            datagram.reply(data)
        except Overloaded:
            self.script.drop()
