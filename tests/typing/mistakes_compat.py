"""Mistakes in programs that were moved by their import."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

import jackfield as jf
from jackfield.compat import socketserver
from jackfield.interfaces import Started

LOCAL = ("127.0.0.1", 0)


def of_two(request: Any, client_address: Any) -> None: ...


def of_starts(event: Started) -> None: ...


class Handler(socketserver.StreamRequestHandler):
    @override
    def handle(self, request: Any) -> None: ...

    # mypy says: Signature of "handle" incompatible with supertype
    # pyright says: Method "handle" overrides class "BaseRequestHandler" in an incompatible manner


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = "yes"
    # mypy says: base class "ThreadingMixIn" defined the type as "bool"
    # pyright says: is not assignable to declared type "bool"

    @override
    def verify_request(self, request: Any) -> bool:
        # mypy says: Signature of "verify_request" incompatible with supertype
        # pyright says: Method "verify_request" overrides class "BaseServer" in an incompatible manner
        return True


socketserver.TCPServer(LOCAL)
# mypy says: Missing positional argument "RequestHandlerClass"
# pyright says: Argument missing for parameter "RequestHandlerClass"
socketserver.TCPServer(LOCAL, of_two)
# mypy says: expected "Callable[[Any, Any, Any], object] | None"
# pyright says: expected 3 but received 2
socketserver.TCPServer(LOCAL, None, bind=False)
# mypy says: Unexpected keyword argument "bind"
# pyright says: No parameter named "bind"
socketserver.SSLServer(LOCAL, None)
# mypy says: has no attribute "SSLServer"
# pyright says: "SSLServer" is not a known attribute
socketserver.TCPServer(LOCAL, None).collect_children()
# mypy says: "TCPServer" has no attribute "collect_children"
# pyright says: Cannot access attribute "collect_children" for class "TCPServer"
socketserver.ForkingTCPServer(LOCAL, None).collect_children(True)
# mypy says: Too many positional arguments for "collect_children"
# pyright says: Expected 0 positional arguments
server = socketserver.ThreadingTCPServer(LOCAL, None)
server.serve_forever("0.5")
# mypy says: has incompatible type "str"; expected "float | None"
# pyright says: cannot be assigned to parameter "poll_interval" of type "float | None"
server.shutdown(5)
# mypy says: Too many arguments for "shutdown"
# pyright says: Expected 0 positional arguments
server.timeout = "5"
# mypy says: variable has type "float | None"
# pyright says: Cannot assign to attribute "timeout"
server.observer = of_starts
# mypy says: expression has type "Callable[[Started], None]"
# pyright says: Type "(event: Started) -> None" is not assignable to type "((Event) -> None) | None"
server.limits = 5
# mypy says: variable has type "Limits | None"
# pyright says: is not assignable to type "Limits | None"
server.limits = jf.Limits(idle="5")
# mypy says: Argument "idle" to "Limits" has incompatible type "str"
# pyright says: cannot be assigned to parameter "idle" of type "float | None"
