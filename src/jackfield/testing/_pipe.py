"""How a client's payloads travel over a conversation in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, final

from ..addresses import Address
from ..client import Arrival, FrameInbox, Pipe
from ..errors import ConnectionLost, DeadlineExceeded


class Talk(Protocol):
    """What is asked of a conversation."""

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        ...

    @property
    def error(self) -> Exception | None:
        """Whose fault that was."""
        ...

    def send(self, data: bytes, /) -> bytes:
        """Have *data* arrive; return what came back."""
        ...

    def receive(self) -> bytes:
        """Return what came since."""
        ...

    def end(self) -> bytes:
        """Say that nothing more comes."""
        ...


@final
class ConversationPipe:
    """Frames over a conversation; it never waits, since nothing comes of itself."""

    keeps_order = True

    def __init__(self, talk: Talk, peer: Address, wrap: Callable[[bytes], bytes], inbox: FrameInbox) -> None:
        self._talk = talk
        self._peer = peer
        self._wrap = wrap
        self._inbox = inbox
        self._shut = False

    def send(self, payloads: list[bytes], until: float | None, /) -> None:
        """Send *payloads*, each as a frame."""
        data = b"".join(map(self._wrap, payloads))
        if self._talk.closed or self._shut:
            raise ConnectionLost(self._peer, self._reason())
        self._inbox.append(self._talk.send(data))

    def receive(self, until: float | None, /) -> Arrival:
        """Return the next frame that is there; raises DeadlineExceeded at once where none is."""
        arrival = self._inbox.next()
        if arrival is None:
            self._inbox.append(self._talk.receive())
            arrival = self._inbox.next()
        if arrival is not None:
            return arrival
        if self._talk.closed or self._shut:
            raise ConnectionLost(self._peer, self._reason())
        raise DeadlineExceeded("reply", 0.0)

    def renew(self, *, stale: bool) -> None:
        """Do nothing: a stream loses nothing, and repeats nothing."""

    def shut(self) -> None:
        """Say that nothing more comes."""
        if not self._shut:
            self._shut = True
            if not self._talk.closed:
                self._inbox.append(self._talk.end())

    def close(self) -> None:
        """Do what `shut` does."""
        self.shut()

    def _reason(self) -> str:
        return "closed by the server" if self._talk.error is None else f"closed by the server: {self._talk.error}"


if TYPE_CHECKING:
    _pipe: type[Pipe] = ConversationPipe
