"""Rows 80 to 90: programs of the kinds that the standard documentation shows, each in an interpreter of its own.

Each is run as it stands and with its import changed, and prints the same.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from compat.rows import OURS, STANDARD, python

IMPORT = "import socketserver\n"
MOVED = "from jackfield.compat import socketserver\n"


def output(program: str, module: Any) -> str:
    """Return what *program* prints with *module* for its import; what it says on stderr is a failure."""
    assert IMPORT in program
    ran = python(program if module is STANDARD else program.replace(IMPORT, MOVED))
    assert ran.stderr == ""
    assert ran.returncode == 0
    return ran.stdout


both = pytest.mark.parametrize("module", [STANDARD, OURS], ids=["standard", "ours"])

CLIENT = """
import socket
import threading


def ask(address, text, family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.connect(address)
        sock.sendall(bytes(text + "\\n", "utf-8"))
        return str(sock.recv(1024), "utf-8")


def in_background(server):
    thread = threading.Thread(target=server.serve_forever)
    thread.daemon = True
    thread.start()
    return thread

"""

UPPER = (
    IMPORT
    + CLIENT
    + '''
class Upper(socketserver.BaseRequestHandler):
    """Made once for each connection."""

    def handle(self):
        self.data = self.request.recv(1024).strip()
        print("Received from {}:".format(self.client_address[0]))
        print(self.data)
        self.request.sendall(self.data.upper())


with socketserver.TCPServer(("localhost", 0), Upper) as server:
    in_background(server)
    print("Reply:", ask(server.server_address, "hello there"))
    print("Reply:", ask(server.server_address, "python is fine"))
    server.shutdown()
'''
)


# Row 80.
@both
def test_the_upper_caser_over_tcp(module: Any) -> None:
    assert output(UPPER, module) == (
        "Received from 127.0.0.1:\nb'hello there'\nReply: HELLO THERE\n"
        "Received from 127.0.0.1:\nb'python is fine'\nReply: PYTHON IS FINE\n"
    )


# Row 81.
@both
def test_the_same_with_a_stream_handler(module: Any) -> None:
    program = UPPER.replace("BaseRequestHandler", "StreamRequestHandler")
    program = program.replace("self.request.recv(1024).strip()", "self.rfile.readline().strip()")
    program = program.replace("self.request.sendall", "self.wfile.write")
    assert "rfile" in program
    assert output(program, module).count("Reply: HELLO THERE\n") == 1


UPPER_OVER_UDP = (
    IMPORT
    + CLIENT
    + """
class Upper(socketserver.BaseRequestHandler):
    def handle(self):
        data = self.request[0].strip()
        sock = self.request[1]
        print("{} wrote:".format(self.client_address[0]))
        print(data)
        sock.sendto(data.upper(), self.client_address)


with socketserver.UDPServer(("localhost", 0), Upper) as server:
    in_background(server)
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for text in ("hello there", "over datagrams"):
        client.sendto(bytes(text + "\\n", "utf-8"), server.server_address)
        print("Reply:", str(client.recv(1024), "utf-8"))
    client.close()
    server.shutdown()
"""
)


# Row 82.
@both
def test_the_upper_caser_over_udp(module: Any) -> None:
    assert output(UPPER_OVER_UDP, module) == (
        "127.0.0.1 wrote:\nb'hello there'\nReply: HELLO THERE\n"
        "127.0.0.1 wrote:\nb'over datagrams'\nReply: OVER DATAGRAMS\n"
    )


THREADED = (
    IMPORT
    + CLIENT
    + """
class Named(socketserver.BaseRequestHandler):
    def handle(self):
        text = str(self.request.recv(1024), "ascii").strip()
        self.request.sendall(bytes("{}: {}".format(threading.current_thread().name, text), "ascii"))


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    pass


server = Server(("localhost", 0), Named)
with server:
    host, port = server.server_address
    thread = in_background(server)
    print("Serving in", thread.name)
    for number in (1, 2, 3):
        print("Received:", ask((host, port), "Hello World {}".format(number)))
    server.shutdown()
"""
)


# Row 83.
@both
def test_three_clients_of_a_threading_server(module: Any) -> None:
    printed = output(THREADED, module)
    number = r"Thread-\d+ \((\w+)\)"
    found = re.fullmatch(
        rf"Serving in {number}\n" + "".join(rf"Received: {number}: Hello World {n}\n" for n in (1, 2, 3)), printed
    )
    assert found
    assert found.groups() == ("serve_forever", *["process_request_thread"] * 3)


FORKED = (
    THREADED.replace("ThreadingMixIn", "ForkingMixIn")
    .replace("import socket\n", "import os\nimport socket\nimport warnings\n", 1)
    .replace("threading.current_thread().name", "os.getpid() != parent")
    .replace("class Named", "parent = os.getpid()\nwarnings.simplefilter('ignore', DeprecationWarning)\n\nclass Named")
)


# Row 84.
@both
def test_three_clients_of_a_forking_server(module: Any) -> None:
    printed = output(FORKED, module)
    assert printed.splitlines()[1:] == [f"Received: True: Hello World {number}" for number in (1, 2, 3)]


FINISHED_IN_A_CHILD = (
    IMPORT
    + CLIENT
    + """
import os
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
seen = []


class Split(socketserver.StreamRequestHandler):
    def handle(self):
        seen.append(self.rfile.readline())  # here, where what it changes counts
        children.append(os.fork())
        if not children[-1]:
            try:
                os.read(closed, 1)  # the slow part, elsewhere: the server is through with it long before
                self.wfile.write(b"%d" % len(seen))
                self.request.shutdown(socket.SHUT_WR)
            finally:
                os._exit(0)


class Server(socketserver.TCPServer):
    def shutdown_request(self, request):
        self.close_request(request)  # the child has not finished

    def close_request(self, request):
        super().close_request(request)
        os.write(bell, b"x")


closed, bell = os.pipe()
children = []
with Server(("localhost", 0), Split) as server:
    in_background(server)
    for text in ("one", "two"):
        print("Reply:", ask(server.server_address, text))
    server.shutdown()
for child in children:
    print("Status:", os.waitpid(child, 0)[1])
print(seen)
"""
)


# Row 85.
@both
def test_a_handler_that_forks_for_its_second_part(module: Any) -> None:
    assert output(FINISHED_IN_A_CHILD, module) == ("Reply: 1\nReply: 2\nStatus: 0\nStatus: 0\n[b'one\\n', b'two\\n']\n")


BY_TABLE = (
    IMPORT
    + CLIENT
    + """
import select

unfinished = {}


class Begin(socketserver.BaseRequestHandler):
    def handle(self):
        self.server.keep(self.request)


class Server(socketserver.TCPServer):
    def keep(self, request):
        unfinished[request] = b""

    def shutdown_request(self, request):
        pass  # not yet


def go_on(request):
    data = request.recv(1)
    unfinished[request] += data
    if data in (b"\\n", b""):
        request.sendall(unfinished.pop(request).strip()[::-1])
        request.close()
        return 1
    return 0


servers = [Server(("localhost", 0), Begin) for _ in range(2)]
replies = []


def be_client(at):
    replies.append(ask(servers[at % 2].server_address, "client %d" % at))


clients = [threading.Thread(target=be_client, args=(at,)) for at in range(4)]
for client in clients:
    client.start()
done = 0
while done < 4:
    ready, _, _ = select.select([server.fileno() for server in servers] + list(unfinished), [], [])
    for server in servers:
        if server.fileno() in ready:
            server.handle_request()
    done += sum(go_on(request) for request in list(unfinished) if request in ready)
for client in clients:
    client.join()
for server in servers:
    server.server_close()
print(sorted(replies))
"""
)


# Row 86.
@both
def test_requests_of_two_servers_multiplexed_by_hand(module: Any) -> None:
    assert output(BY_TABLE, module) == "['0 tneilc', '1 tneilc', '2 tneilc', '3 tneilc']\n"


GUARDED = (
    IMPORT
    + CLIENT
    + """
class Hello(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"hello " + self.rfile.readline())


class Guarded(socketserver.TCPServer):
    allowed = {"127.0.0.2"}

    def verify_request(self, request, client_address):
        print("asked for", client_address[0])
        return client_address[0] in self.allowed


def ask_from(host):
    with socket.create_connection(server.server_address, source_address=(host, 0)) as sock:
        sock.shutdown(socket.SHUT_WR)
        return sock.recv(100)


with Guarded(("127.0.0.1", 0), Hello) as server:
    in_background(server)
    print(ask_from("127.0.0.2"))
    print(ask_from("127.0.0.3"))
    server.shutdown()
"""
)


# Row 87.
@both
def test_access_control_by_verify_request(module: Any) -> None:
    assert output(GUARDED, module) == "asked for 127.0.0.2\nb'hello '\nasked for 127.0.0.3\nb''\n"


COUNTED = (
    IMPORT
    + CLIENT
    + """
class Counter(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            with self.server.lock:
                self.server.total += int(line)
        self.wfile.write(b"ok")


class Server(socketserver.ThreadingTCPServer):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.lock = threading.Lock()
        self.total = 0


def count():
    with socket.create_connection(server.server_address) as sock:
        sock.sendall(b"1\\n" * 100)
        sock.shutdown(socket.SHUT_WR)
        sock.recv(100)


with Server(("localhost", 0), Counter) as server:
    in_background(server)
    clients = [threading.Thread(target=count) for _ in range(8)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    server.shutdown()
print(server.total)
"""
)


# Row 88.
@both
def test_shared_state_behind_a_lock(module: Any) -> None:
    assert output(COUNTED, module) == "800\n"


DEAF = (
    IMPORT
    + CLIENT
    + """
order = []


class Slow(socketserver.StreamRequestHandler):
    def handle(self):
        order.append(("begins", self.rfile.readline()))
        if len(order) == 1:
            begun.set()
            go_on.wait()
        order.append("ends")
        self.wfile.write(b"done")


begun, go_on = threading.Event(), threading.Event()
with socketserver.TCPServer(("localhost", 0), Slow) as server:
    in_background(server)
    clients = [socket.create_connection(server.server_address) for _ in range(3)]
    for number, client in enumerate(clients):
        client.sendall(b"%d\\n" % number)
    begun.wait()
    clients[1].settimeout(0.05)
    try:
        clients[1].recv(1)
    except TimeoutError:
        print("deaf, with", len(order), "begun")
    clients[1].settimeout(None)
    go_on.set()
    print([client.recv(100) for client in clients])
    for client in clients:
        client.close()
    server.shutdown()
print(order)
"""
)


# Row 89.
@both
def test_a_synchronous_server_is_deaf_during_a_request_and_serves_the_backlog_then(module: Any) -> None:
    order = [("begins", b"0\n"), "ends", ("begins", b"1\n"), "ends", ("begins", b"2\n"), "ends"]
    assert output(DEAF, module) == f"deaf, with 1 begun\n[b'done', b'done', b'done']\n{order}\n"


INTERRUPTED = (
    IMPORT
    + CLIENT
    + """
import os
import signal


def interrupt():
    ask(server.server_address, "")
    os.kill(os.getpid(), signal.SIGINT)


class Hello(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"hello")


try:
    with socketserver.TCPServer(("localhost", 0), Hello) as server:
        threading.Thread(target=interrupt).start()
        server.serve_forever()
except KeyboardInterrupt:
    print("interrupted, descriptor", server.fileno())
"""
)


# Row 90.
@both
def test_the_interrupt_key_ends_serving(module: Any) -> None:
    assert output(INTERRUPTED, module) == "interrupted, descriptor -1\n"
