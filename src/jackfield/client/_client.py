"""A blocking client of a wire: typed by the request's class."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self, TypeVar, final, overload

from ..errors import ClosedError, CompositionError, DeadlineExceeded, EncodeError, JackfieldError
from ..messages import Message
from ..service import OneWay, Request, StreamRequest, asked_by, is_reply
from ._matching import AnyAsking, Built, Matching
from ._pipes import Pipe
from ._replies import ReplyStream

ReplyT = TypeVar("ReplyT", bound="Message | bytes | None")
ItemT = TypeVar("ItemT", bound=Message)
LastT = TypeVar("LastT", bound=Message)
MessageT = TypeVar("MessageT", bound=Message)

_AHEAD: Final = 64
"""Requests that `Client.call_many` sends before it waits for their replies."""
_AHEAD_BYTES: Final = 32 * 1024
"""Bytes of them: what fits into the buffers between both ends, so that neither waits for the other to read."""


@final
class Client:
    """Sends requests and takes their replies; any thread may call, and waits for its turn.

    There is no thread behind it: whoever waits for something reads for all. Where a stream is left in doubt, by a
    deadline or by what is no reply, the client is closed, and from then on every call raises ClosedError.
    """

    def __init__(self, matching: Matching, pipe: Pipe, deadline: float, *, retries: int, listens: bool) -> None:
        """Match what comes over *pipe*; *listens* says that pushes are expected. See `connect`."""
        self._matching = matching
        self._listens = listens
        self._pipe = pipe
        self._deadline = deadline
        self._retries = retries
        self._turn = threading.Lock()
        """Whoever holds it has a call under way."""
        self._streaming: tuple[AnyAsking, int] | None = None
        """The stream of replies that has the turn, and the thread that began it."""
        self._writing = threading.Lock()
        self._changed = threading.Condition()
        self._reading = False
        self._stale = False
        """Whether something may come that nobody waits for any more, and that would be taken for a reply."""
        self._closed = False
        self._error: JackfieldError | None = None

    # ------------------------------------------------------------------ asking

    @overload
    def call(self, request: Request[ReplyT], /, *, deadline: float | None = None) -> ReplyT: ...
    @overload
    def call(
        self, request: StreamRequest[ItemT, LastT], /, *, deadline: float | None = None
    ) -> ReplyStream[ItemT, LastT]: ...
    def call(self, request: object, /, *, deadline: float | None = None) -> object:
        """Send *request* and return its reply, within *deadline* seconds in all.

        A `StreamRequest` gives an iterator of its items, which are read as they are asked for: then *deadline* bounds
        the wait for each. Until it has ended, or was closed, nobody else has a turn. A request that may stay
        unanswered (``Request[A | None]``) gives None when the deadline is over.

        Raises DeclarationError for what is no request and EncodeError for one that cannot be built, before anything
        is sent; ConnectionLost where the server is gone; DeadlineExceeded; and FrameTooLarge, DecodeError or
        UnknownMessage for a reply that is none.
        """
        seconds = self._deadline if deadline is None else deadline
        streamed = asked_by(type(request)).streamed
        built = self._matching.build(request)
        with self._turn_within(seconds) as until:
            if not streamed:
                return self._answer(request, built, until, seconds)
            asking = self._ask(request, built, until, seconds)
            self._streaming = asking, threading.get_ident()
        return ReplyStream[object, object](
            asking, lambda: self._wait_for_next(asking, seconds), lambda: self._end_stream(asking)
        )

    def call_many(self, requests: Iterable[Request[ReplyT]], /, *, deadline: float | None = None) -> list[ReplyT]:
        """Send *requests* without waiting for each one's reply, and return the replies in their order.

        All within *deadline* seconds. Raises as `call` does; replies that came before are lost then. Over datagrams,
        which keep no order, it is one call after another.
        """
        seconds = self._deadline if deadline is None else deadline
        until = time.monotonic() + seconds
        if not self._pipe.keeps_order:
            return [self.call(request, deadline=_left(until, seconds)) for request in requests]
        replies: list[ReplyT] = []
        with self._turn_within(seconds) as until:
            for batch in self._batches(requests):
                askings = self._ask_all(batch, until, seconds)
                for asking, (request, _) in zip(askings, batch, strict=True):
                    reply = self._reply(asking, until, seconds)
                    if not is_reply(reply, request):
                        raise AssertionError("a reply has a class that its request declares")
                    replies.append(reply)
        return replies

    def send(self, message: OneWay, /) -> None:
        """Send *message*, which nobody answers; raises EncodeError, ConnectionLost and DeadlineExceeded as `call`."""
        payload = self._matching.build(message).payload
        self._check_open()
        self._send([payload], time.monotonic() + self._deadline, self._deadline)

    def pushed(self, kind: type[MessageT], /, *, deadline: float | None = None) -> Iterator[MessageT]:
        """Return an iterator over the messages of *kind* that the server sends unasked, each given once.

        It waits for the next one, for *deadline* seconds at most where that is given. It ends when this client is
        closed, and raises ConnectionLost where the server goes. Other threads may call meanwhile.

        Messages of a kind that comes before anybody asked for it have to be named to `connect`. A thousand may wait;
        above that the client is closed, and Overloaded raised.
        """
        self._matching.expect(kind)
        return self._pushes(kind, deadline)

    def close(self) -> None:
        """Close the connection. Idempotent; a call that waits on another thread ends with an error."""
        with self._changed:
            self._closed = True
            self._pipe.shut()
            if not self._reading:
                self._pipe.close()
            self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None, /
    ) -> None:
        self.close()

    # ------------------------------------------------------------------ one call

    def _answer(self, request: object, built: Built, until: float, seconds: float) -> object:
        """Ask, over datagrams perhaps again and again, and return the reply."""
        asking = self._ask(request, built, until, seconds)
        tries = 1 if self._pipe.keeps_order else self._retries + 1
        for left in range(tries - 1, 0, -1):
            now = time.monotonic()
            if self._wait(lambda: asking.done, now + (until - now) / (left + 1)):
                break
            self._stale = True
            self._send([built.payload], until, seconds)
        return self._reply(asking, until, seconds)

    def _ask(self, request: object, built: Built, until: float, seconds: float) -> AnyAsking:
        return self._ask_all([(request, built)], until, seconds)[0]

    def _ask_all(self, batch: Sequence[tuple[object, Built]], until: float, seconds: float) -> list[AnyAsking]:
        self._check_open()
        self._renew()
        with self._changed:
            askings = [self._matching.ask(request, built) for request, built in batch]
        try:
            self._send([built.payload for _, built in batch], until, seconds)
        except EncodeError:
            self._forget(askings)
            raise
        return askings

    def _reply(self, asking: AnyAsking, until: float, seconds: float) -> object:
        """Wait for *asking*'s one reply."""
        try:
            if self._wait(lambda: asking.done, until):
                return asking.replies[0]
        except BaseException:
            self._give_up(asking)
            raise
        self._give_up(asking)
        if asking.asked.silent:
            return None
        raise DeadlineExceeded("reply", seconds)

    def _batches(self, requests: Iterable[Request[ReplyT]]) -> Iterator[list[tuple[Request[ReplyT], Built]]]:
        batch: list[tuple[Request[ReplyT], Built]] = []
        size = 0
        for request in requests:
            batch.append((request, self._matching.build(request)))
            size += len(batch[-1][1].payload)
            if len(batch) >= _AHEAD or size >= _AHEAD_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    # ------------------------------------------------------------------ a stream of replies

    def _wait_for_next(self, asking: AnyAsking, seconds: float) -> None:
        """Wait for an item, or the end."""
        try:
            if not self._wait(lambda: bool(asking.replies or asking.done), time.monotonic() + seconds):
                raise DeadlineExceeded("reply", seconds)
        except BaseException:
            self._give_up(asking)
            self._end_stream(asking)
            raise
        if not asking.replies:
            self._end_stream(asking)

    def _end_stream(self, asking: AnyAsking) -> None:
        """Give the turn back; idempotent. What is still to come of the stream is dropped as it comes."""
        if self._streaming is not None and self._streaming[0] is asking:
            asking.abandoned = True
            asking.replies.clear()
            if not self._pipe.keeps_order and not asking.done:
                self._forget([asking])
                self._stale = True
            self._streaming = None
            self._turn.release()

    # ------------------------------------------------------------------ pushes

    def _pushes(self, kind: type[MessageT], deadline: float | None) -> Generator[MessageT]:
        while True:
            until = None if deadline is None else time.monotonic() + deadline
            try:
                if not self._wait(lambda: self._matching.pushes_of(kind), until):
                    raise DeadlineExceeded("push", deadline or 0.0)
            except ClosedError:
                return
            with self._changed:
                message = self._matching.pushed(kind)
            if message is not None:  # another thread may have been quicker
                yield message

    # ------------------------------------------------------------------ turns, sending, reading

    @contextmanager
    def _turn_within(self, seconds: float) -> Generator[float]:
        """Wait for the others' calls; give the monotonic time at which *seconds* from now are over.

        A stream that began meanwhile keeps the turn.
        """
        until = time.monotonic() + seconds
        if self._streaming is not None and self._streaming[1] == threading.get_ident():
            raise CompositionError("a stream of replies has not been read to its end: read on, or close it")
        if not self._turn.acquire(timeout=seconds):
            raise DeadlineExceeded("reply", seconds)
        try:
            yield until
        finally:
            if self._streaming is None:
                self._turn.release()

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError("the client")

    def _renew(self) -> None:
        """See that nothing which comes late is taken for a reply; who waits for pushes keeps the port."""
        if not self._listens:
            self._pipe.renew(stale=self._stale)
        self._stale = False

    def _send(self, payloads: list[bytes], until: float, seconds: float) -> None:
        if not self._writing.acquire(timeout=max(0.0, until - time.monotonic())):
            raise DeadlineExceeded("reply", seconds)
        try:
            self._pipe.send(payloads, until)
        except EncodeError:
            raise
        except JackfieldError as error:
            self._broken(error)
            raise _told(error, seconds) from error
        finally:
            self._writing.release()

    def _wait(self, ready: Callable[[], bool], until: float | None) -> bool:
        """Wait until *ready*, reading for all unless somebody does already; False at the deadline.

        Raises what broke the stream, ClosedError, or what is wrong with a datagram.
        """
        while True:
            with self._changed:
                while not ready():
                    if self._error is not None:
                        raise self._error
                    self._check_open()
                    if not self._reading:
                        self._reading = True
                        break
                    left = None if until is None else until - time.monotonic()
                    if (left is not None and left <= 0) or not self._changed.wait(left):
                        return ready()
                else:
                    return True
            if not self._read(until):
                return ready()

    def _read(self, until: float | None) -> bool:
        """Read once and give what came to whom it is for; False at the deadline."""
        try:
            arrival = self._pipe.receive(until)
            with self._changed:
                self._matching.arrived(arrival)
        except DeadlineExceeded:
            return False
        except JackfieldError as error:
            if self._closed:
                raise ClosedError("the client") from error
            self._broken(error)
            raise
        finally:
            with self._changed:
                self._reading = False
                if self._closed:
                    self._pipe.close()
                self._changed.notify_all()
        return True

    def _broken(self, error: JackfieldError) -> None:
        """Close where a stream cannot go on, and have all who wait told why."""
        if self._pipe.keeps_order:
            with self._changed:
                self._error = self._error or error
            self.close()

    def _give_up(self, asking: AnyAsking) -> None:
        """Wait no longer: a stream is in doubt then, and over datagrams a reply that is late must not be the next."""
        if self._pipe.keeps_order:
            self.close()
        else:
            self._forget([asking])
            self._stale = True

    def _forget(self, askings: list[AnyAsking]) -> None:
        with self._changed:
            for asking in askings:
                self._matching.forget(asking)


def _told(error: JackfieldError, seconds: float) -> JackfieldError:
    return DeadlineExceeded("reply", seconds) if isinstance(error, DeadlineExceeded) else error


def _left(until: float, seconds: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise DeadlineExceeded("reply", seconds)
    return left
