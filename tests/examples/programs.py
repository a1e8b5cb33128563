"""Examples as their users run them: in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from support import PATIENCE

EXAMPLES = Path(__file__).parents[2] / "examples"


@contextmanager
def running(program: str, *arguments: str) -> Generator[tuple[list[str], subprocess.Popen[str]]]:
    """Run an example that serves, on a free port; give the addresses that it prints. It has to end with status 0."""
    command = [sys.executable, str(EXAMPLES / program), "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split(), process
            process.terminate()
            _, errors = process.communicate(timeout=PATIENCE)
            assert (process.returncode, errors) == (0, "")
        finally:
            process.kill()


def output_of(program: str, *arguments: str, seconds: float = 60.0) -> str:
    """Run an example that ends by itself, and return what it prints."""
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, EXAMPLES / program, *arguments],
        capture_output=True,
        text=True,
        timeout=seconds,
        env=environment,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
