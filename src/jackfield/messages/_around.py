"""What stands around a message: packets with a body, headers with a tag, and the fields that a reply takes over."""

from __future__ import annotations

from typing import Any

from ..errors import DeclarationError, EncodeError
from . import compiler as ir
from ._declared import declaration_of, echo_fields, is_message
from ._packet import Packet
from ._tags import _head_of
from ._unknown import Unknown


def body_field(packet: type, /) -> str:
    """Return the name of the field of the packet class *packet* that is its body.

    Raises DeclarationError for a class that is no packet.
    """
    body = declaration_of(packet).body
    if body is None or not issubclass(packet, Packet):
        reason = "is no packet: it derives from Packet, and has a field `body: Body`"
        raise DeclarationError(packet.__name__, None, reason)
    return body


def new_packet(packet: type, body: str, carried: Unknown, /) -> Any:
    """Return a packet of the class *packet* around *carried*, all else by default.

    Raises EncodeError where a field has no default.
    """
    try:
        return packet(**{body: carried})
    except TypeError as error:
        reason = f"a packet that is made here needs a default for each field but its body: {error}"
        raise EncodeError(packet.__name__, None, reason) from error


def number_echoes(message: object, number: int, /) -> None:
    """Let the echo fields of *message* hold *number*, or as much of it as fits them."""
    cls = type(message)
    for name in echo_fields(cls):
        node = declaration_of(cls).node(name)
        size = ir.fixed_size(node) or 1
        if isinstance(getattr(message, name), bytes):
            setattr(message, name, (number % (1 << 8 * size)).to_bytes(size, "big"))
        elif isinstance(getattr(message, name), int):
            setattr(message, name, number % (1 << 8 * size - 1))


def echoes_of(message: object, /) -> tuple[object, ...]:
    """Return what the echo fields of *message* hold."""
    return tuple(getattr(message, name) for name in echo_fields(type(message)))


def header_of(cls: type, /) -> type:
    """Return the message class that *cls* inherits its fields ``tag()`` from: itself where it declares them."""
    found = [base for base in cls.__mro__ if is_message(base) and declaration_of(base).tags]
    return found[-1]


def head_size(header: type, /) -> int | None:
    """Return the bytes up to the last field ``tag()`` of *header*, None where that is not always the same."""
    return ir.fixed_size(_head_of(declaration_of(header)))
