"""Offloaded calls on dask.distributed's executor: processes that a scheduler knows, here or on other machines."""

from __future__ import annotations

import copyreg
import os
import sys
from collections.abc import Callable, Generator
from concurrent.futures import Executor

import pytest

import jackfield as jf
from support import AnyDispatcher, dial, exchange, serving

NEWEST = (3, 13)
pytestmark = [
    pytest.mark.xdist_group("dask"),
    pytest.mark.skipif(
        sys.version_info[:2] != NEWEST and not os.environ.get("JACKFIELD_THOROUGH"),
        reason="a cluster takes seconds to start, so one Python has to do",
    ),
]


@jf.message(tag=0x81)
class Square:
    value: jf.U64
    process: jf.U32


@jf.message(tag=0x01)
class Number(jf.Request[Square]):
    value: jf.U32


@jf.message(tag=0x82)
class Sorry:
    reason: jf.Text8


def square(request: Number) -> Square:
    if not request.value:
        raise LookupError("nothing is squared")
    return Square(request.value**2, os.getpid())


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U8, maximum=64), tag=jf.U8)
service = jf.Service(wire, failed=lambda error, context: Sorry(type(error).__name__))
service.on(Number, offload=True)(square)


@pytest.fixture(scope="module")
def cluster() -> Generator[Executor]:
    """A scheduler and a worker, each in a process of its own, on loopback alone; all closed behind the tests."""
    pickling = copyreg.dispatch_table.copy()
    from distributed import Client, LocalCluster  # noqa: PLC0415  # half a second

    local = LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=1,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=0,
    )
    client = Client(local)  # type: ignore[no-untyped-call]
    with local, client:
        executor: Executor = client.get_executor(pure=False)  # type: ignore[no-untyped-call]
        with executor:
            yield executor
    # Its tblib has every exception of the process pickled in a way of its own from then on.
    copyreg.dispatch_table.clear()
    copyreg.dispatch_table.update(pickling)


@pytest.mark.parametrize(
    "dispatcher", [jf.EventLoop, lambda executor: jf.Asyncio(executor=executor)], ids=["loop", "asyncio"]
)
def test_calls_run_in_the_cluster_and_replies_keep_their_order(
    cluster: Executor, dispatcher: Callable[[Executor], AnyDispatcher]
) -> None:
    server: jf.Server[jf.RawConnection] = jf.Server(jf.tcp("127.0.0.1", 0), service, dispatcher(cluster))
    with serving(server), jf.connect(wire, f"tcp://{server.address}", deadline=30) as client:
        squares = client.call_many([Number(value) for value in range(1, 10)])
        assert [one.value for one in squares] == [value**2 for value in range(1, 10)]
        assert os.getpid() not in {one.process for one in squares}


def test_what_a_call_raises_there_is_the_failure_of_the_handler_here(cluster: Executor) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, jf.EventLoop(cluster))
    with serving(server), dial(server.address) as peer:
        assert exchange(peer, b"\x05\x01\0\0\0\0") == b"\x0d\x82\x0bLookupError"
