"""Every exception of Jackfield, in one tree; the first split is whose fault it is.

::

    JackfieldError
        DeclarationError        a message or a wire that cannot work; raised where it is declared
        CompositionError        parts that do not fit, seen at run time
        PeerError               the other side's fault
            DecodeError         bytes that are not the message they should be
            FrameTooLarge       a frame above its maximum, declared or grown
            Truncated           the input ended inside a message
            UnknownMessage      a tag that nobody declared
            DeadlineExceeded    the peer took longer than it may
            HandshakeFailed     a negotiation that the peer did not finish rightly
            ProxyHeaderError    a PROXY header that is none, or comes from where none may
            ConnectionLost      the connection broke
            Unanswerable        a datagram whose sender has no address
        LocalError              ours
            EncodeError         a value that its message cannot carry
            HandlerFailed       a handler raised; the reason is its ``__cause__``
            ChildFailed         a forked child ended, and could not say why by itself
            ClosedError         used after ``close()``
            Overloaded          more would have to be kept than a limit allows
            AddressUnusable     a name that a listener cannot take

Every error carries data, not only text. An ``OSError`` of the system stays an ``OSError``, but for the ones
that say that a peer is gone: those become `ConnectionLost`, with the system's error as ``__cause__``.
"""

from __future__ import annotations

import attrs
from typing_extensions import override


class JackfieldError(Exception):
    """The root: whatever Jackfield raises by itself is one of these."""


@attrs.define(eq=False)
class DeclarationError(JackfieldError):
    """A declaration that cannot work; raised when the class, the wire or the service is made."""

    declared: str
    """The name of what was declared: a class, a wire, a handler."""
    field: str | None
    """The field that is wrong, or None where the whole is."""
    reason: str

    @override
    def __str__(self) -> str:
        where = self.declared if self.field is None else f"{self.declared}.{self.field}"
        return f"{where}: {self.reason}"


@attrs.define(eq=False)
class CompositionError(JackfieldError):
    """Parts that do not fit together, where no type checker could see it."""

    reason: str

    @override
    def __str__(self) -> str:
        return self.reason


class PeerError(JackfieldError):
    """The other side did something wrong."""


@attrs.define(eq=False)
class DecodeError(PeerError):
    """Bytes that are not the message they should be."""

    message: str
    """The name of the message or schema that was expected."""
    field: str | None
    """The path of the field, with dots, or None where no field is to blame (bytes left over, say)."""
    offset: int
    """Bytes from the start of the message to where reading stopped."""
    reason: str

    @override
    def __str__(self) -> str:
        where = self.message if self.field is None else f"{self.message}.{self.field}"
        return f"{where} at byte {self.offset}: {self.reason}"


@attrs.define(eq=False)
class FrameTooLarge(PeerError):
    """A frame above its maximum; refused before it is buffered."""

    size: int
    """Bytes: what the peer declared, or what has come in without an end."""
    maximum: int
    """Bytes: what the wire or the call allows."""

    @override
    def __str__(self) -> str:
        return f"a frame of {self.size} bytes, {self.maximum} at most"


@attrs.define(eq=False)
class Truncated(PeerError):
    """The input ended inside a message."""

    received: int
    """Bytes of the unfinished message that did arrive."""
    needed: int
    """Bytes that it needs at least, as far as could be told."""

    @override
    def __str__(self) -> str:
        return f"the input ended after {self.received} of at least {self.needed} bytes"


@attrs.define(eq=False)
class UnknownMessage(PeerError):
    """A tag under which the service has no message."""

    tag: object
    payload: bytes
    """What stood behind the tag; at most the frame's maximum."""

    @override
    def __str__(self) -> str:
        return f"no message has the tag {self.tag!r} ({len(self.payload)} bytes)"


@attrs.define(eq=False)
class DeadlineExceeded(PeerError):
    """The peer took longer than it may."""

    waited_for: str
    """``"idle"``, ``"message"``, ``"write"``, ``"handshake"``, ``"deadline"`` or ``"reply"``."""
    seconds: float

    @override
    def __str__(self) -> str:
        return f"{self.waited_for}: more than {self.seconds:g} seconds"


@attrs.define(eq=False)
class HandshakeFailed(PeerError):
    """A negotiation that the peer did not finish rightly; the connection is closed."""

    reason: str

    @override
    def __str__(self) -> str:
        return self.reason


@attrs.define(eq=False)
class ProxyHeaderError(PeerError):
    """A PROXY header that is none, or that comes from where none may; the connection is closed."""

    reason: str

    @override
    def __str__(self) -> str:
        return f"PROXY header: {self.reason}"


@attrs.define(eq=False)
class ConnectionLost(PeerError):
    """The connection broke, or the server behind it is gone."""

    peer: object
    reason: str

    @override
    def __str__(self) -> str:
        return f"{self.peer}: {self.reason}"


@attrs.define(eq=False)
class Unanswerable(PeerError):
    """A datagram whose sender has no address to answer to: no name (Unix), or port 0 (UDP). Nothing was sent."""

    peer: object

    @override
    def __str__(self) -> str:
        return f"{self.peer} has no address to answer to"


class LocalError(JackfieldError):
    """Our side did something wrong, or could not."""


@attrs.define(eq=False)
class EncodeError(LocalError):
    """A value that its message cannot carry; nothing was sent."""

    message: str
    field: str | None
    reason: str

    @override
    def __str__(self) -> str:
        where = self.message if self.field is None else f"{self.message}.{self.field}"
        return f"{where}: {self.reason}"


@attrs.define(eq=False)
class HandlerFailed(LocalError):
    """A handler raised; ``__cause__`` is what."""

    handler: str

    @override
    def __str__(self) -> str:
        return f"{self.handler} raised {self.__cause__!r}"


@attrs.define(eq=False)
class ChildFailed(LocalError):
    """A forked child ended without a report, or for a reason whose class only the child knows."""

    reason: str
    status: int | None
    """The child's exit status, negative for the signal that killed it; None where it reported the reason itself."""

    @override
    def __str__(self) -> str:
        return self.reason


@attrs.define(eq=False)
class ClosedError(LocalError):
    """Something was used after it was closed."""

    what: str

    @override
    def __str__(self) -> str:
        return f"{self.what} is closed"


@attrs.define(eq=False)
class Overloaded(LocalError):
    """More would have to be kept than a limit allows."""

    limit: str
    value: int

    @override
    def __str__(self) -> str:
        return f"{self.limit}: {self.value} at most"


@attrs.define(eq=False)
class AddressUnusable(LocalError):
    """A name that a listener cannot take; what is there was left as it is."""

    address: object
    reason: str

    @override
    def __str__(self) -> str:
        return f"{self.address}: {self.reason}"
