"""A datagram as a handler holds it: one message, whole, with the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Generic, Literal, Never, Protocol, Self, final

from typing_extensions import TypeVar

from ..addresses import Address
from ..errors import CompositionError, JackfieldError
from ..interfaces import Buffer, Driver, Facet, Limits, Located
from ..messages import Message, codec_for
from ._closing import Closing

FacetsT = TypeVar("FacetsT")
FacetT = TypeVar("FacetT", bound=Facet)
FacetsT_contra = TypeVar("FacetsT_contra", contravariant=True, default=Never)

_DEFAULT: Final = Limits()
"""Made once: checking them costs more than all else about a datagram."""


class Ends(Located, Protocol):
    """Both ends of a datagram and the way back, as whoever received it knows them."""

    def send(self, data: Buffer, /) -> None:
        """Send *data* back as one datagram; raises as `Datagram.reply`."""
        ...

    def offer(self, data: Buffer, /) -> None:
        """Send *data* back as one datagram, or drop it and tell whoever counts; never raises."""
        ...


@final
class _Known:
    """Ends that were given as addresses."""

    __slots__ = ("_send", "local", "peer")

    def __init__(self, peer: Address, local: Address, send: Callable[[Buffer], None]) -> None:
        self.peer = peer
        self.local = local
        self._send = send

    def send(self, data: Buffer, /) -> None:
        self._send(data)

    def offer(self, data: Buffer, /) -> None:
        with suppress(JackfieldError, OSError):
            self.send(data)


@final
class Datagram(Generic[FacetsT_contra]):
    """One datagram that came in. It holds no socket of its own, so nothing about it blocks."""

    __slots__ = ("_closing", "_driver", "_ends", "_facets", "_severed", "limits", "payload")

    def __init__(self, payload: bytes, *, peer: Address, local: Address, reply: Callable[[Buffer], None]) -> None:
        """Hold *payload* as it came from *peer* to *local*; *reply* sends one datagram back."""
        self._hold(payload, _Known(peer, local, reply))

    @classmethod
    def between(cls, payload: bytes, ends: Ends) -> Self:
        """Return a datagram whose *ends* are asked for its addresses only when somebody wants them."""
        datagram = cls.__new__(cls)
        datagram._hold(payload, ends)
        return datagram

    def _hold(self, payload: bytes, ends: Ends) -> None:
        self.payload: bytes = payload
        """What came; b"" is a datagram, too."""
        self.limits: Limits = _DEFAULT
        """What the peer may cost us; the server sets its own."""
        self._ends = ends
        self._severed = False
        self._driver: Driver | None = None
        self._facets: dict[type, Facet] | None = None
        self._closing: Closing | None = None

    @property
    def peer(self) -> Address:
        """Who sent it."""
        return self._ends.peer

    @property
    def local(self) -> Address:
        """Where it was sent to, which a reply leaves from."""
        return self._ends.local

    @property
    def framed(self) -> Literal[True]:
        """True: a datagram is one whole message."""
        return True

    @property
    def driver(self) -> Driver:
        """Who drives a session over this datagram; raises CompositionError where a handler holds it itself."""
        if self._driver is None:
            raise CompositionError(f"nobody drives a session over the datagram of {self.peer}")
        return self._driver

    @property
    def negotiation(self) -> None:
        """None: a datagram says what it says, and there is nothing to talk about."""
        return None

    def agree(self) -> bool:
        """Return True: there was nothing to talk about."""
        return True

    def talk(self, begun: float | None = None, /) -> bool:
        """Return True: there is nothing to talk about."""
        return True

    def driven_by(self, driver: Driver, /) -> None:
        """Note who drives a session over this; whoever does calls it before the session is made."""
        self._driver = driver

    @property
    def severed(self) -> bool:
        """Whether the server waits no longer for what becomes of it."""
        return self._severed

    def facet(self, kind: type[FacetsT_contra], /) -> Facet | None:
        """Return what was learned under *kind*; ``kind.of(datagram)`` is the typed way."""
        return None if self._facets is None else self._facets.get(kind)

    def learn(self: Datagram[FacetsT], facet: FacetT, /) -> Datagram[FacetsT | FacetT]:
        """Attach *facet*, in place of an earlier one of its class; return a datagram typed with it."""
        learned = Datagram[FacetsT | FacetT].between(self.payload, self._ends)
        if self._closing is None:
            self._closing = Closing()
        learned.limits, learned._closing = self.limits, self._closing
        learned._facets = {**(self._facets or {}), type(facet): facet}
        return learned

    def reply(self, data: Buffer | Message, /) -> None:
        """Send one datagram back, from `local`: bytes or a message. May be called any number of times.

        Never waits. Raises EncodeError for a message that its schema cannot carry and for more than a datagram
        holds, Overloaded where the system has no room for it now, ConnectionLost where nobody is there any more,
        Unanswerable for a sender without an address, and OSError as sendto(2) gives it else; nothing was sent
        then.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            data = codec_for(type(data)).build(data)
        self._ends.send(data)

    def offer(self, data: Buffer, /) -> None:
        """Send one datagram back as `reply` does, or drop it where it cannot leave, which the observer is told."""
        self._ends.offer(data)

    def on_close(self, call: Callable[[], None], /) -> None:
        """Have *call* called once, when the server is done with the datagram."""
        if self._closing is None:
            self._closing = Closing()
        self._closing.add(call)

    def drain(self) -> None:
        """Do nothing: what has arrived is handled."""

    def cut(self) -> None:
        """Wake whoever waits for a call that its session has out."""
        self._severed = True
        if self._driver is not None:
            self._driver.wake()

    @property
    def traffic(self) -> None:
        """None: it is its payload, and each reply is counted by whoever sends it."""
        return None

    def descriptors(self) -> Iterable[int]:
        """Return none: its socket is the listener's."""
        return ()

    def inherit(self, told: int, /) -> None:
        """In a forked child: leave the `on_close` calls so far to the parent."""
        if self._closing is not None:
            self._closing.forget()

    def finish(self, why: Exception | None, /) -> None:
        """Make the `on_close` calls; idempotent."""
        if self._closing is not None:
            self._closing.finish()


if TYPE_CHECKING:
    _ends: type[Ends] = _Known
