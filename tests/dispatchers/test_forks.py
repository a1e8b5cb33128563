"""A forked child for each request."""

from __future__ import annotations

import errno
import json
import linecache
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

import jackfield as jf
from jackfield.interfaces import Closed, Failed, Opened
from support import (
    PATIENCE,
    Flag,
    Seen,
    await_taken,
    datagrams_to,
    dial,
    exchange,
    is_readable,
    read_all,
    read_exactly,
    serving,
)


def tell_pid(connection: jf.Connection) -> None:
    connection.send(f"{os.getpid()}".encode())


def echo(connection: jf.Connection) -> None:
    while data := connection.receive():
        connection.send(data)


def forget_pidfds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)


def change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system as it is."""


each_way_to_see_an_end = pytest.mark.parametrize("way", [change_nothing, forget_pidfds], ids=["pidfd", "end of report"])


@each_way_to_see_an_end
def test_each_request_has_a_child_that_is_reaped_at_once_without_further_traffic(
    way: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    way(monkeypatch)
    seen, pids = Seen(), []
    server = jf.Server(jf.tcp("127.0.0.1", 0), tell_pid, jf.Forks(), observer=seen)
    with serving(server):
        for number in range(1, 4):
            with dial(server.address) as peer:
                pids.append(int(read_all(peer)))
            seen.wait_for(Closed, number)
            assert not Path(f"/proc/{pids[-1]}").exists(), "a zombie"
    assert len({*pids, os.getpid()}) == 4


def test_a_child_is_reaped_at_once_between_two_handled_requests() -> None:
    seen = Seen()
    with jf.Server(jf.tcp("127.0.0.1", 0), tell_pid, jf.Forks(), observer=seen) as server:
        for number in range(1, 4):
            with dial(server.address) as peer:
                assert server.handle_request(PATIENCE)
                pid = int(read_all(peer))
            seen.wait_for(Closed, number)
            assert not Path(f"/proc/{pid}").exists()


def test_a_child_that_outlives_a_run_is_reaped_at_once() -> None:
    seen, go_on = Seen(), Flag()

    def wait(connection: jf.Connection) -> None:
        tell_pid(connection)
        go_on.wait()

    server = jf.Server(jf.tcp("127.0.0.1", 0), wait, jf.Forks(), observer=seen)
    thread = server.serve_in_thread()
    with dial(server.address) as peer:
        pid = int(peer.recv(100))
        server.shutdown()
        thread.join(PATIENCE)
        assert Path(f"/proc/{pid}").exists()
        go_on.set()
        seen.wait_for(Closed)
        assert not Path(f"/proc/{pid}").exists()
    server.close()


def test_the_programs_own_children_keep_their_exit_codes() -> None:
    seen = Seen()
    own = [subprocess.Popen([sys.executable, "-c", f"raise SystemExit({code})"]) for code in (7, 8)]
    for process in own:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    # On this thread: waiting for any child, a thread would meet its own first.
    with jf.Server(jf.tcp("127.0.0.1", 0), tell_pid, jf.Forks(limit=1), observer=seen) as server:
        for number in range(1, 5):
            with dial(server.address) as peer:
                assert server.handle_request(PATIENCE)
                read_all(peer)
                assert not server.handle_request(0.05)
            seen.wait_for(Closed, number)
    assert [process.wait() for process in own] == [7, 8]


def test_above_the_limit_nobody_is_accepted_until_a_child_is_reaped() -> None:
    seen, go_on = Seen(), [Flag() for _ in range(5)]
    order = iter(go_on)

    def hand_on(connection: jf.RawConnection) -> jf.RawConnection:
        flags[connection.peer] = next(order)
        return connection

    def wait(connection: jf.Connection) -> None:
        flags[connection.peer].wait()
        connection.send(b"done")

    flags: dict[object, Flag] = {}
    server = jf.Server(jf.tcp("127.0.0.1", 0).through(hand_on), wait, jf.Forks(limit=2), observer=seen)
    with serving(server):
        peers = [dial(server.address) for _ in range(5)]
        seen.wait_for(Opened, 2)
        for done, flag in enumerate(go_on, 1):
            flag.set()
            seen.wait_for(Closed, done)
            assert len(seen.of(Opened)) <= min(5, done + 2)
        for peer in peers:
            assert read_all(peer) == b"done"
            peer.close()


def test_the_limit_holds_for_children_of_earlier_runs() -> None:
    go_on = Flag()

    def wait(connection: jf.Connection) -> None:
        go_on.wait()

    server = jf.Server(jf.tcp("127.0.0.1", 0), wait, jf.Forks(limit=1))
    with server, dial(server.address), dial(server.address):
        assert server.handle_request(PATIENCE)
        assert not server.handle_request(0.0)
        go_on.set()
        assert server.handle_request(PATIENCE)


def sockets_of(process: int | str) -> set[str]:
    """Return the sockets that *process* holds, as the system names them."""
    folder = f"/proc/{process}/fd"
    found = set()
    for number in os.listdir(folder):
        try:
            target = os.readlink(f"{folder}/{number}")
        except FileNotFoundError:  # the descriptor that listed the folder
            continue
        if not target.startswith(("/", "pipe:")):
            found.add(target)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_child_holds_its_own_connection_and_nothing_else_of_any_servers() -> None:
    before, seen, door = sockets_of("self"), Seen(), jf.memory()

    def list_sockets(connection: jf.Connection) -> None:
        connection.send(json.dumps([*sockets_of("self")]).encode() + b"\n")
        connection.receive()

    forking = jf.Server(jf.tcp("127.0.0.1", 0), list_sockets, jf.Forks(), observer=seen)
    threaded = jf.Server(jf.tcp("127.0.0.1", 0), echo, jf.Threads(), observer=seen)
    inside = jf.Server(door, echo, jf.Threads(), observer=seen)
    with serving(threaded, inside), dial(threaded.address) as own, door.connect():
        seen.wait_for(Opened, 2)
        with serving(forking), dial(forking.address) as one, dial(forking.address) as other:
            first, second = (set(json.loads(peer.makefile().readline())) - before for peer in (one, other))
            clients = {f"socket:[{os.fstat(peer.fileno()).st_ino}]" for peer in (one, other, own)}
            ours = sockets_of("self") - before - clients
            assert len(first & ours) == 1
            assert len(second & ours) == 1
            assert first & ours != second & ours
            assert len(first - clients - ours) == 1, "its end of the report"


def test_a_clients_end_in_memory_does_not_live_on_in_its_child() -> None:
    seen, door = Seen(), jf.memory()
    with serving(jf.Server(door, echo, jf.Forks(), observer=seen)):
        with door.connect() as peer, door.connect():
            peer.sendall(b"x")
            assert peer.recv(1) == b"x"
        seen.wait_for(Closed, 2)


def test_a_connection_that_the_handler_closes_ends_for_its_peer_while_the_child_goes_on() -> None:
    seen, go_on = Seen(), Flag()

    def hang_up(connection: jf.Connection) -> None:
        connection.send(b"bye")
        connection.close()
        go_on.wait()

    server = jf.Server(jf.tcp("127.0.0.1", 0), hang_up, jf.Forks(), observer=seen)
    with serving(server), dial(server.address) as peer:
        assert read_all(peer) == b"bye"
        assert not seen.of(Closed)
        go_on.set()
        seen.wait_for(Closed)


def output_of(program: str) -> str:
    command = [sys.executable, "-c", textwrap.dedent(program)]
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}  # else nothing waits to be written twice
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False, env=buffered)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_what_parent_and_child_print_and_log_is_written_once() -> None:
    lines = output_of("""
        import atexit, logging.handlers, socket, sys
        import jackfield as jf

        def note(connection: jf.Connection) -> None:
            print("printed in the child")
            logging.getLogger("kept").warning("logged in the child")

        target = logging.StreamHandler(sys.stdout)
        logging.getLogger("kept").addHandler(logging.handlers.MemoryHandler(100, target=target))
        atexit.register(print, "at the parent's exit")
        print("printed in the parent")
        logging.getLogger("kept").warning("logged in the parent")
        with jf.Server(jf.tcp("127.0.0.1", 0), note, jf.Forks()) as server:
            with socket.create_connection((server.address.host, server.address.port)) as peer:
                server.handle_request()
                assert peer.recv(1) == b""
            server.drain()
    """).splitlines()
    assert sorted(lines) == sorted(
        [
            "printed in the parent",
            "logged in the parent",
            "printed in the child",
            "logged in the child",
            "at the parent's exit",
        ]
    )
    assert lines[-1] == "at the parent's exit"


def test_a_request_that_gets_no_child_is_closed_and_reported_and_the_next_one_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fork, refusals = os.fork, [errno.EAGAIN, errno.ENOMEM]

    def refuse() -> int:
        if refusals:
            number = refusals.pop()
            raise OSError(number, os.strerror(number))
        return fork()

    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), echo, jf.Forks(), observer=seen)
    monkeypatch.setattr(os, "fork", refuse)
    with serving(server):
        for _ in range(2):
            with dial(server.address) as peer:
                assert read_all(peer) == b""
        with dial(server.address) as peer:
            assert exchange(peer, b"served") == b"served"
        seen.wait_for(Closed, 3)
    assert [type(event.error) for event in seen.of(Failed)] == [jf.Overloaded] * 2
    assert all(isinstance(event.error.__cause__, OSError) for event in seen.of(Failed))


class Odd(Exception):
    pass


class OddPeer(jf.PeerError):
    pass


def fail(connection: jf.Connection) -> None:
    match connection.receive():
        case b"builtin":
            raise KeyError("no such key")
        case b"foreign":
            raise Odd("of its own class")
        case b"ours":
            raise jf.DecodeError("Add", "left", 3, "is short")
        case b"lost":
            raise jf.ConnectionLost(connection.peer, "gone")
        case b"odd peer":
            raise OddPeer("a peer's fault")
        case b"killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case b"left":
            os._exit(3)
        case b"exit":
            raise SystemExit(4)
        case b"interrupt":
            raise KeyboardInterrupt
        case _:
            os._exit(0)


def failures_of(*commands: bytes) -> list[Failed]:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), fail, jf.Forks(), observer=seen)
    with serving(server):
        for number, command in enumerate(commands, 1):
            with dial(server.address) as peer:
                assert exchange(peer, command) == b""
            seen.wait_for(Closed, number)
    return seen.of(Failed)


def test_a_failure_of_a_child_reaches_the_parents_observer_by_its_class_with_the_traceback() -> None:
    builtin, foreign, ours, lost, odd = failures_of(b"builtin", b"foreign", b"ours", b"lost", b"odd peer")
    assert isinstance(builtin.error, jf.HandlerFailed)
    assert builtin.error.handler == "fail"
    assert isinstance(builtin.error.__cause__, KeyError)
    assert builtin.error.__cause__.args == ("no such key",)
    assert any("raise KeyError" in note for note in builtin.error.__cause__.__notes__)
    assert isinstance(foreign.error.__cause__, jf.ChildFailed)
    assert str(foreign.error.__cause__) == "Odd: of its own class"
    assert isinstance(ours.error, jf.DecodeError)
    assert (ours.error.field, ours.error.offset) == ("left", 3)
    assert isinstance(lost.error, jf.ConnectionLost)
    assert lost.error.peer == lost.peer
    assert isinstance(odd.error, jf.PeerError)
    assert "a peer's fault" in str(odd.error)


def test_a_child_that_ends_without_a_word_is_a_failure_unless_it_says_0() -> None:
    killed, left = failures_of(b"killed", b"left", b"none")
    assert isinstance(killed.error, jf.ChildFailed)
    assert (killed.error.status, str(killed.error)) == (-signal.SIGKILL, "the child was killed by SIGKILL")
    assert isinstance(left.error, jf.ChildFailed)
    assert (left.error.status, str(left.error)) == (3, "the child ended with status 3")


def test_what_is_no_exception_ends_its_child_alone(capfd: pytest.CaptureFixture[str]) -> None:
    assert failures_of(b"exit", b"interrupt") == []
    assert capfd.readouterr().err == ""


def test_calls_of_before_the_fork_are_made_by_the_parent_and_those_of_the_handler_by_its_child() -> None:
    seen = Seen()
    reader, writer = os.pipe()

    def register(connection: jf.RawConnection) -> jf.RawConnection:
        connection.on_close(lambda: tell("before"))
        return connection

    def tell(when: str) -> None:
        os.write(writer, f"{when} {os.getpid()}\n".encode())

    def handle(connection: jf.Connection) -> None:
        connection.on_close(lambda: tell("by the handler"))
        tell_pid(connection)

    server = jf.Server(jf.tcp("127.0.0.1", 0).through(register), handle, jf.Forks(), observer=seen)
    with serving(server), dial(server.address) as peer:
        child = read_all(peer)
        seen.wait_for(Closed)
    told = os.read(reader, 1000).decode().splitlines()
    assert told == [f"by the handler {child.decode()}", f"before {os.getpid()}"]
    os.close(reader)
    os.close(writer)


def test_a_handler_may_serve_in_its_child() -> None:
    def relay(connection: jf.Connection) -> None:
        door = jf.memory()
        with jf.Server(door, tell_pid, jf.Threads()) as inner:
            inner.serve_in_thread()
            with door.connect() as peer:
                peer.settimeout(PATIENCE)
                connection.send(read_all(peer))

    server = jf.Server(jf.tcp("127.0.0.1", 0), relay, jf.Forks())
    with serving(server), dial(server.address) as peer:
        assert int(read_all(peer)) != os.getpid()


def test_changes_in_a_child_do_not_reach_the_parent() -> None:
    state = ["before"]

    def change(connection: jf.Connection) -> None:
        state.append("in the child")
        connection.send(" ".join(state).encode())

    server = jf.Server(jf.tcp("127.0.0.1", 0), change, jf.Forks())
    with serving(server):
        for _ in range(2):
            with dial(server.address) as peer:
                assert read_all(peer) == b"before in the child"
    assert state == ["before"]


def test_a_child_cannot_end_its_parents_server_and_is_told_so() -> None:
    def end(connection: jf.Connection) -> None:
        for call in (server.shutdown, server.drain, server.close, server.serve_forever):
            try:
                call()
            except jf.CompositionError:
                connection.send(b"refused ")

    server: jf.Server[jf.RawConnection] = jf.Server(jf.tcp("127.0.0.1", 0), end, jf.Forks())
    with serving(server):
        for _ in range(2):
            with dial(server.address) as peer:
                assert read_all(peer) == b"refused " * 4


# ---------------------------------------------------------------- the end


def ignore_everything(connection: jf.Connection) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    tell_pid(connection)
    while True:
        signal.pause()


def wait_long(connection: jf.Connection) -> None:
    try:
        tell_pid(connection)
        signal.pause()
        threading.Event().wait()
    finally:
        marks.set()


marks = Flag()


@pytest.mark.parametrize("handler", [ignore_everything, wait_long])
def test_a_child_that_does_not_end_is_ended_and_counts_as_cut(handler: Callable[[jf.Connection], None]) -> None:
    seen = Seen()
    server = jf.Server(jf.tcp("127.0.0.1", 0), handler, jf.Forks(), observer=seen)
    with serving(server), dial(server.address) as peer:
        pid = int(peer.recv(100))
        report = server.drain(0.05)
        assert (report.finished, report.cut) == (0, 1)
        assert not Path(f"/proc/{pid}").exists()
        assert len(seen.of(Closed)) == 1
    if handler is wait_long:
        assert marks.wait(0), "SIGTERM came first, and let the handler clean up"


def test_closing_leaves_no_child_behind() -> None:
    server = jf.Server(jf.tcp("127.0.0.1", 0), ignore_everything, jf.Forks())
    thread = server.serve_in_thread()
    with dial(server.address) as one, dial(server.address) as other:
        pids = [int(peer.recv(100)) for peer in (one, other)]
        server.close()
        assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []
        assert read_all(one) == read_all(other) == b""
    thread.join(PATIENCE)


def test_draining_waits_for_the_children_of_datagrams() -> None:
    go_on, inside = Flag(), {b"one": Flag(), b"two": Flag()}

    def slow(datagram: jf.Datagram) -> None:
        inside[datagram.payload].set()
        go_on.wait()
        datagram.reply(datagram.payload + b" by %d" % os.getpid())

    server = jf.Server(jf.udp("127.0.0.1", 0), slow, jf.Forks())
    with serving(server), datagrams_to(server.address) as peer:
        for payload, flag in inside.items():
            peer.send(payload)
            assert flag.wait()
        draining = threading.Thread(target=server.drain)
        draining.start()
        assert not is_readable(peer)
        go_on.set()
        one, other = sorted(peer.recv(100).split(b" by ") for _ in range(2))
        draining.join(PATIENCE)
        assert not draining.is_alive()
    assert (one[0], other[0]) == (b"one", b"two")
    assert len({one[1], other[1], b"%d" % os.getpid()}) == 3


PROGRAM = textwrap.dedent("""
    import signal
    import jackfield as jf

    def echo(connection: jf.Connection) -> None:
        for line in connection.lines():
            connection.send(line)

    server = jf.Server(jf.tcp("127.0.0.1", 0), echo, jf.Forks())
    print(server.address.port, flush=True)
    """)
ENDINGS = {
    "run": PROGRAM + "print(*((report.finished, report.cut) for report in jf.run(server)))\n",
    "its own handler": PROGRAM
    + "signal.signal(signal.SIGINT, lambda *_: server.shutdown())\n"
    + "server.serve_forever()\nprint((server.drain().cut, 0))\n",
}


@contextmanager
def program(text: str) -> Generator[tuple[subprocess.Popen[str], socket.socket]]:
    """Run a program as the head of a process group, as a terminal's shell does; give it and a client of it."""
    command = [sys.executable, "-c", text]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as peer:
                peer.sendall(b"hello\n")
                assert read_exactly(peer, 6) == b"hello\n"
                yield process, peer
        finally:
            process.kill()


def await_drain(peer: socket.socket) -> None:
    """Wait until newcomers are turned away."""
    while True:
        with socket.create_connection(peer.getpeername(), timeout=PATIENCE) as late:
            late.sendall(b"x\n")
            if not late.recv(1):
                return


@pytest.mark.parametrize("text", ENDINGS.values(), ids=ENDINGS)
def test_an_interrupt_from_the_terminal_leaves_the_children_to_a_parent_that_takes_care_of_it(text: str) -> None:
    with program(text) as (process, peer):
        peer.sendall(b"half a line")
        await_taken(peer)
        os.killpg(process.pid, signal.SIGINT)
        await_drain(peer)
        peer.sendall(b" and its end\n")
        assert read_all(peer) == b"half a line and its end\n"
        output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")
    assert output.endswith(", 0)\n")


def test_an_interrupt_from_the_terminal_ends_a_program_that_leaves_it_to_python_with_its_children() -> None:
    with program(PROGRAM + "with server:\n    server.serve_forever()\n") as (process, peer):
        os.killpg(process.pid, signal.SIGINT)
        assert read_all(peer) == b""
        _, errors = process.communicate(timeout=PATIENCE)
    assert errors.count("Traceback") == 1
    assert process.returncode == -signal.SIGINT


def test_serving_from_the_only_thread_forks_without_a_warning() -> None:
    """Python 3.12 and later warn of forking beside other threads; there are none unless somebody starts them."""
    assert (
        output_of("""
        import os, signal, socket, warnings
        import jackfield as jf

        warnings.showwarning = lambda *about: print("warned", about)
        warnings.simplefilter("always")
        with jf.Server(jf.tcp("127.0.0.1", 0), lambda c: c.send(c.receive()), jf.Forks()) as server:
            own = os.fork()
            if not own:
                for _ in range(3):
                    with socket.create_connection((server.address.host, server.address.port)) as peer:
                        peer.sendall(b"x")
                        assert peer.recv(1) == b"x"
                os.kill(os.getppid(), 15)
                os._exit(0)
            signal.signal(15, lambda *_: server.shutdown())
            server.serve_forever()
            os.waitpid(own, 0)
        """)
        == ""
    )


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_lets_nobody_in_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        jf.Forks(limit=limit)


def test_a_service_is_compiled_by_the_parent_once_and_not_by_each_child() -> None:
    """What is compiled leaves its source with linecache, for tracebacks."""

    @jf.message
    class Count:
        sources: jf.U32

    @jf.message
    class Ask(jf.Request[Count]):
        pass

    service = jf.Service(jf.Wire(frame=jf.LengthPrefixed(jf.U8, maximum=10)))
    service.on(Ask)(lambda request: Count(len(linecache.cache)))
    server = jf.Server(jf.tcp("127.0.0.1", 0), service, jf.Forks())
    with serving(server), dial(server.address) as peer:
        there = int.from_bytes(exchange(peer, b"\0")[1:], "big")
    assert there == len(linecache.cache)
