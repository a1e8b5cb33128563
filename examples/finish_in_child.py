"""Answer at once, one client after the other, and finish what takes longer in a child.

python examples/finish_in_child.py [PORT]

printf 'a long job\n' | socat - TCP:127.0.0.1:9999
"""

import os
import signal
import sys

import jackfield as jf


def accept_job(connection: jf.Connection) -> None:
    job = connection.receive_until(b"\n").strip()
    connection.send(b"accepted: " + job + b"\n")
    if os.fork():
        return  # to the next client; this one's connection closes now
    try:
        connection.socket.close()
        print(f"finished in a child: {job.decode()}", flush=True)
    finally:
        os._exit(0)  # never back into the server's loop


def main(port: int) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a child ended, so none stays behind
    with jf.Server(jf.tcp("127.0.0.1", port), accept_job, jf.Inline()) as server:
        signal.signal(signal.SIGTERM, lambda *_: server.shutdown())
        print(server.address, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9999)
