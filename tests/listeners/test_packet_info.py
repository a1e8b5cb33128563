"""Which of our addresses a datagram was sent to, as the system tells it, and what has the reply leave from there."""

from __future__ import annotations

import socket
import struct

import pytest

from jackfield.listeners._packet_info import V4, V6, Control, host_in, way_back

LINK_LOCAL = "fe80::1"


def told_v4(ours: str, bore: str) -> Control:
    return [(*V4, struct.pack("@i4s4s", 7, socket.inet_aton(ours), socket.inet_aton(bore)))]


def told_v6(bore: str, interface: int = 7) -> Control:
    return [(*V6, socket.inet_pton(socket.AF_INET6, bore) + struct.pack("@I", interface))]


def test_the_host_is_what_the_datagram_bore() -> None:
    assert host_in(told_v4("192.0.2.1", "192.0.2.255")) == "192.0.2.255"
    assert host_in(told_v6("ff02::1")) == "ff02::1"
    assert host_in([]) is None
    assert host_in([(socket.SOL_SOCKET, 1, b"else"), *told_v6("2001:db8::1")]) == "2001:db8::1"


def test_a_reply_leaves_from_there_by_whatever_interface() -> None:
    assert way_back(told_v4("192.0.2.1", "192.0.2.1")) == [
        (*V4, struct.pack("@i4s4s", 0, socket.inet_aton("192.0.2.1"), bytes(4)))
    ]
    assert way_back(told_v6("2001:db8::1")) == told_v6("2001:db8::1", 0)


def test_a_link_local_address_keeps_its_interface() -> None:
    assert way_back(told_v6(LINK_LOCAL)) == told_v6(LINK_LOCAL)


def test_nothing_leaves_from_a_group_or_a_broadcast_address() -> None:
    assert way_back(told_v6("ff02::1")) == []
    ((_, _, data),) = way_back(told_v4("192.0.2.1", "192.0.2.255"))
    assert socket.inet_aton("192.0.2.255") not in data


@pytest.mark.parametrize("control", [[], [(socket.SOL_SOCKET, 1, b"else")]], ids=["nothing", "something else"])
def test_where_the_system_did_not_say_it_picks_the_address(control: Control) -> None:
    assert way_back(control) == []
