"""What a blocking handler receives, however it asks and however it arrives."""

from __future__ import annotations

import io
import socket
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jackfield as jf
from connections.pairs import pair, trickling
from support import PATIENCE


@jf.message
class Reading:
    name: jf.Text8
    value: jf.U16


@jf.message
class Everything:
    data: jf.Rest


def test_receive_gives_what_is_there_and_no_more_than_its_limit() -> None:
    with pair() as (connection, peer):
        peer.sendall(b"0123456789")
        assert connection.receive(4) == b"0123"
        assert connection.receive() == b"456789"


def test_receive_gives_nothing_only_at_the_end_of_input() -> None:
    with pair() as (connection, peer):
        peer.shutdown(socket.SHUT_WR)
        assert connection.receive() == b""
        assert connection.receive() == b""


def test_what_one_way_of_asking_left_the_next_one_finds() -> None:
    with pair() as (connection, peer):
        peer.sendall(b"one\ntwo;abcd\x02hi\x00\x07rest")
        peer.shutdown(socket.SHUT_WR)
        assert next(connection.lines()) == b"one\n"
        assert connection.receive_until(b";") == b"two;"
        assert connection.receive_exactly(2) == b"ab"
        into = bytearray(2)
        assert connection.receive_into(into) == 2
        assert into == b"cd"
        assert connection.receive_message(Reading, maximum=100) == Reading("hi", 7)
        assert connection.receive(2) == b"re"
        assert connection.rfile.read() == b"st"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1), st.integers(1, 64))
def test_exact_counts_do_not_depend_on_how_the_input_is_cut(parts: list[bytes], step: int) -> None:
    whole = b"".join(parts)
    with pair() as (connection, peer), trickling(peer, whole, step):
        assert [connection.receive_exactly(len(part)) for part in parts] == parts


def test_exactly_no_bytes_are_there_at_once() -> None:
    with pair() as (connection, _):
        assert connection.receive_exactly(0) == b""


def test_input_that_ends_inside_an_exact_count_is_truncated_and_stays() -> None:
    with pair() as (connection, peer):
        peer.sendall(b"abc")
        peer.shutdown(socket.SHUT_WR)
        with pytest.raises(jf.Truncated) as caught:
            connection.receive_exactly(5)
        assert (caught.value.received, caught.value.needed) == (3, 5)
        assert connection.receive_exactly(3) == b"abc"


@pytest.mark.parametrize(
    ("sent", "lines"),
    [
        (b"", []),
        (b"one\n", [b"one\n"]),
        (b"one\n\ntwo\r\n", [b"one\n", b"\n", b"two\r\n"]),
        (b"one\nlast", [b"one\n", b"last"]),
    ],
)
def test_lines_keep_their_ends_and_the_last_one_may_have_none(sent: bytes, lines: list[bytes]) -> None:
    with pair() as (connection, peer):
        peer.sendall(sent)
        peer.shutdown(socket.SHUT_WR)
        assert list(connection.lines()) == lines


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200), st.integers(1, 64))
def test_lines_are_those_of_a_file(data: bytes, step: int) -> None:
    with pair() as (connection, peer), trickling(peer, data, step, then_end=True):
        assert list(connection.lines()) == list(io.BytesIO(data))


def test_a_line_of_just_the_limit_is_given_and_one_more_byte_is_refused() -> None:
    with pair() as (connection, peer):
        peer.sendall(b"123\n1234\n")
        lines = connection.lines(limit=4)
        assert next(lines) == b"123\n"
        with pytest.raises(jf.FrameTooLarge) as caught:
            next(lines)
        assert caught.value.maximum == 4
        assert connection.receive() == b"1234\n"


def test_a_peer_that_never_ends_its_line_costs_no_more_than_the_limit() -> None:
    with pair() as (connection, peer):
        peer.sendall(b"x" * 1000)
        with pytest.raises(jf.FrameTooLarge):
            next(connection.lines(limit=100))


def test_input_that_ends_before_the_delimiter_is_truncated_and_stays() -> None:
    with pair() as (connection, peer):
        peer.sendall(b"abc")
        peer.shutdown(socket.SHUT_WR)
        with pytest.raises(jf.Truncated) as caught:
            connection.receive_until(b"\r\n")
        assert caught.value.received == 3
        assert connection.receive() == b"abc"


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=20), st.integers(0, 65535)), max_size=5), st.integers(1, 30))
def test_messages_are_cut_by_their_own_schema(readings: list[tuple[str, int]], step: int) -> None:
    messages = [Reading(name, value) for name, value in readings]
    whole = b"".join(bytes([len(name.encode())]) + name.encode() + value.to_bytes(2, "big") for name, value in readings)
    with pair() as (connection, peer), trickling(peer, whole, step):
        assert [connection.receive_message(Reading, maximum=100) for _ in messages] == messages


def test_a_message_above_its_maximum_is_refused_by_what_it_declares() -> None:
    with pair() as (connection, peer):
        peer.sendall(b"\xff")
        with pytest.raises(jf.FrameTooLarge) as caught:
            connection.receive_message(Reading, maximum=100)
        assert caught.value.maximum == 100
        assert caught.value.size >= 256


def test_a_message_that_stays_unfinished_is_truncated() -> None:
    with pair() as (connection, peer):
        peer.sendall(b"\x05hel")
        peer.shutdown(socket.SHUT_WR)
        with pytest.raises(jf.Truncated) as caught:
            connection.receive_message(Reading, maximum=100)
        assert (caught.value.received, caught.value.needed) == (4, 8)


def test_a_message_that_is_none_is_a_decode_error() -> None:
    with pair() as (connection, peer):
        peer.sendall(b"\x01\xff\x00\x00")
        with pytest.raises(jf.DecodeError) as caught:
            connection.receive_message(Reading, maximum=100)
        assert (caught.value.message, caught.value.field) == ("Reading", "name")


def test_a_schema_that_takes_all_there_is_cannot_be_received() -> None:
    with pair() as (connection, _), pytest.raises(jf.DeclarationError) as caught:
        connection.receive_message(Everything, maximum=100)
    assert (caught.value.declared, caught.value.field) == ("Everything", "data")


def test_a_broken_connection_is_named_with_its_peer() -> None:
    with pair() as (connection, peer):
        connection.send(b"unread")
        peer.close()  # with unread data: a reset, on a socket pair as over TCP
        with pytest.raises(jf.ConnectionLost) as caught:
            connection.receive()
        assert caught.value.peer == connection.peer


def test_cutting_wakes_whoever_receives() -> None:
    with pair(jf.Limits(idle=None)) as (connection, _):
        got: list[bytes] = []
        thread = threading.Thread(target=lambda: got.append(connection.receive()))
        thread.start()
        connection.cut()
        thread.join(PATIENCE)
        assert got == [b""]


def test_reading_a_closed_connection_says_so() -> None:
    with pair() as (connection, _):
        connection.close()
        with pytest.raises(jf.ClosedError):
            connection.receive()
        with pytest.raises(jf.ClosedError):
            connection.send(b"x")


def test_rfile_is_a_buffered_file() -> None:
    with pair() as (connection, peer):
        peer.sendall(b"one\ntwo\nthree")
        peer.shutdown(socket.SHUT_WR)
        assert connection.rfile.readline() == b"one\n"
        assert connection.rfile.peek(1).startswith(b"t")
        assert list(connection.rfile) == [b"two\n", b"three"]


def test_a_text_file_can_be_laid_over_the_input() -> None:
    with pair() as (connection, peer):
        peer.sendall("grüß\n".encode())
        peer.shutdown(socket.SHUT_WR)
        assert list(io.TextIOWrapper(connection.rfile, "utf-8")) == ["grüß\n"]
