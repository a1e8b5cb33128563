import socketserver
import threading
import urllib.request
import wsgiref.simple_server
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment


class Handler(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b"answer to ", environ["PATH_INFO"][1:].encode()]


with wsgiref.simple_server.make_server("127.0.0.1", 0, application, handler_class=Handler) as server:
    threading.Thread(target=server.serve_forever).start()
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/wsgi_server") as reply:
        print(reply.read().decode())
    server.shutdown()
assert isinstance(server, socketserver.BaseServer)
print(socketserver.__file__)
