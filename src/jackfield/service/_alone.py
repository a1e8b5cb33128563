"""What the fused function of a service hands its oddities to where a datagram is answered without a session."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Never, final

from typing_extensions import override

from ..interfaces import Buffer
from ._conversation import Answered, Going


@final
class Odd(Exception):
    """The datagram is not answered as usual: somebody else has to, or where its handler was called, what follows."""

    def __init__(self, answering: Callable[[], Answered] | None) -> None:
        super().__init__()
        self.answering = answering

    @override
    def __str__(self) -> str:
        return "a datagram that is not answered as usual"

    def answer(self) -> bytes | None:
        """Return what is sent, None for nothing; raises HandlerFailed or EncodeError."""
        answered = None if self.answering is None else self.answering()
        assert answered is None or isinstance(answered, bytes)  # streams and calls elsewhere are not fused
        return answered


@final
class Alone:
    """Stands where a session would; there is no conversation."""

    __slots__ = ()
    talk = None

    def go_on(
        self, buffer: Buffer, start: int, end: int, out: list[bytes], answering: Callable[[], Answered] | None = None
    ) -> Never:
        """Raise Odd."""
        raise Odd(answering)

    def gathered(self, out: list[bytes]) -> Never:
        """Never called: nothing is pushed by a handler that has no context."""
        raise Odd(None)


if TYPE_CHECKING:
    _going: type[Going] = Alone
