# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Finds hosts that need each other, one with IPv4 alone and the other with IPv6 alone: no rule lets them meet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from .._common.problems import listed
from .._inventory.findings import NO_COMMON_FAMILY, Finding
from .._inventory.hosts import ADDRESSES, Host
from .._matrix.model import ENDS, RESPONDER, Flow
from .federations import Federation

Hosts = tuple[str, ...]
Proxied = Mapping[str, Collection[str]]
"""Host -> the flows, ``<matrix>.<federation>.<flow>``, that it opens through its forward proxy."""


def families_apart(federations: Iterable[Federation], proxied: Proxied) -> dict[str, list[Finding]]:
    """Host -> findings about partners that it shares no address family with. Where one of them is ours, they are ours alone.

    Whoever opens a flow through a forward proxy meets the proxy, and the proxy may have both families.
    """
    found: dict[str, list[Finding]] = {}
    for federation in federations:
        managed = {name for name, member in federation.members.items() if member.host.profile.managed}
        for (ipv4, ipv6), flows in _apart(federation, proxied).items():
            names = f"flow{'s' if len(flows) > 1 else ''} {', '.join(flows)}"
            text = (
                f"{listed(ipv4)} with IPv4 alone and {listed(ipv6)} with IPv6 alone cannot meet: {names}; "
                f"give one side an address of the other family, and add it to {ADDRESSES}"
            )
            hosts = [*dict.fromkeys((*ipv4, *ipv6))]
            for name in [host for host in hosts if host in managed] or hosts:
                found.setdefault(name, []).append(Finding(NO_COMMON_FAMILY, federation.label, text))
    return found


def _apart(federation: Federation, proxied: Proxied) -> dict[tuple[Hosts, Hosts], list[str]]:
    """The hosts with IPv4 alone and those with IPv6 alone at the two ends of flows, with these flows."""
    apart: dict[tuple[Hosts, Hosts], dict[str, None]] = {}
    for flow in federation.between_roles:
        only = {(end, family): _only(federation, flow, end, family, proxied) for end in ENDS for family in (4, 6)}
        for one, other in (ENDS, ENDS[::-1]):
            if only[one, 4] and only[other, 6]:
                apart.setdefault((only[one, 4], only[other, 6]), {})[flow.id] = None
    return {hosts: list(flows) for hosts, flows in apart.items()}


def _only(federation: Federation, flow: Flow, end: str, family: int, proxied: Proxied) -> Hosts:
    """The hosts at one end that meet the other one by addresses, and have those of one family alone."""
    label = f"{federation.label}.{flow.id}"
    hosts = [member.host for member in federation.participants(flow, end) if member.host.families == {family}]
    if end == RESPONDER:
        return tuple(sorted(host.name for host in hosts if not _has_names(host)))
    return tuple(sorted(host.name for host in hosts if label not in proxied.get(host.name, ())))


def _has_names(host: Host) -> bool:
    """Whether initiators reach it by names, whose addresses the plan does not know."""
    front = host.profile.front
    return bool(front and front.names)
