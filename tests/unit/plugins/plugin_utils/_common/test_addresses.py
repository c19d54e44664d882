# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses: canonical, reachable, merged without changing what they hold."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._common.addresses import families, merge, parse_network

networks = st.builds(
    lambda address, length: ipaddress.ip_network((address, 1 + length % address.max_prefixlen), strict=False),
    st.ip_addresses(),
    st.integers(0, 127),
)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("198.51.100.10", "198.51.100.10"),
        ("198.51.100.10/32", "198.51.100.10"),
        ("198.51.100.0/255.255.255.0", "198.51.100.0/24"),
        ("2001:0DB8:0:0::0010", "2001:db8::10"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::/0", "::/0"),
    ],
)
def test_canonical_text(text: str, canonical: str) -> None:
    assert parse_network(text) == canonical


@pytest.mark.parametrize(
    "text",
    ["", " ", "x", "198.51.100", "198.51.100.1/33", "198.51.100.1-198.51.100.9", "198.51.100.010", "2001:db8::/129", "1"],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="is not a valid IPv4 or IPv6 address or network"):
        parse_network(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0.0.0.0", "unspecified"),
        ("0.0.0.0/8", "unspecified"),
        ("::", "unspecified"),
        ("127.0.0.1", "loopback"),
        ("127.0.0.0/8", "loopback"),
        ("::1", "loopback"),
        ("224.0.0.1", "multicast"),
        ("ff02::/16", "multicast"),
        ("169.254.1.1", "link-local"),
        ("fe80::/10", "link-local"),
        ("255.255.255.255", "reserved"),
        ("2001:db8::1%eth0", "bound to an interface"),
        ("::ffff:198.51.100.1", "an IPv4-mapped address"),
    ],
)
def test_what_nobody_can_be_reached_at(text: str, kind: str) -> None:
    with pytest.raises(ValueError, match=f"is {kind}, not an address that others can reach"):
        parse_network(text)


def test_a_clouds_own_services_stand_on_the_link() -> None:
    assert parse_network("169.254.169.254", on_link=True) == "169.254.169.254"
    for text, kind in (("fe80::1", "link-local"), ("127.0.0.1", "loopback"), ("169.254.169.254/16", "host bits")):
        with pytest.raises(ValueError, match=kind):
            parse_network(text, on_link=True)


def test_host_bits_are_refused_with_both_ways_to_mend_them() -> None:
    with pytest.raises(ValueError, match=r"write 198\.51\.100\.7 \(one host\) or 198\.51\.100\.0/24 \(the network\)"):
        parse_network("198.51.100.7/24")


@given(st.lists(networks, max_size=12))
def test_merging_keeps_exactly_what_was_there(given_networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> None:
    merged = [ipaddress.ip_network(network) for network in merge(map(str, given_networks))]
    expected: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
    for version in (4, 6):
        expected += ipaddress.collapse_addresses(network for network in given_networks if network.version == version)
    assert merged == expected


@given(st.text(max_size=20))
def test_any_text_is_an_address_or_a_message(text: str) -> None:
    try:
        parsed = parse_network(text)
    except ValueError as error:
        said = str(error)
    else:
        said = repr(text) if ipaddress.ip_network(parsed) == ipaddress.ip_network(text) else ""
    assert repr(text) in said


def test_families() -> None:
    assert families([]) == frozenset()
    assert families(["198.51.100.1", "2001:db8::/32"]) == {4, 6}
