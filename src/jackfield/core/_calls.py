"""Calls that a session hands out, where there is nobody else to make them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Never, TypeVar

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")


def call_here(
    call: Callable[[ArgumentT], ResultT], argument: ArgumentT, done: Callable[[Callable[[], ResultT]], None], /
) -> None:
    """Make the call on this thread and tell *done* its outcome, as ``Driver.submit`` promises it.

    Raises only what is no Exception (KeyboardInterrupt) out of *call*, and *done* is not called then.
    """
    try:
        result = call(argument)
    except Exception as error:
        done(failure(error))
    else:
        done(lambda: result)


def failure(error: Exception, /) -> Callable[[], Never]:
    """Return the outcome of a call that came to *error*: a function that raises it."""

    def outcome() -> Never:
        raise error

    return outcome
