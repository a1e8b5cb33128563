"""Handshakes and what follows them, by the ssl module; imported when a `Tls` is made, and by nobody else."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, final
from weakref import WeakKeyDictionary

import attrs

from ..addresses import Address
from ..connections import Secured
from ..errors import ConnectionLost, HandshakeFailed, PeerError
from ..interfaces import Layer, Negotiation
from ._certificate import certificate_of

ServerNameCallback: TypeAlias = Callable[[ssl.SSLObject, str, ssl.SSLContext], int | None]

_RECORDS: Final = 64 * 1024
"""Bytes asked of the layer at a time: four records."""
_VERSIONS: Final = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


@final
@attrs.frozen(kw_only=True)
class Recipe:
    """What a context is made of, so that it can be made again."""

    certificate: str | Path
    key: str | Path | None
    client_ca: str | Path | None
    alpn: tuple[str, ...]
    minimum: str

    def handshakes(self) -> Callable[[Address], Negotiation[Secured]]:
        """Read the files and return what begins a handshake with a peer; raises OSError for files that do not fit."""
        return handshakes(self._context())

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = _VERSIONS[self.minimum]
        context.load_cert_chain(self.certificate, self.key)
        if self.client_ca is not None:
            context.load_verify_locations(self.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        if self.alpn:
            context.set_alpn_protocols(list(self.alpn))
        return context


def handshakes(context: ssl.SSLContext, /) -> Callable[[Address], Negotiation[Secured]]:
    """Return what begins a handshake with a peer; *context* is made to leave the name that a client asks for."""
    if not isinstance(context.sni_callback, _NoteServerName):
        context.sni_callback = _NoteServerName(context.sni_callback)
    return partial(_Handshake, context)


@final
class _NoteServerName:
    """An SNI callback that remembers what was asked for, in front of one that the user may have set."""

    def __init__(self, behind: ServerNameCallback | None) -> None:
        self._behind = behind
        self._names: WeakKeyDictionary[object, str] = WeakKeyDictionary()

    def __call__(self, tls: ssl.SSLObject, name: str, context: ssl.SSLContext, /) -> int | None:
        if name:  # None where the client asked for none, whatever the declared type says
            self._names[tls] = name
        return None if self._behind is None else self._behind(tls, name, context)

    def name_for(self, tls: ssl.SSLObject) -> str | None:
        """Return the name that the client of *tls* asked for."""
        return self._names.get(tls)


@final
class _Handshake:
    """One handshake, of a server."""

    def __init__(self, context: ssl.SSLContext, peer: Address) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._names = context.sni_callback
        self.done = False
        self.refused = False
        self.fault: PeerError | None = None
        self.peer: Address | None = None
        self.layer: Layer | None = None
        self._peer = peer

    @property
    def facet(self) -> Secured:
        """What was agreed on."""
        tls, cipher = self._tls, self._tls.cipher()
        return Secured(
            version=tls.version() or "",
            cipher=cipher[0] if cipher else "",
            alpn=tls.selected_alpn_protocol(),
            server_name=self._names.name_for(tls) if isinstance(self._names, _NoteServerName) else None,
            certificate=certificate_of(tls),
        )

    def receive(self, data: bytes, /) -> bytes:
        """Take what came in and return what is to be sent: also the alert that tells of a failure."""
        if data:
            self._incoming.write(data)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self.fault = HandshakeFailed(f"TLS: {_reason(error)}")
        else:
            self.layer = _TlsLayer(self._tls, self._incoming, self._outgoing, self._peer)
            self.done = True
        return self._outgoing.read()

    def rest(self) -> bytes:
        """Return b"": what came behind the handshake waits inside the layer."""
        return b""


@final
class _Records:
    """Where records end: five bytes, the last two of them a length, and as much (RFC 8446, 5.1)."""

    def __init__(self) -> None:
        self._head = b""
        self._left = 0

    @property
    def partial(self) -> bool:
        """Whether a record has begun and is not complete."""
        return bool(self._head or self._left)

    def pass_over(self, data: bytes) -> None:
        """Note that *data* has come in."""
        at = 0
        while at < len(data):
            if self._left:
                taken = min(self._left, len(data) - at)
                self._left -= taken
                at += taken
            else:
                taken = min(5 - len(self._head), len(data) - at)
                self._head += data[at : at + taken]
                at += taken
                if len(self._head) == 5:
                    self._left, self._head = int.from_bytes(self._head[3:], "big"), b""


@final
class _TlsLayer:
    """What is said inside TLS, and how it looks outside."""

    def __init__(self, tls: ssl.SSLObject, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, peer: Address) -> None:
        self._tls, self._incoming, self._outgoing = tls, incoming, outgoing
        self._peer = peer
        self._closed = False
        self._records = _Records()
        self.ended = False
        self.fault: PeerError | None = None

    @property
    def partial(self) -> bool:
        """Whether a record has begun and is not complete."""
        return self._records.partial

    def receive(self, data: bytes, /) -> bytes:
        """Take records and return what they say, and what has waited."""
        if data:
            self._incoming.write(data)
            self._records.pass_over(data)
        pieces: list[bytes] = []
        try:
            while not self.ended and self.fault is None:
                piece = self._tls.read(_RECORDS)
                self.ended = not piece
                pieces.append(piece)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.ended = True
        except ssl.SSLError as error:
            self.fault = ConnectionLost(self._peer, f"TLS: {_reason(error)}")
        return b"".join(pieces)

    def send(self, data: bytes, /) -> bytes:
        """Return the records that say *data*, and others that are due."""
        if self._closed:
            return b""
        if data:
            try:
                self._tls.write(data)
            except ssl.SSLError as error:
                self.fault = ConnectionLost(self._peer, f"TLS: {_reason(error)}")
        return self._outgoing.read()

    def close(self) -> bytes:
        """Return what is due and the close_notify (RFC 8446, 6.1)."""
        if self._closed:
            return b""
        self._closed = True
        with suppress(ssl.SSLError):  # the peer's own close_notify is not waited for
            self._tls.unwrap()
        return self._outgoing.read()


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or error.strerror or type(error).__name__).replace("_", " ").lower()


if TYPE_CHECKING:
    _negotiation: type[Negotiation[Secured]] = _Handshake
    _layer: type[Layer] = _TlsLayer
