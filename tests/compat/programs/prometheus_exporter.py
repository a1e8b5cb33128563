import socketserver
import urllib.request

from prometheus_client import CollectorRegistry, Gauge, start_http_server

registry = CollectorRegistry()
Gauge("answer_to_prometheus_exporter", "What the client looks for.", registry=registry).set(1)
server, thread = start_http_server(0, addr="127.0.0.1", registry=registry)
with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics") as reply:
    for line in reply.read().decode().splitlines():
        if line.endswith(" 1.0"):
            print(line.removesuffix(" 1.0").replace("_", " ", 2))
server.shutdown()
server.server_close()
thread.join()
assert isinstance(server, socketserver.BaseServer)
print(socketserver.__file__)
