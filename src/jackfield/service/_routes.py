"""Which handler answers which message, checked when it is registered."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import final

import attrs

from ..errors import DeclarationError
from ..messages import Codec, TagValue, size_of
from ._envelopes import Key, codec_with, tag_value
from ._frames import SelfFramed
from ._requests import Asked, asked_by
from ._wire import Wire


@final
@attrs.frozen(eq=False)
class Reply:
    """How one class of replies is built."""

    key: Key
    codec: Codec[object]


@final
@attrs.frozen(eq=False, kw_only=True)
class Route:
    """A request class, its handler and its replies."""

    request: type
    key: Key
    tag: TagValue | None
    """As it was declared."""
    codec: Codec[object]
    asked: Asked
    replies: Mapping[type, Reply]
    """What may be answered; of a stream, its items."""
    lasts: Mapping[type, Reply]
    """What ends a stream."""
    handler: Callable[..., object]
    with_context: bool
    offload: bool
    awaited: bool
    """Whether the handler is a coroutine function, or an asynchronous generator."""
    name: str
    place: str
    """File and line of the handler, for the error that names two."""

    @property
    def outside(self) -> bool:
        """Whether the conversation waits for the handler, which somebody else calls."""
        return self.offload or self.awaited

    @property
    def alone(self) -> bool:
        """Whether the handler is called here and now, with the request and nothing of the conversation."""
        return not (self.with_context or self.outside or self.asked.streamed)


@final
class Routes:
    """The routes of a service, by the keys of their requests' tags."""

    __slots__ = ("_awaited", "_by_key", "_wire")

    def __init__(self, wire: Wire, *, awaited: bool = False) -> None:
        """Hold handlers that are called, or those that are *awaited*."""
        self._wire = wire
        self._awaited = awaited
        self._by_key: dict[Key, Route] = {}

    @property
    def by_key(self) -> Mapping[Key, Route]:
        """The routes."""
        return self._by_key

    def codec(self, key: Key, /) -> Codec[object] | None:
        """Return the codec of the requests under *key*, None where there are none."""
        route = self._by_key.get(key)
        return None if route is None else route.codec

    def add(self, request: type, handler: Callable[..., object], *, offload: bool) -> None:
        """Let *handler* answer *request*; raises DeclarationError for what cannot be."""
        asked = asked_by(request)
        name = getattr(handler, "__qualname__", type(handler).__qualname__)
        _check_kind(handler, name, asked, awaited=self._awaited)
        tag = tag_value(request, None)
        key = self._wire.envelope.key_of(tag, request)
        replies = self._replies(request, tag, (*asked.replies, *asked.lasts))
        route = Route(
            request=request,
            key=key,
            tag=tag,
            codec=_codec_on(self._wire, request, tag),
            asked=asked,
            replies={cls: replies[cls] for cls in asked.replies},
            lasts={cls: replies[cls] for cls in asked.lasts},
            handler=handler,
            with_context=_takes_context(handler, name, asked, offload),
            offload=offload,
            awaited=self._awaited,
            name=name,
            place=_place_of(handler),
        )
        other = self._by_key.setdefault(key, route)
        if other is not route:
            raise DeclarationError(request.__name__, None, _clash(other, route, self._wire))

    def _replies(self, request: type, tag: TagValue | None, classes: tuple[type, ...]) -> dict[type, Reply]:
        wire = self._wire.replies
        found: dict[type, Reply] = {}
        taken: dict[Key, str] = {}
        for cls in classes:
            key = wire.key_of(cls, asked=tag)
            if key in taken:
                raise DeclarationError(
                    request.__name__, None, f"its replies {taken[key]} and {cls.__name__} share a tag"
                )
            taken[key] = cls.__name__
            found[cls] = Reply(key, _codec_on(wire, cls, tag_value(cls, tag)))
        return found


def _codec_on(wire: Wire, cls: type, tag: TagValue | None) -> Codec[object]:
    """Return the codec of *cls*, which has to say where it ends where nothing else on *wire* does."""
    codec = codec_with(cls, tag)
    if (
        wire.packet is None and isinstance(wire.frame, SelfFramed) and (size_of(codec) != 0 or wire.tag is None)
    ):  # a tag is something to cut
        codec.check_framing()
    return codec


def _clash(one: Route, other: Route, wire: Wire) -> str:
    if one.request is other.request:
        return f"has two handlers, {one.name} ({one.place}) and {other.name} ({other.place})"
    if one.key == b"":
        return f"a wire without a tag carries one kind of request, and that is {one.request.__name__} ({one.place})"
    return f"shares its tag with {one.request.__name__} ({one.place})"


def _place_of(handler: Callable[..., object]) -> str:
    code = getattr(inspect.unwrap(handler), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if inspect.iscode(code) else repr(handler)


def _check_kind(handler: Callable[..., object], name: str, asked: Asked, *, awaited: bool) -> None:
    """Raise DeclarationError where it can be seen that *handler* does not return what is called, or awaited, for."""
    coroutine, generator = inspect.iscoroutinefunction(handler), inspect.isasyncgenfunction(handler)
    if not awaited:
        if coroutine or generator:
            raise DeclarationError(name, None, "is a coroutine function, and a Service calls its handlers")
    elif inspect.isgeneratorfunction(handler):
        raise DeclarationError(name, None, "is a generator, and an AsyncService awaits its handlers")
    elif coroutine and asked.streamed:
        raise DeclarationError(name, None, "is a coroutine function, and a stream comes of an asynchronous generator")
    elif generator and not asked.streamed:
        raise DeclarationError(name, None, "is an asynchronous generator, and its request has one reply or none")


def _takes_context(handler: Callable[..., object], name: str, asked: Asked, offload: bool) -> bool:
    """Return whether *handler* wants the context; raises DeclarationError where it cannot be called at all."""
    if offload and asked.streamed:
        raise DeclarationError(name, None, "answers by a stream, and a generator cannot be run somewhere else")
    try:
        parameters = inspect.signature(handler).parameters.values()
    except (TypeError, ValueError) as error:
        raise DeclarationError(name, None, f"is no handler: {error}") from error
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    needed = sum(one.default is one.empty for one in positional)
    if needed > 2 or not positional:
        raise DeclarationError(name, None, "takes (request) or (request, context)")
    if needed == 2 and offload:
        raise DeclarationError(name, None, "takes (request) alone: a context does not travel to where it is run")
    return needed == 2
