"""One schema, one function: handlers without a service, for a message class or a raw construct."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, Never, TypeAlias, final, overload

from typing_extensions import TypeVar

from ..errors import CompositionError, DeclarationError, EncodeError, HandlerFailed
from ..interfaces import Answerer, Buffer, Envelope, Framed, Framer, Preparing, Session, Streamed, Tracer, sessions
from ..messages import Codec, Message, Schema, codec_for, is_message
from ._conversation import Conversation, Fused, Script
from ._frames import Frame
from ._sessions import DatagramSession, StreamSession
from ._tracing import Traced

MessageT = TypeVar("MessageT", bound=Message)
ParsedT = TypeVar("ParsedT")

Answer: TypeAlias = Callable[[bytes], bytes | None]
"""Takes a payload and returns the reply's, or None for no reply."""

MAXIMUM: Final = 64 * 1024
"""Bytes of one message, unless told otherwise, where the schema itself cuts a stream."""


@final
class _OneSchema:
    """The script of a conversation about messages of one schema."""

    def __init__(self, name: str, answer: Answer, framer: Callable[[], Framer], wrap: Callable[[bytes], bytes]) -> None:
        self._name = name
        self._answer = answer
        self._framer = framer
        self._wrap = wrap
        self.fused: Fused | None = None

    def framer(self) -> Framer:
        """Return what cuts one conversation."""
        return self._framer()

    def name_of(self, payload: bytes, /) -> str:
        """Return the schema's name."""
        return self._name

    def answer(self, payload: bytes, talk: Conversation[None], /) -> bytes | None:
        """Return the reply to *payload*."""
        reply = self._answer(payload)
        return None if reply is None else self._wrap(reply)

    def push(self, message: object, talk: Conversation[None], /) -> bytes:
        """Refuse: no handler of one schema is given a context."""
        raise CompositionError("nothing can be pushed without a service")

    def drop(self) -> None:
        """Do nothing: nothing can be pushed."""

    def opened(self, talk: Conversation[None], /) -> None:
        """Do nothing: nobody wants to know."""

    def closed(self, talk: Conversation[None], /) -> None:
        """Do nothing."""


@sessions
@final
class StreamHandler:
    """What `stream_handler` makes: a handler for connections."""

    def __init__(self, script: Script[None], codecs: tuple[Codec[object], ...]) -> None:
        self._script = script
        self._codecs = codecs

    def __call__(self, request: Streamed[Never], /) -> Session:
        """Return a session for a connection."""
        return StreamSession(Conversation(request, self._script))

    def traced(self, request: Streamed[Never], tracer: Tracer, /) -> Session:
        """Return a session that tells *tracer* of each message."""
        return StreamSession(Conversation(request, Traced(self._script, tracer)))

    def prepare(self, *, framed: bool) -> None:
        """Compile now what the first message would compile."""
        for codec in self._codecs:
            codec.prepare()
        self._script.framer()


@sessions
@final
class DatagramHandler:
    """What `datagram_handler` makes: a handler for datagrams."""

    def __init__(self, answer: Answer, codecs: tuple[Codec[object], ...]) -> None:
        self._answer = answer
        self._codecs = codecs
        self._script: Script[None] = _OneSchema(codecs[0].name, answer, _no_framer, bytes)

    def __call__(self, request: Framed[Never], /) -> Session:
        """Return a session for one datagram."""
        return DatagramSession(Conversation(request, self._script))

    def traced(self, request: Framed[Never], tracer: Tracer, /) -> Session:
        """Return a session that tells *tracer* of its message."""
        return DatagramSession(Conversation(request, Traced(self._script, tracer)))

    def prepare(self, *, framed: bool) -> None:
        """Compile now what the first datagram would compile."""
        for codec in self._codecs:
            codec.prepare()

    def answer_datagram(
        self, buffer: Buffer, start: int, end: int, envelope: Envelope[Framed[Never]], /
    ) -> bytes | None:
        """Answer a datagram without a session: the function takes nothing of the conversation."""
        return self._answer(bytes(buffer[start:end]))


@overload
def stream_handler(
    schema: type[MessageT], /, *, frame: Frame | None = None, reply: type[Message] | None = None, maximum: int = MAXIMUM
) -> Callable[[Callable[[MessageT], Message | None]], StreamHandler]: ...
@overload
def stream_handler(
    schema: Schema[ParsedT],
    /,
    *,
    frame: Frame | None = None,
    reply: Schema[object] | None = None,
    maximum: int = MAXIMUM,
) -> Callable[[Callable[[ParsedT], object]], StreamHandler]: ...
def stream_handler(
    schema: type[object] | Schema[object],
    /,
    *,
    frame: Frame | None = None,
    reply: type[object] | Schema[object] | None = None,
    maximum: int = MAXIMUM,
) -> object:
    """Make a function the handler of a stream of *schema*: a message class, or any construct.

    The function takes what was parsed (a message; construct's container) and returns what is built in reply (a
    message; a container or dict), or None for no reply. *reply* is the reply's schema where it is another: for a
    message class any message may be the reply. *frame* cuts the stream; without one the schema itself does, for
    messages of *maximum* bytes at most.

    Raises DeclarationError, when the decorator is made, for a schema that cannot cut a stream.
    """
    codec = codec_for(schema)
    if frame is None:
        codec.check_framing()
    framer = partial(codec.framer, maximum=maximum) if frame is None else frame.framer
    wrap = bytes if frame is None else frame.wrap

    def decorate(function: Callable[..., object]) -> StreamHandler:
        script = _OneSchema(codec.name, _answer(codec, function, _reply(schema, reply)), framer, wrap)
        return StreamHandler(script, _codecs(codec, reply))

    return decorate


@overload
def datagram_handler(
    schema: type[MessageT], /, *, reply: type[Message] | None = None
) -> Callable[[Callable[[MessageT], Message | None]], DatagramHandler]: ...
@overload
def datagram_handler(
    schema: Schema[ParsedT], /, *, reply: Schema[object] | None = None
) -> Callable[[Callable[[ParsedT], object]], DatagramHandler]: ...
def datagram_handler(
    schema: type[object] | Schema[object], /, *, reply: type[object] | Schema[object] | None = None
) -> object:
    """Make a function the handler of datagrams of *schema*, as `stream_handler` does for streams."""
    codec = codec_for(schema)

    def decorate(function: Callable[..., object]) -> DatagramHandler:
        return DatagramHandler(_answer(codec, function, _reply(schema, reply)), _codecs(codec, reply))

    return decorate


def _reply(
    schema: type[object] | Schema[object], reply: type[object] | Schema[object] | None
) -> Callable[[object], Codec[object]]:
    """Return what gives the codec for a reply."""
    if reply is not None:
        codec = codec_for(reply)
        return lambda value: codec
    if isinstance(schema, type):
        return _codec_of_message
    same = codec_for(schema)
    return lambda value: same


def _codecs(codec: Codec[object], reply: type[object] | Schema[object] | None) -> tuple[Codec[object], ...]:
    """Return the codecs that are known to be used."""
    return (codec,) if reply is None else (codec, codec_for(reply))


def _no_framer() -> Framer:
    raise CompositionError("a datagram is one whole message, and is not cut")


def _codec_of_message(value: object) -> Codec[object]:
    if not is_message(type(value)):
        raise EncodeError(type(value).__name__, None, f"{value!r} is no message, and a reply has to be one")
    return codec_for(type(value))


def _answer(codec: Codec[object], function: Callable[..., object], reply: Callable[[object], Codec[object]]) -> Answer:
    name = getattr(function, "__qualname__", type(function).__qualname__)
    if inspect.iscoroutinefunction(function):
        raise DeclarationError(name, None, "is a coroutine function, and its result would never be awaited")

    def answer(payload: bytes) -> bytes | None:
        message = codec.parse(payload)
        try:
            answered = function(message)
        except Exception as error:
            raise HandlerFailed(name) from error
        return None if answered is None else reply(answered).build(answered)

    answer.__qualname__ = name
    return answer


if TYPE_CHECKING:
    _script: type[Script[None]] = _OneSchema
    _answerer: type[Answerer[Framed[Never]]] = DatagramHandler
    _preparing: tuple[type[Preparing], ...] = (StreamHandler, DatagramHandler)
