# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exceptions of a forward proxy: each reader's form exempts the same, judged by models of the readers."""

from __future__ import annotations

import fnmatch
import ipaddress
import typing as t
import urllib.request

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.federated.connectivity.plugins.plugin_utils._inventory.no_proxy import (
    BRIDGES,
    LOOPBACK,
    Exemptions,
    parse_exception,
)

LABELS = st.sampled_from(["a", "b", "example", "org", "registry-1"])
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
IPV4 = st.integers(0, 2**10 - 1).map(lambda number: str(ipaddress.IPv4Address(0xC6336400 - 512 + number)))
IPV6 = st.integers(0, 255).map(lambda number: str(ipaddress.IPv6Address(0x20010DB8 << 96 | number)))
IPV4_NETWORKS = st.tuples(IPV4, st.integers(9, 32)).map(lambda pair: str(ipaddress.ip_network(f"{pair[0]}/{pair[1]}", strict=False)))
IPV6_NETWORKS = st.tuples(IPV6, st.integers(33, 128)).map(lambda pair: str(ipaddress.ip_network(f"{pair[0]}/{pair[1]}", strict=False)))
ENTRIES = st.lists(
    st.one_of(NAMES, NAMES.map(lambda name: f".{name}"), IPV4_NETWORKS, IPV6_NETWORKS, IPV4, IPV6).map(parse_exception), max_size=8
)
TARGETS = st.one_of(NAMES, IPV4, IPV6)


def go(entries: t.Iterable[str], target: str) -> bool:
    """As golang.org/x/net/http/httpproxy decides: CIDRs and addresses by value, names with subdomains, ".name" subdomains alone."""
    try:
        address = ipaddress.ip_address(target)
    except ValueError:
        return any(
            target.endswith(entry) if entry.startswith(".") else target == entry or target.endswith(f".{entry}") for entry in entries
        )
    for entry in entries:
        try:
            if address in ipaddress.ip_network(entry):
                return True
        except ValueError:
            continue
    return False


def java(patterns: t.Iterable[str], target: str) -> bool:
    return any(fnmatch.fnmatchcase(target, pattern) for pattern in patterns if not pattern.startswith("["))


@given(ENTRIES, TARGETS)
def test_what_we_hold_exempt_is_what_programs_reach_directly(entries: list[str], target: str) -> None:
    exemptions = Exemptions(entries)
    assert exemptions.holds(target) == go(entries, target)
    assert exemptions.holds(target) == go([*exemptions.for_environment(), *exemptions.unsaid()], target)
    assert exemptions.holds(target) == go(exemptions.for_go(), target)


@given(ENTRIES)
def test_httpx_can_read_the_environments_form(entries: list[str]) -> None:
    """It fails with a network of IPv6 and with brackets; 0.28.1 takes everything with a colon for a port if it is no IPv6 address."""
    for entry in Exemptions(entries).for_environment():
        assert ":" not in entry or ipaddress.ip_address(entry).version == 6


@given(ENTRIES, st.one_of(NAMES, IPV4))
def test_java_exempts_the_same_names_and_ipv4_addresses(entries: list[str], target: str) -> None:
    exemptions = Exemptions(entries)
    assert java(exemptions.for_java(), target) == exemptions.holds(target)


@given(ENTRIES, IPV6)
def test_java_never_exempts_more_of_ipv6(entries: list[str], target: str) -> None:
    exemptions = Exemptions(entries)
    assert not java(exemptions.for_java(), target) or exemptions.holds(target)


@given(ENTRIES, st.lists(st.one_of(IPV4_NETWORKS, IPV6_NETWORKS), max_size=4))
def test_networks_are_divided_without_loss_or_overlap(entries: list[str], networks: list[str]) -> None:
    exemptions = Exemptions(entries)
    exempt, rest = exemptions.divide(networks)
    assert all(map(exemptions.holds, exempt))
    assert not any(exemptions.divide([part])[0] for part in rest)
    sizes = [sum(ipaddress.ip_network(part).num_addresses for part in parts) for parts in (exempt, rest)]
    whole = ipaddress.collapse_addresses(network for network in map(ipaddress.IPv4Network, (one for one in networks if "." in one)))
    whole6 = ipaddress.collapse_addresses(network for network in map(ipaddress.IPv6Network, (one for one in networks if ":" in one)))
    assert sum(sizes) == sum(network.num_addresses for network in (*whole, *whole6))


@given(st.lists(st.one_of(NAMES, IPV4, IPV6).map(parse_exception), max_size=6), st.one_of(NAMES, IPV4))
def test_python_understands_names_and_single_addresses_of_the_environments_form(entries: list[str], target: str) -> None:
    listed = ",".join(Exemptions(entries).for_environment())
    bypassed = bool(urllib.request.proxy_bypass_environment(target, {"no": listed}))  # type: ignore[attr-defined]
    assert Exemptions(entries).holds(target) <= bypassed


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Example.ORG", "example.org"),
        ("*.example.org", ".example.org"),
        ("198.51.100.1/32", "198.51.100.1"),
        ("2001:DB8::0/64", "2001:db8::/64"),
        ("127.0.0.1", "127.0.0.1"),
        ("my_host", "my_host"),
    ],
)
def test_one_text_for_one_exception(text: str, canonical: str) -> None:
    assert parse_exception(text) == canonical == parse_exception(canonical)


@pytest.mark.parametrize(
    "text",
    ["", "*", ".", "a..b", "a,b", "a b", "a:80", "[::1]", "0.0.0.0/0", "::/0", "198.51.100.1/24", "198.51.100", "*a", "a*", "http://a"],
)
def test_what_programs_would_not_understand_alike_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"exempts everything|is not a name"):
        parse_exception(text)


def test_networks_of_ipv6_are_named_where_the_environment_leaves_them_out() -> None:
    exemptions = Exemptions(["2001:db8::/64", "2001:db8:1::1", "10.0.0.0/8", "example.org", *LOOPBACK])
    assert exemptions.unsaid() == ["2001:db8::/64"]
    assert exemptions.for_environment() == ["10.0.0.0/8", "127.0.0.0/8", "127.0.0.1", "2001:db8:1::1", "::1", "example.org", "localhost"]
    assert "2001:db8::/64" in exemptions.for_go()


def test_dockers_first_networks_and_loopback_are_exempt() -> None:
    exemptions = Exemptions([*LOOPBACK, *BRIDGES])
    held = [
        exemptions.holds(target)
        for target in ("localhost", "127.0.0.53", "::1", "172.17.0.2", "172.31.255.254", "172.16.0.1", "172.32.0.1")
    ]
    assert held == [True] * 5 + [False] * 2
    assert Exemptions(["10.220.0.0/14", "198.51.100.4/31", "localhost"]).for_java() == [
        *("10.220.*", "10.221.*", "10.222.*", "10.223.*"),
        *("198.51.100.4", "198.51.100.5", "localhost"),
    ]
