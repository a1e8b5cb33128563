"""Where an endpoint is."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.addresses import Address, InternetAddress, MemoryAddress, UnixAddress, from_system, host_of, unmapped


@pytest.mark.parametrize(
    ("name", "address", "text"),
    [
        (("10.1.2.3", 80), InternetAddress("10.1.2.3", 80), "10.1.2.3:80"),
        (("::1", 80, 0, 0), InternetAddress("::1", 80), "[::1]:80"),
        (("fe80::1%eth0", 80, 0, 2), InternetAddress("fe80::1", 80, 0, 2), "[fe80::1]:80"),
        (("::ffff:10.1.2.3", 80, 0, 0), InternetAddress("10.1.2.3", 80), "10.1.2.3:80"),
        ("/run/it.sock", UnixAddress("/run/it.sock"), "/run/it.sock"),
        (b"\0name", UnixAddress(b"\0name"), "@name"),
        ("", UnixAddress(""), "unnamed"),
        (None, UnixAddress(""), "unnamed"),
    ],
    ids=str,
)
def test_the_systems_spelling_becomes_a_value(name: object, address: Address, text: str) -> None:
    assert from_system(name) == address
    assert str(address) == text


@pytest.mark.parametrize("name", [42, ("host",), ("host", "port"), pytest.param(object(), id="object")], ids=str)
def test_an_unknown_spelling_is_refused(name: object) -> None:
    with pytest.raises(ValueError, match="no known kind"):
        from_system(name)


@given(st.ip_addresses())
def test_only_mapped_addresses_are_unmapped(host: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    mapped = host.ipv4_mapped if isinstance(host, ipaddress.IPv6Address) else None
    assert unmapped(str(host)) == str(mapped or host)


@given(st.ip_addresses(v=4))
def test_an_address_that_came_in_over_ipv6_equals_the_one_it_is(host: ipaddress.IPv4Address) -> None:
    assert from_system((f"::ffff:{host}", 7, 0, 0)) == from_system((str(host), 7))


def test_only_internet_addresses_have_a_host() -> None:
    assert host_of(InternetAddress("::1", 1)) == ipaddress.ip_address("::1")
    assert host_of(UnixAddress("/run/it.sock")) is None
    assert host_of(MemoryAddress(1)) is None


def test_addresses_can_be_keys() -> None:
    assert len({InternetAddress("::1", 1), InternetAddress("::1", 1), MemoryAddress(1), UnixAddress("a")}) == 3
