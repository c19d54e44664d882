# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of a name service: what may be a partner's address, what never is, and what is only where the administrator says so."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyRefused
from ansible_collections.federated.connectivity.plugins.module_utils._names.address_filter import check_own_names, refusal

NAME = "registry.example.org"
NOBODYS = {
    "an unspecified address": ["0.0.0.0", "0.1.2.3", "::"],
    "a loopback address": ["127.0.0.1", "127.8.8.8", "::1"],
    "a link-local address": ["169.254.0.1", "169.254.255.254", "fe80::1", "fe80::1%eth0", "febf::1"],
    "a multicast address": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "a reserved address": ["240.0.0.1", "255.255.255.255", "64:ff9b:2::1", "64:ff9c::1", "80::1"],
    "an address for protocols (192.0.0.0/24)": ["192.0.0.1", "192.0.0.8", "192.0.0.170"],
    "an address for protocols (2001::/23)": ["2001:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff:ffff::1"],
    "an IPv4 address in the form of an IPv6 address": [
        "::10.0.0.5",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:0:8.8.8.8",
    ],
    "an address whose packets are discarded": ["100::1"],
    "an address that stands for no host": ["100:0:0:1::1"],
    "an address of the AS112 sink": ["192.31.196.1", "192.175.48.1", "2620:4f:8000::1"],
    "an address of multicast relays": ["192.52.193.1"],
    "an address of former 6to4 relays": ["192.88.99.1"],
    "an address of segment routing": ["5f00::1"],
    "an address of one link": ["2001:db8::1%eth0"],
    "an address for NAT64 that holds no IPv4 address": ["64:ff9b:1::", "64:ff9b:1:0:a00:5::", "64:ff9b:1:0:ff00::8.8.8.8"],
    "not an address": ["example", "", "10.0.0.0/8", "203.0.113.5 203.0.113.6"],
}
METADATA = ["169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192"]
METADATA += ["fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42", "fd00:a9fe:a9fe::1", "fd00:100::100:200"]
PRIVATE = ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255", "198.18.0.1", "198.19.255.255"]
PRIVATE += ["fd00::1", "fc00::1", "fec0::1", "feff::1", "200::1", "4000::1", "fe00::1"]
DOCUMENTATION = ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"]


def inverted(address: str) -> str:
    return str(ipaddress.IPv4Address(~int(ipaddress.IPv4Address(address)) & 0xFFFFFFFF))


def tunnelled(address: str) -> list[str]:
    """IPv6 addresses whose packets go to an IPv4 address in the end."""
    number = int(ipaddress.IPv4Address(address))
    high, low = f"{number >> 16:x}", f"{number & 0xFFFF:x}"
    first, second, third, fourth = number.to_bytes(4, "big")
    return [
        f"2002:{high}:{low}::1",
        f"2001:0:8.8.8.8:8000:1:{inverted(address)}".replace("8.8.8.8", "808:808"),
        f"2001:0:{high}:{low}:8000:1:{inverted('8.8.8.8')}",
        f"64:ff9b::{address}",
        f"64:ff9b:1::{address}",
        f"64:ff9b:1:{high}:{third:x}:{fourth << 8:x}::",
        f"64:ff9b:1:{first:x}:{second:x}:{third << 8 | fourth:x}::",
        f"64:ff9b:1:0:{first:x}:{second << 8 | third:x}:{fourth << 8:x}:0",
        f"2001:db8::5efe:{address}",
        f"2001:db8::200:5efe:{address}",
    ]


@pytest.mark.parametrize(("words", "address"), [(words, address) for words, addresses in NOBODYS.items() for address in addresses])
def test_nobodys_addresses_open_nothing_whoever_is_asked(words: str, address: str) -> None:
    assert refusal(NAME, address) == refusal(NAME, address, [NAME]) == refusal("proxy", address) == words


@pytest.mark.parametrize("address", METADATA)
def test_metadata_of_cloud_platforms_is_never_opened_by_a_name(address: str) -> None:
    assert "metadata" in refusal(NAME, address)
    assert refusal(NAME, address) == refusal(NAME, address, [NAME, ".example.org"]) == refusal("metadata.google.internal", address)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_for_own_names_alone(address: str) -> None:
    assert "private_answers" in refusal(NAME, address)
    assert refusal(NAME, address, [NAME]) == refusal(NAME, address, [".example.org"]) == refusal(NAME, address, [".org"]) == ""
    assert "private_answers" in refusal(NAME, address, ["example.org", "other.example.org", ".registry.example.org", ".ample.org"])


@pytest.mark.parametrize("address", DOCUMENTATION)
def test_documentation_prefixes_count_as_public(address: str) -> None:
    assert refusal(NAME, address) == ""


@pytest.mark.parametrize("bad", ["127.0.0.1", "169.254.169.254", "168.63.129.16", "224.0.0.1", "255.255.255.255", "192.0.0.192"])
def test_the_ipv4_address_behind_a_tunnel_is_judged(bad: str) -> None:
    for address in tunnelled(bad):
        assert f"stands for {bad}, {refusal(NAME, bad)}" in refusal(NAME, address, [NAME])


@pytest.mark.parametrize("private", ["10.1.2.3", "172.16.5.6", "192.168.7.8", "100.64.9.10", "198.18.11.12"])
def test_a_private_address_behind_a_tunnel_is_private(private: str) -> None:
    for address in tunnelled(private):
        assert f"stands for {private}, {refusal(NAME, private)}" in refusal(NAME, address)


@pytest.mark.parametrize("public", ["8.8.4.4", "203.0.113.5", "185.199.108.66"])
def test_a_public_address_behind_a_tunnel_is_good(public: str) -> None:
    assert [refusal(NAME, address) for address in tunnelled(public)] == [""] * 10


@pytest.mark.parametrize("name", ["proxy", "nas.local", "db.hospital.internal", "a.home.arpa", "A.Home.Arpa.", "x.lan"])
def test_names_that_cannot_be_public_may_be_private(name: str) -> None:
    assert refusal(name, "10.0.0.1") == refusal(name, "fd00::1") == ""


def test_own_names_are_compared_as_names_are() -> None:
    assert refusal("Registry.Example.org.", "10.0.0.1", ["registry.EXAMPLE.org"]) == ""


@given(st.ip_addresses(network="2600::/12") | st.ip_addresses(network="203.0.112.0/20") | st.ip_addresses(network="172.32.0.0/11"))
def test_public_addresses_are_good(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert refusal(NAME, str(address)) == ""


@given(st.ip_addresses(v=4))
def test_an_address_behind_nat64_is_judged_as_itself(address: ipaddress.IPv4Address) -> None:
    assert refusal(NAME, f"64:ff9b::{address}").endswith(refusal(NAME, str(address)))
    assert bool(refusal(NAME, f"64:ff9b::{address}")) == bool(refusal(NAME, str(address)))


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_what_python_knows_to_be_special_is_refused(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    documentation = any(
        address in ipaddress.ip_network(f"{each}/20", strict=False) for each in DOCUMENTATION if (":" in each) == (address.version == 6)
    )
    nat64 = address in ipaddress.ip_network("64:ff9b::/32")
    assert address.is_global or documentation or nat64 or refusal(NAME, str(address))


def test_own_names_that_are_none_are_all_told() -> None:
    check_own_names([NAME, ".example.org", "proxy"])
    with pytest.raises(PolicyRefused) as refused:
        check_own_names(["", "a b", "*.example.org", "10.0.0.0/8", NAME])
    assert len(refused.value.messages) == 4
