# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The flows between containers of one host, where a role of the host demands that nothing goes out without a rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...module_utils._plan.model import InsideFlow
from ...module_utils._plan.words import EGRESS
from .._inventory.hosts import Host
from .._matrix.model import ENDS, INITIATOR, RESPONDER, Flow
from .federations import Federation, Member
from .host_flows import places_of


def containers_apart(host: Host, federations: Mapping[tuple[str, str], Federation]) -> tuple[InsideFlow, ...] | None:
    """The flows of matrices between containers of a host; None where no role keeps its containers from each other."""
    if EGRESS not in host.profile.demanded or not host.profile.managed:
        return None
    return tuple(sorted(flow for federation, member in places_of(host, federations) for flow in _inside(host, federation, member)))


def _inside(host: Host, federation: Federation, member: Member) -> Iterator[InsideFlow]:
    for flow in federation.flows:
        if not host.profile.phases.isdisjoint(flow.phases) and (_is_local(flow, member) or _between_own_roles(flow, member)):
            yield InsideFlow(f"{federation.label}.{flow.id}", flow.protocol, flow.ports_with(member.options))


def _is_local(flow: Flow, member: Member) -> bool:
    """Whether the flow is between a role of the host and something else of the same host; what is bound to loopback is none."""
    has_local_end = any(flow.ends[end].kind == "local" for end in ENDS)
    return flow.exposure == "host" and has_local_end and any(member.takes_part(flow, end) for end in ENDS)


def _between_own_roles(flow: Flow, member: Member) -> bool:
    """Whether two different roles of the host are at the ends of the flow."""
    if not flow.makes_rules or not flow.between_roles or not all(member.takes_part(flow, end) for end in ENDS):
        return False
    opening, answering = (member.membership.roles.intersection(flow.ends[end].values) for end in (INITIATOR, RESPONDER))
    return any(one != other for one in opening for other in answering)
