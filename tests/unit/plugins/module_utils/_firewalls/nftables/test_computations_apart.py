# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers that are known by a port inside: the guard keeps them for the host, unless a rule of the plan admits somebody."""

from __future__ import annotations

import pytest

from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.emergency_rules import render
from ansible_collections.federated.connectivity.plugins.module_utils._firewalls.nftables.ruleset import render_guard, render_whole
from ansible_collections.federated.connectivity.plugins.module_utils._plan.model import InsideFlow
from ansible_collections.federated.connectivity.plugins.module_utils._plan.words import INGRESS, PUBLISHED
from ansible_collections.federated.connectivity.plugins.module_utils._policy.model import AddressSet, Policy, Rule

PEERS = AddressSet("peers", ("198.51.100.0/24",), ("2001:db8::/32",))
RULES = (
    Rule("web", INGRESS, "tcp", ("9443",), (PEERS,), PUBLISHED, True),
    Rule("nobodys", INGRESS, "tcp", ("3500",), (), PUBLISHED, True),
)
POLICY = Policy(
    "client", RULES, False, False, None, ("docker0", "br-*"), True,
    computations=(InsideFlow("coinstac.n.container_docker", "tcp", ("8881",)), InsideFlow("own.n.job", "udp", ("7000", "7001"))),
)  # fmt: skip


def chain(text: str, name: str) -> list[str]:
    return [line.strip() for line in text.split(f"chain {name} {{\n", 1)[1].split("\n\t}", 1)[0].splitlines()]


@pytest.mark.parametrize("text", [render_whole(POLICY, ["docker0"]), render_guard(POLICY, True, ["docker0"])], ids=["whole", "guard"])
def test_the_guard_drops_what_leads_to_the_port_inside_but_for_ports_of_rules_with_peers(text: str) -> None:
    forward = chain(text, "forward")
    jumps = [rule for rule in forward if rule.endswith("jump computations")]
    assert jumps == [
        f'oifname "{bridge}" oifname != @links_of_others ct status dnat {ports} jump computations'
        for ports in ("tcp dport { 8881 }", "udp dport { 7000, 7001 }")
        for bridge in ("docker0", "br-*")
    ]
    accepted = next(rule for rule in forward if "oifname @container_bridges ct status dnat accept" in rule)
    assert forward.index("ct state established accept") < forward.index(jumps[0]) < forward.index(accepted)
    assert chain(text, "computations") == [
        "meta l4proto tcp ct original proto-dst 9443 return",
        'drop comment "federated.connectivity coinstac.n.container_docker, own.n.job"',
    ]


def test_without_such_containers_the_guard_has_nothing_of_them() -> None:
    assert "computations" not in render_whole(POLICY._replace(computations=()), ["docker0"])


@pytest.mark.parametrize("family", [4, 6])
def test_where_nft_fails_at_boot_they_are_closed_too(family: int) -> None:
    lines = render(POLICY, family, host_chains=True).splitlines()
    published = [line.split(" ", 2)[2] for line in lines if line.startswith("-A FEDERATED-CONNECTIVITY-FWD ")]
    network = {4: "198.51.100.0/24", 6: "2001:db8::/32"}[family]
    assert published == [
        "-m conntrack --ctstate ESTABLISHED -j RETURN",
        "-m conntrack ! --ctstate DNAT -j RETURN",
        f"-s {network} -m conntrack --ctproto tcp --ctorigdstport 9443 -j RETURN",
        *(
            f"-o {bridge} -p {protocol} -m {protocol} --dport {port} -j DROP"
            for protocol, ports in (("tcp", ("8881",)), ("udp", ("7000", "7001")))
            for bridge, port in ((bridge, port) for bridge in ("docker0", "br-+") for port in ports)
        ),
    ]
    denied = render(POLICY._replace(deny_ingress=True), family, host_chains=True).splitlines()
    assert "-A FEDERATED-CONNECTIVITY-FWD -j DROP" in denied
