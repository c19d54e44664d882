# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Refuses a managed host without the named networks that its flows need, or without its administration where a role demands deny."""

from __future__ import annotations

import collections
from collections.abc import Mapping, Sequence

from ...module_utils._plan.words import INGRESS
from .._common.problems import Problems
from .._inventory.hosts import NETWORKS, Host, Profile
from .._matrix.model import ENDS, INITIATOR, RESPONDER
from .federations import Federation


def check_needed_networks(hosts: Sequence[Host], federations: Mapping[tuple[str, str], Federation], problems: Problems) -> None:
    """Refuse networks that a mandatory flow, or an optional one that was opened, needs and that the hosts do not define.

    Args:
        hosts: Hosts with one and the same profile.
        federations: All federations.
        problems: Where findings go.
    """
    profile = hosts[0].profile
    if not profile.managed:
        return
    _check_administration(hosts, federations, problems)
    for membership in profile.memberships:
        federation = federations[membership.matrix.name, membership.federation]
        member = federation.members[hosts[0].name]
        needed: dict[str, list[str]] = collections.defaultdict(list)
        for flow in federation.flows:
            for end, other in (ENDS, ENDS[::-1]):
                matters = flow.necessity in ("mandatory", "optional") and flow.makes_rules and member.takes_part(flow, end)
                if matters and flow.ends[other].kind == "network":
                    needed[flow.ends[other].values[0]].append(flow.id)
        for name, flows in needed.items():
            if name not in dict(profile.networks):
                problems.error(
                    f"{membership.label} needs the network {name} for {', '.join(flows)}; define {NETWORKS}.{name} as a list of its CIDRs",
                    [host.name for host in hosts],
                    [hosts[0].variables.get(NETWORKS), membership.source],
                )


def _check_administration(hosts: Sequence[Host], federations: Mapping[tuple[str, str], Federation], problems: Problems) -> None:
    """Refuse a host whose role demands deny while nobody has said who may administer it: it would be open to everybody there."""
    profile, name = hosts[0].profile, hosts[0].name
    if INGRESS not in profile.demanded or profile.baseline is None:
        return
    baseline = federations[profile.baseline.matrix.name, profile.baseline.federation]
    for flow in baseline.flows:
        network = flow.ends[INITIATOR].values[0] if flow.ends[INITIATOR].kind == "network" else ""
        is_open = network in baseline.matrix.essential_networks and baseline.members[name].takes_part(flow, RESPONDER)
        if is_open and network not in dict(profile.networks):
            problems.error(
                f"{demanding(profile, INGRESS)} demands deny, so {NETWORKS} must define {network}; list the CIDRs that may reach this host "
                "by SSH, or [] if nobody is to",
                [host.name for host in hosts],
                [hosts[0].variables.get(NETWORKS), *(member.source for member in profile.memberships)],
            )


def demanding(profile: Profile, direction: str) -> str:
    """The roles of a host that demand deny in a direction."""
    roles = [(own.matrix, role) for own in profile.memberships for role in own.roles]
    return ", ".join(sorted({f"{matrix.name} {role}" for matrix, role in roles if direction in matrix.roles[role]}))
