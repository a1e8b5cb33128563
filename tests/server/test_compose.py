"""Parts that do not fit, where only run time can see it."""

from __future__ import annotations

from typing import Any

import pytest

import jackfield as jf
from jackfield.interfaces import Failed, Gate
from support import Seen, dial, read_all, serving

calculator = jf.Wire(tag=jf.U8)


class Loop:
    """A dispatcher for sessions alone."""

    def drive(self, gate: Gate[Any], sessions: object, /) -> None:
        """Never called here."""

    def close(self) -> None:
        """Nothing is left."""


async def coroutine(connection: jf.Connection) -> None:
    """Belongs under asyncio."""


class Coroutine:
    async def __call__(self, connection: jf.Connection) -> None:
        """Belongs under asyncio, too."""


def blocking(connection: jf.Connection) -> None:
    """Do nothing."""


MISFITS: dict[str, tuple[Any, Any, str]] = {
    "a coroutine function": (coroutine, jf.Threads(), "coroutine is a coroutine function"),
    "an object with a coroutine": (Coroutine(), jf.Threads(), "Coroutine is a coroutine function"),
    "no callable": (42, jf.Threads(), "not 42"),
    "a blocking handler for a dispatcher of sessions": (blocking, Loop(), "Loop drives sessions, and blocking"),
}


@pytest.mark.parametrize(("handler", "dispatcher", "reason"), MISFITS.values(), ids=MISFITS)
def test_a_misfit_is_refused_when_the_server_is_made(handler: Any, dispatcher: Any, reason: str) -> None:
    door = jf.memory()
    with pytest.raises(jf.CompositionError, match=reason):
        jf.Server(door, handler, dispatcher)
    door.close()


def failure_of(handler: Any) -> jf.JackfieldError:
    seen = Seen()
    server: jf.Server[jf.RawConnection] = jf.Server(jf.tcp("127.0.0.1", 0), handler, jf.Inline(), observer=seen)
    with serving(server), dial(server.address) as peer:
        peer.sendall(b"x")
        assert read_all(peer) == b""
        return seen.wait_for(Failed)[0].error


def test_a_handler_that_returns_something_is_told_so() -> None:
    error = failure_of(lambda connection: b"reply")
    assert isinstance(error, jf.CompositionError)
    assert "b'reply'" in str(error)


def test_a_factory_that_makes_no_session_is_told_so() -> None:
    error = failure_of(jf.sessions(lambda request: None))
    assert isinstance(error, jf.CompositionError)
    assert "made none" in str(error)


def test_a_wire_without_a_frame_cannot_be_served_over_a_stream() -> None:
    error = failure_of(jf.Service(calculator))
    assert isinstance(error, jf.CompositionError)
    assert "datagrams only" in str(error)
