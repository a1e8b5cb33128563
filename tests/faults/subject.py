"""A server process under attack, as it looks from outside: what it holds, whether it is idle, whether it serves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, final

from service.calculator import add_bytes, framed, sum_bytes
from support import PATIENCE, exchange

HERE: Final = Path(__file__).parent
WAYS: Final = ("inline", "threads", "pool", "forks", "event loop", "asyncio", "uvloop", "blocking", "coroutine")
ADD: Final = framed(add_bytes(1, 2))
SUM: Final = framed(sum_bytes(3))
BIG: Final = framed(b"\x06\x00\x00\xf0\x00")
BIG_REPLY: Final = framed(b"\x86" + b"x" * 0xF000)
PROMPT: Final = 2.0
"""Seconds within which who does nothing wrong is answered, on a machine that does other things beside."""
_GROWTH: Final = 24 * 1024
"""KiB that a process may have grown by: what allocators keep, and less than any leak of a connection's buffers."""
_IDLE_SECONDS: Final = 0.03


class Held(NamedTuple):
    """What a process holds."""

    descriptors: int
    threads: int
    children: int


def until(condition: Callable[[], bool], what: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until *condition* is true; *what* says what is there in its place."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what()
        pause(0.005)


def pause(seconds: float) -> None:
    """Let *seconds* pass: for clients that take their time."""
    threading.Event().wait(seconds)


@final
class Subject:
    """The process."""

    def __init__(self, way: str) -> None:
        self.way = way
        command = [sys.executable, "-W", "ignore::DeprecationWarning", str(HERE / "served.py"), way]
        environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        for _ in range(8):  # every worker of a pool, and what else is made when it is first needed
            self.serves()
        until(self.is_idle, self.held)
        self.start = self.held()
        self.memory = self.resident()

    @property
    def several(self) -> bool:
        """Whether it serves others while somebody is inside."""
        return self.way != "inline"

    # ------------------------------------------------------------------ from outside

    def held(self) -> Held:
        """Return what it holds now."""
        proc = Path(f"/proc/{self.process.pid}")
        tasks = os.listdir(proc / "task")
        return Held(len(os.listdir(proc / "fd")), len(tasks), len(self.children()))

    def children(self) -> list[int]:
        """Return the pids of its children."""
        pids: list[int] = []
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            with suppress(OSError):
                pids += map(int, (task / "children").read_text().split())
        return pids

    def resident(self) -> int:
        """Return the KiB of memory that it has."""
        return self._status("VmRSS")

    def switches(self) -> int:
        """Return how often its threads have been woken or interrupted so far."""
        total = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            with suppress(OSError):
                total += sum(
                    int(line.split()[1])
                    for line in (task / "status").read_text().splitlines()
                    if "ctxt_switches" in line
                )
        return total

    def is_idle(self) -> bool:
        """Return whether nothing runs for a moment."""
        before = self.switches()
        pause(_IDLE_SECONDS)
        return self.switches() == before

    def _status(self, name: str) -> int:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
        raise AssertionError(name)

    # ------------------------------------------------------------------ as clients see it

    def dial(self) -> socket.socket:
        """Return a client."""
        peer = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return peer

    def serves(self) -> None:
        """Be a bystander: the answer is right, and prompt."""
        begun = time.monotonic()
        with self.dial() as peer:
            assert exchange(peer, ADD) == SUM
        took = time.monotonic() - begun
        assert took < PROMPT, f"a bystander waited {took} s"

    def serves_beside(self) -> None:
        """Have a bystander served while somebody is inside, where that can be."""
        if self.several:
            self.serves()

    def recovers(self) -> None:
        """Wait until all is as in the beginning: a bystander is served, and nothing is left."""
        self.serves()
        until(lambda: self.held() == self.start, lambda: f"{self.held()}, and was {self.start}")
        until(self.is_idle, lambda: "it does not come to rest")
        grown = self.resident() - self.memory
        assert grown < _GROWTH, f"it has grown by {grown} KiB"

    # ------------------------------------------------------------------ its end

    def ends(self) -> str:
        """Have it end by SIGTERM, and return what it says."""
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0
        return said

    def kill(self) -> None:
        """End it, whatever it does."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.communicate()
