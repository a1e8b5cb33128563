"""What a blocking handler sends, and how a connection ends."""

from __future__ import annotations

import socket
import threading

import pytest

import jackfield as jf
from connections.pairs import pair
from jackfield.addresses import from_system
from support import PATIENCE, read_all, read_exactly

LARGE = b"0123456789abcdef" * 65536 * 2


@jf.message
class Reading:
    value: jf.U16


@pytest.mark.parametrize("data", [b"abc", bytearray(b"abc"), memoryview(b"abc")], ids=lambda data: type(data).__name__)
def test_anything_made_of_bytes_can_be_sent(data: bytes | bytearray | memoryview) -> None:
    with pair() as (connection, peer):
        connection.send(data)
        assert peer.recv(10) == b"abc"


def test_sending_nothing_is_no_error() -> None:
    with pair() as (connection, peer):
        connection.send(b"")
        connection.send(b"x")
        assert peer.recv(10) == b"x"


def test_a_message_is_sent_as_it_stands_on_the_wire() -> None:
    with pair() as (connection, peer):
        connection.send(Reading(258))
        assert peer.recv(10) == b"\x01\x02"


def test_a_message_that_its_schema_cannot_carry_sends_nothing() -> None:
    with pair() as (connection, peer):
        with pytest.raises(jf.EncodeError) as caught:
            connection.send(Reading(65536))
        assert (caught.value.message, caught.value.field) == ("Reading", "value")
        connection.send(b"x")
        assert peer.recv(10) == b"x"


def test_all_is_sent_to_a_peer_that_reads_slowly() -> None:
    with pair() as (connection, peer):
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        thread = threading.Thread(target=connection.send, args=(LARGE,))
        thread.start()
        assert read_exactly(peer, len(LARGE)) == LARGE
        thread.join(PATIENCE)


def test_send_eof_ends_the_peers_input_and_leaves_ours_open() -> None:
    with pair() as (connection, peer):
        connection.send(b"bye")
        connection.send_eof()
        assert read_all(peer) == b"bye"
        peer.sendall(b"and you")
        assert connection.receive() == b"and you"


def test_wfile_sends_each_write_whole_and_at_once() -> None:
    with pair() as (connection, peer):
        assert connection.wfile.write(b"abc") == 3
        assert peer.recv(10) == b"abc"
        connection.wfile.write(memoryview(b"de"))
        assert peer.recv(10) == b"de"


def test_closing_a_file_leaves_the_connection_open() -> None:
    with pair() as (connection, peer):
        connection.wfile.close()
        connection.send(b"still here")
        assert peer.recv(100) == b"still here"


def test_a_peer_that_is_gone_is_connection_lost() -> None:
    with pair() as (connection, peer):
        peer.close()
        with pytest.raises(jf.ConnectionLost):
            connection.send(LARGE)


def test_closing_ends_the_peers_input() -> None:
    with pair() as (connection, peer):
        connection.send(b"last")
        connection.close()
        assert read_all(peer) == b"last"


def test_unread_input_does_not_turn_the_last_reply_into_a_reset() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    peer = socket.create_connection(listener.getsockname(), timeout=PATIENCE)
    sock, name = listener.accept()
    listener.close()
    with peer:
        peer.sendall(b"never read" * 1000)
        connection: jf.Connection = jf.Connection(sock, from_system(name))
        connection.receive(1)
        connection.send(b"last reply")
        closing = threading.Thread(target=connection.close)
        closing.start()
        assert read_all(peer) == b"last reply"
        peer.close()
        closing.join(PATIENCE)
        assert not closing.is_alive()


def test_what_was_to_be_called_at_the_end_is_called_once_and_in_reverse_order() -> None:
    calls: list[str] = []
    with pair() as (connection, _):
        connection.on_close(lambda: calls.append("first"))
        connection.on_close(lambda: calls.append("second"))
        connection.close()
        assert calls == []
        connection.finish(None)
        connection.finish(None)
        assert calls == ["second", "first"]


def test_a_connection_knows_both_its_ends() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    with socket.create_connection(listener.getsockname()) as peer:
        sock, name = listener.accept()
        listener.close()
        connection: jf.Connection = jf.Connection(sock, from_system(name))
        assert str(connection.peer) == "{}:{}".format(*peer.getsockname())
        assert str(connection.local) == "{}:{}".format(*peer.getpeername())
        connection.finish(None)
