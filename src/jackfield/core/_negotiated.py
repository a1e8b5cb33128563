"""A session behind a negotiation and its layer: itself a session, so that its driver knows nothing of either."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, final

from ..errors import ConnectionLost, HandshakeFailed, JackfieldError
from ..interfaces import BEGUN, CLOSING, MORE, PARTIAL, TALKING, WAITING, Buffer, Facet, Layer, Negotiation, Session


@final
class NegotiatedSession:
    """Talks first, then feeds what passes the layer to the session that is made when the talk is done."""

    def __init__(self, negotiation: Negotiation[Facet], peer: object, then: Callable[[], Session | None]) -> None:
        """Have *negotiation* made with *peer*; *then* takes the connection's further steps and makes its session.

        *then* is called once, when the negotiation is done; None says that a step refused.
        """
        self._negotiation = negotiation
        self._peer = peer
        self._then = then
        self._session: Session | None = None
        self._layer: Layer | None = None
        self._over = False
        """Whether the session was told that its input has ended."""
        self.status = TALKING | MORE if negotiation.fault is None else CLOSING
        self.fault: JackfieldError | None = negotiation.fault

    def receive(self, buffer: Buffer, size: int, /) -> bytes:
        """Take what came in; see `Session`."""
        if self._session is None:
            return self._talk(buffer, size)
        if self._layer is None:
            return self._noted(self._session, self._session.receive(buffer, size))
        if not size:
            return self._broken_off(self._session, self._layer)
        return self._through(self._session, self._layer, self._layer.receive(bytes(memoryview(buffer)[:size])))

    def resume(self) -> bytes:
        """Begin the negotiation, or let the session go on."""
        if self._session is None:
            sent = self._negotiation.receive(b"")
            return sent + self._settle()
        return self._out(self._session, self._session.resume())

    def close(self, why: Exception | None, /) -> None:
        """Close the session, where there was one."""
        if self._session is not None:
            self._session.close(why)
            self.fault = self.fault or self._session.fault

    # ------------------------------------------------------------------ talking

    def _talk(self, buffer: Buffer, size: int) -> bytes:
        if not size:
            self.fault, self.status = HandshakeFailed("the peer left before it was done"), CLOSING
            return b""
        sent = self._negotiation.receive(bytes(memoryview(buffer)[:size]))
        return sent + self._settle()

    def _settle(self) -> bytes:
        """Note how the negotiation stands; where it is done go on, and return what is due then."""
        negotiation = self._negotiation
        if negotiation.done:
            return self._begin(negotiation)
        refused = negotiation.fault is not None or negotiation.refused
        self.fault, self.status = negotiation.fault, CLOSING if refused else TALKING
        return b""

    def _begin(self, negotiation: Negotiation[Facet]) -> bytes:
        session = self._then()
        if session is None:
            self.status = CLOSING
            return b""
        self._session, self._layer = session, negotiation.layer
        greeting = b""
        while session.status & (MORE | WAITING) == MORE:
            greeting += session.resume()
        rest = negotiation.rest()
        data = rest if self._layer is None else self._layer.receive(rest)
        if data and not session.status & CLOSING:
            greeting += session.receive(data, len(data))
        return self._out(session, greeting)

    # ------------------------------------------------------------------ behind it

    def _through(self, session: Session, layer: Layer, data: bytes) -> bytes:
        """Feed *data*, which came through *layer*, and the end of it where that came, too."""
        if data:
            self.status &= ~PARTIAL  # what is unfinished now has begun with it
        reply = session.receive(data, len(data)) if data else b""
        if (layer.ended or layer.fault is not None) and not self._over:
            self._over = True
            if not session.status & (MORE | WAITING | CLOSING):
                reply += session.receive(b"", 0)
        return self._out(session, reply)

    def _broken_off(self, session: Session, layer: Layer) -> bytes:
        """Meet the end of the input: the layer has told of it before, or somebody has cut it off."""
        if not layer.ended and layer.fault is None:
            layer.fault = ConnectionLost(
                self._peer, "the stream ended without a word of its layer's: it may be cut short"
            )
        return self._through(session, layer, b"")

    def _out(self, session: Session, data: bytes) -> bytes:
        """Return what says *data*, with a farewell where nothing comes behind it."""
        self._noted(session, data)
        if self._layer is None:
            return data
        sent = self._layer.send(data)
        if self.status & (CLOSING | MORE | WAITING) == CLOSING:
            sent += self._layer.close()
        return sent

    def _noted(self, session: Session, data: bytes) -> bytes:
        """Take over the session's status and fault, and return *data*."""
        before, self.status, self.fault = self.status, session.status, session.fault
        if (layer := self._layer) is not None:
            if layer.ended or layer.fault is not None:
                self.status |= CLOSING
                self.fault = self.fault or layer.fault
            elif layer.partial and not self.status & PARTIAL:
                self.status |= PARTIAL if before & PARTIAL else PARTIAL | BEGUN
        return data


if TYPE_CHECKING:
    _session: type[Session] = NegotiatedSession
