"""``jf.run``: several servers at once, ended by signals, in a real process."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Generator
from contextlib import contextmanager

import pytest

import jackfield as jf
from support import PATIENCE, read_all, read_exactly

PROGRAM = textwrap.dedent("""
    import sys, threading
    import jackfield as jf

    def echo(connection: jf.Connection) -> None:
        for line in connection.lines():
            if line == b"stay\\n":
                print("staying", flush=True)
                threading.Event().wait()
            if line == b"stop\\n":
                servers[0].shutdown()
            connection.send(line)

    def answer(datagram: jf.Datagram) -> None:
        datagram.reply(datagram.payload)

    servers = [jf.Server(jf.tcp("127.0.0.1", 0), echo), jf.Server(jf.udp("127.0.0.1", 0), answer)]
    print(*(server.address.port for server in servers), flush=True)
    for report in jf.run(*servers):
        print(report.finished, report.cut, report.refused, flush=True)
    """)


@contextmanager
def program() -> Generator[tuple[subprocess.Popen[str], int, int]]:
    """Run the program above; give it and its two ports."""
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            stream, datagrams = (int(port) for port in process.stdout.readline().split())
            yield process, stream, datagrams
        finally:
            process.kill()


def reports_of(process: subprocess.Popen[str]) -> list[str]:
    output, _ = process.communicate(timeout=PATIENCE)
    return re.findall(r"^\d+ \d+ \d+$", output, re.MULTILINE)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_drains_all_servers_and_ends_with_status_0(number: signal.Signals) -> None:
    with program() as (process, stream, datagrams):
        with (
            socket.create_connection(("127.0.0.1", stream), timeout=PATIENCE) as peer,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
        ):
            peer.sendall(b"hello\n")
            assert read_exactly(peer, 6) == b"hello\n"
            other.settimeout(PATIENCE)
            other.sendto(b"hello", ("127.0.0.1", datagrams))
            assert other.recv(100) == b"hello"
            process.send_signal(number)
            assert read_all(peer) == b""
        # The datagram counts, too, where its handler has replied and not returned yet.
        assert reports_of(process) in (["1 0 0", "0 0 0"], ["1 0 0", "1 0 0"])
        assert process.returncode == 0


def test_a_second_signal_stops_now() -> None:
    with program() as (process, stream, _):
        with socket.create_connection(("127.0.0.1", stream), timeout=PATIENCE) as peer:
            peer.sendall(b"stay\n")
            assert process.stdout is not None
            assert process.stdout.readline() == "staying\n"
            process.send_signal(signal.SIGTERM)
            while True:  # the first signal has arrived when newcomers are turned away
                with socket.create_connection(("127.0.0.1", stream), timeout=PATIENCE) as late:
                    late.sendall(b"x\n")
                    if not late.recv(1):
                        break
            process.send_signal(signal.SIGTERM)
            assert len(reports_of(process)) == 2
        assert process.returncode == 0


def test_where_one_server_ends_the_others_drain_too() -> None:
    with program() as (process, stream, _):
        with socket.create_connection(("127.0.0.1", stream), timeout=PATIENCE) as peer:
            peer.sendall(b"stop\n")
            assert read_all(peer) == b"stop\n"
        assert len(reports_of(process)) == 2
        assert process.returncode == 0


def test_run_belongs_on_the_main_thread() -> None:
    caught: list[Exception] = []

    def run() -> None:
        try:
            jf.run()
        except jf.CompositionError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(PATIENCE)
    assert "main thread" in str(caught[0])


def test_signal_handlers_are_given_back() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(connection: jf.Connection) -> None:
        server.shutdown()

    server: jf.Server[jf.RawConnection] = jf.Server(jf.tcp("127.0.0.1", 0), stop)
    server.shutdown()
    assert [report.cut for report in jf.run(server)] == [0]
    assert {number: signal.getsignal(number) for number in before} == before


def test_an_error_that_ended_a_server_is_raised() -> None:
    listener = jf.tcp("127.0.0.1", 0)
    server = jf.Server(listener, lambda connection: None)
    listener.close()
    with pytest.raises((OSError, ValueError)):
        jf.run(server)
