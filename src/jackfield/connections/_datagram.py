"""A datagram as a handler holds it: one message, whole, with the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, Literal, Never, final

from typing_extensions import TypeVar

from ..addresses import Address
from ..errors import CompositionError
from ..interfaces import Buffer, Driver, Facet, Limits
from ..messages import Message, codec_for
from ._closing import Closing

FacetsT = TypeVar("FacetsT")
FacetT = TypeVar("FacetT", bound=Facet)
FacetsT_contra = TypeVar("FacetsT_contra", contravariant=True, default=Never)


@final
class Datagram(Generic[FacetsT_contra]):
    """One datagram that came in. It holds no socket of its own, so nothing about it blocks."""

    __slots__ = ("_closing", "_driver", "_facets", "_reply", "_severed", "limits", "local", "payload", "peer")

    def __init__(self, payload: bytes, *, peer: Address, local: Address, reply: Callable[[Buffer], None]) -> None:
        """Hold *payload* as it came from *peer* to *local*; *reply* sends one datagram back."""
        self.payload: bytes = payload
        """What came; b"" is a datagram, too."""
        self.peer: Address = peer
        """Who sent it."""
        self.local: Address = local
        """Where it was sent to."""
        self.limits: Limits = Limits()
        """What the peer may cost us; the server sets its own."""
        self._severed = False
        self._reply = reply
        self._driver: Driver | None = None
        self._facets: dict[type, Facet] = {}
        self._closing = Closing()

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
        return self._facets.get(kind)

    def learn(self: Datagram[FacetsT], facet: FacetT, /) -> Datagram[FacetsT | FacetT]:
        """Attach *facet*, in place of an earlier one of its class; return a datagram typed with it."""
        learned: Datagram[FacetsT | FacetT] = Datagram(
            self.payload, peer=self.peer, local=self.local, reply=self._reply
        )
        learned.limits, learned._closing = self.limits, self._closing
        learned._facets = {**self._facets, type(facet): facet}
        return learned

    def reply(self, data: Buffer | Message, /) -> None:
        """Send one datagram back, from `local`: bytes or a message. May be called any number of times.

        Never waits. Raises Overloaded where the system has no room for it now, EncodeError for a message that
        its schema cannot carry, and OSError as ``sendto(2)`` gives it (too large, unreachable); nothing was
        sent then.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            data = codec_for(type(data)).build(data)
        self._reply(data)

    def on_close(self, call: Callable[[], None], /) -> None:
        """Have *call* called once, when the server is done with the datagram."""
        self._closing.add(call)

    def drain(self) -> None:
        """Do nothing: what has arrived is handled."""

    def cut(self) -> None:
        """Wake whoever waits for a call that its session has out."""
        self._severed = True
        if self._driver is not None:
            self._driver.wake()

    def descriptors(self) -> Iterable[int]:
        """Return none: its socket is the listener's."""
        return ()

    def inherit(self, told: int, /) -> None:
        """In a forked child: leave the `on_close` calls so far to the parent."""
        self._closing.forget()

    def finish(self, why: Exception | None, /) -> None:
        """Make the `on_close` calls; idempotent."""
        self._closing.finish()
