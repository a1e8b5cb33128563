"""The names of the standard library's ``socketserver``, on Jackfield's own waiting, accepting, starting and deadlines.

A program moves by its import::

    from jackfield.compat import socketserver

and finds every class, attribute and hook where it was, with the same meaning. What differs is told in "Coming from
socketserver": where the standard module would hang or leak, this one does not. Two attributes of a server switch on
what is new: ``observer`` and ``limits``.
"""

from __future__ import annotations

import os
import selectors
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from io import BufferedIOBase as BufferedIOBase
from time import monotonic as time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from typing_extensions import override

from ..connections import Lookout
from ..core import PAUSE_SECONDS, Verdict, judge_accept_error, time_left
from ..errors import DeadlineExceeded
from ..interfaces import AcceptFailed, Event, Limits, Paused, Started, Stopped
from ._forks import ForkingMixIn as _ForkingMixIn
from ._gains import address_of, arrived, closed, failed, gains, linger, opened, refused, tell
from ._handlers import BaseRequestHandler as BaseRequestHandler
from ._handlers import DatagramRequestHandler as DatagramRequestHandler
from ._handlers import StreamRequestHandler as StreamRequestHandler
from ._handlers import _SocketWriter as _SocketWriter
from ._stop import Stop
from ._threads import ThreadingMixIn as ThreadingMixIn
from ._threads import _NoThreads as _NoThreads
from ._threads import _Threads as _Threads

__version__ = "0.4"

__all__ = [
    "BaseRequestHandler",
    "BaseServer",
    "DatagramRequestHandler",
    "StreamRequestHandler",
    "TCPServer",
    "ThreadingMixIn",
    "ThreadingTCPServer",
    "ThreadingUDPServer",
    "UDPServer",
]

_ServerSelector: Callable[[], selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)
"""What `BaseServer.handle_request` waits with: it needs no descriptor, so there is one even where none is left."""


class BaseServer:
    """What all servers have in common: the loop, and the steps of a request as methods to override.

    A derived class has ``fileno``, for the loop to wait for, and ``get_request``.
    """

    timeout: float | None = None
    """Seconds that `handle_request` waits for a request; None: as long as it takes. `serve_forever` ignores it."""
    observer: Callable[[Event], None] | None = None
    """Whoever is told what happens (`jackfield.interfaces`), in place of tracebacks on stderr."""
    limits: Limits | None = None
    """What a peer may cost: ``idle`` bounds each wait for it, ``linger`` the end, ``drain`` closing."""

    server_address: Any
    socket: Any
    RequestHandlerClass: Any

    def __init__(self, server_address: Any, RequestHandlerClass: Callable[[Any, Any, Any], object] | None) -> None:
        """Note where and what to serve; makes no socket.

        *RequestHandlerClass* is any callable of a request, its client's address and the server.
        """
        self.server_address = server_address
        self.RequestHandlerClass = RequestHandlerClass
        self.__is_shut_down = threading.Event()
        self.__stop = Stop()

    if TYPE_CHECKING:

        def fileno(self) -> int:
            """Return the descriptor to wait for."""
            ...

        def get_request(self) -> tuple[Any, Any]:
            """Return a request and its client's address."""
            ...

    # ------------------------------------------------------------------ the loop

    @property
    def __shutdown_request(self) -> bool:
        # Programs set `_BaseServer__shutdown_request` where `shutdown` would have waited for them.
        return self.__stop.is_wanted()

    @__shutdown_request.setter
    def __shutdown_request(self, wanted: bool) -> None:
        self.__stop.want(wanted)

    def serve_forever(self, poll_interval: float | None = 0.5) -> None:
        """Serve requests until `shutdown`, or until the server's socket is closed.

        `service_actions` is called after each request, and where it is overridden every *poll_interval* seconds
        besides. A shutdown wakes the loop, so nothing is polled for. Raises what is no Exception out of a handler,
        what a hook raises, and OSError where no descriptors are left to wait with. The server can serve again then.
        """
        error: BaseException | None = None
        self.__is_shut_down.clear()
        self.__stop.enter()
        try:
            if not self.__stop.is_wanted():
                self.__serve(poll_interval)
        except BaseException as caught:
            error = caught
            raise
        finally:
            if self.__stop.leave():
                self.__is_shut_down.set()
            if self.observer is not None:
                tell(self, Stopped(local=address_of(self.server_address), error=error))

    def __serve(self, poll_interval: float | None) -> None:
        if self.observer is not None:
            tell(self, Started(local=address_of(self.server_address)))
        stop = self.__stop
        with Lookout(self) as lookout:
            stop.waiting(lookout)
            descriptor = self.fileno()
            while not stop.is_wanted():
                ready = lookout.wait(poll_interval if self.__has_actions() else None)
                if stop.is_wanted():
                    return
                if ready:
                    self._handle_request_noblock()
                if self.fileno() != descriptor:
                    descriptor = self.__follow(lookout)
                    if descriptor < 0:
                        return
                self.service_actions()

    def __has_actions(self) -> bool:
        return getattr(self.service_actions, "__func__", None) is not BaseServer.service_actions

    def __follow(self, lookout: Lookout) -> int:
        """Wait for another socket from now on; one that is gone may be on its way into a TLS socket, for a moment."""
        lookout.wait(PAUSE_SECONDS if self.fileno() < 0 else 0, listening=False)
        return self.fileno()

    def shutdown(self) -> None:
        """Have `serve_forever` return, and wait until it has; the request that it is serving is finished first.

        Does not wait on the loop's own thread (in a handler, in a signal handler), nor where nothing is served:
        before the first time, that makes `serve_forever` return at once; later, it is of no effect.
        """
        if self.__stop.ask():
            self.__is_shut_down.wait()

    def service_actions(self) -> None:
        """Do what is to be done regularly; does nothing by itself."""

    # ------------------------------------------------------------------ one request

    def handle_request(self) -> Any:
        """Serve one request, or call `handle_timeout` where none came in time, and return what that returns.

        The time is `timeout`, or the socket's own timeout where that is less.
        """
        allowed = _least(self.socket.gettimeout(), self.timeout)
        begun, left = time(), allowed
        with Lookout(self, _ServerSelector, wakes=False) as lookout:
            while not lookout.wait(left):
                try:
                    left = time_left(time(), "request", allowed, begun, None).seconds
                except DeadlineExceeded:
                    return self.handle_timeout()
            return self._handle_request_noblock()

    def _handle_request_noblock(self) -> None:
        """Take the request that is there through all steps."""
        try:
            request, client_address = self.get_request()
        except OSError as error:
            self.__survive(error)
            return
        gaining = gains(self)
        if gaining:
            arrived(self, request)
        if not self.verify_request(request, client_address):
            if gaining:
                refused(self, request, client_address)
            self.shutdown_request(request)
            return
        if gaining:
            opened(self, request, client_address)
        try:
            self.process_request(request, client_address)
        except Exception as error:
            if gaining:
                failed(self, request, client_address, error)
            self.handle_error(request, client_address)
            self.__end(request)
        except BaseException:
            self.__end(request)
            raise

    def __end(self, request: Any) -> None:
        self.shutdown_request(request)
        if gains(self):
            closed(self, request)

    def __survive(self, error: OSError) -> None:
        """Go on after a request that could not be had, but not before there can be one."""
        local = address_of(self.server_address)
        match judge_accept_error(error):
            case Verdict.NOTHING:
                return
            case Verdict.PAUSE:
                tell(self, Paused(local=local, error=error, seconds=PAUSE_SECONDS))
                lookout = self.__stop.lookout()
                if lookout is None:
                    threading.Event().wait(PAUSE_SECONDS)
                else:
                    lookout.wait(PAUSE_SECONDS, listening=False)
            case Verdict.LOST | Verdict.FATAL:  # `get_request` may be the program's own, and raise anything
                tell(self, AcceptFailed(local=local, error=error))

    def handle_timeout(self) -> Any:
        """Do what is to be done when `handle_request` waited in vain; does nothing by itself."""

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Return whether to serve *request*; one that is not served is closed. True unless overridden."""
        return True

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve *request* to its end and close it; a mix-in starts a thread or a process for that and returns."""
        self.finish_request(request, client_address)
        self.__end(request)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve *request*: call the handler class with it."""
        self.RequestHandlerClass(request, client_address, self)

    def shutdown_request(self, request: Any) -> None:
        """End *request*, as its peer sees it, and close it."""
        self.close_request(request)

    def close_request(self, request: Any) -> None:
        """Let go of what *request* holds on this side."""
        if gains(self):
            closed(self, request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report the exception under way, on ``sys.stderr``, unless there is an observer: that has been told."""
        if self.observer is not None:
            return
        rule = "-" * 40
        print(rule, file=sys.stderr)
        print("Exception occurred during processing of request from", client_address, file=sys.stderr)
        traceback.print_exc()
        print(rule, file=sys.stderr)

    # ------------------------------------------------------------------ beginning and end

    def server_activate(self) -> None:
        """Begin to listen; nothing to do here."""

    def server_close(self) -> None:
        """Let go of what the server holds; nothing to do here."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None, /
    ) -> None:
        self.server_close()

    def _wake(self) -> None:
        """Have the loops look at their socket."""
        self.__stop.wake()


def _least(one: float | None, other: float | None) -> float | None:
    """Return the shorter of two times; None is for ever."""
    given = [seconds for seconds in (one, other) if seconds is not None]
    return min(given, default=None)


class TCPServer(BaseServer):
    """A server over a stream socket: TCP over IPv4, unless the attributes say otherwise."""

    address_family: int = socket.AF_INET
    socket_type: int = socket.SOCK_STREAM
    request_queue_size: int = 5 if sys.version_info < (3, 15) else socket.SOMAXCONN
    """The backlog: how many connections wait to be accepted, as listen(2) takes it."""
    allow_reuse_address: bool = False
    """Whether to bind where connections of an earlier server linger (SO_REUSEADDR, socket(7))."""
    allow_reuse_port: bool = False
    """Whether to bind beside others (SO_REUSEPORT, socket(7)); for internet addresses alone."""

    def __init__(
        self,
        server_address: Any,
        RequestHandlerClass: Callable[[Any, Any, Any], object] | None,
        bind_and_activate: bool = True,
    ) -> None:
        """Make the socket and, with *bind_and_activate*, bind it and begin to listen.

        Where that raises, `server_close` has been called.
        """
        BaseServer.__init__(self, server_address, RequestHandlerClass)
        self.socket: Any = socket.socket(self.address_family, self.socket_type)
        if bind_and_activate:
            try:
                self.server_bind()
                self.server_activate()
            except BaseException:
                self.server_close()
                raise

    def server_bind(self) -> None:
        """Bind the socket to `server_address`, and note there what it was bound to: port 0 is resolved."""
        internet = self.address_family in (socket.AF_INET, socket.AF_INET6)
        if self.allow_reuse_address and hasattr(socket, "SO_REUSEADDR"):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.allow_reuse_port and internet and hasattr(socket, "SO_REUSEPORT"):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.bind(self.server_address)
        self.server_address: Any = self.socket.getsockname()

    @override
    def server_activate(self) -> None:
        """Begin to listen."""
        self.socket.listen(self.request_queue_size)

    @override
    def server_close(self) -> None:
        """Close the listening socket; requests under way go on. A loop that waits for it ends. Idempotent."""
        self.socket.close()
        self._wake()

    @override
    def fileno(self) -> int:
        """Return the socket's descriptor, -1 once closed."""
        descriptor: int = self.socket.fileno()
        return descriptor

    @override
    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection. What it raises of OSError costs this one alone."""
        accepted: tuple[Any, Any] = self.socket.accept()
        return accepted

    @override
    def shutdown_request(self, request: Any) -> None:
        """Say that nothing more comes, which closing does not while another process has the socket, and close."""
        try:
            request.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        else:
            if self.limits is not None:
                linger(self, request)
        self.close_request(request)

    @override
    def close_request(self, request: Any) -> None:
        """Close the connection's socket."""
        request.close()
        if gains(self):
            closed(self, request)


class UDPServer(TCPServer):
    """A server over a datagram socket."""

    socket_type: int = socket.SOCK_DGRAM
    allow_reuse_address = False
    allow_reuse_port = False
    max_packet_size: int = 8192
    """Bytes of a datagram that are received; what is beyond them is lost without a sign."""

    @override
    def server_activate(self) -> None:
        """Do nothing: there is no listening for datagrams."""

    @override
    def get_request(self) -> tuple[Any, Any]:
        """Receive a datagram: ``(payload, the server's socket)``, and who sent it."""
        payload, client_address = self.socket.recvfrom(self.max_packet_size)
        return (payload, self.socket), client_address

    @override
    def shutdown_request(self, request: Any) -> None:
        """End nothing: the socket is the server's."""
        self.close_request(request)

    @override
    def close_request(self, request: Any) -> None:
        """Close nothing."""
        BaseServer.close_request(self, request)


class ThreadingUDPServer(ThreadingMixIn, UDPServer):
    """A thread for each datagram."""


class ThreadingTCPServer(ThreadingMixIn, TCPServer):
    """A thread for each connection."""


if hasattr(os, "fork"):
    __all__ += ["ForkingMixIn", "ForkingTCPServer", "ForkingUDPServer"]

    ForkingMixIn = _ForkingMixIn

    class ForkingUDPServer(ForkingMixIn, UDPServer):
        """A child for each datagram."""

    class ForkingTCPServer(ForkingMixIn, TCPServer):
        """A child for each connection."""


if hasattr(socket, "AF_UNIX"):
    __all__ += [
        "ThreadingUnixDatagramServer",
        "ThreadingUnixStreamServer",
        "UnixDatagramServer",
        "UnixStreamServer",
    ]

    class UnixStreamServer(TCPServer):
        """A server over a Unix stream socket; its address is a path."""

        address_family: int = socket.AF_UNIX

    class UnixDatagramServer(UDPServer):
        """A server over a Unix datagram socket; its address is a path."""

        address_family: int = socket.AF_UNIX

    class ThreadingUnixStreamServer(ThreadingMixIn, UnixStreamServer):
        """A thread for each connection."""

    class ThreadingUnixDatagramServer(ThreadingMixIn, UnixDatagramServer):
        """A thread for each datagram."""

    if sys.version_info >= (3, 12) and hasattr(os, "fork"):
        __all__ += ["ForkingUnixDatagramServer", "ForkingUnixStreamServer"]

        class ForkingUnixStreamServer(_ForkingMixIn, UnixStreamServer):
            """A child for each connection."""

        class ForkingUnixDatagramServer(_ForkingMixIn, UnixDatagramServer):
            """A child for each datagram."""


for _name in __all__:
    globals()[_name].__module__ = __name__
