"""Access by network."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
from jackfield.addresses import InternetAddress, MemoryAddress, from_system


def coming_from(host: str) -> jf.Datagram:
    return jf.Datagram(b"", peer=from_system((host, 7)), local=InternetAddress("127.0.0.1", 9), reply=lambda data: None)


@given(st.ip_addresses(), st.ip_addresses(), st.integers(0, 128))
def test_allow_and_deny_agree_with_the_definition_of_a_network(
    host: ipaddress.IPv4Address | ipaddress.IPv6Address,
    base: ipaddress.IPv4Address | ipaddress.IPv6Address,
    prefix: int,
) -> None:
    network = ipaddress.ip_network(f"{base}/{min(prefix, base.max_prefixlen)}", strict=False)
    request = coming_from(str(host))
    inside = ipaddress.ip_address(str(request.peer).rpartition(":")[0].strip("[]")) in network

    assert (jf.Allow(str(network))(request) is request) is inside
    assert (jf.Deny(str(network))(request) is request) is not inside


def test_any_of_several_networks_counts() -> None:
    allow = jf.Allow("10.0.0.0/8", "2001:db8::/32", "192.0.2.7")
    assert [host for host in ("10.9.9.9", "2001:db8::1", "192.0.2.7", "192.0.2.8") if allow(coming_from(host))] == [
        "10.9.9.9",
        "2001:db8::1",
        "192.0.2.7",
    ]


def test_a_mapped_address_is_compared_as_the_ipv4_address_that_it_is() -> None:
    assert jf.Allow("10.0.0.0/8")(coming_from("::ffff:10.1.2.3"))
    assert not jf.Deny("10.0.0.0/8")(coming_from("::ffff:10.1.2.3"))


def test_who_has_no_numeric_address_comes_from_no_network() -> None:
    nowhere = jf.Datagram(b"", peer=MemoryAddress(1), local=MemoryAddress(2), reply=lambda data: None)
    assert jf.Allow("0.0.0.0/0", "::/0")(nowhere) is None
    assert jf.Deny("0.0.0.0/0", "::/0")(nowhere) is nowhere


def test_no_network_allows_nobody_and_denies_nobody() -> None:
    assert jf.Allow()(coming_from("127.0.0.1")) is None
    assert jf.Deny()(coming_from("127.0.0.1")) is not None


@pytest.mark.parametrize("network", ["10.0.0.1/8", "10.0.0", "::/129", "localhost", ""])
@pytest.mark.parametrize("kind", [jf.Allow, jf.Deny])
def test_what_is_no_network_is_refused_when_the_step_is_made(network: str, kind: type[jf.Allow | jf.Deny]) -> None:
    with pytest.raises(ValueError):  # ipaddress's own texts
        kind(network)
