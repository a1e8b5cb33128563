"""What the pages show is what works: each block is strict-clean and runs, and the README's programs serve clients."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from support import PATIENCE, exchange

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
WITH_CODE = [page for page in PAGES if page.name != "README.md" and "```python" in page.read_text()]


def blocks_of(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def program_of(page: Path, folder: Path) -> Path:
    program = folder / f"{page.parent.name}_{page.stem}_page.py".replace("-", "_")
    program.write_text("\n\n".join(blocks_of(page)))
    return program


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", f"import {program_of(page, tmp_path).stem}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.once
def test_the_code_of_every_page_is_strict_clean(tmp_path: Path) -> None:
    programs = [program_of(page, tmp_path) for page in WITH_CODE]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            ROOT / "mypy.ini",
            "--cache-dir",
            tmp_path / "cache",
            *programs,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_no_page_links_to_what_is_not_there() -> None:
    broken = [
        f"{page.name}: {target}"
        for page in [*PAGES, ROOT / "CONTRIBUTING.md"]
        for target in re.findall(r"\]\(([^)#:]+)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_readme_opens_with_a_short_program_and_the_two_commands() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    first = lines.index("```python")
    last = lines.index("```")
    assert last < 25
    assert last - first - 1 <= 12
    commands = [
        number for number, line in enumerate(lines) if line.startswith(("    scripts/demo", "    scripts/test"))
    ]
    assert len(commands) == 2
    assert last < commands[0] < lines.index("## What it does not do")


def free_port() -> int:
    """Return a port that is free for TCP and UDP now."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        port: int = one.getsockname()[1]
        other.bind(("127.0.0.1", port))
        return port


def connect_when_up(port: int) -> socket.socket:
    """Return a client of a program that has just been started, as soon as it listens."""
    for _ in range(100_000):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        except ConnectionRefusedError:
            continue
    raise AssertionError("nobody listens")


def test_the_readmes_first_program_serves() -> None:
    port = free_port()
    program = blocks_of(ROOT / "README.md")[0].replace("9999", str(port))
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) as process:
        try:
            with connect_when_up(port) as peer:
                assert exchange(peer, b"hello\nworld\n") == b"HELLO\nWORLD\n"
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=PATIENCE)
            assert errors.strip().endswith(b"KeyboardInterrupt"), errors
        finally:
            process.kill()


@pytest.mark.parametrize("scheme", ["tcp", "udp"])
def test_the_readmes_protocol_answers_its_client(scheme: str, tmp_path: Path) -> None:
    port = free_port()
    _, service, client = (block.replace("9000", str(port)) for block in blocks_of(ROOT / "README.md"))
    declarations, _, _ = service.partition("stream = ")
    with subprocess.Popen([sys.executable, "-c", service]) as process:
        try:
            connect_when_up(port).close()
            done = subprocess.run(
                [sys.executable, "-c", declarations + client.replace("tcp://", f"{scheme}://")],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=True,
            )
            assert done.stdout == "3\n"
            process.terminate()
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
