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
from .._common.problems import listed
from .._explain.connections import inner_port
from .._explain.parties import network_of
from .model import Networks, Result, State

KIND = "mandatory flow"
MANDATORY = "mandatory"
ANY = "any"
OTHER = {INGRESS: EGRESS, EGRESS: INGRESS}


class Group(t.NamedTuple):
    """Hosts that have the same rule."""

    rule: PlanRule
    hosts: list[str]


def check_flows(networks: Networks) -> Iterator[Result]:
    """One result for each mandatory flow between hosts: whoever has a rule for it is admitted by the hosts at the other end."""
    failures: dict[str, dict[str, None]] = {}
    for group in _groups(networks):
        failures.setdefault(group.rule.label, {}).update(dict.fromkeys(_refused(group, networks)))
    for label, texts in sorted(failures.items()):
        yield Result(KIND, label, State.FAILED if texts else State.PASSED, "; ".join(texts))


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


def _is_left_out(networks: Networks, host: str, rule: PlanRule) -> bool:
    """Whether a host has no rule for a flow of the installation alone: ``connectivity_phases`` leaves out rules of one host."""
    return rule.phases == (INSTALL,) and not any(own.label == rule.label for own in networks.plan.hosts[host].part.rules)


def _is_proxied(networks: Networks, host: str, rule: PlanRule) -> bool:
    """Whether an initiator uses its forward proxy for the flow, so that it needs no rule of its own."""
    proxy = networks.plan.hosts[host].part.proxy
    return rule.direction == INGRESS and proxy is not None and any(flow.flow == rule.label for flow in proxy.flows)
