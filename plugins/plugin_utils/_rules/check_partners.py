# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Checks that the members of a federation can be each other's partners."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence

from .._common.problems import Problems, did_you_mean
from .._common.slips import is_slip, letters
from .._inventory.hosts import ADDRESSES
from .._matrix.model import ENDS, Flow
from .._matrix.versions import Version
from .federations import Federation, Member

Doubts = frozenset[tuple["str | None", "str | None"]]


def check_partners(federations: Iterable[Federation], doubts: Doubts, problems: Problems) -> None:
    """Refuse federations without partners and peers without an address; warn of roles without a flow.

    Args:
        federations: Those of real systems.
        doubts: Federations whose memberships could not all be read; nothing is said about missing partners there.
        problems: Where findings go.
    """
    federations = list(federations)
    without: dict[str, list[Member]] = {}
    for federation in federations:
        if not any(matrix in (None, federation.matrix.name) and name in (None, federation.name) for matrix, name in doubts):
            namesakes = [other.name for other in federations if other.matrix is federation.matrix and other is not federation]
            _check_presence(federation, namesakes, problems)
        for member in _without_address(federation):
            without.setdefault(member.host.name, []).append(member)
        _warn_of_idle_roles(federation, problems)
    for host, members in without.items():
        others = sorted({name for federation in federations for name, member in federation.members.items() if member.host.addresses})
        meant = next((name for name in others if is_slip(letters(host), letters(name))), None)
        problems.error(
            f"{', '.join(member.membership.label for member in members)}: partners need its address; define {ADDRESSES} "
            f"(neither ansible_host nor its name is one){f' (did you mean the host {meant}?)' if meant else ''}",
            [host],
            [members[0].host.variables.get("ansible_host"), *(member.membership.source for member in members)],
        )


def _check_presence(federation: Federation, namesakes: list[str], problems: Problems) -> None:
    """A mandatory flow needs somebody at the other end, on another host or as another role of the same one."""
    lacking: dict[tuple[tuple[str, ...], tuple[str, ...], str], list[str]] = collections.defaultdict(list)
    for flow in federation.between_roles:
        if flow.necessity != "mandatory":
            continue
        for end, other in (ENDS, ENDS[::-1]):
            present = [member for member in federation.with_roles(flow.ends[other].values) if member.has_roles(flow, other)]
            alone = [
                member.host.name
                for member in federation.participants(flow, end)
                if member.host.profile.managed and not member.membership.any_partner and not _has_partner(member, present, flow)
            ]
            if alone:
                lacking[tuple(sorted(alone)), flow.ends[other].values, str(flow.versions)].append(flow.id)
    for (hosts, roles, versions), flows in lacking.items():
        problems.error(
            f"{federation.label}: no partner for the {_flows(flows)}: no other host of the federation is a {' or '.join(roles)}"
            f"{f' in a version that has it ({versions})' if versions else ''}; "
            "add the partners (connectivity_managed: false if they are not yours to configure), or say federation_scope: any in the "
            f"membership while they are not known{did_you_mean(federation.name, namesakes)}",
            hosts,
            [federation.members[hosts[0]].membership.source],
        )


def _has_partner(member: Member, present: Sequence[Member], flow: Flow) -> bool:
    """Whether one of those present at the other end is another host, or another role of the same host."""
    if any(partner is not member for partner in present[:2]):
        return True
    initiating, responding = (member.membership.roles.intersection(flow.ends[end].values) for end in ENDS)
    return any(mine != theirs for mine in initiating for theirs in responding)


def _without_address(federation: Federation) -> list[Member]:
    """The members without an address, although they have partners."""
    found: dict[str, Member] = {}
    for flow in federation.between_roles:
        for end, other in (ENDS, ENDS[::-1]):
            others = federation.participants(flow, other)
            for member in federation.participants(flow, end):
                front = member.host.profile.front
                if member.host.addresses == () and not (front and front.names) and any(partner is not member for partner in others[:2]):
                    found[member.host.name] = member
    return list(found.values())


def _warn_of_idle_roles(federation: Federation, problems: Problems) -> None:
    chosen = ", ".join(f"{name}: {value}" for name, value in federation.agreements.items())
    for role in federation.matrix.roles:
        spans = [
            flow.versions for flow in federation.flows if any(end.kind == "roles" and role in end.values for end in flow.ends.values())
        ]
        idle: dict[Version | None, list[str]] = collections.defaultdict(list)
        for member in federation.with_roles([role]):
            if not any(member.membership.version in span for span in spans):
                idle[member.membership.version].append(member.host.name)
        for version, hosts in idle.items():
            conditions = [*([f"with {chosen}"] if chosen else []), *([f"in version {version}"] if version else [])]
            problems.warn(" ".join([f"{federation.label}: the role {role} has no flow", *conditions]), hosts)


def _flows(flows: Iterable[str]) -> str:
    unique = sorted(set(flows))
    return f"flow{'s' if len(unique) > 1 else ''} {', '.join(unique)}"
