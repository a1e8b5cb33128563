"""Programs of the standard module's kind, moved by their import: accepted as they are."""

from __future__ import annotations

import socket
import sys
from typing import Any, assert_type

from typing_extensions import override

import jackfield as jf
from jackfield.compat import socketserver
from jackfield.compat.socketserver import BaseServer, StreamRequestHandler, TCPServer, ThreadingMixIn
from jackfield.interfaces import Event


class Upper(StreamRequestHandler):
    timeout: float | None = 5.0

    @override
    def handle(self) -> None:
        self.wfile.write(self.rfile.readline().upper())


class Server(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    @override
    def verify_request(self, request: Any, client_address: Any) -> bool:
        return client_address[0] in {"127.0.0.1"}

    @override
    def service_actions(self) -> None:
        pass


def by_function(request: socket.socket, client_address: tuple[str, int], server: BaseServer) -> None:
    request.sendall(b"hello")


def observer(event: Event) -> None:
    print(event)


with Server(("127.0.0.1", 0), Upper) as server:
    assert_type(server, Server)
    server.observer = observer
    server.limits = jf.Limits(idle=5)
    server.timeout = 0.1
    assert_type(server.fileno(), int)
    server.serve_forever(poll_interval=0.1)
    server.shutdown()

socketserver.ThreadingTCPServer(("127.0.0.1", 0), by_function).server_close()
socketserver.UDPServer(("127.0.0.1", 0), by_function, False).server_close()
socketserver.ForkingTCPServer(("127.0.0.1", 0), Upper).collect_children(blocking=True)
socketserver.UnixStreamServer("path", Upper, bind_and_activate=False).server_close()

if sys.version_info >= (3, 12):  # these two are as young in the standard module
    socketserver.ForkingUnixStreamServer("path", Upper, bind_and_activate=False).server_close()
    socketserver.ForkingUnixDatagramServer("path", Upper, bind_and_activate=False).server_close()


class Over(socketserver.ForkingMixIn, socketserver.UDPServer):
    max_packet_size = 65536
    max_children = 8


class Lines(socketserver.DatagramRequestHandler):
    @override
    def handle(self) -> None:
        assert_type(self.rfile.read(), bytes)
        assert_type(self.wfile.write(b"reply"), int)


with Over(("", 9000), Lines) as datagrams:
    assert_type(datagrams, Over)
    assert_type(datagrams.active_children, set[int] | None)
    assert_type(datagrams.limits, jf.Limits | None)
    datagrams.handle_request()
