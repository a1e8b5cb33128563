"""An asynchronous client of a wire: what `Client` does, as coroutines.

It does not import asyncio, so that nobody pays for it who does not use it: its pipe and its tools have that.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Protocol, Self, TypeVar, final, overload

from ..errors import ClosedError, DeadlineExceeded, JackfieldError
from ..messages import Message
from ..service import OneWay, Request, StreamRequest, asked_by, is_reply
from ._async_replies import AsyncReplyStream
from ._matching import AnyAsking, Arrival, Built, Matching

ReplyT = TypeVar("ReplyT", bound="Message | bytes | None")
ItemT = TypeVar("ItemT", bound=Message)
LastT = TypeVar("LastT", bound=Message)
MessageT = TypeVar("MessageT", bound=Message)

_AHEAD = 64
"""Items of a stream that may wait to be taken; above that nothing more is read."""


class Bell(Protocol):
    """Something to wait for: an ``asyncio.Event``."""

    def set(self) -> None:
        """Wake whoever waits."""
        ...

    def clear(self) -> None:
        """Let whoever waits from now on wait."""
        ...

    def wait(self) -> Coroutine[object, None, object]:
        """Wait until it is set."""
        ...


class AsyncPipe(Protocol):
    """A way for payloads to the server and back, under a running loop."""

    keeps_order: bool
    """Whether replies come in the order of their requests, each once: a stream does, datagrams do not."""

    def listen(self, arrived: Callable[[Arrival], None], lost: Callable[[JackfieldError], None], /) -> None:
        """Give what comes to *arrived* from now on, and to *lost* why nothing comes any more."""
        ...

    def write(self, payloads: list[bytes], /) -> None:
        """Send *payloads* soon; raises EncodeError before anything left."""
        ...

    async def drain(self) -> None:
        """Wait until the peer has taken enough of what was sent."""
        ...

    def pause(self, paused: bool, /) -> None:
        """Read nothing as long as *paused*."""
        ...

    async def renew(self) -> None:
        """Forget whatever may still come for what was sent so far, where that can be; raises ConnectionLost."""
        ...

    def close(self) -> None:
        """Close it. Idempotent."""
        ...


class LoopTools(Protocol):
    """What to wait with, under a running loop."""

    def bell(self) -> Bell:
        """Return something to wait for."""
        ...

    def turn(self) -> AbstractAsyncContextManager[object]:
        """Return a lock."""
        ...

    def within(self, seconds: float | None, /) -> AbstractAsyncContextManager[object]:
        """Return a block that TimeoutError ends after *seconds*."""
        ...

    def time(self) -> float:
        """Return the loop's time."""
        ...


@final
class AsyncClient:
    """Sends requests and takes their replies; any number of tasks may call at once.

    Over a stream their requests are pipelined. A call that is cancelled harms no other: its reply is dropped. Where a
    stream is left in doubt, by a deadline or by what is no reply, the client is closed, and from then on every call
    raises ClosedError. For the loop that it was made in.
    """

    def __init__(
        self, matching: Matching, pipe: AsyncPipe, tools: LoopTools, deadline: float, *, retries: int, listens: bool
    ) -> None:
        """Match what comes over *pipe*; *listens* says that pushes are expected. See `connect_async`."""
        self._matching = matching
        self._pipe = pipe
        self._deadline = deadline
        self._retries = retries
        self._listens = listens
        self._tools = tools
        self._turn = tools.turn()
        self._waiting: set[Bell] = set()
        self._came = tools.bell()
        """Rung when something was pushed."""
        self._stale = False
        self._closed = False
        self._error: JackfieldError | None = None
        pipe.listen(self._arrived, self._lost)

    # ------------------------------------------------------------------ asking

    @overload
    def call(
        self, request: Request[ReplyT], /, *, deadline: float | None = None
    ) -> Coroutine[object, None, ReplyT]: ...
    @overload
    def call(
        self, request: StreamRequest[ItemT, LastT], /, *, deadline: float | None = None
    ) -> AsyncReplyStream[ItemT, LastT]: ...
    def call(self, request: object, /, *, deadline: float | None = None) -> object:
        """Return a coroutine that sends *request* and gives its reply, within *deadline* seconds in all.

        For a `StreamRequest` it is an asynchronous iterator of its items, which sends the request when it is first
        asked; then *deadline* bounds the wait for each. Errors are those of `Client.call`.
        """
        seconds = self._deadline if deadline is None else deadline
        if not asked_by(type(request)).streamed:
            return self._answer(request, seconds)
        built = self._matching.build(request)
        return AsyncReplyStream[object, object](
            lambda: self._ask([(request, built)], seconds), self._wait_for_item, self._end_stream, seconds
        )

    async def call_many(self, requests: Iterable[Request[ReplyT]], /, *, deadline: float | None = None) -> list[ReplyT]:
        """Send *requests* without waiting for each one's reply, and return the replies in their order.

        All within *deadline* seconds. Over datagrams, which keep no order, it is one call after another.
        """
        seconds = self._deadline if deadline is None else deadline
        until = self._tools.time() + seconds
        replies: list[ReplyT] = []
        askings: list[tuple[Request[ReplyT], AnyAsking]] = []
        for request in requests:
            if not self._pipe.keeps_order:
                replies.append(await self.call(request, deadline=max(0.0, until - self._tools.time())))
                continue
            asked = await self._ask([(request, self._matching.build(request))], max(0.0, until - self._tools.time()))
            askings.append((request, asked))
        for request, asking in askings:
            reply = await self._reply(asking, max(0.0, until - self._tools.time()))
            if not is_reply(reply, request):
                raise AssertionError("a reply has a class that its request declares")
            replies.append(reply)
        return replies

    async def send(self, message: OneWay, /) -> None:
        """Send *message*, which nobody answers; raises EncodeError, ConnectionLost and DeadlineExceeded as `call`."""
        payload = self._matching.build(message).payload
        self._check_open()
        self._pipe.write([payload])
        await self._drain(self._deadline)

    def pushed(self, kind: type[MessageT], /, *, deadline: float | None = None) -> AsyncIterator[MessageT]:
        """Return an asynchronous iterator over the messages of *kind* that come unasked; see `Client.pushed`."""
        self._matching.expect(kind)
        return self._pushes(kind, deadline)

    def close(self) -> None:
        """Close the connection. Idempotent; calls that wait end with ClosedError."""
        self._closed = True
        self._pipe.close()
        self._ring()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None, /
    ) -> None:
        self.close()

    # ------------------------------------------------------------------ one call

    async def _answer(self, request: object, seconds: float) -> object:
        built = self._matching.build(request)
        if self._pipe.keeps_order:
            asking = await self._ask([(request, built)], seconds)
            return await self._reply(asking, seconds)
        until = self._tools.time() + seconds
        async with self._turn:
            asking = await self._ask([(request, built)], seconds)
            for left in range(self._retries, 0, -1):
                now = self._tools.time()
                if await self._wait(asking, lambda: asking.done, (until - now) / (left + 1)):
                    break
                self._stale = True
                self._pipe.write([built.payload])
            return await self._reply(asking, until - self._tools.time(), seconds)

    async def _ask(self, batch: list[tuple[object, Built]], seconds: float) -> AnyAsking:
        self._check_open()
        if self._stale and not self._listens:
            await self._pipe.renew()
        self._stale = False
        ((request, built),) = batch
        asking = self._matching.ask(request, built)
        try:
            self._pipe.write([built.payload])
        except JackfieldError:
            self._matching.forget(asking)
            raise
        await self._drain(seconds)
        return asking

    async def _reply(self, asking: AnyAsking, seconds: float, told: float | None = None) -> object:
        try:
            if await self._wait(asking, lambda: asking.done, seconds):
                return asking.replies[0]
        except JackfieldError:
            self._give_up(asking)
            raise
        except BaseException:  # cancelled: the reply is dropped when it comes
            self._abandon(asking)
            raise
        self._give_up(asking)
        if asking.asked.silent:
            return None
        raise DeadlineExceeded("reply", seconds if told is None else told)

    async def _drain(self, seconds: float) -> None:
        try:
            async with self._tools.within(seconds):
                await self._pipe.drain()
        except TimeoutError as error:
            self.close()
            raise DeadlineExceeded("reply", seconds) from error

    # ------------------------------------------------------------------ a stream of replies

    async def _wait_for_item(self, asking: AnyAsking, seconds: float) -> None:
        self._pipe.pause(False)
        try:
            if not await self._wait(asking, lambda: bool(asking.replies or asking.done), seconds):
                raise DeadlineExceeded("reply", seconds)
        except JackfieldError:
            self._give_up(asking)
            raise

    def _end_stream(self, asking: AnyAsking) -> None:
        if not asking.done:
            self._abandon(asking)
            self._pipe.pause(False)

    # ------------------------------------------------------------------ pushes

    async def _pushes(self, kind: type[MessageT], deadline: float | None) -> AsyncGenerator[MessageT]:
        while True:
            message = self._matching.pushed(kind)
            if message is not None:
                yield message
            elif self._error is not None:
                raise self._error
            elif self._closed:
                return
            else:
                await self._wait_for_push(deadline)

    async def _wait_for_push(self, deadline: float | None) -> None:
        self._came.clear()
        try:
            async with self._tools.within(deadline):
                await self._came.wait()
        except TimeoutError as error:
            raise DeadlineExceeded("push", deadline or 0.0) from error

    # ------------------------------------------------------------------ waiting, and what comes

    async def _wait(self, asking: AnyAsking, ready: Callable[[], bool], seconds: float) -> bool:
        """Wait until *ready*; False after *seconds*. Raises what broke the stream, or ClosedError."""
        bell = self._tools.bell()
        self._waiting.add(bell)
        asking.changed = bell.set
        try:
            async with self._tools.within(max(0.0, seconds)):
                while not ready():
                    if self._error is not None:
                        raise self._error
                    self._check_open()
                    await bell.wait()
                    bell.clear()
        except TimeoutError:
            return ready()
        finally:
            asking.changed = None
            self._waiting.discard(bell)
        return True

    def _arrived(self, arrival: Arrival) -> None:
        try:
            self._matching.arrived(arrival)
        except JackfieldError as error:
            self._lost(error)
        self._came.set()
        if self._matching.ahead >= _AHEAD:
            self._pipe.pause(True)

    def _lost(self, error: JackfieldError) -> None:
        """Have all who wait told why nothing comes any more; over datagrams those of now."""
        if self._closed:
            return
        self._error = error
        if self._pipe.keeps_order:
            self.close()
        else:
            self._ring()

    def _ring(self) -> None:
        self._came.set()
        for bell in self._waiting:
            bell.set()

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError("the client")

    def _abandon(self, asking: AnyAsking) -> None:
        asking.abandoned = True
        asking.replies.clear()
        if not self._pipe.keeps_order:
            self._matching.forget(asking)
            self._stale = True

    def _give_up(self, asking: AnyAsking) -> None:
        """Wait no longer: a stream is in doubt then, and over datagrams a reply that is late must not be the next."""
        if self._pipe.keeps_order:
            self.close()
        else:
            self._abandon(asking)
            self._error = None
