# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of a name service: what may be a partner's address, what never is, and what is only where the administrator says so."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._answers import (
    check_own_names,
    refusal,
)
from ansible_collections.federated.connectivity.plugins.module_utils._change import (
    PolicyRefused,
)

NAME = "registry.example.org"
NOBODYS = ["127.0.0.1", "127.8.8.8", "::1", "0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "ff02::1", "169.254.0.1", "fe80::1", "fe80::1%eth0"]
NOBODYS += ["240.0.0.1", "255.255.255.255", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1", "example"]
PRIVATE = ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255", "fd00::1", "fc00::1", "fec0::1"]
PRIVATE += ["64:ff9b::10.0.0.1"]


@pytest.mark.parametrize("address", NOBODYS)
def test_nobodys_addresses_open_nothing_whoever_is_asked(address: str) -> None:
    assert refusal(NAME, address) == refusal(NAME, address, [NAME]) == refusal("proxy", address) == "which is no partner's address"


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_for_own_names_alone(address: str) -> None:
    assert "private_answers" in refusal(NAME, address)
    assert refusal(NAME, address, [NAME]) == refusal(NAME, address, [".example.org"]) == refusal(NAME, address, [".org"]) == ""
    assert "private_answers" in refusal(NAME, address, ["example.org", "other.example.org", ".registry.example.org", ".ample.org"])


@pytest.mark.parametrize("name", ["proxy", "nas.local", "db.hospital.internal", "a.home.arpa", "A.Home.Arpa.", "x.lan"])
def test_names_that_cannot_be_public_may_be_private(name: str) -> None:
    assert refusal(name, "10.0.0.1") == refusal(name, "fd00::1") == ""


def test_own_names_are_compared_as_names_are() -> None:
    assert refusal("Registry.Example.org.", "10.0.0.1", ["registry.EXAMPLE.org"]) == ""


@given(st.ip_addresses(network="2000::/3") | st.ip_addresses(network="203.0.112.0/20") | st.ip_addresses(network="172.32.0.0/11"))
def test_public_addresses_are_good(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert refusal(NAME, str(address)) == ""


@given(st.ip_addresses(v=4))
def test_an_address_behind_nat64_is_judged_as_itself(address: ipaddress.IPv4Address) -> None:
    assert refusal(NAME, f"64:ff9b::{address}") == refusal(NAME, str(address))


def test_own_names_that_are_none_are_all_told() -> None:
    check_own_names([NAME, ".example.org", "proxy"])
    with pytest.raises(PolicyRefused) as refused:
        check_own_names(["", "a b", "*.example.org", "10.0.0.0/8", NAME])
    assert len(refused.value.messages) == 4
