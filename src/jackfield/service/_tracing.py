"""Telling of each message, for whoever asks: around what a script answers, and nowhere near who does not ask."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Generic, final

import attrs
from typing_extensions import TypeVar

from ..errors import JackfieldError
from ..interfaces import Framer, Tracer
from ._conversation import Answered, Awaited, Conversation, Fused, Offloaded, Script, Series

ContextT = TypeVar("ContextT")


@final
class Traced(Generic[ContextT]):
    """A script that does what another one does, message by message, and tells a tracer of each."""

    def __init__(self, script: Script[ContextT], tracer: Tracer) -> None:
        self._script = script
        self._tracer = tracer

    @property
    def fused(self) -> Fused | None:
        """None: what answers in one go tells nothing of single messages."""
        return None

    def name_of(self, payload: bytes, /) -> str:
        """Return the name of the message."""
        return self._script.name_of(payload)

    def framer(self) -> Framer:
        """Return what cuts one conversation."""
        return self._script.framer()

    def answer(self, payload: bytes, talk: Conversation[ContextT], /) -> Answered:
        """Answer *payload*, and tell when its last reply is made."""
        span = _Span(self._tracer, self._script.name_of(payload), len(payload))
        return span.of(lambda: self._script.answer(payload, talk))

    def push(self, message: object, talk: Conversation[ContextT], /) -> bytes:
        """Return *message* as it is sent without having been asked for."""
        return self._script.push(message, talk)

    def drop(self) -> None:
        """Count a push that there was no room for."""
        self._script.drop()

    def opened(self, talk: Conversation[ContextT], /) -> None:
        """Take note that *talk* follows this."""
        self._script.opened(talk)

    def closed(self, talk: Conversation[ContextT], /) -> None:
        """Take note that *talk* follows it no longer."""
        self._script.closed(talk)


@final
class _Span:
    """One message, from when it was cut until its last reply is made."""

    def __init__(self, tracer: Tracer, name: str, received: int) -> None:
        self._tracer = tracer
        self._name = name
        self._received = received
        self._sent = 0
        self._begun = tracer.now()

    def of(self, answering: Callable[[], Answered]) -> Answered:
        """Return what *answering* comes to, and tell when that is all."""
        try:
            answered = answering()
        except JackfieldError as error:
            self._end(error)
            raise
        if isinstance(answered, Generator):
            return self._stream(answered)
        if isinstance(answered, Offloaded | Awaited):
            finish = answered.finish
            return attrs.evolve(answered, finish=lambda outcome: self.of(lambda: finish(outcome)))
        self._sent += len(answered or b"")
        self._end(None)
        return answered

    def _stream(self, replies: Series) -> Series:
        fault: JackfieldError | None = None
        try:
            for reply in replies:
                self._sent += len(reply) if isinstance(reply, bytes) else 0
                yield reply
        except JackfieldError as error:
            fault = error
            raise
        finally:
            replies.close()
            self._end(fault)

    def _end(self, error: JackfieldError | None) -> None:
        seconds = self._tracer.now() - self._begun
        self._tracer.handled(self._name, self._received, self._sent, seconds, error)


if TYPE_CHECKING:
    _script: type[Script[object]] = Traced[object]
