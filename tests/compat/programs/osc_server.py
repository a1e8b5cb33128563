import socketserver
import threading

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import ThreadingOSCUDPServer
from pythonosc.udp_client import SimpleUDPClient


def told(address: str, *arguments: object) -> None:
    print("answer to", address[1:], *arguments)
    heard.set()


heard = threading.Event()
dispatcher = Dispatcher()
dispatcher.map("/osc_server", told)
with ThreadingOSCUDPServer(("127.0.0.1", 0), dispatcher) as server:
    threading.Thread(target=server.serve_forever).start()
    client = SimpleUDPClient("127.0.0.1", server.server_address[1])
    client.send_message("/osc_server", [])
    heard.wait(10)
    client._sock.close()
    server.shutdown()
assert isinstance(server, socketserver.BaseServer)
print(socketserver.__file__)
