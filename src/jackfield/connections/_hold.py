"""The way from a connection to an asynchronous one, which imports asyncio when it is first gone."""

from __future__ import annotations

from typing_extensions import TypeVar

from ._async_connection import AsyncConnection
from ._connection import Connection

FacetsT = TypeVar("FacetsT")


async def hold(connection: Connection[FacetsT], /) -> AsyncConnection[FacetsT]:
    """Hand *connection* to the running asyncio loop; from now on its bytes go through what is returned.

    Raises OSError where the loop cannot take it; it stays the caller's then.
    """
    from ._async_pipe import hold_in_loop  # noqa: PLC0415

    return await hold_in_loop(connection)
