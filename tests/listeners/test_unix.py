"""Unix sockets: names are taken and given back without harm to anybody, and what travels is whole."""

from __future__ import annotations

import fcntl
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Protocol

import pytest

import jackfield as jf
from jackfield.addresses import UnixAddress
from jackfield.interfaces import Accepted, Failed
from support import PATIENCE, Seen, abstract, exchange, serving


class Listen(Protocol):
    """Either kind of Unix listener."""

    def __call__(self, path: str | bytes | os.PathLike[str], *, mode: int | None = None) -> jf.Incoming[Accepted]: ...


def stream(path: str | bytes | os.PathLike[str], *, mode: int | None = None) -> jf.Incoming[Accepted]:
    return jf.unix_stream(path, mode=mode)


def datagram(path: str | bytes | os.PathLike[str], *, mode: int | None = None) -> jf.Incoming[Accepted]:
    return jf.unix_datagram(path, mode=mode)


KINDS = {"stream": (stream, socket.SOCK_STREAM), "datagram": (datagram, socket.SOCK_DGRAM)}
each_kind = pytest.mark.parametrize(("listen", "kind"), KINDS.values(), ids=KINDS)


def shout(connection: jf.Connection) -> None:
    connection.send(connection.receive().upper())


def answer(datagram: jf.Datagram) -> None:
    datagram.reply(datagram.payload.upper())


def peer_of(path: str | bytes, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
    """Return a client; a datagram client has a name, so that it can be answered."""
    sock = socket.socket(socket.AF_UNIX, kind)
    sock.settimeout(PATIENCE)
    if kind is socket.SOCK_DGRAM:
        sock.bind("")
    sock.connect(path)
    return sock


def leave_behind(path: Path, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_UNIX, kind) as sock:
        sock.bind(str(path))


@contextmanager
def umask(mask: int) -> Generator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


# ---------------------------------------------------------------- serving


def test_a_connection_is_served_and_its_peer_has_no_name(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    peers: list[tuple[str, str]] = []

    def handler(connection: jf.Connection) -> None:
        peers.append((str(connection.peer), str(connection.local)))
        shout(connection)

    with serving(jf.Server(jf.unix_stream(path), handler)), peer_of(path) as peer:
        assert exchange(peer, b"hello") == b"HELLO"
    assert peers == [("unnamed", path)]


def test_a_datagram_is_answered_from_the_path_that_it_was_sent_to(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    server = jf.Server(jf.unix_datagram(path), answer)
    assert server.address == UnixAddress(path)
    with serving(server), peer_of(path, socket.SOCK_DGRAM) as peer:
        peer.send(b"hello")
        assert peer.recvfrom(100) == (b"HELLO", path)


@pytest.mark.parametrize("name", [abstract("abstract").decode(), abstract("abstract")], ids=["str", "bytes"])
def test_an_abstract_name_is_served_and_leaves_no_file(name: str | bytes) -> None:
    streams, datagrams = jf.unix_stream(name), jf.unix_datagram(name)
    assert streams.address == datagrams.address == UnixAddress(abstract("abstract"))
    with serving(jf.Server(streams, shout), jf.Server(datagrams, answer)):
        with peer_of(name) as peer:
            assert exchange(peer, b"hello") == b"HELLO"
        with peer_of(name, socket.SOCK_DGRAM) as peer:
            peer.send(b"hello")
            assert peer.recv(100) == b"HELLO"
    assert not Path(abstract("abstract")[1:].decode()).exists()


@each_kind
def test_a_path_may_be_bytes_a_path_or_relative(
    listen: Listen, kind: socket.SocketKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (os.fsencode(tmp_path / "bytes"), tmp_path / "path", "relative"):
        listener = listen(path)
        peer_of(os.fsdecode(path), kind).close()
        listener.close()
    assert os.listdir(tmp_path) == []


def test_a_sender_without_a_name_cannot_be_answered_and_ends_nothing(tmp_path: Path) -> None:
    path, seen = str(tmp_path / "socket"), Seen()
    with serving(jf.Server(jf.unix_datagram(path), answer, observer=seen)):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nameless:
            nameless.sendto(b"hello", path)
            (failed,) = seen.wait_for(Failed)
        with peer_of(path, socket.SOCK_DGRAM) as peer:
            peer.send(b"hello")
            assert peer.recv(100) == b"HELLO"
    assert isinstance(failed.error, jf.Unanswerable)
    assert failed.peer == UnixAddress("")


@each_kind
def test_an_adopted_socket_is_served_and_its_file_left_alone(
    listen: Listen, kind: socket.SocketKind, tmp_path: Path
) -> None:
    path = tmp_path / "socket"
    sock = socket.socket(socket.AF_UNIX, kind)
    sock.bind(str(path))
    if kind is socket.SOCK_STREAM:
        sock.listen()
        with serving(jf.Server(jf.adopt(sock), shout)), peer_of(str(path)) as peer:
            assert exchange(peer, b"hello") == b"HELLO"
    else:
        with serving(jf.Server(jf.adopt(sock, datagrams=True), answer)), peer_of(str(path), kind) as peer:
            peer.send(b"hello")
            assert peer.recv(100) == b"HELLO"
    assert path.is_socket()


# ---------------------------------------------------------------- taking a name


@each_kind
@pytest.mark.parametrize("left", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["stream", "datagram"])
def test_a_file_that_nobody_is_behind_is_replaced(
    listen: Listen, kind: socket.SocketKind, left: socket.SocketKind, tmp_path: Path
) -> None:
    path = tmp_path / "socket"
    leave_behind(path, left)
    listener = listen(path)
    peer_of(str(path), kind).close()
    listener.close()


def test_a_file_that_a_killed_server_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    program = "import jackfield as jf, os, sys; kept = jf.unix_stream(sys.argv[1]); os._exit(9)"
    subprocess.run([sys.executable, "-c", program, path], check=False, timeout=PATIENCE)
    assert path.is_socket()
    with serving(jf.Server(jf.unix_stream(path), shout)), peer_of(str(path)) as peer:
        assert exchange(peer, b"hello") == b"HELLO"


@each_kind
@pytest.mark.parametrize("other", ["listens", "is bound and does not listen yet", "receives datagrams"])
def test_where_somebody_is_the_path_is_refused_and_they_notice_nothing(
    listen: Listen, kind: socket.SocketKind, other: str, tmp_path: Path
) -> None:
    path = tmp_path / "socket"
    there = socket.SOCK_DGRAM if other == "receives datagrams" else socket.SOCK_STREAM
    with socket.socket(socket.AF_UNIX, there) as live:
        live.bind(str(path))
        if other == "listens":
            live.listen()
        number = path.stat().st_ino
        with pytest.raises(jf.AddressUnusable, match="somebody is there") as caught:
            listen(path)
        assert caught.value.address == UnixAddress(str(path))
        live.setblocking(False)
        assert path.stat().st_ino == number
        if other != "is bound and does not listen yet":
            with pytest.raises(BlockingIOError):
                live.accept() if other == "listens" else live.recv(1)
            peer_of(str(path), there).close()


@each_kind
def test_an_abstract_name_that_is_taken_is_refused(listen: Listen, kind: socket.SocketKind) -> None:
    first = listen("\0jackfield-taken")
    with pytest.raises(jf.AddressUnusable, match=r"^@jackfield-taken: somebody is there$"):
        listen("\0jackfield-taken")
    first.close()
    listen("\0jackfield-taken").close()


@each_kind
@pytest.mark.parametrize("what", ["file", "directory", "link", "fifo"])
def test_what_is_no_socket_is_refused_and_left_as_it_is(
    listen: Listen, kind: socket.SocketKind, what: str, tmp_path: Path
) -> None:
    path = tmp_path / "precious"
    match what:
        case "file":
            path.write_text("data")
        case "directory":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case _:
            leave_behind(tmp_path / "target", kind)
            path.symlink_to(tmp_path / "target")
    before = path.lstat()
    with pytest.raises(jf.AddressUnusable, match="what is there is no socket"):
        listen(path)
    assert (path.lstat().st_ino, path.lstat().st_mode) == (before.st_ino, before.st_mode)


@each_kind
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("x" * 108, "108 bytes, and there is room for 107"),
        ("\0" + "x" * 108, "109 bytes"),
        ("", "empty"),
        ("a\0b", "NUL"),
    ],
    ids=["too long", "too long a name", "empty", "cut by a NUL"],
)
def test_a_name_that_cannot_be_one_says_so_before_anything_is_created(
    listen: Listen,
    kind: socket.SocketKind,
    path: str,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(jf.AddressUnusable, match=reason):
        listen(path)
    assert os.listdir(tmp_path) == []


@each_kind
@pytest.mark.parametrize("path", ["x" * 107, "\0" + "x" * 107], ids=["path", "abstract name"])
def test_the_longest_name_is_taken(
    listen: Listen, kind: socket.SocketKind, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    listener = listen(path)
    peer_of(path, kind).close()
    listener.close()


@each_kind
def test_a_directory_that_is_not_there_is_the_systems_error(
    listen: Listen, kind: socket.SocketKind, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        listen(tmp_path / "none" / "socket")


def test_of_many_that_start_at_once_on_a_stale_path_one_listens_and_the_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    for _ in range(20):
        leave_behind(path, socket.SOCK_STREAM)
        started, listeners, refused = threading.Barrier(8), list[jf.Incoming[Accepted]](), list[jf.AddressUnusable]()

        def start(
            started: threading.Barrier, listeners: list[jf.Incoming[Accepted]], refused: list[jf.AddressUnusable]
        ) -> None:
            started.wait(PATIENCE)
            try:
                listeners.append(stream(path))
            except jf.AddressUnusable as error:
                refused.append(error)

        threads = [threading.Thread(target=start, args=(started, listeners, refused)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert (len(listeners), len(refused)) == (1, 7)
        with peer_of(str(path)):
            connection = listeners[0].accept()
            assert connection is not None, "the one who listens is not the one who is found"
            connection.finish(None)
        listeners[0].close()
        assert not path.exists()


STARTER = """
import jackfield as jf, sys
sys.stdin.readline()
try:
    listener = jf.unix_stream(sys.argv[1])
except jf.AddressUnusable:
    print("refused", flush=True)
else:
    print("listens", flush=True)
    sys.stdin.readline()
    listener.close()
"""


def test_processes_that_start_at_once_agree_on_one(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    leave_behind(path, socket.SOCK_STREAM)
    with ExitStack() as stack:
        starters = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", STARTER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for _ in range(4)
        ]
        for starter in starters:
            assert starter.stdin
            print("go", file=starter.stdin, flush=True)
        said = [starter.stdout.readline() for starter in starters if starter.stdout]
        peer_of(str(path)).close()
        for starter in starters:
            starter.communicate("end\n", PATIENCE)
    assert sorted(said) == ["listens\n", "refused\n", "refused\n", "refused\n"]
    assert not path.exists()


def test_a_start_waits_for_another_that_looks_at_the_same_directory(tmp_path: Path) -> None:
    holder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    listeners: list[jf.Incoming[jf.RawConnection]] = []
    thread = threading.Thread(target=lambda: listeners.append(jf.unix_stream(tmp_path / "socket")))
    thread.start()
    thread.join(0.05)
    assert listeners == []
    assert not (tmp_path / "socket").exists()
    os.close(holder)
    thread.join(PATIENCE)
    listeners[0].close()


# ---------------------------------------------------------------- the mode


@each_kind
@pytest.mark.parametrize("mask", [0, 0o077], ids=["an open umask", "a strict umask"])
@pytest.mark.parametrize("mode", [None, 0o600, 0o660, 0o666, 0o777, 0])
def test_the_mode_holds_from_the_moment_at_which_the_file_is_there(
    listen: Listen, kind: socket.SocketKind, mode: int | None, mask: int, tmp_path: Path
) -> None:
    path, wanted = tmp_path / "socket", 0o600 if mode is None else mode
    first: list[int] = []

    def look(frame: FrameType, event: str, what: object) -> None:
        if event == "c_return" and not first and path.exists():
            first.append(stat.S_IMODE(path.stat().st_mode))

    with umask(mask):
        sys.setprofile(look)
        try:
            listener = listen(path, mode=mode)
        finally:
            sys.setprofile(None)
    assert first == [wanted & ~mask], "a umask may narrow it for a moment; nothing may widen it"
    assert stat.S_IMODE(path.stat().st_mode) == wanted
    listener.close()


@each_kind
def test_the_umask_of_the_process_is_never_touched(
    listen: Listen, kind: socket.SocketKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def touched(mask: int) -> int:
        raise AssertionError("all threads share the umask")

    monkeypatch.setattr(os, "umask", touched)
    listen(tmp_path / "socket", mode=0o666).close()


@each_kind
def test_a_mode_that_is_none_is_refused(listen: Listen, kind: socket.SocketKind, tmp_path: Path) -> None:
    for mode in (-1, 0o1000):
        with pytest.raises(ValueError, match="between 0 and 0o777"):
            listen(tmp_path / "socket", mode=mode)
    with pytest.raises(jf.CompositionError, match="an abstract name has no mode"):
        listen("\0jackfield-mode", mode=0o600)
    assert os.listdir(tmp_path) == []
    listen("\0jackfield-mode").close()


# ---------------------------------------------------------------- giving it back


@each_kind
def test_closing_removes_the_file_and_twice_is_once(listen: Listen, kind: socket.SocketKind, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    listener = listen(path)
    assert path.is_socket()
    listener.close()
    assert not path.exists()
    other = listen(path)
    listener.close()
    assert path.is_socket()
    other.close()


@each_kind
@pytest.mark.parametrize("successor", ["socket", "file", "nothing"])
def test_closing_leaves_what_took_our_place(
    listen: Listen, kind: socket.SocketKind, successor: str, tmp_path: Path
) -> None:
    path = tmp_path / "socket"
    listener = listen(path)
    path.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        if successor == "socket":
            other.bind(str(path))
        elif successor == "file":
            path.write_text("data")
        listener.close()
        assert path.exists() is (successor != "nothing")


def test_closing_finds_the_file_from_another_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    listener = jf.unix_stream("socket")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    listener.close()
    assert not (tmp_path / "socket").exists()


CHILD = """
import jackfield as jf, os, sys
listener = jf.unix_stream(sys.argv[1])
child = os.fork()
if child == 0:
    listener.close()
    os._exit(0)
os.waitpid(child, 0)
print(os.path.exists(sys.argv[1]))
listener.close()
print(os.path.exists(sys.argv[1]))
"""


def test_a_forked_child_that_closes_its_copy_leaves_the_parents_file(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", CHILD, str(tmp_path / "socket")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.stdout, done.stderr) == ("True\nFalse\n", "")


@pytest.mark.parametrize("make", [stream, datagram], ids=KINDS)
def test_a_server_gives_its_path_back_when_it_is_closed(
    make: Callable[[Path], jf.Incoming[Accepted]], tmp_path: Path
) -> None:
    path = tmp_path / "socket"
    with jf.Server(make(path), lambda request: None):
        assert path.is_socket()
    assert not path.exists()
