# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ESP, AH, GRE, SCTP and types of ICMP in the words of each firewall, and what of ICMP no firewall ever closes."""

from __future__ import annotations

import re

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._errors import PolicyRefused
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.firewalld.rules import translate as firewalld_objects
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.emergency_rules import render
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.ruleset import render_whole
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.ufw.rules import translate as ufw_rules
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import HOST, INGRESS
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule

PARTNERS = AddressSet("partners", ("198.51.100.20/32",), ("2001:db8:1::20/128",))
ESSENTIAL = {"icmp": "destination-unreachable", "icmpv6": "nd-neighbor-solicit"}


def policy(protocol: str, *types: str, ports: tuple[str, ...] = (), denied: bool = False) -> Policy:
    return Policy("host", (Rule("f", INGRESS, protocol, ports, (PARTNERS,), HOST, True, types=types),), denied, denied)


def emergency(protocol: str, family: int, *types: str, ports: tuple[str, ...] = (), denied: bool = False) -> list[str]:
    """The first chain, for everything that arrives, without what every policy has there."""
    lines = render(policy(protocol, *types, ports=ports, denied=denied), family, True).split("\n")
    chain = next(line.split()[0][1:] for line in lines if line.startswith(":"))
    own = [line.partition(f"-A {chain} ")[2] for line in lines if line.startswith(f"-A {chain} ")]
    return [line for line in own if line not in ("-i lo -j RETURN", "-m conntrack --ctstate ESTABLISHED -j RETURN")]


@pytest.mark.parametrize("protocol", ["esp", "ah", "gre"])
def test_at_boot_tunnels_are_for_their_peers_by_their_protocol(protocol: str) -> None:
    assert emergency(protocol, 4) == [f"-s 198.51.100.20/32 -p {protocol} -j RETURN", f"-p {protocol} -j DROP"]
    assert emergency(protocol, 6) == [f"-s 2001:db8:1::20/128 -p {protocol} -j RETURN", f"-p {protocol} -j DROP"]


@pytest.mark.parametrize(
    ("protocol", "family", "name", "match"),
    [
        ("icmp", 4, "echo-request", "-p icmp -m icmp --icmp-type 8"),
        ("icmp", 4, "echo-reply", "-p icmp -m icmp --icmp-type 0"),
        ("icmp", 4, "42", "-p icmp -m icmp --icmp-type 42"),
        ("icmpv6", 6, "echo-request", "-p ipv6-icmp -m icmp6 --icmpv6-type 128"),
    ],
)
def test_at_boot_types_are_closed_in_their_own_family_alone(protocol: str, family: int, name: str, match: str) -> None:
    source = PARTNERS.of_family(family)[0]
    assert emergency(protocol, family, name, ESSENTIAL[protocol])[0] == f"-s {source} {match} -j RETURN"
    assert emergency(protocol, family, name, ESSENTIAL[protocol])[-1] == f"{match} -j DROP"
    assert sum("DROP" in line for line in emergency(protocol, family, name, ESSENTIAL[protocol])) == 1
    assert emergency(protocol, 10 - family, name) == []


def test_at_boot_what_has_no_ports_is_never_looked_for_behind_a_published_port() -> None:
    for protocol, types in (("esp", ()), ("icmp", ("echo-request",))):
        text = render(policy(protocol, *types, denied=True), 4, True)
        published = [line for line in text.split("\n") if line.startswith("-A") and "DNAT -j RETURN" in line]
        assert len(published) == 1
        chain = published[0].split()[1]
        assert [line for line in text.split("\n") if line.startswith(f"-A {chain} ") and protocol in line] == []


def closed_by_nftables(*types: str, protocol: str = "icmpv6") -> list[str]:
    return re.findall(r"(icmp(?:v6)? type \{[^}]*\}) drop", render_whole(policy(protocol, *types)))


def test_nftables_closes_no_type_that_links_need() -> None:
    assert closed_by_nftables("echo-request", "packet-too-big", "nd-neighbor-solicit") == ["icmpv6 type { echo-request }"] * 2
    assert closed_by_nftables("nd-neighbor-solicit") == []
    assert closed_by_nftables("echo-request", "destination-unreachable", protocol="icmp") == ["icmp type { echo-request }"] * 2


@pytest.mark.parametrize("protocol", ["icmp", "icmpv6", "sctp"])
def test_ufw_refuses_by_name_what_it_cannot_carry(protocol: str) -> None:
    declared = policy(protocol, ports=("2905",)) if protocol == "sctp" else policy(protocol, "echo-request")
    for family in (4, 6):
        with pytest.raises(PolicyRefused, match=f"rule f: ufw has no rules for {protocol}"):
            ufw_rules(declared, family)


@pytest.mark.parametrize("protocol", ["esp", "ah", "gre"])
def test_ufw_names_the_protocol_in_its_file_and_in_the_kernel(protocol: str) -> None:
    allowed, closed = ufw_rules(policy(protocol), 4).first
    assert [rule.kernel_text() for rule in (allowed, closed)] == [
        f"-A ufw-user-input -s 198.51.100.20/32 -p {protocol} -j ACCEPT",
        f"-A ufw-user-input -p {protocol} -j DROP",
    ]
    assert f"-A ufw-user-input -p {protocol} -s 198.51.100.20 -j ACCEPT" in allowed.file_text()
    assert f"-A ufw-user-input -p {protocol} -j DROP" in closed.file_text()


def rich_rules(protocol: str, *types: str) -> list[str]:
    """The rich rules of incoming traffic, without their priorities."""
    found = [each.settings["rich_rules"] for each in firewalld_objects(policy(protocol, *types)) if each.kind == "policy"]
    return [str(rule) for rule in found[0]]


def test_firewalld_closes_no_type_that_links_need_and_each_in_its_family() -> None:
    found = rich_rules("icmpv6", "echo-request", "nd-neighbor-solicit")
    accepted = [text for text in found if "accept" in text]
    closed = [text for text in found if "drop" in text]
    assert ["neighbour-solicitation" in text for text in accepted].count(True) == 1
    assert len(closed) == 1
    assert "echo-request" in closed[0]
    assert "ipv6" in closed[0]
    assert "ipv4" in rich_rules("icmp", "echo-request")[-1]
