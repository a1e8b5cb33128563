import logging
import socketserver
import threading
import urllib.request

from werkzeug import Request, Response
from werkzeug.serving import make_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)


@Request.application
def application(request: Request) -> Response:
    return Response("answer to " + request.path[1:])


server = make_server("127.0.0.1", 0, application, threaded=True)
threading.Thread(target=server.serve_forever).start()
with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/werkzeug_server") as reply:
    print(reply.read().decode())
server.shutdown()
server.server_close()
assert isinstance(server, socketserver.BaseServer)
print(socketserver.__file__)
