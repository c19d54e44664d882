# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much public address space a host claims: compared with counting, and what is said of it."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.wide_addresses import NOT_PUBLIC, wide_addresses

NETWORKS = st.lists(
    st.builds(
        lambda address, length: str(ipaddress.ip_network((address, length), strict=False)),
        st.ip_addresses(v=4) | st.sampled_from([ipaddress.IPv4Address(text) for text in ("10.1.0.0", "198.51.0.0", "172.20.0.0")]),
        st.integers(6, 32),
    ),
    max_size=6,
)


def found(*addresses: str) -> list[str]:
    return [finding.about for finding in wide_addresses(addresses)]


@pytest.mark.parametrize(
    "addresses",
    [
        [],
        ["20.0.0.0/16"],
        ["20.0.0.0/17", "20.1.0.0/17"],
        ["2a00::/48"],
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15", "fc00::/7"],
        ["203.0.113.0/24", "2001:db8::/32", "3fff::/20", "20.0.0.0/16"],
        [f"20.{number // 128}.{2 * (number % 128)}.0/24" for number in range(256)],
        ["198.51.0.0/16"],
    ],
)
def test_what_hosts_have_is_not_found(addresses: list[str]) -> None:
    assert found(*addresses) == []


@pytest.mark.parametrize(
    ("addresses", "about"),
    [
        (["20.0.0.0/15"], ["20.0.0.0/15"]),
        (["20.0.0.0/16", "20.1.0.0/16"], ["20.0.0.0/15"]),
        (["8.0.0.0/5", "16.0.0.0/4", "32.0.0.0/3", "2a00::/12"], ["8.0.0.0/5", "16.0.0.0/4", "32.0.0.0/3", "2a00::/12"]),
        (["2a00::/47"], ["2a00::/47"]),
        (["2000::/3"], ["2000::/3"]),
        (["20.1.0.0/16", "20.3.0.1"], ["connectivity_addresses.ipv4"]),
        (["2a00:0:1::/48", "2a00:0:3::/128"], ["connectivity_addresses.ipv6"]),
        (["128.0.0.0/1"], ["128.0.0.0/1"]),
        ([f"20.{number // 128}.{2 * (number % 128)}.0/24" for number in range(257)], ["connectivity_addresses.ipv4"]),
    ],
)
def test_more_than_any_host_has_is_found(addresses: list[str], about: list[str]) -> None:
    assert found(*addresses) == about


@given(NETWORKS)
def test_a_host_is_found_exactly_where_its_public_addresses_are_too_many(addresses: list[str]) -> None:
    left: list[ipaddress.IPv4Network] = list(ipaddress.collapse_addresses(map(ipaddress.IPv4Network, addresses)))
    for other in (network for network in NOT_PUBLIC if isinstance(network, ipaddress.IPv4Network)):
        left = [
            part
            for network in left
            if not network.subnet_of(other)
            for part in (network.address_exclude(other) if other.subnet_of(network) else [network])
        ]
    public = sum(network.num_addresses for network in left)
    assert bool(found(*addresses)) == (public > 2**16)
