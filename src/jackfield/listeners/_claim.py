"""A Unix socket's name: taken without harm to whoever is there, given back without harm to whoever comes after.

A socket file outlives its socket, so a name that is taken has to be looked into: nobody behind it, and it is replaced.
Between looking and replacing another starter may have done the same, and would lose its fresh socket. Hence a lock
(flock(2)) on the directory, which leaves no file behind and is over with its holder, however that ends. Binding under
another name and renaming would need no lock, but the system remembers the name that was bound, and datagrams would
come from an address that is not there.

Whether anybody is there is asked by a datagram socket: a stream socket refuses it by its kind (EPROTOTYPE), so that a
server notices nothing, and one that is bound and does not listen yet counts as there.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
import sys
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from typing import Final

from ..addresses import UnixAddress
from ..errors import AddressUnusable, CompositionError

_ROOM: Final = 108 if sys.platform == "linux" else 104
"""Bytes of ``sun_path``, unix(7). A path takes one of them for its end, an abstract name may fill them."""
_PRIVATE: Final = 0o600
_LOCK_SECONDS: Final = 5.0
"""A directory is locked for some system calls; who holds it longer is no starter of ours."""


def claim(sock: socket.socket, path: str | bytes | os.PathLike[str], mode: int | None) -> Callable[[], None]:
    """Bind *sock* to *path*, or to the abstract name that begins with NUL; return what gives it back.

    The socket file has *mode*, 0o600 for None, at the first moment at which anybody can see it. What is returned
    removes it, unless another is there by then or a forked child calls; to be called once, while *sock* is open, so
    that the file's number is nobody else's.

    Raises AddressUnusable, CompositionError for a mode where there is no file, ValueError for a mode that is none, and
    OSError as bind(2) gives it; nothing was created, removed or changed then.
    """
    name = os.fsencode(path)
    _check(name)
    if name.startswith(b"\0"):
        if mode is not None:
            raise CompositionError("an abstract name has no mode: whoever can see it may use it, unix(7)")
        _bind_abstract(sock, name)
        return _nothing
    mode = _PRIVATE if mode is None else mode
    if not 0 <= mode <= 0o777:
        raise ValueError(f"a mode is between 0 and 0o777, not {mode:#o}")
    with _locked(os.path.dirname(name) or b"."):
        return _bind_file(sock, name, mode)


def _check(name: bytes) -> None:
    room = _ROOM if name.startswith(b"\0") else _ROOM - 1
    if not name:
        raise AddressUnusable(_address(name), "is empty")
    if len(name) > room:
        raise AddressUnusable(_address(name), f"has {len(name)} bytes, and there is room for {room}, unix(7)")
    if b"\0" in name[1:] and not name.startswith(b"\0"):
        raise AddressUnusable(_address(name), "has a NUL in it")


def _bind_abstract(sock: socket.socket, name: bytes) -> None:
    try:
        sock.bind(name)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise AddressUnusable(_address(name), "somebody is there") from error


def _bind_file(sock: socket.socket, path: bytes, mode: int) -> Callable[[], None]:
    try:
        # Linux makes the file with the mode of the unbound socket, less the umask (which is all threads' to share).
        os.fchmod(sock.fileno(), mode)
    except OSError:
        # Elsewhere an unbound socket has no mode. A stream has time for it: nobody connects before it listens.
        if sock.type is not socket.SOCK_STREAM:
            raise
    _bind_or_replace(sock, path)
    made = os.lstat(path)
    release = _release(os.path.abspath(path), (made.st_dev, made.st_ino))
    try:
        if stat.S_IMODE(made.st_mode) != mode:
            os.chmod(path, mode)
    except BaseException:
        release()
        raise
    return release


def _bind_or_replace(sock: socket.socket, path: bytes) -> None:
    try:
        sock.bind(path)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
    else:
        return
    _remove_stale(path)
    try:
        sock.bind(path)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise AddressUnusable(_address(path), "somebody took it just now") from error


def _remove_stale(path: bytes) -> None:
    """Remove the socket file at *path* where nobody is behind it; raises AddressUnusable for anything else."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise AddressUnusable(_address(path), "what is there is no socket")
        answer = _ask(path)
        if answer == errno.ECONNREFUSED:
            os.unlink(path)
        elif answer == errno.EACCES:
            raise AddressUnusable(_address(path), "a socket is there that we may not ask whether anybody listens")
        elif answer != errno.ENOENT:
            raise AddressUnusable(_address(path), "somebody is there")


def _ask(path: bytes) -> int:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as probe:
        return probe.connect_ex(path)


def _release(path: bytes, made: tuple[int, int]) -> Callable[[], None]:
    ours = os.getpid()

    def release() -> None:
        with suppress(OSError):
            there = os.lstat(path)
            if (there.st_dev, there.st_ino) == made and os.getpid() == ours:
                os.unlink(path)

    return release


def _nothing() -> None:
    """Give back an abstract name: it ends with its socket."""


@contextmanager
def _locked(directory: bytes) -> Generator[None]:
    """Hold the lock of *directory*: among threads, too, since each opens it by itself."""
    holder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        until = time.monotonic() + _LOCK_SECONDS
        while not _lock(holder):
            if time.monotonic() > until:
                raise AddressUnusable(_address(directory), "the directory stays locked (flock) by another program")
            time.sleep(0.005)
        yield
    finally:
        os.close(holder)


def _lock(holder: int) -> bool:
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _address(name: bytes) -> UnixAddress:
    return UnixAddress(name if name.startswith(b"\0") else os.fsdecode(name))
