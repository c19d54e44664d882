# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Both ends of a connection together, for each pair of addresses, and the connections that one end takes part in."""

from __future__ import annotations

import ipaddress
import typing as t
from collections.abc import Iterable, Iterator

from ...module_utils._plan.model import HostPlan, PlanRule
from ...module_utils._plan.ports import bounds, holds
from ...module_utils._plan.words import DIRECTIONS, EGRESS, INGRESS, PROTOCOLS
from .._plan.reader import AddressSetIndex, Plan
from .decisions import NOT_IN_PLAN, Decision, Peer, Verdict, decide, has_peer
from .parties import Party


class Connection(t.NamedTuple):
    """A connection between two ends on one port, as the plan has it.

    Attributes:
        initiator: The host that opens it, by its name in the plan; else the address or name that was asked about.
        responder: The host that is reached, likewise.
        sources: The addresses of the initiator for which the same holds.
        destinations: The addresses of the responder, likewise.
        protocol: ``tcp`` or ``udp``.
        port: The responder's.
        verdict: ALLOWED, REFUSED, PROXIED, UNRESTRICTED or UNKNOWN.
        egress: What the initiator's end decides.
        ingress: What the responder's end decides.
        reason: Why there is no such connection at all, where that is so.
    """

    initiator: str
    responder: str
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    protocol: str
    port: int
    verdict: Verdict
    egress: Decision
    ingress: Decision
    reason: str = ""


class End(t.NamedTuple):
    """One end with the addresses that count: a host of the plan, or a party outside of it."""

    text: str
    host: HostPlan | None
    peers: tuple[Peer, ...]


def connections(plan: Plan, sets: AddressSetIndex, initiator: Party, responder: Party, protocol: str, port: int) -> list[Connection]:
    """What the plan decides about one port between two ends; where families or addresses differ in it, one entry for each answer."""
    found: list[Connection] = []
    for source in _ends(plan, initiator):
        for destination in _ends(plan, responder):
            found += _between(sets, source, destination, protocol, port)
    return found


def _ends(plan: Plan, party: Party) -> list[End]:
    peers = (Peer(name=party.name),) if party.name else tuple(Peer(network) for network in party.networks)
    if not party.hosts:
        return [End(party.text, None, peers)]
    return [End(name, plan.hosts[name], peers) for name in party.hosts]


def _between(sets: AddressSetIndex, source: End, destination: End, protocol: str, port: int) -> Iterator[Connection]:
    if source.host and source.host == destination.host:
        nothing = Decision(Verdict.UNRESTRICTED)
        reason = "the connection stays on the host, and no rule of the plan is about connections of a host with itself"
        yield Connection(source.text, source.text, (), (), protocol, port, Verdict.UNRESTRICTED, nothing, nothing, reason)
        return
    pairs = [(own, other) for own in source.peers for other in destination.peers if _may_meet(own, other)]
    if not pairs:
        yield Connection(
            source.text, destination.text, (), (), protocol, port, Verdict.UNKNOWN, NOT_IN_PLAN, NOT_IN_PLAN, _no_pair(source, destination)
        )
    groups: dict[tuple[Decision, Decision], list[tuple[Peer, Peer]]] = {}
    for own, other in pairs:
        egress = decide(source.host.part, EGRESS, protocol, port, other, sets) if source.host else NOT_IN_PLAN
        ingress = _incoming(destination.host, protocol, port, own, sets) if destination.host else NOT_IN_PLAN
        groups.setdefault((egress, ingress), []).append((own, other))
    for (egress, ingress), members in groups.items():
        sources, destinations = (tuple(dict.fromkeys(_shown(pair[end]) for pair in members)) for end in (0, 1))
        verdict = _together(egress, ingress)
        yield Connection(source.text, destination.text, sources, destinations, protocol, port, verdict, egress, ingress)


def _incoming(host: HostPlan, protocol: str, port: int, peer: Peer, sets: AddressSetIndex) -> Decision:
    """What a responder decides. What stands in front of it may change the port, and hide the peer behind networks of its own."""
    front = host.part.front
    if front is None:
        return decide(host.part, INGRESS, protocol, port, peer, sets)
    seen = [Peer(source) for source in front.sources] or [peer]
    decisions = [decide(host.part, INGRESS, protocol, front.own_port(port), one, sets) for one in seen]
    return next((decision for decision in decisions if decision.verdict.refuses), decisions[0])


def _together(egress: Decision, ingress: Decision) -> Verdict:
    if egress.verdict is Verdict.PROXIED:
        return Verdict.PROXIED  # the responder meets the proxy, not this initiator
    ends = {egress.verdict, ingress.verdict}
    if any(verdict.refuses for verdict in ends):
        return Verdict.REFUSED
    for verdict in (Verdict.ALLOWED, Verdict.UNRESTRICTED):
        if verdict in ends:
            return verdict
    return Verdict.UNKNOWN


def _may_meet(own: Peer, other: Peer) -> bool:
    if own.name or other.name:
        return True
    return ipaddress.ip_network(own.network).version == ipaddress.ip_network(other.network).version


def _no_pair(source: End, destination: End) -> str:
    unknown = [end.text for end in (source, destination) if not end.peers]
    if unknown:
        return f"the plan has no address of {' and '.join(unknown)}"
    return f"{source.text} and {destination.text} have no address of the same family"


def _shown(peer: Peer) -> str:
    return peer.name or peer.network


class Opening(t.NamedTuple):
    """Ports that a rule is about, for the list of all connections of one end.

    Attributes:
        host: The host of the plan whose rule it is.
        rule: The rule.
    """

    host: str
    rule: PlanRule


def openings(
    plan: Plan, sets: AddressSetIndex, party: Party, incoming: bool, protocol: str = "", port: int | None = None
) -> Iterator[Opening]:
    """The rules that let a party be reached, or let it reach others.

    Of a host of the plan these are its own rules; of anybody else, the rules of the plan's hosts that have it among their peers.

    Args:
        plan: The plan.
        sets: Its address sets.
        party: Whom the question is about.
        incoming: Whether connections to the party are asked for; else, from it.
        protocol: Only rules of this protocol; empty: of all.
        port: Only rules about this port.
    """
    own = INGRESS if incoming else EGRESS
    (others,) = set(DIRECTIONS) - {own}
    peers = (Peer(name=party.name),) if party.name else tuple(map(Peer, party.networks))
    for name, host in sorted(plan.hosts.items()):
        if party.hosts and name not in party.hosts:
            continue
        for rule in host.part.rules:
            if (protocol and rule.protocol != protocol) or (port is not None and not holds(rule.ports, port)):
                continue
            is_own = party.hosts and rule.direction == own
            if is_own or (not party.hosts and rule.direction == others and any(has_peer(rule.peers, peer, sets) for peer in peers)):
                yield Opening(name, rule)


def ports_between(plan: Plan, sets: AddressSetIndex, initiator: Party, responder: Party) -> list[tuple[str, str, list[Connection]]]:
    """All ports that a rule of either end opens between the two, as (protocol, port or range, connections), each range decided as one."""
    found = []
    for protocol in PROTOCOLS:
        rules = [
            rule
            for party, direction in ((initiator, EGRESS), (responder, INGRESS))
            for name in party.hosts
            for rule in plan.hosts[name].part.rules
            if (rule.direction, rule.protocol) == (direction, protocol)
        ]
        for low, high in _atoms(port for rule in rules for port in rule.ports):
            decided = connections(plan, sets, initiator, responder, protocol, low)
            if any(one.verdict is Verdict.ALLOWED for one in decided):
                found.append((protocol, str(low) if low == high else f"{low}-{high}", decided))
    return found


def _atoms(ports: Iterable[str]) -> list[tuple[int, int]]:
    """Ports and ranges cut where one of them begins or ends: in each piece the same rules hold."""
    spans = list(map(bounds, ports))
    cuts = sorted({low for low, _high in spans} | {high + 1 for _low, high in spans})
    return [(low, end - 1) for low, end in zip(cuts, cuts[1:], strict=False) if any(first <= low <= last for first, last in spans)]
