# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rules a run takes away to show that they are needed."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.federated.connectivity.plugins.module_utils._plan.ports import bounds

Rule = t.Mapping[str, t.Any]
Policy = t.Mapping[str, t.Any]


def groups(policy: Policy, matrix: str, flows: t.Collection[str]) -> list[list[Rule]]:
    """The rules of a matrix that admit a peer to one of the flows, each together with those that admit the same connections.

    Rules that open a common port to a common peer stand in for each other. Only taking all of them away shows that one is needed.
    """
    found: list[list[Rule]] = []
    for rule in policy["rules"]:
        if rule["matrix"] == matrix and _admits(rule):
            same = [group for group in found if any(_overlap(policy, rule, other) for other in group)]
            found = [group for group in found if group not in same] + [[*(each for group in same for each in group), rule]]
    return [group for group in found if any(rule["flow"] in flows for rule in group)]


def without(policy: Policy, group: t.Sequence[Rule]) -> dict[str, t.Any]:
    """The policy without these rules. Ports that they closed to others stay closed."""
    rules = []
    for rule in policy["rules"]:
        if rule not in group:
            rules.append(rule)
        elif rule["closed_to_others"]:
            rules.append({**rule, "peers": {"address_sets": [], "names": []}})
    return {**policy, "rules": rules}


def carried(connections: t.Iterable[t.Mapping[str, t.Any]], flows_of: t.Callable[[t.Mapping[str, t.Any]], t.Iterable[str]]) -> set[str]:
    """The flows that connected different hosts. What stays on one host passes without a rule."""
    return {flow for each in connections if each["initiator"] != each["responder"] for flow in flows_of(each)}


def _admits(rule: Rule) -> bool:
    return bool(rule["peers"]["address_sets"] or rule["peers"]["names"])


def _overlap(policy: Policy, one: Rule, other: Rule) -> bool:
    """Whether two rules let a common connection pass."""
    same_kind = all(one[key] == other[key] for key in ("direction", "protocol"))
    return same_kind and _share_port(one, other) and _share_peer(policy, one, other)


def _share_port(one: Rule, other: Rule) -> bool:
    ranges = [(*bounds(str(mine)), *bounds(str(theirs))) for mine in one["ports"] for theirs in other["ports"]]
    return any(low <= last and first <= high for low, high, first, last in ranges)


def _share_peer(policy: Policy, one: Rule, other: Rule) -> bool:
    if set(one["peers"]["names"]) & set(other["peers"]["names"]):
        return True
    mine, theirs = (_networks(policy, rule) for rule in (one, other))
    return any(each.version == another.version and each.overlaps(another) for each in mine for another in theirs)


def _networks(policy: Policy, rule: Rule) -> list[t.Any]:
    return [ipaddress.ip_network(cidr) for name in rule["peers"]["address_sets"] for cidr in policy["address_sets"][name]]
