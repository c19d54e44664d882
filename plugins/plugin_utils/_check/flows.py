# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Whether both ends of each mandatory flow allow it, as far as both are hosts of the plan."""

from __future__ import annotations

import collections
import typing as t
from collections.abc import Iterator

from ...module_utils._plan.model import PlanRule
from ...module_utils._plan.protocols import FAMILY, WITH_PORTS, one_traffic, samples
from ...module_utils._plan.words import EGRESS, INGRESS, INSTALL
from .._common.address_set_names import network_of
from .._common.problems import listed
from .._explain.connections import inner_port
from .._inventory.findings import NO_COMMON_FAMILY
from .model import Networks, Result, State

KIND = "mandatory flow"
MANDATORY = "mandatory"
IPV4 = 4
ANY = "any"
OTHER = {INGRESS: EGRESS, EGRESS: INGRESS}


class Group(t.NamedTuple):
    """Hosts that have the same rule."""

    rule: PlanRule
    hosts: list[str]


def check_flows(networks: Networks) -> Iterator[Result]:
    """One result for each mandatory flow between hosts: whoever has a rule for it is admitted by the hosts at the other end.

    Hosts that share no address family fail a flow, too. A note says so where each of them that is managed has accepted the finding.
    """
    failures: dict[str, dict[str, None]] = {}
    notes: dict[str, dict[str, None]] = {}
    accepted, open_findings = _accepting(networks)
    for group in _groups(networks):
        label = group.rule.label
        failed, noted = failures.setdefault(label, {}), notes.setdefault(label, {})
        failed.update(dict.fromkeys(_refused(group, networks)))
        about = label.rpartition(".")[0]
        for text, hosts in _apart(group, networks):
            found = {(about, host) for host in hosts}
            (noted if found & accepted and not found & open_findings else failed)[text] = None
    for label, texts in sorted(failures.items()):
        state = State.FAILED if texts else State.NOTE if notes[label] else State.PASSED
        yield Result(KIND, label, state, "; ".join([*texts, *(f"{text} (an accepted finding)" for text in notes[label])]))


def _accepting(networks: Networks) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Federation and host of the findings about families: those that are accepted, and those that are not."""
    found: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
    for one in networks.plan.findings:
        if one["id"] == NO_COMMON_FAMILY:
            found[bool(one.get("accepted"))].update((one["about"], host) for host in one["hosts"])
    return found[True], found[False]


def _groups(networks: Networks) -> list[Group]:
    """Mandatory rules with addresses as peers, with their hosts. What a partner means by a named network, only the partner knows."""
    found: dict[PlanRule, list[str]] = {}
    for name, host in sorted(networks.plan.hosts.items()):
        for rule in host.part.rules:
            sets = rule.peers.address_sets
            if rule.necessity != MANDATORY or not sets or ANY in sets or rule.via_proxy:
                continue
            if rule.direction == INGRESS and host.part.front is not None:
                continue  # its initiators' rules are about what stands in front of it, and are checked from their end
            if host.part.managed or not any(map(network_of, sets)):
                found.setdefault(rule, []).append(name)
    return [Group(rule, hosts) for rule, hosts in found.items()]


def _refused(group: Group, networks: Networks) -> Iterator[str]:
    """Which hosts at the other end of a rule refuse which of its hosts, in sentences; those that refuse the same ones share one."""
    rule = group.rule
    family = FAMILY.get(rule.protocol)
    for port in samples(rule.protocol, rule.ports, rule.types):
        refusing: dict[tuple[str, ...], list[str]] = collections.defaultdict(list)
        known: dict[tuple[int, frozenset[int]], list[str]] = {}
        peers = networks.of(rule.peers)
        for other in networks.hosts_in(peers):
            front = networks.plan.hosts[other].part.front if rule.direction == EGRESS else None
            if front is not None and front.sources:
                continue  # it sees the networks of the front, not the initiators
            own_port = inner_port(front, port) if front and rule.protocol in WITH_PORTS else port
            if own_port is None or _is_left_out(networks, other, rule):
                continue
            admitted = networks.admitted(other, OTHER[rule.direction], rule.protocol, own_port)
            if admitted is None or _is_proxied(networks, other, rule):
                continue
            versions = networks.versions(other, peers)
            key = (id(admitted), versions & {family} if family else versions)
            if key not in known:
                known[key] = networks.outside(group.hosts, admitted, key[1])
            refused = tuple(name for name in known[key] if name != other)
            if refused:
                refusing[refused].append(other)
        for refused, others in refusing.items():
            connection = f"{listed(others)} to {listed(refused)}" if rule.direction == INGRESS else f"{listed(refused)} to {listed(others)}"
            yield f"from {connection}, {one_traffic(rule.protocol, port)}: refused by {listed(others)}"


def _apart(group: Group, networks: Networks) -> Iterator[tuple[str, list[str]]]:
    """Which hosts at the two ends of a rule have no address of the same family, in sentences, each with its hosts."""
    rule = group.rule
    peers = networks.of(rule.peers)
    others = [
        other for other in networks.hosts_in(peers) if not (_is_left_out(networks, other, rule) or _is_proxied(networks, other, rule))
    ]
    for own, their in ((IPV4, 6), (6, IPV4)):
        near = [name for name in group.hosts if networks.families(name) == {own}]
        far = [name for name in others if networks.families(name) == {their} and name not in near]
        if near and far:
            initiators, responders = (far, near) if rule.direction == INGRESS else (near, far)
            ipv4, ipv6 = (near, far) if own == IPV4 else (far, near)
            text = (
                f"from {listed(initiators)} to {listed(responders)}: no address of the same family: {listed(ipv4)} with IPv4 alone, "
                f"{listed(ipv6)} with IPv6 alone; give one side an address of the other family, and add it to connectivity_addresses"
            )
            yield text, [*near, *far]


def _is_left_out(networks: Networks, host: str, rule: PlanRule) -> bool:
    """Whether a host has no rule for a flow of the installation alone: ``connectivity_phases`` leaves out rules of one host."""
    return rule.phases == (INSTALL,) and not any(own.label == rule.label for own in networks.plan.hosts[host].part.rules)


def _is_proxied(networks: Networks, host: str, rule: PlanRule) -> bool:
    """Whether an initiator uses its forward proxy for the flow, so that it needs no rule of its own."""
    proxy = networks.plan.hosts[host].part.proxy
    return rule.direction == INGRESS and proxy is not None and any(flow.flow == rule.label for flow in proxy.flows)
