# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every system of the catalogue on a real firewall: the plan of its example inventory, host by host, until each node role and both ends
of each flow have been one.

A host is given its own addresses; one neighbour has those of all partners, of named networks, of outside services, and of strangers.
Ports that the plan publishes lead into a container, where nothing but the forward guard protects them. Each policy is applied as planned,
and that with most rules of egress once more with both directions denied.
"""

from __future__ import annotations

import collections
import ipaddress
import typing as t

import pytest
from firewall_host import FirewallHost, Network, network
from firewalls import FIREWALLS
from model import Packet, admits
from policies import rule
from volley import MARKER, arrivals

from ansible_collections.federated.connectivity.molecule.lab.rootfs import SUITES, rootfs
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.catalogue import Catalogue
from ansible_collections.federated.connectivity.plugins.plugin_utils._matrix.model import BASELINE
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan.compute import compute_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._rules.plan import Plan
from ansible_collections.federated.connectivity.tests.examples import host_variables

SYSTEMS = [system for system in Catalogue().names() if system != BASELINE]
IN_EVERY_RUN = ("samply_bridgehead", "shrine")  # each on another firewall
DENIED = {"ingress": "deny", "egress": "deny"}
STRANGERS = ("203.0.113.230", "2001:db8:fe::230")
UNKNOWN = ("203.0.113.231", "2001:db8:fe::231")  # of a host whose inventory knows one family alone
CONTAINER = 15  # its network, 203.0.113.240/28, is nobody's in the examples
DIRECTIONS = ("ingress", "egress")
MARKERS = [rule(f"marker.{direction}", str(MARKER), direction=direction, protocol="udp", peers=["any"]) for direction in DIRECTIONS]
FILES = ("find", "/etc", "/var/lib", "-xdev", "-type", "f", "-printf", "%p %s %m\n")

Rule = t.Mapping[str, t.Any]
Policy = t.Mapping[str, t.Any]


@pytest.mark.parametrize(
    ("system", "firewall", "suite"),
    [
        pytest.param(
            system,
            list(FIREWALLS)[i % len(FIREWALLS)],
            SUITES[i // len(FIREWALLS) % len(SUITES)],
            marks=() if system in IN_EVERY_RUN else pytest.mark.whole,
        )
        for i, system in enumerate(SYSTEMS)
    ],
)
def test_a_system_passes_where_its_matrix_says_so(
    system: str, firewall: str, suite: str, record_property: t.Callable[[str, object], None]
) -> None:
    plan = compute_plan(host_variables(system), Catalogue())
    policies = [_policy(plan, name) for name in _hosts_of_every_role(plan, system)]
    most = max(policies, key=lambda policy: sum(each["direction"] == "egress" for each in policy["rules"]))
    decisions = {True: 0, False: 0}
    with network(rootfs(suite)) as net:
        host = net.host
        _prepare(net, policies)
        surroundings = FIREWALLS[firewall](host)
        if firewall == "ufw":
            host.run(["ufw", "default", "allow", "routed"])  # as Docker's own chains let it pass
        container = host.container({}, number=CONTAINER)
        before = _state(host)
        for policy in policies:
            own, packets = _own_addresses(policy), _packets(policy)
            _readdress(net, own, {packet.peer for packet in packets})
            published = _published(policy)
            host.publish(container, {port: port % 65535 + 1 for port in published})
            for enforced in (policy, {**policy, "defaults": DENIED}) if policy is most else (policy,):
                applied = host.apply(_as_planned(enforced))
                assert applied["backend"] == firewall, policy["host"]
                expected = {packet for packet in packets if admits(enforced, None, packet, surroundings._replace(published=published))}
                with host.listen("tcp", *published):  # what reaches the host instead of its container is not refused, and so did not arrive
                    arrived = arrivals(host, net.partner, packets, expected)
                assert arrived == expected, (policy["host"], sorted(arrived - expected), sorted(expected - arrived))
                _check_rules(enforced, arrived)
                decisions[True] += len(expected)
                decisions[False] += len(packets) - len(expected)
            assert not host.apply(_as_planned(enforced))["changed"], policy["host"]
        host.publish(container, {})
        host.apply(None)
        after = _state(host)
        assert (before - after, after - before) == ({}, {})
    assert min(decisions.values()) > 0, "nothing of this system was proven"
    hosts = ", ".join(policy["host"] for policy in policies)
    record_property("catalogue", f"{system}, {firewall}, {suite}: {sum(decisions.values())} decisions, {decisions[True]} to admit; {hosts}")


def _hosts_of_every_role(plan: Plan, system: str) -> list[str]:
    """A few hosts, managed ones first, that have all node roles of the system, and both ends of every flow that the example has."""
    has: dict[str, set[tuple[str, str]]] = {}
    for hosts, part in sorted(plan.hosts, key=lambda group: not group[1].managed):
        roles = {(role, "") for membership in part.memberships if membership.matrix == system for role in membership.roles}
        ends = {(rule.flow, rule.direction) for rule in part.rules}
        has.update({host.name: roles | ends for host in hosts})
    missing = {(role, "") for role in Catalogue().matrix(system).roles}.union(*has.values())
    chosen = []
    while missing:
        name = max(has, key=lambda name: len(has[name] & missing))
        assert has[name] & missing, f"no host of inventories/{system} has a role of {sorted(missing)}"
        missing -= has[name]
        chosen.append(name)
    return chosen


def _policy(plan: Plan, name: str) -> Policy:
    """A host's policy as the model reads it: what a name resolves to is a set of that name; the volley's markers pass."""
    host = plan.host(name)
    names = {name for each in host["rules"] for name in each["peers"]["names"]}
    rules = [{**each, "peers": {"address_sets": [*each["peers"]["address_sets"], *each["peers"]["names"]]}} for each in host["rules"]]
    services = {name: [f"203.0.113.{210 + i}", f"2001:db8:fe::{210 + i}"] for i, name in enumerate(sorted(names))}
    sets = {**plan.index["address_sets"], "any": ["0.0.0.0/0", "::/0"], **services}
    return {**host, "rules": [*MARKERS, *rules], "address_sets": sets, "services": services}


def _as_planned(policy: Policy) -> dict[str, t.Any]:
    """The policy as the plan has it, with names as peers."""
    services = policy["services"]
    rules = [
        {
            **each,
            "peers": {
                "address_sets": [name for name in each["peers"]["address_sets"] if name not in services],
                "names": [name for name in each["peers"]["address_sets"] if name in services],
            },
        }
        for each in policy["rules"]
    ]
    sets = {name: cidrs for name, cidrs in policy["address_sets"].items() if name not in services}
    return {**{key: value for key, value in policy.items() if key != "services"}, "rules": rules, "address_sets": sets}


def _prepare(net: Network, policies: t.Sequence[Policy]) -> None:
    """The host knows the outside services by name. Of the neighbours one stays."""
    for other in (net.partner2, net.user, net.stranger):
        other.ip("link set eth0 down")
    with net.host.file("/etc/hosts").open("a", encoding="utf-8") as file:
        for policy in policies:
            file.writelines(f"{address} {name}\n" for name, addresses in policy["services"].items() for address in addresses)


def _published(policy: Policy) -> set[int]:
    """TCP ports that lead into a container."""
    placed = ("published", "ingress", "tcp")
    return {port for each in policy["rules"] if (each["placement"], each["direction"], each["protocol"]) == placed for port in _ends(each)}


def _check_rules(policy: Policy, arrived: set[Packet]) -> None:
    """Each rule by itself, without the model: its ports are for its peers, and for no stranger where it alone closes them."""
    own = _own_addresses(policy)
    for each in policy["rules"]:
        if each in MARKERS:
            continue
        peers = _peers(each, policy, own)
        mine = {Packet(each["direction"], each["protocol"], peer, port) for peer in peers for port in _ends(each)}
        assert mine <= arrived, (policy["host"], each["id"], sorted(mine - arrived))
        if each["closed_to_others"] and not any(_shares_a_port(other, each) for other in policy["rules"] if other is not each):
            foreign = {Packet("ingress", each["protocol"], peer, port) for peer in {*STRANGERS} - peers for port in _ends(each)}
            assert not foreign & arrived, (policy["host"], each["id"], sorted(foreign & arrived))


def _packets(policy: Policy) -> list[Packet]:
    """Packets of the peers of each rule and of strangers, to its ports and to the next ones."""
    own = _own_addresses(policy)
    return sorted({packet for each in policy["rules"] if each not in MARKERS for packet in _around(each, policy, own)})


def _around(each: Rule, policy: Policy, own: tuple[str, str]) -> t.Iterator[Packet]:
    """Packets of a rule's peers and of strangers, to its ports and to the next ones."""
    ends = _ends(each)
    ports = {*ends, min(ends) - 1, max(ends) + 1}
    for peer in (*_peers(each, policy, own), *STRANGERS):
        for port in ports:
            if 0 < port < 65536 and (each["protocol"], port) != ("udp", MARKER):
                yield Packet(each["direction"], each["protocol"], peer, port)


def _ends(each: Rule) -> set[int]:
    return {int(end) for ports in each["ports"] for end in ports.split("-")}


def _shares_a_port(one: Rule, other: Rule) -> bool:
    spans = [[(int(span[0]), int(span[-1])) for span in (ports.split("-") for ports in each["ports"])] for each in (one, other)]
    same = (one["direction"], one["protocol"]) == (other["direction"], other["protocol"])
    return same and any(first[0] <= second[1] and second[0] <= first[1] for first in spans[0] for second in spans[1])


def _peers(each: Rule, policy: Policy, own: tuple[str, str]) -> set[str]:
    """The first and the last address of each network of a rule; of everybody, the strangers."""
    networks = [ipaddress.ip_network(cidr) for name in each["peers"]["address_sets"] for cidr in policy["address_sets"][name]]
    some = {str(address) for network in networks if network.prefixlen for address in (network.network_address, network.broadcast_address)}
    return (some | {stranger for stranger in STRANGERS for network in networks if not network.prefixlen}) - {*own}


def _own_addresses(policy: Policy) -> tuple[str, str]:
    """Of either family; a host that is known by one alone has the other nevertheless."""
    mine = [str(ipaddress.ip_address(address)) for address in policy["addresses"]]
    ipv4 = next((address for address in mine if ":" not in address), UNKNOWN[0])
    return ipv4, next((address for address in mine if ":" in address), UNKNOWN[1])


def _readdress(net: Network, own: tuple[str, str], peers: set[str]) -> None:
    """Give host and neighbour the addresses of the plan; all of them are on the link."""
    net.host.ipv4, net.host.ipv6 = own
    for member, addresses in ((net.host, own), (net.partner, tuple(sorted(peers)))):
        member.ip(
            "address flush dev eth0 scope global",
            *(f"address add {address}/{'128 nodad' if ':' in address else '32'} dev eth0" for address in addresses),
            "route replace default dev eth0",
            "route replace ::/0 dev eth0",
        )


def _state(host: FirewallHost) -> collections.Counter[str]:
    """What is in force, line by line in any order, and which files there are."""
    return collections.Counter([*host.ruleset().splitlines(), *host.run(FILES).stdout.splitlines()])
