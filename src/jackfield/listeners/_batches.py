"""An exchange by recvmmsg(2) and sendmmsg(2): one call for all datagrams that are there, and one for all replies.

The system's structures lie in memory that is laid out once: a slot for each datagram, one for each reply, and headers
that point to them. A reply's header points to its request's address where that was received, so that no address is ever
taken apart but for who asks. `ctypes`, which is what reaches these calls, is imported when a first exchange needs it.
"""

from __future__ import annotations

import errno
import mmap
import os
import socket
import struct
import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final, final

from ..addresses import Address
from ..connections import Datagram, Ends
from ..errors import ClosedError, EncodeError, Truncated, Unanswerable
from ..interfaces import Answer, Buffer, Origin
from ._packet_info import ROOM, V4, V6, Control
from ._port import LARGEST_UDP, Port, Sender, unsent

SLOTS: Final = 64
"""Datagrams in one exchange at most: twice as many save nothing more (measured)."""

_NAME: Final = 32
"""Bytes for a ``sockaddr_in`` (16) or ``sockaddr_in6`` (28)."""
_HEADER: Final = "@PIPNPNi0P"
"""``struct msghdr``: name and its size, vector and its size, control data and its size, flags."""
_HEADER_AND_SIZE: Final = _HEADER + "I0P"
"""``struct mmsghdr``."""
_STRIDE: Final = struct.calcsize(_HEADER_AND_SIZE)
_SIZE_AT: Final = struct.calcsize(_HEADER)
_CONTROL_SIZE_AT: Final = struct.calcsize("@PIPNP")
_CONTROL_HEADER: Final = struct.Struct("@Nii")
_WORD: Final = struct.calcsize("@N")
_WORDS: Final = _STRIDE // _WORD
_LAST: Final = SLOTS - 1
_FIRST_REPLY: Final = SLOTS * _WORDS
"""The first word of the first reply's header, behind those of the requests."""
_FIRST_LENGTH: Final = 2 * SLOTS + 1
"""The size in the first reply's vector, behind those of the requests."""


def _spaced(size: int) -> int:
    """Return room for *size* bytes in an odd number of cache lines, lest slots begin in the few lines of one set."""
    return (size // 64 | 1) * 64 + 128


_REPLY_SLOT: Final = _spaced(LARGEST_UDP)

Call = Callable[[int, int, int, int], int]
"""File, first header, number of headers, flags: returns how many, or an error's number below 0."""


@cache
def calls() -> tuple[Call, Call] | None:
    """Return ``recvmmsg`` and ``sendmmsg``, or None where there are none, or none that we may call."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        import ctypes  # noqa: PLC0415  # a hundred modules' worth of time, for who has no datagrams

        library = ctypes.CDLL(None, use_errno=True)
        receiving, sending = library.recvmmsg, library.sendmmsg
    except (ImportError, OSError, AttributeError):
        return None
    receiving.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p]
    sending.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int]
    get_errno = ctypes.get_errno

    def receive(file: int, headers: int, count: int, flags: int) -> int:
        done: int = receiving(file, headers, count, flags, None)
        return done if done >= 0 else -get_errno()

    def send(file: int, headers: int, count: int, flags: int) -> int:
        done: int = sending(file, headers, count, flags)
        return done if done >= 0 else -get_errno()

    refused = (-errno.ENOSYS, -errno.EPERM)  # an old kernel, or a sandbox
    return None if receive(-1, 0, 0, 0) in refused or send(-1, 0, 0, 0) in refused else (receive, send)


@final
class Batches:
    """Exchanges over a port of IPv4 or IPv6; the origin of each datagram in turn."""

    def __init__(self, port: Port, receive: Call, send: Call) -> None:
        self._port = port
        self._receive_many = receive
        self._send_many = send
        self._name_size = 28 if port.v6 else 16
        self._slot = _spaced(port.maximum)
        self._data = memoryview(_pages(SLOTS * self._slot))
        self._replies = _pages(SLOTS * _REPLY_SLOT)  # no view, since that takes twice as long to write to
        self._names = memoryview(_pages(SLOTS * _NAME))
        self._controls = memoryview(_pages(SLOTS * ROOM))
        self._vectors = memoryview(_pages(4 * SLOTS * _WORD))
        self._headers = memoryview(_pages(2 * SLOTS * _STRIDE))
        self._lay_out()
        self._sizes = self._headers.cast("I")
        self._pointers = self._headers.cast("P")
        self._lengths = self._vectors.cast("P")
        self._ports = self._names.cast("H")
        self._queued: list[int] = []
        """The slots of the requests whose replies wait to be sent, in order; always this list."""
        self._at = 0
        """The slot of the datagram that is being answered."""
        self._kept: tuple[bytes, bytes] | None = None
        """A copy of all names and all control data of this batch, made for the first who keeps one."""

    def _lay_out(self) -> None:
        data, replies = _address(self._data), _address(self._replies)
        names, controls = _address(self._names), _address(self._controls)
        vectors, self._first = _address(self._vectors), _address(self._headers)
        self._first_reply = self._first + SLOTS * _STRIDE
        self._name_of = [names + slot * _NAME for slot in range(SLOTS)]
        self._control_of = [controls + slot * ROOM for slot in range(SLOTS)]
        for slot in range(2 * SLOTS):
            memory = data + slot * self._slot if slot < SLOTS else replies + (slot - SLOTS) * _REPLY_SLOT
            struct.pack_into("@NN", self._vectors, slot * 2 * _WORD, memory, self._port.maximum)
            name, control = (names, controls) if slot < SLOTS else (0, 0)
            struct.pack_into(
                _HEADER_AND_SIZE,
                self._headers,
                slot * _STRIDE,
                name and name + slot * _NAME,
                self._name_size,
                vectors + slot * 2 * _WORD,
                1,
                control and control + slot * ROOM,
                ROOM if control else 0,
                0,
                0,
            )

    # ------------------------------------------------------------------ the exchange

    def exchange(self, answer: Answer[Datagram]) -> int:
        """Answer what is there, as `DatagramListener.exchange` says."""
        count, self._kept = self._receive(), None
        data, slot, maximum, replies, queued = self._data, self._slot, self._port.maximum, self._replies, self._queued
        lengths, pointers, name_of, plain = self._lengths, self._pointers, self._name_of, not self._port.info
        ports = self._ports[1 : count * _NAME // 2 : _NAME // 2].tolist()
        at = 0
        try:
            for at, size in enumerate(self._sizes[_SIZE_AT // 4 : count * _STRIDE // 4 : _STRIDE // 4].tolist()):
                self._at = at
                if size > maximum or not ports[at]:
                    self._refuse(size)
                    continue
                start = at * slot
                reply = answer(data, start, start + size, self)
                if reply is None:
                    continue
                length, place = len(reply), len(queued)
                if plain and length <= LARGEST_UDP and place < _LAST:
                    # What `_queue` does, without a call for each reply: that is a fifth of all that is done here.
                    replies[place * _REPLY_SLOT : place * _REPLY_SLOT + length] = reply
                    lengths[_FIRST_LENGTH + 2 * place] = length
                    pointers[_FIRST_REPLY + _WORDS * place] = name_of[at]
                    queued.append(at)
                else:
                    self._queue(reply, length)
        except BaseException:
            self._abandon(range(at + 1, count))
            raise
        finally:
            if queued:
                self._send()
        return count

    def _receive(self) -> int:
        if self._port.info:
            for slot in range(SLOTS):  # the system has put there what it used
                self._pointers[slot * _WORDS + _CONTROL_SIZE_AT // _WORD] = ROOM
        count = self._receive_many(self._port.sock.fileno(), self._first, SLOTS, socket.MSG_DONTWAIT | socket.MSG_TRUNC)
        if count >= 0:
            return count
        if count in (-errno.EAGAIN, -errno.EINTR):
            return 0
        raise OSError(-count, os.strerror(-count))

    def _queue(self, data: Buffer, size: int) -> None:
        """Put a reply to the datagram that is being answered into the next slot."""
        place = len(self._queued)
        if size > LARGEST_UDP:
            self._port.give_up("reply", self, EncodeError("datagram", None, f"{size} bytes are too many for one"))
            return
        start = place * _REPLY_SLOT
        self._replies[start : start + size] = bytes(data)
        self._lengths[_FIRST_LENGTH + 2 * place] = size
        self._pointers[_FIRST_REPLY + _WORDS * place] = self._name_of[self._at]
        if self._port.info:
            self._point_back(place)
        self._queued.append(self._at)
        if place == _LAST:
            self._send()

    def _send(self) -> None:
        """Send what is queued. A call sends up to the first that fails, and the next says why it does."""
        count, file, done, again = len(self._queued), self._port.sock.fileno(), 0, True
        while done < count:
            sent = self._send_many(file, self._first_reply + done * _STRIDE, count - done, socket.MSG_DONTWAIT)
            if sent > 0:
                done, again = done + sent, True
            elif sent == -errno.ECONNREFUSED and again:
                again = False  # the error was an earlier datagram's, udp(7), and is gone now
            else:
                self._tell_unsent(self._queued[done], self._lengths[_FIRST_LENGTH + 2 * done], -sent)
                done, again = done + 1, True
        self._queued.clear()

    # ------------------------------------------------------------------ packet info

    def _point_back(self, place: int) -> None:
        """Have a reply leave from where its request was sent to: by the request's own control data, freed of more."""
        header = _FIRST_REPLY + _WORDS * place
        size = self._free_control(self._at * ROOM)
        self._pointers[header + _CONTROL_SIZE_AT // _WORD - 1] = self._control_of[self._at]
        self._pointers[header + _CONTROL_SIZE_AT // _WORD] = size

    def _free_control(self, start: int) -> int:
        """Make the control data at *start* fit for sending, as `way_back` does, and return its size, 0 for none."""
        _, level, kind = _CONTROL_HEADER.unpack_from(self._controls, start)
        content = start + _CONTROL_HEADER.size
        if (level, kind) == V4:
            self._controls[content : content + 4] = b"\0\0\0\0"
            return _CONTROL_HEADER.size + 16
        if (level, kind) != V6 or self._controls[content] == 0xFF:
            return 0
        if self._controls[content] != 0xFE:
            self._controls[content + 16 : content + 20] = b"\0\0\0\0"
        return _CONTROL_HEADER.size + 24

    # ------------------------------------------------------------------ what is given up

    def _refuse(self, size: int) -> None:
        if size > self._port.maximum:
            self._port.give_up("datagram", self, Truncated(self._port.maximum, size))
        else:
            self._port.give_up("datagram", self, Unanswerable(self.peer))

    def _abandon(self, slots: range) -> None:
        for self._at in slots:
            self._port.give_up("datagram", self, ClosedError("the exchange, by an exception,"))

    def _tell_unsent(self, slot: int, size: int, number: int) -> None:
        self._at = slot
        self._port.give_up("reply", self, unsent(OSError(number, os.strerror(number)), self.peer, size))

    # ------------------------------------------------------------------ the origin of a datagram

    @property
    def peer(self) -> Address:
        """Who sent the datagram that is being answered."""
        return self._sender().peer

    @property
    def local(self) -> Address:
        """Where it was sent to."""
        return self._sender().local

    def reply(self, data: Buffer, /) -> None:
        """Have one datagram sent back, with the others of the batch."""
        with memoryview(data) as view:
            self._queue(view.cast("B"), view.nbytes)

    def request(self) -> Datagram:
        """Return a copy of it."""
        start = self._at * self._slot
        size = self._sizes[(self._at * _STRIDE + _SIZE_AT) // 4]
        return Datagram.between(bytes(self._data[start : start + size]), self._raw_sender())

    def _sender(self) -> Sender:
        return self._raw_sender().sender()

    def _raw_sender(self) -> RawSender:
        if self._kept is None:
            self._kept = bytes(self._names), bytes(self._controls) if self._port.info else b""
        return RawSender(self._port, self._kept, self._at)


@final
class RawSender:
    """The ends of a datagram, as bytes until somebody asks."""

    __slots__ = ("_kept", "_port", "_sender", "_slot")

    def __init__(self, port: Port, kept: tuple[bytes, bytes], slot: int) -> None:
        """Be those in *slot* of *kept*: all names and all control data of a batch."""
        self._port = port
        self._kept = kept
        self._slot = slot
        self._sender: Sender | None = None

    def sender(self) -> Sender:
        """Return them, taken apart."""
        if self._sender is None:
            names, controls = self._kept
            name = names[self._slot * _NAME : (self._slot + 1) * _NAME]
            control = controls[self._slot * ROOM : (self._slot + 1) * ROOM]
            self._sender = Sender(self._port, _spelt(name, self._port.v6), _control_in(control))
        return self._sender

    @property
    def peer(self) -> Address:
        """Who sent it."""
        return self.sender().peer

    @property
    def local(self) -> Address:
        """Where it was sent to."""
        return self.sender().local

    def send(self, data: Buffer, /) -> None:
        """Send one datagram back."""
        self.sender().send(data)

    def offer(self, data: Buffer, /) -> None:
        """Send one datagram back, or drop and tell it."""
        self.sender().offer(data)


def _spelt(name: bytes, v6: bool) -> tuple[object, ...]:
    """Return a ``sockaddr`` as the socket module spells it."""
    port = int.from_bytes(name[2:4], "big")
    if not v6:
        return socket.inet_ntop(socket.AF_INET, name[4:8]), port
    (scope,) = struct.unpack_from("@I", name, 24)
    return socket.inet_ntop(socket.AF_INET6, name[8:24]), port, int.from_bytes(name[4:8], "big"), scope


def _control_in(control: bytes) -> Control:
    """Return the packet info in control data, which is the first there is."""
    if not control:
        return []
    size, level, kind = _CONTROL_HEADER.unpack_from(control)
    return [(level, kind, control[_CONTROL_HEADER.size : size])] if (level, kind) in (V4, V6) else []


def _pages(size: int) -> mmap.mmap:
    """Return memory of our own, cleared, of which no page is there before it is used; a forked child has its own."""
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def _address(memory: memoryview | mmap.mmap) -> int:
    import ctypes  # noqa: PLC0415  # loaded by now

    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


if TYPE_CHECKING:
    _origin: type[Origin[Datagram]] = Batches
    _ends: type[Ends] = RawSender
