"""What a message asks for: its replies, as part of its class, for both ends and for type checkers."""

from __future__ import annotations

import types
from typing import Generic, Protocol, Self, TypeGuard, Union, get_args, get_origin

from typing_extensions import TypeVar

from ..errors import DeclarationError
from ..messages import Message, is_message

MessageT = TypeVar("MessageT")
ReplyT_co = TypeVar("ReplyT_co", covariant=True, bound="Message | None")
ReplyT = TypeVar("ReplyT", bound="Message | None")
KindT_co = TypeVar("KindT_co", covariant=True)


class One(Generic[MessageT, ReplyT_co]):
    """A kind of exchange: a message, and one reply or none. For type checkers alone."""


class Exchange(Protocol[KindT_co]):
    """A request class, seen from `Service.on`: what kind of exchange it begins."""

    def __exchange__(self) -> KindT_co:
        """Never called: its return type carries the request's class and its reply's."""
        ...


class Request(Generic[ReplyT_co]):
    """Base of a message that is answered: ``class Add(Request[Sum])``.

    ``Request[A | B]`` is answered by an A or a B, ``Request[A | None]`` may stay unanswered.
    """

    __slots__ = ()

    @classmethod
    def __exchange__(cls) -> One[Self, ReplyT_co]:
        """Carry the types; see `Exchange`."""
        return One()


class OneWay:
    """Base of a message that nobody answers: ``class Log(OneWay)``."""

    __slots__ = ()

    @classmethod
    def __exchange__(cls) -> One[Self, None]:
        """Carry the types; see `Exchange`."""
        return One()


def replies_of(request: type, /) -> tuple[type | None, ...]:
    """Return the classes that may answer *request*, and None among them where nobody has to.

    Raises DeclarationError for a class that is no declared request, or whose replies are no messages.
    """
    if not is_message(request):
        raise DeclarationError(getattr(request, "__name__", repr(request)), None, "is no message class")
    if issubclass(request, OneWay):
        return (None,)
    for base in _generic_bases(request):
        if get_origin(base) is Request:
            return tuple(_checked(request, reply) for reply in _alternatives(get_args(base)[0]))
    raise DeclarationError(request.__name__, None, "is no request: it derives from neither Request[...] nor OneWay")


def is_reply(reply: object, request: Request[ReplyT]) -> TypeGuard[ReplyT]:
    """Return whether *reply* may answer *request*: what makes a client's answer typed by the request."""
    return (None if reply is None else type(reply)) in replies_of(type(request))


def _generic_bases(cls: type) -> list[object]:
    return [base for each in cls.__mro__ for base in vars(each).get("__orig_bases__", ())]


def _alternatives(reply: object) -> tuple[object, ...]:
    return get_args(reply) if get_origin(reply) in (Union, types.UnionType) else (reply,)


def _checked(request: type, reply: object) -> type | None:
    if reply is None or reply is type(None):
        return None
    if isinstance(reply, type) and is_message(reply):
        return reply
    raise DeclarationError(request.__name__, None, f"its reply {reply!r} is no message class")
