# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's addresses: documentation prefixes, no two alike, both families, and each where its network is."""

from __future__ import annotations

import ipaddress
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.molecule.lab.topology import HOSTS, NETWORKS, NORTH, SOUTH, Host

DOCUMENTATION = [ipaddress.ip_network(prefix) for prefix in ("198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]


def test_networks_are_documentation_prefixes_and_do_not_overlap():
    prefixes = [prefix for network in NETWORKS for prefix in (network.prefix4, network.prefix6)]
    for prefix in prefixes:
        assert any(prefix.version == whole.version and prefix.subnet_of(whole) for whole in DOCUMENTATION)
    for one, other in itertools.combinations(prefixes, 2):
        assert not one.overlaps(other)


def test_every_address_belongs_to_one_interface():
    theirs = [address for host in HOSTS for _, *both in host.interfaces for address in both]
    controllers = [address for network in NETWORKS for address in network.controller]
    assert len({*theirs, *controllers}) == len(theirs) + len(controllers)


def test_every_interface_is_in_its_network():
    for host in HOSTS:
        for network, address4, address6 in host.interfaces:
            assert ipaddress.ip_address(address4) in network.prefix4
            assert ipaddress.ip_address(address6) in network.prefix6


def test_ethernet_addresses_differ():
    assert len({host.mac for host in HOSTS}) == len(HOSTS)


def test_the_router_is_in_every_network():
    assert [network for network, *_ in HOSTS[0].interfaces] == list(NETWORKS)


@given(st.sampled_from(NETWORKS), st.integers(0, 255))
def test_numbers_read_the_same_in_both_families(network, number):
    if ipaddress.IPv4Address(int(network.prefix4.network_address) & ~0xFF | number) in network.prefix4:
        address4, address6 = network.addresses(number)
        assert address4.rsplit(".", 1)[1] == str(number)
        assert (address6.rsplit(":", 1)[1] or "0") == str(number)
    else:
        with pytest.raises(ValueError, match=f"number {number} is outside"):
            network.addresses(number)


def test_addresses_of_hosts():
    assert Host("one", "trixie", NORTH, 10).addresses == ("198.51.100.10", "2001:db8:1::10")
    assert Host("two", "trixie", SOUTH, 70).addresses == ("198.51.100.70", "2001:db8:2::70")
