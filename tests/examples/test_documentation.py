"""The programs of the standard library's documentation, in our way: what they print, and what their clients get."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest

from examples.programs import EXAMPLES, output_of, running
from support import PATIENCE, exchange, read_all


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def ask(client: str, address: str, *words: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, EXAMPLES / client, str(port_of(address)), *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("program", "client"),
    [
        ("upper_tcp.py", "upper_tcp_client.py"),
        ("upper_file.py", "upper_tcp_client.py"),
        ("upper_udp.py", "upper_udp_client.py"),
    ],
)
def test_the_upper_casers_and_their_clients_print_what_the_documentation_shows(program: str, client: str) -> None:
    with running(program) as ((address,), process):
        assert ask(client, address, "hello", "world") == ["Sent:     hello world", "Received: HELLO WORLD"]
        assert ask(client, address, "python", "is", "nice") == ["Sent:     python is nice", "Received: PYTHON IS NICE"]
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        assert lines == ["127.0.0.1 wrote:\n", "b'hello world'\n", "127.0.0.1 wrote:\n", "b'python is nice'\n"]


def test_three_clients_are_answered_by_threads_that_say_their_names() -> None:
    assert output_of("hello_threads.py").splitlines() == [
        "Server loop running in thread: jackfield-server",
        "Received: jackfield-handler: Hello World 1",
        "Received: jackfield-handler: Hello World 2",
        "Received: jackfield-handler: Hello World 3",
    ]


def test_three_clients_are_answered_by_a_child_each() -> None:
    *received, last = output_of("hello_forks.py").splitlines()
    found = [re.fullmatch(r"Received: Process-(\d+): Hello World (\d)", line) for line in received]
    assert [match and match[2] for match in found] == ["1", "2", "3"]
    assert len({match and match[1] for match in found}) == 3
    assert last == "drained: 0 cut, clients ended with status 0"


def test_a_server_answers_at_once_and_finishes_in_a_child() -> None:
    with running("finish_in_child.py") as ((address,), process):
        for job in (b"one", b"two"):
            with socket.create_connection(("127.0.0.1", port_of(address)), timeout=PATIENCE) as peer:
                assert exchange(peer, job + b"\n") == b"accepted: " + job + b"\n"
        assert process.stdout is not None
        lines = {process.stdout.readline() for _ in range(2)}
        assert lines == {"finished in a child: one\n", "finished in a child: two\n"}


def test_one_loop_serves_partly_finished_requests_of_several_servers() -> None:
    with running("several_in_a_loop.py") as ((lines, datagrams), _), ExitStack() as stack:
        slow, quick = (
            stack.enter_context(socket.create_connection(("127.0.0.1", port_of(lines)), timeout=PATIENCE))
            for _ in range(2)
        )
        slow.sendall(b"half of ")
        other = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        other.settimeout(PATIENCE)
        other.sendto(b"LOWER", ("127.0.0.1", port_of(datagrams)))
        assert other.recv(100) == b"lower"
        assert exchange(quick, b"a whole line\n") == b"A WHOLE LINE\n"
        assert exchange(slow, b"a line\n") == b"HALF OF A LINE\n"


def test_who_is_no_member_is_turned_away_before_anything_is_read() -> None:
    with running("members_only.py", "127.0.0.0/30") as ((address,), process):
        with socket.create_connection(("127.0.0.1", port_of(address)), timeout=PATIENCE) as member:
            assert read_all(member) == b"welcome\n"
        with socket.create_connection(
            ("127.0.0.1", port_of(address)), timeout=PATIENCE, source_address=("127.0.0.9", 0)
        ) as stranger:
            assert read_all(stranger) == b""
        assert process.stdout is not None
        assert process.stdout.readline() == "127.0.0.9 was refused by Allow\n"


def test_threads_share_state_under_a_lock() -> None:
    assert output_of("shared_counter.py") == "hello: 20, world: 10\n"
