"""A blocking client of a wire: typed by the request's class."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar, final

from ..errors import ClosedError, DeadlineExceeded, DecodeError, EncodeError, UnknownMessage
from ..messages import Codec, Message, codec_for
from ..service import Key, OneWay, Request, Wire, asked_by, is_reply, tag_value
from ._pipes import Pipe, time_left

ReplyT = TypeVar("ReplyT", bound="Message | None")


@final
class Client:
    """Sends requests and takes their replies, one at a time; any thread may call, and waits for its turn.

    Where a stream is left in doubt, by a deadline or a reply that is none, the client is closed: a reply that
    came later would be taken for the next one's. From then on every call raises ClosedError.
    """

    __slots__ = ("_closed", "_deadline", "_lock", "_pipe", "_wire")

    def __init__(self, wire: Wire, pipe: Pipe, deadline: float) -> None:
        """Speak *wire* over *pipe*; a call takes *deadline* seconds at most unless told otherwise. See `connect`."""
        self._wire = wire
        self._pipe = pipe
        self._deadline = deadline
        self._lock = threading.Lock()
        self._closed = False

    def call(self, request: Request[ReplyT], /, *, deadline: float | None = None) -> ReplyT:
        """Send *request* and return its reply, within *deadline* seconds in all.

        A request that may stay unanswered (``Request[A | None]``) gives None when the deadline is over.

        Raises DeclarationError for what is no request and EncodeError for one that cannot be built, before anything
        is sent; ConnectionLost where the server is gone; DeadlineExceeded; and FrameTooLarge, DecodeError or
        UnknownMessage for a reply that is none.
        """
        seconds = self._deadline if deadline is None else deadline
        asked = asked_by(type(request))
        with self._turn(seconds) as until:
            self._send(request, until, seconds)
            with self._in_doubt(seconds):
                try:
                    reply = self._parsed(type(request), self._pipe.receive(time_left(until, seconds)))
                except DeadlineExceeded:
                    if not asked.silent:
                        raise
                    reply = None
                    if self._pipe.keeps_order:
                        self._close()
                if not is_reply(reply, request):
                    raise DecodeError(type(request).__name__, None, 0, f"{reply!r} does not answer it")
                return reply

    def send(self, message: OneWay, /) -> None:
        """Send *message*, which nobody answers; raises EncodeError, ConnectionLost and DeadlineExceeded as `call`."""
        with self._turn(self._deadline) as until:
            self._send(message, until, self._deadline)

    def close(self) -> None:
        """Close the connection. Idempotent; a call that waits on another thread ends with ConnectionLost."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None, /
    ) -> None:
        self.close()

    def _close(self) -> None:
        self._closed = True
        self._pipe.close()

    @contextmanager
    def _turn(self, seconds: float) -> Generator[float]:
        """Wait for the others' calls; give the monotonic time at which *seconds* from now are over."""
        until = time.monotonic() + seconds
        if not self._lock.acquire(timeout=seconds):
            raise DeadlineExceeded("reply", seconds)
        try:
            yield until
        finally:
            self._lock.release()

    def _send(self, message: object, until: float, seconds: float) -> None:
        if self._closed:
            raise ClosedError("the client")
        cls = type(message)
        payload = self._wire.envelope.seal(self._wire.key_of(cls), codec_for(cls), message, None)
        with self._in_doubt(seconds):
            self._pipe.send(payload, time_left(until, seconds))

    @contextmanager
    def _in_doubt(self, seconds: float) -> Generator[None]:
        """What fails here leaves a stream in doubt, but for an EncodeError: nothing was sent then."""
        try:
            yield
        except EncodeError:
            raise
        except BaseException as error:
            if self._pipe.keeps_order:
                self._close()
            if isinstance(error, DeadlineExceeded):
                raise DeadlineExceeded("reply", seconds) from error
            raise

    def _parsed(self, request: type, payload: bytes) -> object:
        envelope = self._wire.replies.envelope
        opened = envelope.open(payload)
        codec = self._codecs(request).get(opened.key)
        if codec is None:
            raise UnknownMessage(envelope.spoken(opened.key), opened.body)
        return codec.parse(opened.body)

    def _codecs(self, request: type) -> dict[Key, Codec[object]]:
        """Return the codecs of the replies to *request*, by their tags as they stand on the wire."""
        own = tag_value(request, None)
        return {self._wire.replies.key_of(reply, asked=own): codec_for(reply) for reply in asked_by(request).replies}
