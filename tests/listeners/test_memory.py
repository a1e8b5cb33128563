"""Connections within a process."""

from __future__ import annotations

import pytest

import jackfield as jf
from jackfield.addresses import MemoryAddress
from support import PATIENCE, read_all


def test_connections_come_out_in_the_order_in_which_they_were_made() -> None:
    door = jf.memory()
    assert door.accept() is None
    with door.connect() as first, door.connect() as second:
        for peer, text in ((first, b"first"), (second, b"second")):
            connection = door.accept()
            assert connection is not None
            connection.send(text)
            connection.finish(None)
            peer.settimeout(PATIENCE)
            assert read_all(peer) == text
    assert door.accept() is None
    door.close()


def test_every_end_has_an_address_of_its_own() -> None:
    door, other = jf.memory(), jf.memory()
    with door.connect(), door.connect():
        addresses = {door.address, other.address}
        for _ in range(2):
            connection = door.accept()
            assert connection is not None
            assert connection.local == door.address
            addresses.add(connection.peer)
            connection.finish(None)
    assert len(addresses) == 4
    assert all(isinstance(address, MemoryAddress) for address in addresses)
    door.close()
    other.close()


def test_a_closed_listener_refuses_and_ends_what_waits() -> None:
    door = jf.memory()
    waiting = door.connect()
    door.close()
    door.close()
    waiting.settimeout(PATIENCE)
    with waiting:
        assert read_all(waiting) == b""
    with pytest.raises(ConnectionRefusedError):
        door.connect()


def test_a_full_backlog_refuses_until_somebody_was_accepted() -> None:
    door = jf.memory(backlog=1)
    with door.connect():
        with pytest.raises(ConnectionRefusedError):
            door.connect()
        connection = door.accept()
        assert connection is not None
        connection.finish(None)
        door.connect().close()
    door.close()
