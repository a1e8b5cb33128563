"""Which message that arrives answers what was asked, and which was pushed: the rules of both clients, without I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Final, Generic, TypeAlias, TypeVar, final

import attrs

from ..errors import DecodeError, Overloaded, UnknownMessage
from ..interfaces import Framer
from ..messages import Codec
from ..service import Asked, Key, Wire, asked_by, codec_with, tag_value

MessageT = TypeVar("MessageT")
ItemT = TypeVar("ItemT")
LastT = TypeVar("LastT")

WAITING_PUSHES: Final = 1000
"""Messages that may wait for somebody to ask for them: a server must not fill a client's memory."""


@final
@attrs.frozen
class Arrival:
    """What came in at once."""

    payload: bytes
    frame: bytes
    """The payload with all that stood around it."""


@final
@attrs.frozen
class Built:
    """What is sent for a request."""

    payload: bytes
    echoes: tuple[object, ...]
    """What its replies have to echo."""


@final
@attrs.frozen(eq=False)
class _Expected:
    codec: Codec[object]
    ends: bool
    """Whether nothing follows it."""


@final
class Asking(Generic[ItemT, LastT]):
    """A request that was sent, and what has come of it so far."""

    __slots__ = ("abandoned", "asked", "changed", "done", "echoes", "expected", "last", "replies")

    def __init__(self, asked: Asked, expected: Mapping[Key, _Expected], echoes: tuple[object, ...]) -> None:
        self.echoes: tuple[object, ...] = echoes
        self.asked: Asked = asked
        self.expected: Mapping[Key, _Expected] = expected
        self.replies: deque[ItemT] = deque()
        """What came and was not taken yet: one reply, or the items of a stream."""
        self.last: LastT | None = None
        """What ended a stream."""
        self.done: bool = False
        self.abandoned: bool = False
        """Whether nobody waits for it any more: what comes is dropped."""
        self.changed: Callable[[], None] | None = None
        """Called when something came."""

    def take(self, reply: ItemT) -> None:
        """Note a reply."""
        if not self.abandoned:
            self.replies.append(reply)
        self._tell()

    def end(self, last: LastT | None) -> None:
        """Note that nothing more comes, after *last* where it was a stream."""
        self.last = last
        self.done = True
        self._tell()

    def _tell(self) -> None:
        if self.changed is not None:
            self.changed()


AnyAsking: TypeAlias = Asking[object, object]
"""A request of whatever class."""


@final
class Matching:
    """What one client asked for and has not got yet, in the order in which it was sent; and what was pushed."""

    def __init__(self, wire: Wire, pushed: Iterable[type]) -> None:
        """Speak *wire*; what is *pushed* may come at any time. Raises DeclarationError for what cannot be on it."""
        self._wire = wire
        self._numbers = count(1)
        """Numbers for the echo fields of what is sent."""
        self._asking: deque[AnyAsking] = deque()
        self._expected: dict[type, Mapping[Key, _Expected]] = {}
        self._kinds: dict[Key, Codec[object]] = {}
        self._pushes: deque[object] = deque()
        for kind in pushed:
            self.expect(kind)

    # ------------------------------------------------------------------ what leaves

    def build(self, message: object) -> Built:
        """Return the payload of *message*; raises DeclarationError for what cannot be on the wire, and EncodeError."""
        cls, envelope = type(message), self._wire.envelope
        payload = envelope.seal(self._wire.key_of(cls), codec_with(cls, None), message, next(self._numbers))
        echoes = envelope.echoes(envelope.open(payload), message) if envelope.carries_echoes(cls) else ()
        return Built(payload, echoes)

    def ask(self, request: object, built: Built) -> AnyAsking:
        """Expect the replies to *request*, which is sent next; raises DeclarationError for what is no request."""
        cls = type(request)
        asking = AnyAsking(asked_by(cls), self._expectations(cls), built.echoes)
        self._asking.append(asking)
        return asking

    def forget(self, asking: AnyAsking) -> None:
        """Expect no replies to what was not sent after all, or does not keep its order."""
        if asking in self._asking:
            self._asking.remove(asking)

    def expect(self, kind: type) -> None:
        """Take messages of *kind* at any time; raises DeclarationError for what has no tag of its own."""
        self._kinds[self._wire.replies.key_of(kind)] = codec_with(kind, None)

    # ------------------------------------------------------------------ what comes

    def framer(self) -> Framer:
        """Return what cuts the stream of replies; raises CompositionError where the wire has no frame."""
        return self._wire.replies.framer(self._codec)

    def arrived(self, arrival: Arrival) -> None:
        """Give what arrived to whom it is for.

        Raises DecodeError, UnknownMessage for what nobody asked for, and Overloaded above `WAITING_PUSHES`.
        """
        envelope = self._wire.replies.envelope
        try:
            opened = envelope.open(arrival.payload)
        except DecodeError:
            raw = self._asker(None)
            if raw is None:
                raise
            self._take(raw, arrival.frame, ends=True)
            return
        for asking in self._askers(opened.key):
            expected = asking.expected.get(opened.key)
            if expected is None:
                self._take(asking, arrival.frame, ends=True)
                return
            reply = expected.codec.parse(opened.body)
            if envelope.echoes(opened, reply) in (asking.echoes, ()):
                self._take(asking, reply, ends=expected.ends)
                return
        if (codec := self._kinds.get(opened.key)) is not None:
            self._push(codec.parse(opened.body))
        else:
            raise UnknownMessage(envelope.spoken(opened.key), opened.body)

    @property
    def ahead(self) -> int:
        """How many replies of the request that is being answered wait to be taken."""
        return len(self._asking[0].replies) if self._asking else 0

    def pushes_of(self, kind: type) -> bool:
        """Return whether a message of *kind* waits."""
        return any(type(message) is kind for message in self._pushes)

    def pushed(self, kind: type[MessageT]) -> MessageT | None:
        """Return the first message of *kind* that waits, None where none does."""
        for message in self._pushes:
            if type(message) is kind and isinstance(message, kind):
                self._pushes.remove(message)
                return message
        return None

    # ------------------------------------------------------------------ inside

    def _expectations(self, cls: type) -> Mapping[Key, _Expected]:
        found = self._expected.get(cls)
        if found is None:
            asked, own, wire = asked_by(cls), tag_value(cls, None), self._wire.replies
            ends = [(one, not asked.streamed) for one in asked.replies] + [(one, True) for one in asked.lasts]
            found = {
                wire.key_of(one, asked=own): _Expected(codec_with(one, tag_value(one, own)), last) for one, last in ends
            }
            self._expected[cls] = found
        return found

    def _asker(self, key: Key) -> AnyAsking | None:
        """Return the first of `_askers`, None where there is none."""
        return next(iter(self._askers(key)), None)

    def _askers(self, key: Key) -> list[AnyAsking]:
        """Return whose reply may stand under *key*: the first one's, or behind those that may stay unanswered.

        Bytes may be any; without a key it can be nothing else.
        """
        found: list[AnyAsking] = []
        for asking in self._asking:
            if asking.asked.raw or key in asking.expected:
                found.append(asking)
            if not asking.asked.silent:
                break
        return found

    def _take(self, asking: AnyAsking, reply: object, *, ends: bool) -> None:
        while self._asking[0] is not asking:
            self._unanswered(self._asking.popleft())
        if ends:
            self._asking.popleft()
        if not (ends and asking.asked.streamed):
            asking.take(reply)
        if ends:
            asking.end(reply)

    @staticmethod
    def _unanswered(asking: AnyAsking) -> None:
        asking.take(None)
        asking.end(None)

    def _push(self, message: object) -> None:
        if len(self._pushes) >= WAITING_PUSHES:
            raise Overloaded("pushed messages that nobody took", WAITING_PUSHES)
        self._pushes.append(message)

    def _codec(self, key: Key) -> Codec[object] | None:
        asking = self._asker(key)
        expected = None if asking is None else asking.expected.get(key)
        return self._kinds.get(key) if expected is None else expected.codec
