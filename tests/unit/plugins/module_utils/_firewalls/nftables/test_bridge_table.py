# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers that are kept from each other: exactly the flows of the matrix pass between them, and no name service without one."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables import emergency_rules
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.bridge_support import doubts, looked_at
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.containers_apart import BRIDGE_TABLE
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.native import translate, translate_guard
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.ruleset import render_whole
from ansible_collections.federated.connectivity.plugins.module_utils._host.host import Host, Result
from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import InsideFlow
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import EGRESS, HOST, PUBLISHED
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule
from ansible_collections.federated.connectivity.plugins.module_utils._policy.surroundings import Surroundings

GATEWAY = AddressSet("gateway", ("198.51.100.20/32",), ())
NAMES = AddressSet("names", ("198.51.100.53/32",), ())
RULES = (
    Rule("wall.tunnel", EGRESS, "tcp", ("18000",), (GATEWAY,), PUBLISHED, False),
    Rule("baseline.dns", EGRESS, "udp", ("53",), (NAMES,), HOST, False),
)
LOCAL = InsideFlow("wall.local_server", "tcp", ("8080", "8443"))
TOGETHER = Policy("station", RULES, True, True, None, ("docker0", "br-*"))
APART = TOGETHER._replace(containers_apart=(LOCAL,))
CONTAINERS = AddressSet("containers_of_this_host", ("172.17.0.0/16",), ("fd00::/64",))
CONTAINED = Policy("station", (), False, False, None, ("docker0", "br-*"), contained_bridges=("br-coin", "docker0"))
WITHIN = AddressSet("containers_of_this_host", ("172.18.0.0/16",), ("fd00:1::/64",))
BY_ADDRESS = Surroundings(("docker0",), ("br-lan",), CONTAINERS, names_bridges=False)


def chain(text: str, name: str) -> list[str]:
    return [line.strip() for line in text.split(f"chain {name} {{\n", 1)[1].split("\n\t}", 1)[0].splitlines()]


def test_without_such_a_role_there_is_no_table_of_bridges_and_containers_reach_each_other() -> None:
    text = render_whole(TOGETHER, ["docker0"])
    assert BRIDGE_TABLE not in text
    assert 'oifname "docker0" oifname != @links_of_others accept' in chain(text, "containers")


def test_between_containers_only_the_flows_of_the_matrix_pass() -> None:
    for text in (translate(APART, Surroundings(("docker0",))), translate_guard(APART, Surroundings(("docker0",)))):
        rules = chain(text, "containers")
        allowed = 'tcp dport { 8080, 8443 } accept comment "federated.connectivity wall.local_server"'
        assert [rule for rule in rules if 'oifname "docker0"' in rule] == [f'oifname "docker0" oifname != @links_of_others {allowed}']
        assert not [rule for rule in rules if "53" in rule and "18000" not in rule]
        assert chain(text, "apart")[-1].startswith("drop ")
        assert allowed in chain(text, "apart")


def test_without_any_flow_nothing_passes_between_containers() -> None:
    text = render_whole(APART._replace(containers_apart=()), ["docker0"])
    assert not [rule for rule in chain(text, "containers") if 'oifname "docker0"' in rule]
    assert "dport" not in "".join(chain(text, "apart"))


def test_bridges_of_others_are_left_alone() -> None:
    forward = chain(translate(APART, Surroundings(("docker0",), ("br-lan",))).split(BRIDGE_TABLE)[-1], "forward")
    assert forward[1:] == ['meta ibrname "br-lan" accept', 'meta ibrname "docker0" jump apart', 'meta ibrname "br-*" jump apart']


def test_a_kernel_that_cannot_tell_bridges_goes_by_addresses_and_says_what_stays_open() -> None:
    forward = chain(translate(APART, BY_ADDRESS).split(BRIDGE_TABLE)[-1], "forward")
    assert forward[1:] == [
        "ip saddr { 172.17.0.0/16 } ip daddr { 172.17.0.0/16 } jump apart",
        "ip6 saddr { fd00::/64 } ip6 daddr { fd00::/64 } jump apart",
    ]
    (warning,) = doubts(BY_ADDRESS)
    assert "link-local addresses of IPv6 stay open" in warning
    assert doubts(Surroundings()) == []


def test_no_connection_begins_with_a_reply() -> None:
    replies = [rule for rule in chain(render_whole(APART), "apart") if "sport" in rule]
    assert replies
    assert all(rule.startswith("tcp flags & (fin | syn | rst | ack) != syn ") for rule in replies)


def test_where_nft_fails_at_boot_they_are_apart_too() -> None:
    together, apart = (emergency_rules.render(policy, 4, True).splitlines() for policy in (TOGETHER, APART))
    assert "-A FEDERATED-CONNECTIVITY-CON -o docker0 -j RETURN" in together
    assert "-A FEDERATED-CONNECTIVITY-CON -o docker0 -j RETURN" not in apart
    assert "-A FEDERATED-CONNECTIVITY-CON -o docker0 -p tcp -m tcp --dport 8080 -j RETURN" in apart
    assert any("-CONNECTIVITY-CON " in line and "--dport 53" in line for line in together)
    assert not any("-CONNECTIVITY-CON " in line and "--dport 53" in line for line in apart)


def test_within_a_contained_bridge_nothing_passes_and_other_bridges_are_left_alone() -> None:
    for text in (translate(CONTAINED, Surroundings(("docker0",))), translate_guard(CONTAINED, Surroundings(("docker0",)))):
        forward = chain(text.split(BRIDGE_TABLE)[-1], "forward")
        assert forward[1:] == [
            f'meta ibrname "{bridge}" drop comment "federated.connectivity containment"' for bridge in ("br-coin", "docker0")
        ]


def test_where_the_kernel_cannot_tell_bridges_the_contained_ones_alone_are_known_by_their_networks() -> None:
    surroundings = BY_ADDRESS._replace(contained=WITHIN)
    drops = [
        "ip saddr { 172.18.0.0/16 } ip daddr { 172.18.0.0/16 } drop",
        "ip6 saddr { fd00:1::/64 } ip6 daddr { fd00:1::/64 } drop",
    ]
    alone = chain(translate(CONTAINED, surroundings).split(BRIDGE_TABLE)[-1], "forward")
    assert [rule.split(" comment")[0] for rule in alone[1:]] == drops
    both = chain(translate(APART._replace(contained_bridges=("br-coin",)), surroundings).split(BRIDGE_TABLE)[-1], "forward")
    assert [rule.split(" comment")[0] for rule in both[1:]] == [
        *drops,
        "ip saddr { 172.17.0.0/16 } ip daddr { 172.17.0.0/16 } jump apart",
        "ip6 saddr { fd00::/64 } ip6 daddr { fd00::/64 } jump apart",
    ]


def test_without_an_address_of_the_bridge_nothing_is_known_by_address() -> None:
    assert chain(translate(CONTAINED, Surroundings(names_bridges=False)).split(BRIDGE_TABLE)[-1], "forward")[1:] == []


def test_the_kernel_is_asked_and_networks_are_read_where_it_cannot_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    links = [
        {"ifname": name, "addr_info": [{"local": address, "prefixlen": length, "scope": scope} for address, length, scope in addresses]}
        for name, addresses in {
            "docker0": [("172.17.0.1", 16, "global"), ("fd00::1", 64, "global"), ("fe80::1", 64, "link")],
            "br-coin": [("172.18.0.1", 16, "global"), ("fd00:1::1", 64, "global")],
            "eth0": [("198.51.100.10", 24, "global")],
        }.items()
    ]

    class Asked(Host):
        can_tell = False

        def which(self, tool: str) -> str | None:
            return "/usr/sbin/" + tool

        def run(self, argv: t.Sequence[str], input: str | None = None, check: bool = True, **_more: t.Any) -> Result:
            if argv[0] == "unshare":
                return Result(0 if self.can_tell else 1, "", "")
            return Result(0, json.dumps(links), "")

    host = Asked()
    found = looked_at(Surroundings(("docker0",)), ["docker0"], ["br-coin"], host)
    assert (found.containers, found.contained, found.names_bridges) == (CONTAINERS, WITHIN, False)
    host.can_tell = True
    assert looked_at(Surroundings(("docker0",)), ["docker0"], ["br-coin"], host) == Surroundings(("docker0",))


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("host_chains", [True, False])
def test_where_nft_fails_at_boot_contained_bridges_reach_nothing(family: int, host_chains: bool) -> None:
    lines = emergency_rules.render(CONTAINED, family, host_chains, ("docker0",)).splitlines()
    assert "-I FORWARD -j FEDERATED-CONNECTIVITY-CON" in lines
    assert [line for line in lines if line.startswith("-A FEDERATED-CONNECTIVITY-CON")] == [
        "-A FEDERATED-CONNECTIVITY-CON -m conntrack --ctstate ESTABLISHED -j RETURN",
        *(f"-A FEDERATED-CONNECTIVITY-CON -{way} {bridge} -j DROP" for bridge in ("br-coin", "docker0") for way in "io"),
    ]
    assert not [line for line in lines if "-OUT" in line]
    to_the_host = [line for line in lines if line.startswith("-A FEDERATED-CONNECTIVITY -i docker0 ")]
    assert to_the_host == ["-A FEDERATED-CONNECTIVITY -i docker0 " + ("! -p ipv6-icmp " if family == 6 else "") + "-j DROP"]
    denied = emergency_rules.render(CONTAINED._replace(deny_egress=True), family, host_chains, ("docker0",)).splitlines()
    chain_of_containers = [line.split(" ", 2)[2] for line in denied if line.startswith("-A FEDERATED-CONNECTIVITY-CON ")]
    assert chain_of_containers.index("-o docker0 -j DROP") < chain_of_containers.index("-o docker0 -j RETURN")
