"""What a message asks for: its replies, as part of its class, for both ends and for type checkers."""

from __future__ import annotations

import types
from collections.abc import Generator
from typing import Final, Generic, Protocol, Self, TypeGuard, Union, final, get_args, get_origin

import attrs
from typing_extensions import TypeVar

from ..errors import DeclarationError
from ..messages import Message, is_message

MessageT = TypeVar("MessageT")
ReplyT_co = TypeVar("ReplyT_co", covariant=True, bound="Message | bytes | None")
ReplyT = TypeVar("ReplyT", bound="Message | bytes | None")
ItemT_co = TypeVar("ItemT_co", covariant=True, bound=Message)
ItemT = TypeVar("ItemT")
LastT_co = TypeVar("LastT_co", covariant=True, bound=Message)
LastT = TypeVar("LastT")
KindT_co = TypeVar("KindT_co", covariant=True)

Replies = Generator[ItemT, None, LastT]
"""What the handler of a `StreamRequest` returns: a generator that yields items and returns the last reply."""


class One(Generic[MessageT, ReplyT_co]):
    """A kind of exchange: a message, and one reply or none. For type checkers alone."""


class Many(Generic[MessageT, ItemT_co, LastT_co]):
    """A kind of exchange: a message, any number of items, and a last reply. For type checkers alone."""


class Exchange(Protocol[KindT_co]):
    """A request class, seen from `Service.on`: what kind of exchange it begins."""

    def __exchange__(self) -> KindT_co:
        """Never called: its return type carries the request's class and its reply's."""
        ...


class Request(Generic[ReplyT_co]):
    """Base of a message that is answered: ``class Add(Request[Sum])``.

    ``Request[A | B]`` is answered by an A or a B, ``Request[A | None]`` may stay unanswered, and ``Request[bytes]`` is
    answered by bytes that go out as they are: no tag in front, no packet or frame around them.
    """

    __slots__ = ()

    @classmethod
    def __exchange__(cls) -> One[Self, ReplyT_co]:
        """Carry the types; see `Exchange`."""
        return One()


class StreamRequest(Generic[ItemT_co, LastT_co]):
    """Base of a message that is answered by any number of items, and then by a last reply of another class.

    ``class Count(StreamRequest[Sum, Done])``; either may be a union.
    """

    __slots__ = ()

    @classmethod
    def __exchange__(cls) -> Many[Self, ItemT_co, LastT_co]:
        """Carry the types; see `Exchange`."""
        return Many()


class OneWay:
    """Base of a message that nobody answers: ``class Log(OneWay)``."""

    __slots__ = ()

    @classmethod
    def __exchange__(cls) -> One[Self, None]:
        """Carry the types; see `Exchange`."""
        return One()


@final
@attrs.frozen(kw_only=True)
class Asked:
    """What a request class asks for, at run time."""

    replies: tuple[type, ...] = ()
    """The classes of which one answers it; of a stream, those of its items."""
    lasts: tuple[type, ...] = ()
    """The classes of which one ends its stream; empty where it is none."""
    silent: bool = False
    """Whether it may stay unanswered."""
    raw: bool = False
    """Whether bytes answer it, as they are."""

    @property
    def streamed(self) -> bool:
        """Whether it is answered by a stream."""
        return bool(self.lasts)


_asked: Final[dict[type, Asked]] = {}


def asked_by(request: type, /) -> Asked:
    """Return what the message class *request* asks for.

    Raises DeclarationError for a class that is no declared request, or whose replies are no messages.
    """
    found = _asked.get(request)
    if found is None:
        found = _asked[request] = _asked_by(request)
    return found


def _asked_by(request: type) -> Asked:
    if not is_message(request):
        raise DeclarationError(getattr(request, "__name__", repr(request)), None, "is no message class")
    if issubclass(request, OneWay):
        return Asked(silent=True)
    for base in _generic_bases(request):
        if get_origin(base) is Request:
            return _one(request, get_args(base)[0])
        if get_origin(base) is StreamRequest:
            item, last = get_args(base)
            return Asked(replies=_messages(request, item), lasts=_messages(request, last))
    raise DeclarationError(
        request.__name__, None, "is no request: it derives from none of Request[...], StreamRequest[...] and OneWay"
    )


def is_reply(reply: object, request: Request[ReplyT]) -> TypeGuard[ReplyT]:
    """Return whether *reply* may answer *request*: what makes a client's answer typed by the request."""
    asked = asked_by(type(request))
    if reply is None:
        return asked.silent
    return asked.raw if isinstance(reply, bytes) else type(reply) in asked.replies


def _generic_bases(cls: type) -> list[object]:
    return [base for each in cls.__mro__ for base in vars(each).get("__orig_bases__", ())]


def _alternatives(reply: object) -> tuple[object, ...]:
    return get_args(reply) if get_origin(reply) in (Union, types.UnionType) else (reply,)


def _one(request: type, reply: object) -> Asked:
    alternatives = [one for one in _alternatives(reply) if one is not None and one is not type(None)]
    if bytes in alternatives:
        if len(alternatives) > 1:
            raise DeclarationError(request.__name__, None, "its reply is bytes or a message, and nothing tells which")
        return Asked(raw=True, silent=len(_alternatives(reply)) > 1)
    replies = tuple(_checked(request, one) for one in alternatives)
    return Asked(replies=replies, silent=len(replies) < len(_alternatives(reply)))


def _messages(request: type, reply: object) -> tuple[type, ...]:
    return tuple(_checked(request, one) for one in _alternatives(reply))


def _checked(request: type, reply: object) -> type:
    if isinstance(reply, type) and is_message(reply):
        return reply
    raise DeclarationError(request.__name__, None, f"its reply {reply!r} is no message class")
