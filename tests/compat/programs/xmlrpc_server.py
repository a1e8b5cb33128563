import socketserver
import threading
import xmlrpc.client
import xmlrpc.server

with xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False) as server:
    server.register_function(lambda name: f"answer to {name}", "ask")
    threading.Thread(target=server.serve_forever).start()
    with xmlrpc.client.ServerProxy(f"http://127.0.0.1:{server.server_address[1]}") as client:
        print(client.ask("xmlrpc_server"))
    server.shutdown()
assert isinstance(server, socketserver.BaseServer)
print(socketserver.__file__)
