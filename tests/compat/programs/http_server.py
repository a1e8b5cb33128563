import http.server
import socketserver
import sys
import threading
import urllib.request


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"answer to " + self.path[1:].encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    threading.Thread(target=server.serve_forever).start()
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/http_server") as reply:
        print(reply.read().decode())
    server.shutdown()
assert isinstance(server, socketserver.BaseServer)
assert sys.argv[1:] == ["argument"]
print(socketserver.__file__)
