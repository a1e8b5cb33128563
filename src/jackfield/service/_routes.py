"""Which handler answers which message, checked when it is registered."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import final

import attrs

from ..errors import DeclarationError, EncodeError, HandlerFailed, UnknownMessage
from ..messages import Codec, codec_for
from ._requests import replies_of
from ._wire import Wire


@final
@attrs.frozen(eq=False)
class Reply:
    """How one class of replies is built."""

    tag: bytes
    codec: Codec[object]


@final
@attrs.frozen(eq=False, kw_only=True)
class Route:
    """A request class, its handler and its replies."""

    request: type
    codec: Codec[object]
    replies: Mapping[type, Reply]
    silent: bool
    """Whether None is an answer."""
    handler: Callable[..., object]
    with_context: bool
    name: str
    place: str
    """File and line of the handler, for the error that names two."""

    def answer(self, body: bytes, context: object) -> bytes | None:
        """Parse *body*, call the handler, and build its reply.

        Raises DecodeError, HandlerFailed, or EncodeError for a reply that is none.
        """
        request = self.codec.parse(body)
        try:
            reply = self.handler(request, context) if self.with_context else self.handler(request)
        except Exception as error:
            raise HandlerFailed(self.name) from error
        if reply is None and self.silent:
            return None
        found = self.replies.get(type(reply))
        if found is None:
            declared = ", ".join(cls.__name__ for cls in self.replies) or "nothing"
            raise EncodeError(self.request.__name__, None, f"{self.name} answered {reply!r}, declared is {declared}")
        return found.tag + found.codec.build(reply)


@final
class Routes:
    """The routes of a service, by tag."""

    __slots__ = ("_by_tag", "_wire")

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._by_tag: dict[bytes, Route] = {}

    def add(self, request: type, handler: Callable[..., object]) -> None:
        """Let *handler* answer *request*; raises DeclarationError for what cannot be."""
        replies = replies_of(request)
        name = getattr(handler, "__qualname__", type(handler).__qualname__)
        tag = self._wire.tag_bytes(request)
        route = Route(
            request=request,
            codec=codec_for(request),
            replies=self._replies(request, tag, replies),
            silent=None in replies,
            handler=handler,
            with_context=_takes_context(handler, name),
            name=name,
            place=_place_of(handler),
        )
        other = self._by_tag.setdefault(tag, route)
        if other is not route:
            raise DeclarationError(request.__name__, None, _clash(other, route, self._wire))

    def answer(self, payload: bytes, context: object) -> bytes | None:
        """Answer *payload*; raises as `Route.answer`, and UnknownMessage for a tag without a route."""
        tag, body = self._wire.split(payload)
        route = self._by_tag.get(tag)
        if route is None:
            raise UnknownMessage(self._wire.spoken(tag), body)
        return route.answer(body, context)

    def _replies(self, request: type, tag: bytes, replies: tuple[type | None, ...]) -> dict[type, Reply]:
        found: dict[type, Reply] = {}
        taken: dict[bytes, str] = {}
        for cls in replies:
            if cls is None:
                continue
            own = self._wire.tag_bytes(cls, otherwise=tag)
            if own in taken:
                raise DeclarationError(
                    request.__name__, None, f"its replies {taken[own]} and {cls.__name__} share a tag"
                )
            taken[own] = cls.__name__
            found[cls] = Reply(own, codec_for(cls))
        return found


def _clash(one: Route, other: Route, wire: Wire) -> str:
    if wire.tag is None and one.request is not other.request:
        return f"a wire without a tag carries one kind of request, and that is {one.request.__name__} ({one.place})"
    if one.request is other.request:
        return f"has two handlers, {one.name} ({one.place}) and {other.name} ({other.place})"
    return f"shares its tag with {one.request.__name__} ({one.place})"


def _place_of(handler: Callable[..., object]) -> str:
    code = getattr(inspect.unwrap(handler), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if inspect.iscode(code) else repr(handler)


def _takes_context(handler: Callable[..., object], name: str) -> bool:
    if inspect.iscoroutinefunction(handler):
        raise DeclarationError(name, None, "is a coroutine function, and a Service calls its handlers")
    try:
        parameters = inspect.signature(handler).parameters.values()
    except (TypeError, ValueError) as error:
        raise DeclarationError(name, None, f"is no handler: {error}") from error
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    needed = sum(one.default is one.empty for one in positional)
    if needed > 2 or not positional:
        raise DeclarationError(name, None, "takes (request) or (request, context)")
    return needed == 2
