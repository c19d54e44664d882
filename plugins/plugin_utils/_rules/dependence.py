# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Everything about a federation that depends on options, as the matrix's own expressions give it for its members.

Two federations that differ in options alone and have the same readings lead to the same plan. If the readings differ, the plan may
still be the same: only making it can tell.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from .._matrix.model import ENDS, INITIATOR, RESPONDER, Flow, fit
from .contained import bridge_used, impossible
from .federations import Federation, Member


def readings(federation: Federation) -> frozenset[Hashable]:
    """What the options decide, for each kind of member."""
    found: set[Hashable] = set()
    kinds: set[Hashable] = set()
    for member in federation.members.values():
        own = member.membership
        kind = (own.roles, own.version, own.openings, own.any_partner, tuple(sorted(member.options.items())), member.host.profile.phases)
        if kind not in kinds:
            kinds.add(kind)
            place = (own.roles, own.version, own.openings, member.host.profile.phases, own.any_partner)
            found.update((place, each) for each in _of_member(federation, member))
    return frozenset(found)


def _of_member(federation: Federation, member: Member) -> Iterator[Hashable]:
    matrix, options = federation.matrix, member.options
    if member.membership.any_partner:
        yield tuple(sorted(federation.options.items()))
    for role in sorted(member.membership.roles):
        if role in matrix.role_conditions:
            yield role, tuple(options[name] for name in matrix.role_conditions[role])
        if role in matrix.containments:
            containment = matrix.containments[role]
            contained = fit(containment.when, options)
            yield role, contained, bridge_used(member, containment) if contained or _may_share_bridges(member) else ""
            yield role, impossible(member, containment)
    for flow in matrix.flows.values():
        for end in ENDS:
            if member.has_roles(flow, end):
                # Two federations of one system on a host have to agree on what decides about their one service.
                yield flow.id, end, tuple(options[one.option] for one in flow.conditions if one.decider == RESPONDER == end)
    for flow in federation.flows:
        for end in ENDS:
            if member.has_roles(flow, end):
                yield flow.id, end, _of_flow(flow, end, member)


def _may_share_bridges(member: Member) -> bool:
    """Whether the host is in several federations whose containers are to be contained: they may have the same bridge."""
    return sum(not own.roles.isdisjoint(own.matrix.containments) for own in member.host.profile.memberships) > 1


def _of_flow(flow: Flow, end: str, member: Member) -> Hashable:
    options = member.options
    place = flow.placement(end, options)
    if not flow.fits(end, options):
        return place
    return (
        place,
        flow.ends[RESPONDER],
        flow.ports_with(options),
        flow.listens_with(options),
        fit(flow.opened_by, options),
        fit(flow.without_tls, options) and tuple(options[name] for name in flow.without_tls),
        flow.mechanisms(options) if end == INITIATOR else (),
    )
