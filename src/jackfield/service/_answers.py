"""What a service answers: its routes and policies, as sessions follow them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Generic, Literal, TypeAlias, final

import attrs
from typing_extensions import TypeVar

from ..errors import DeclarationError, DecodeError, EncodeError, HandlerFailed, JackfieldError, UnknownMessage
from ..interfaces import AsyncDriver, Framer
from ..messages import Message, TagValue, Unknown
from ._alone import Alone, Odd
from ._awaiting import Awaiting, called
from ._conversation import Answered, Awaited, Conversation, Fused, Offloaded, Script
from ._envelopes import Opened, codec_with, tag_value
from ._fuse import Program, fuse
from ._routes import Reply, Route, Routes
from ._wire import Wire

ContextT = TypeVar("ContextT")
WhatT = TypeVar("WhatT")

Answering: TypeAlias = Callable[[WhatT, ContextT], Message | None]
"""A policy that is a function: takes what went wrong and the context, and returns what is sent, or None."""


_ALONE: Final = Alone()
_BOTH: Final = ("close", "ignore")


@final
@attrs.frozen(eq=False, kw_only=True)
class Policies(Generic[ContextT]):
    """What is done where no reply can be given. Raises DeclarationError for what is no policy."""

    unknown: Literal["close", "ignore"] | Answering[Unknown, ContextT]
    malformed: Literal["close", "ignore"] | Answering[DecodeError, ContextT]
    failed: Literal["close"] | Answering[Exception, ContextT]

    def __attrs_post_init__(self) -> None:
        for name, words in (("unknown", _BOTH), ("malformed", _BOTH), ("failed", _BOTH[:1])):
            policy = getattr(self, name)
            if policy not in words and not callable(policy):
                raise DeclarationError(
                    "Service", name, f"is {' or '.join(map(repr, words))} or a function, not {policy!r}"
                )


@final
class Answers(Generic[ContextT]):
    """The script of a service, for streams or for datagrams."""

    __slots__ = (
        "_compiled",
        "_framed",
        "_policies",
        "_routes",
        "_wire",
        "_wrap",
        "connections",
        "dropped",
        "on_close",
        "on_open",
    )

    def __init__(self, wire: Wire, routes: Routes, policies: Policies[ContextT], *, framed: bool) -> None:
        """Answer what comes in datagrams, or in a stream, of which replies are *framed* then."""
        self._wire = wire
        self._routes = routes
        self._policies = policies
        self._framed = framed
        self._wrap: Callable[[bytes], bytes] = wire.replies.wrap if framed else bytes
        self.dropped = 0
        self._compiled: tuple[int, Program | None] | None = None
        self.on_open: list[Callable[[ContextT], None]] = []
        self.on_close: list[Callable[[ContextT], None]] = []
        self.connections: dict[ContextT, None] = {}
        """The contexts of the conversations that follow this, in the order in which they came."""

    # ------------------------------------------------------------------ for sessions

    @property
    def fused(self) -> Fused | None:
        """What answers whole frames in one go, for the routes that there are now."""
        program = self.program()
        return None if program is None else program.receive

    def program(self) -> Program | None:
        """Return the fused function and its source; None where the wire is of a kind that the session cuts alone."""
        routes = self._routes.by_key
        if self._compiled is None or self._compiled[0] != len(routes):
            self._compiled = (
                len(routes),
                fuse(self._wire, routes, self._replied, self._failed_later, framed=self._framed),
            )
        return self._compiled[1]

    def prepare(self) -> None:
        """Compile what answers; what is wrong comes up when it is used."""
        with suppress(JackfieldError):
            if self.program() is None:
                self._wire.envelope.prepare()
                for route in self._routes.by_key.values():
                    for codec in (
                        route.codec,
                        *(reply.codec for reply in (*route.replies.values(), *route.lasts.values())),
                    ):
                        codec.prepare()
            if self._framed:
                self.framer()

    def framer(self) -> Framer:
        """Return what cuts one conversation; raises CompositionError where the wire has no frame."""
        return self._wire.framer(self._routes.codec)

    def name_of(self, payload: bytes, /) -> str:
        """Return the name of the request's class, or what is said where there is none."""
        try:
            route = self._routes.by_key.get(self._wire.envelope.open(payload).key)
        except DecodeError:
            return "malformed"
        return "unknown" if route is None else route.request.__name__

    def answer(self, payload: bytes, talk: Conversation[ContextT], /) -> Answered:
        """Answer *payload*: parse, call the handler, build.

        Raises DecodeError, UnknownMessage, HandlerFailed or EncodeError where the policy is to close.
        """
        try:
            opened = self._wire.envelope.open(payload)
        except DecodeError as error:
            return self._malformed(error, talk, None)
        talk.packet = opened.packet
        route = self._routes.by_key.get(opened.key)
        if route is None:
            return self._unknown(talk, opened)
        try:
            request = route.codec.parse(opened.body)
        except DecodeError as error:
            return self._malformed(error, talk, opened)
        around = self._wire.envelope.around(opened, request)
        return _Asking(self, route, opened, talk, around).answer(request)

    def answer_alone(self, payload: bytes, otherwise: Callable[[], bytes | None], /) -> bytes | None:
        """Answer *payload* where that takes no conversation; *otherwise* answers whatever does, and every fault.

        Raises HandlerFailed and EncodeError as `answer` does.
        """
        program = self.program() if self._policies.failed == "close" else None
        if program is not None and program.alone:
            try:
                return program.receive(_ALONE, payload, len(payload)) or None
            except Odd as odd:
                if odd.answering is not None:
                    return odd.answer()
        found = self._opened_alone(payload)
        if found is None:
            return otherwise()
        route, opened, request = found
        try:
            reply = route.handler(request)
        except Exception as error:
            raise HandlerFailed(route.name) from error
        return self.as_sent(route, reply, self._wire.envelope.around(opened, request))

    def _opened_alone(self, payload: bytes) -> tuple[Route, Opened, object] | None:
        if self._policies.failed != "close":
            return None
        try:
            opened = self._wire.envelope.open(payload)
            route = self._routes.by_key.get(opened.key)
            return (route, opened, route.codec.parse(opened.body)) if route is not None and route.alone else None
        except DecodeError:
            return None

    def push(self, message: object, talk: Conversation[ContextT], /) -> bytes:
        """Return *message* as it is sent without having been asked for."""
        return self._built(message, None, next(talk.numbers))

    def drop(self) -> None:
        """Count a push over datagrams that the system had no room for."""
        self.dropped += 1

    def opened(self, talk: Conversation[ContextT], /) -> None:
        """Count *talk* among the connections and call the hooks."""
        self.connections[talk.context] = None
        _call(self.on_open, talk)

    def closed(self, talk: Conversation[ContextT], /) -> None:
        """Count *talk* no longer and call the hooks."""
        self.connections.pop(talk.context, None)
        _call(self.on_close, talk)

    # ------------------------------------------------------------------ building

    def sealed(self, reply: Reply, message: object, around: object) -> bytes:
        """Return *message* as it is sent in answer to what came with *around*; raises EncodeError."""
        return self._wrap(self._wire.replies.envelope.seal(reply.key, reply.codec, message, around))

    def as_sent(self, route: Route, reply: object, around: object) -> bytes | None:
        """Return what the handler of *route* answered as it is sent, None for nothing; raises EncodeError."""
        if reply is None and route.asked.silent:
            return None
        if route.asked.raw and isinstance(reply, bytes):
            return reply
        return self.chosen(route, {} if route.asked.streamed else route.replies, reply, around)

    def chosen(self, route: Route, classes: Mapping[type, Reply], reply: object, around: object) -> bytes:
        """Return *reply*, which has to be one of *classes*, as it is sent; raises EncodeError."""
        found = classes.get(type(reply))
        if found is None:
            raise EncodeError(
                route.request.__name__, None, f"{route.name} answered {reply!r}, declared is {_declared(route)}"
            )
        return self.sealed(found, reply, around)

    def _built(self, message: object, asked: TagValue | None, around: object) -> bytes:
        """Return a message that no request class names, as it is sent; raises EncodeError or DeclarationError."""
        cls, wire = type(message), self._wire.replies
        key = wire.key_of(cls, asked=asked)
        return self.sealed(Reply(key, codec_with(cls, tag_value(cls, asked))), message, around)

    def _replied(self, route: Route, talk: Conversation[ContextT], answer: object) -> Callable[[], Answered]:
        """Return what the session takes up for an answer that the fused function does not know."""
        return lambda: self._asking(route, talk).replied(answer)

    def _failed_later(self, route: Route, talk: Conversation[ContextT], error: Exception) -> Callable[[], Answered]:
        return lambda: self._asking(route, talk).failed(error)

    def _asking(self, route: Route, talk: Conversation[ContextT]) -> _Asking[ContextT]:
        return _Asking(self, route, Opened(route.key, b""), talk, None)

    # ------------------------------------------------------------------ policies

    def failed(self, error: Exception, talk: Conversation[ContextT], route: Route, opened: Opened) -> bytes | None:
        """Do what is to be done where the handler of *route* raised *error*."""
        if self._policies.failed == "close":
            raise HandlerFailed(route.name) from error
        return self._by_policy(self._policies.failed, error, talk, opened)

    def unsendable(
        self, error: EncodeError, talk: Conversation[ContextT], route: Route, opened: Opened
    ) -> bytes | None:
        """Do what is to be done where the handler's answer cannot be sent."""
        if self._policies.failed == "close":
            raise error
        return self._by_policy(self._policies.failed, error, talk, opened)

    def _malformed(self, error: DecodeError, talk: Conversation[ContextT], opened: Opened | None) -> bytes | None:
        if self._policies.malformed == "close":
            raise error
        return self._by_policy(self._policies.malformed, error, talk, opened)

    def _unknown(self, talk: Conversation[ContextT], opened: Opened) -> bytes | None:
        tag = self._wire.envelope.spoken(opened.key)
        if self._policies.unknown == "close":
            raise UnknownMessage(tag, opened.body)
        return self._by_policy(self._policies.unknown, Unknown(() if tag is None else tag, opened.body), talk, opened)

    def _by_policy(
        self,
        policy: Literal["ignore"] | Answering[WhatT, ContextT],
        what: WhatT,
        talk: Conversation[ContextT],
        opened: Opened | None,
    ) -> bytes | None:
        if policy == "ignore":
            return None
        try:
            message = policy(what, talk.context)
        except Exception as error:
            raise HandlerFailed(_name_of(policy)) from error
        if message is None:
            return None
        asked = None if opened is None else self._wire.envelope.spoken(opened.key)
        return self._built(message, asked, None if opened is None else opened.packet)


@final
class _Asking(Generic[ContextT]):
    """One request that is being answered."""

    __slots__ = ("_answers", "_around", "_opened", "_route", "_talk")

    def __init__(
        self, answers: Answers[ContextT], route: Route, opened: Opened, talk: Conversation[ContextT], around: object
    ) -> None:
        self._answers = answers
        self._around = around
        self._route = route
        self._opened = opened
        self._talk = talk

    def answer(self, request: object) -> Answered:
        """Call the handler, or say what has to be called elsewhere."""
        route = self._route
        if route.offload:
            return Offloaded(route.handler, request, self._finish)
        if route.awaited and not route.asked.streamed:
            arguments = (request, self._talk.context) if route.with_context else (request,)
            return Awaited(lambda: called(route.handler, arguments), self._finish)
        try:
            reply = route.handler(request, self._talk.context) if route.with_context else route.handler(request)
        except Exception as error:
            return self.failed(error)
        return self.replied(reply)

    def _finish(self, outcome: Callable[[], object]) -> Answered:
        try:
            reply = outcome()
        except Exception as error:
            return self.failed(error)
        return self.replied(reply)

    def replied(self, reply: object) -> Answered:
        """Return what is sent for what the handler returned."""
        if self._route.asked.streamed and isinstance(reply, Generator):
            return self._stream(reply)
        driver = self._talk.request.driver
        if self._route.awaited and isinstance(reply, AsyncGenerator) and isinstance(driver, AsyncDriver):
            return Awaiting(reply, driver).series(self._take)
        try:
            return self._answers.as_sent(self._route, reply, self._around)
        except EncodeError as error:
            return self._unsendable(error)

    def _stream(self, replies: Generator[object, None, object]) -> Generator[bytes, None, None]:
        """Drive the handler's generator, one reply at a time; closing this closes it."""
        try:
            while True:
                answered, more = self._next(replies)
                if answered is not None:
                    yield answered
                if not more:
                    return
        finally:
            replies.close()

    def _take(self, outcome: Callable[[], object]) -> tuple[bytes | None, bool]:
        """Return a reply that was waited for, or None, and whether more may come: the last one is told by its class."""
        route = self._route
        try:
            item = outcome()
        except Exception as error:
            return self.failed(error), False
        more = type(item) in route.replies
        try:
            return self._answers.chosen(route, route.replies if more else route.lasts, item, self._around), more
        except EncodeError as error:
            return self._unsendable(error), False

    def _next(self, replies: Generator[object, None, object]) -> tuple[bytes | None, bool]:
        """Return the next reply, or None, and whether more may come."""
        try:
            item, classes, more = next(replies), self._route.replies, True
        except StopIteration as end:
            item, classes, more = end.value, self._route.lasts, False
        except Exception as error:
            return self.failed(error), False
        try:
            return self._answers.chosen(self._route, classes, item, self._around), more
        except EncodeError as error:
            return self._unsendable(error), False

    def failed(self, error: Exception) -> bytes | None:
        """Return what is sent where the handler raised."""
        return self._answers.failed(error, self._talk, self._route, self._opened)

    def _unsendable(self, error: EncodeError) -> bytes | None:
        return self._answers.unsendable(error, self._talk, self._route, self._opened)


def _declared(route: Route) -> str:
    if route.asked.streamed:
        kinds = ", ".join(cls.__name__ for cls in (*route.replies, *route.lasts))
        return f"{'an asynchronous generator' if route.awaited else 'a generator'} of {kinds}"
    return "bytes" if route.asked.raw else ", ".join(cls.__name__ for cls in route.replies) or "nothing"


def _call(hooks: list[Callable[[ContextT], None]], talk: Conversation[ContextT]) -> None:
    for hook in hooks:
        try:
            hook(talk.context)
        except Exception as error:
            raise HandlerFailed(_name_of(hook)) from error


def _name_of(function: object) -> str:
    return getattr(function, "__qualname__", type(function).__qualname__)


if TYPE_CHECKING:
    _script: type[Script[object]] = Answers[object]
