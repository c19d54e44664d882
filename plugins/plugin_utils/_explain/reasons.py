# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Why a connection is refused, in the inventory's own words: what is missing for it, and what comes closest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...module_utils._plan.model import Peers, PlanRule
from ...module_utils._plan.protocols import traffic
from ...module_utils._plan.words import EGRESS, INGRESS
from .._common.address_set_names import network_of
from .._matrix.model import INITIATOR, RESPONDER, Endpoint, Matrix
from .._plan.reader import AddressSetIndex, Plan
from .connections import Connection, ports_between
from .decisions import Decision, Verdict
from .parties import Party

Matrices = Mapping[str, Matrix]
"""Name -> matrix, as far as they can be read."""


def missing(connection: Connection, matrices: Matrices) -> Iterator[str]:
    """What is missing for a refused connection, a sentence for each end that refuses it."""
    for host, direction, decision, other in (
        (connection.initiator, EGRESS, connection.egress, connection.responder),
        (connection.responder, INGRESS, connection.ingress, connection.initiator),
    ):
        if decision.verdict is Verdict.CLOSED:
            yield from (_to_become_peer(rule, host, other, matrices) for rule in decision.rules)
        elif decision.verdict is Verdict.DENIED and (needing := _needing(connection, direction)):
            yield (
                f"{', '.join(needing)} needs it at the other end, and {host} has no rule for it: connectivity_phases of {host} may leave "
                f"out a phase in which it is needed, or {host} takes no part in the flow"
            )
        elif decision.verdict is Verdict.DENIED:
            way = "incoming" if direction == INGRESS else "outgoing"
            yield (
                f"{host} refuses {way} connections that no rule allows (its default is deny), and no rule allows this peer on this port. "
                f"A flow of a matrix has to need it. If a named network is meant, add the addresses to connectivity_networks of {host}"
            )


def _needing(connection: Connection, refusing: str) -> list[str]:
    """The flows whose rules allow a connection at the end that does not refuse it."""
    other = connection.ingress if refusing == EGRESS else connection.egress
    return sorted({rule.label for rule in other.rules}) if other.verdict is Verdict.ALLOWED else []


def _to_become_peer(rule: PlanRule, host: str, other: str, matrices: Matrices) -> str:
    flow = matrices[rule.matrix].flows.get(rule.flow) if rule.matrix in matrices else None
    end = flow.ends[INITIATOR] if flow else None
    if rule.peers == Peers():
        if flow and flow.necessity == "optional":
            return f"{rule.label} is optional and nobody opened it: name {rule.flow} under optional_flows of a membership of {host}"
        if end and end.kind == "network":
            return f"{rule.label} admits the network {end.values[0]}, which connectivity_networks of {host} does not define"
        return f"{rule.label} closes the port, and no host of the inventory takes part as its initiator"
    networks = [name for name in map(network_of, rule.peers.address_sets) if name]
    if networks:
        named = " or ".join(dict.fromkeys(networks))
        return f"{rule.label} admits the network {named} alone: add the address to connectivity_networks, {named}, of {host}"
    return f"{rule.label} admits {_who(rule, end)}, and {other} is not one of them: {_membership(rule, end)}"


def _who(rule: PlanRule, end: Endpoint | None) -> str:
    if end and end.kind == "roles":
        return f"hosts of the federation {rule.federation} with the node role {' or '.join(end.values)}"
    return ", ".join((*rule.peers.address_sets, *rule.peers.names))


def _membership(rule: PlanRule, end: Endpoint | None) -> str:
    roles = f" and one of the roles {', '.join(end.values)}" if end and end.kind == "roles" else ""
    return f"it needs a membership with matrix {rule.matrix}, federation {rule.federation}{roles} in connectivity_memberships"


def nearest(plan: Plan, sets: AddressSetIndex, initiator: Party, responder: Party) -> list[str]:
    """What the plan allows between the two, one line for each port: the flows that come closest to a refused connection."""
    lines = []
    for protocol, port, decided in ports_between(plan, sets, initiator, responder):
        labels = sorted({rule.label for one in decided for rule in _rules(one.egress, one.ingress)})
        lines.append(f"{traffic(protocol, filter(None, [port]))}: {', '.join(labels)}")
    return lines


def _rules(*decisions: Decision) -> Iterator[PlanRule]:
    for decision in decisions:
        if decision.verdict is Verdict.ALLOWED:
            yield from decision.rules


def end_of(rule: PlanRule, matrices: Matrices) -> Endpoint | None:
    """The other end of a rule's flow, as its matrix has it."""
    flow = matrices[rule.matrix].flows.get(rule.flow) if rule.matrix in matrices else None
    return flow.ends[INITIATOR if rule.direction == INGRESS else RESPONDER] if flow else None
