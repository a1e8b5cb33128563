"""Rows 1 to 6: the module, and who derives from whom."""

from __future__ import annotations

import re
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from compat.rows import OURS, STANDARD, ask, both, echo, handler, name_of, python, serving

ALWAYS = {
    *("BaseServer", "TCPServer", "UDPServer", "ThreadingUDPServer", "ThreadingTCPServer", "ThreadingMixIn"),
    *("BaseRequestHandler", "StreamRequestHandler", "DatagramRequestHandler"),
}
FORKING = {"ForkingUDPServer", "ForkingTCPServer", "ForkingMixIn"}
UNIX = {"UnixStreamServer", "UnixDatagramServer", "ThreadingUnixStreamServer", "ThreadingUnixDatagramServer"}
FORKING_UNIX = {"ForkingUnixStreamServer", "ForkingUnixDatagramServer"} if sys.version_info >= (3, 12) else set[str]()


def test_every_row_has_its_test() -> None:
    sources = "".join(file.read_text() for file in Path(__file__).parent.glob("test_rows_*.py"))
    assert {int(number) for number in re.findall(r"^# Row (\d+)\.", sources, re.M)} == set(range(1, 91))


# Row 1.
@both
def test_the_names_are_those_of_this_python_and_platform(module: Any) -> None:
    assert sorted(module.__all__) == sorted(ALWAYS | FORKING | UNIX | FORKING_UNIX)
    for name in module.__all__:
        assert getattr(module, name).__module__ == module.__name__


def test_whatever_the_standard_module_has_is_there() -> None:
    assert [name for name in dir(STANDARD) if not (name.startswith("__") or hasattr(OURS, name))] == []
    for name in STANDARD.__all__:
        theirs, mine = getattr(STANDARD, name), getattr(OURS, name)
        assert [word for word in dir(theirs) if not (word.startswith("__") or hasattr(mine, word))] == []


def test_nothing_of_the_standard_module_is_imported() -> None:
    program = "import sys; sys.modules['socketserver'] = None\nimport jackfield.compat.socketserver"
    assert python(program).stderr == ""


# Row 2.
@both
@pytest.mark.parametrize(
    ("missing", "lost"),
    [("os.fork", FORKING | FORKING_UNIX), ("socket.AF_UNIX", UNIX | FORKING_UNIX)],
    ids=["no fork", "no AF_UNIX"],
)
def test_names_that_need_what_the_platform_has_not_are_absent(module: Any, missing: str, lost: set[str]) -> None:
    program = f"""
import importlib, os, socket, sys
if sys.argv[1].startswith("jackfield"):
    import jackfield.compat
del {missing}
module = importlib.import_module(sys.argv[1])
assert set(module.__all__) <= set(vars(module))
print(*module.__all__)
"""
    ran = python(program, name_of(module))
    assert ran.stderr == ""
    assert set(ran.stdout.split()) == (ALWAYS | FORKING | UNIX | FORKING_UNIX) - lost


# Row 3.
@both
def test_classes_derive_from_what_programs_test_for(module: Any) -> None:
    m = module
    assert m.TCPServer.__bases__ == (m.BaseServer,)
    assert m.UDPServer.__bases__ == m.UnixStreamServer.__bases__ == (m.TCPServer,)
    assert m.UnixDatagramServer.__bases__ == (m.UDPServer,)
    assert m.StreamRequestHandler.__bases__ == m.DatagramRequestHandler.__bases__ == (m.BaseRequestHandler,)
    for name in module.__all__:
        found = re.fullmatch(r"(Threading|Forking)((?:Unix)?\w+?)(?:MixIn)?", name)
        if found and not name.endswith("MixIn"):
            bases = (getattr(m, found[1] + "MixIn"), getattr(m, found[2] if "Server" in found[2] else ""))
            assert getattr(m, name).__bases__ == bases


# Row 4.
@both
def test_the_module_has_its_version(module: Any) -> None:
    assert module.__version__ == "0.4"


# Row 5.
@both
def test_a_program_mixes_its_own_classes(module: Any, tmp_path: Path) -> None:
    class OverUDP(module.ThreadingMixIn, module.UDPServer):
        pass

    class Named(module.TCPServer):
        def server_bind(self) -> None:
            super().server_bind()
            self.server_name = "named"

    class UnixNamed(module.UnixStreamServer, Named):
        pass

    OverUDP(("127.0.0.1", 0), None).server_close()
    with UnixNamed(str(tmp_path / "socket"), None) as server:
        assert (server.server_name, server.socket.family) == ("named", socket.AF_UNIX)


# Row 6.
@both
def test_methods_can_be_called_unbound(module: Any) -> None:
    calls = []

    class Own(module.TCPServer):
        def __init__(self, address: Any, handler: Any) -> None:
            module.TCPServer.__init__(self, address, handler, bind_and_activate=False)
            self.server_bind()
            module.TCPServer.server_activate(self)

        def server_bind(self) -> None:
            calls.append("bind")
            module.TCPServer.server_bind(self)

    server = Own(("127.0.0.1", 0), handler(module, echo, "StreamRequestHandler"))
    with serving(server):
        assert ask(server, b"hello\n") == b"hello\n"
    assert calls == ["bind"]
    bare = module.BaseServer.__new__(module.TCPServer)
    module.BaseServer.__init__(bare, ("127.0.0.1", 0), None)
    bare.socket = socket.socket()
    bare.server_bind()
    bare.server_activate()
    assert bare.server_address[1] > 0
    bare.server_close()


def test_the_private_names_that_programs_use_stay_alive() -> None:
    server = OURS.TCPServer(("127.0.0.1", 0), None)
    assert server._BaseServer__shutdown_request is False
    assert not server._BaseServer__is_shut_down.is_set()
    server._BaseServer__shutdown_request = True
    server.serve_forever()
    assert server._BaseServer__is_shut_down.is_set()
    assert server._BaseServer__shutdown_request is False
    server.server_close()
    with OURS._ServerSelector() as selector:
        assert selector.get_map() is not None
    assert [hasattr(OURS, name) for name in ("_SocketWriter", "_Threads", "_NoThreads")] == [True] * 3
