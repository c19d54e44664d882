# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Both ends of a connection together, for each pair of addresses, and the connections that one end takes part in."""

from __future__ import annotations

import contextlib
import ipaddress
import typing as t
from collections.abc import Iterable, Iterator

from ...module_utils._plan.front import PlanFront
from ...module_utils._plan.model import HostPlan, PlanRule
from ...module_utils._plan.ports import bounds, holds
from ...module_utils._plan.protocols import FAMILY, WITH_PORTS, number_shown, one_traffic, samples
from ...module_utils._plan.words import DIRECTIONS, EGRESS, INGRESS, PROTOCOLS, TCP
from .._plan.reader import AddressSetIndex, Plan
from .decisions import NOT_IN_PLAN, Decision, Peer, Verdict, decide
from .parties import Party, as_responder, of_responder

with contextlib.suppress(ImportError):  # _libraries.py says what is missing, before anything is computed
    import netaddr

ANY = "any"
"""The address set of everybody."""


class Connection(t.NamedTuple):
    """A connection between two ends on one port, as the plan has it.

    Attributes:
        initiator: The host that opens it, by its name in the plan; else the address or name that was asked about.
        responder: The host that is reached, likewise.
        sources: The addresses of the initiator for which the same holds.
        destinations: The addresses of the responder, likewise.
        protocol: One of PROTOCOLS.
        port: The responder's; the type of ICMP; 0 for a protocol with neither.
        verdict: ALLOWED, REFUSED, PROXIED, UNRESTRICTED or UNKNOWN.
        egress: What the initiator's end decides.
        ingress: What the responder's end decides.
        reason: Why the ends cannot meet at all; empty where they can.
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

    @property
    def traffic(self) -> str:
        """Protocol with port or type, for people."""
        return one_traffic(self.protocol, self.port)


class End(t.NamedTuple):
    """One end with what the other end's rules see of it: addresses, or the names that stand in front of it."""

    text: str
    host: HostPlan | None
    peers: tuple[Peer, ...]


def connections(plan: Plan, sets: AddressSetIndex, initiator: Party, responder: Party, protocol: str, port: int) -> list[Connection]:
    """What the plan decides about one port between two ends; where families or addresses differ in it, one entry for each answer."""
    found: list[Connection] = []
    for destination in _responders(plan, as_responder(responder, plan)):
        used = {name for rule in destination.host.part.rules for name in rule.peers.address_sets} if destination.host else set[str]()
        for source in _initiators(plan, of_responder(initiator, used, plan)):
            found += _between(plan, sets, source, destination, protocol, port)
    return found


def _initiators(plan: Plan, party: Party) -> list[End]:
    peers = (Peer(name=party.name),) if party.name and not party.hosts else tuple(map(Peer, party.networks))
    return [End(name, plan.hosts[name], peers) for name in party.hosts] or [End(party.text, None, peers)]


def _responders(plan: Plan, party: Party) -> list[End]:
    """The responder as initiators reach it: by the names in front of it, or by those of its addresses that were asked about."""
    if not party.hosts:
        return [End(party.text, None, (Peer(name=party.name),) if party.name else tuple(map(Peer, party.networks)))]
    found = []
    for name in party.hosts:
        host = plan.hosts[name]
        asked = netaddr.IPSet(party.networks)
        own = [address for address in host.addresses if netaddr.IPNetwork(address) in asked]
        names = host.part.front.names if host.part.front else ()
        chosen = [party.name] if party.name else names
        found.append(End(name, host, tuple(Peer(name=one) for one in chosen) or tuple(map(Peer, own or party.networks))))
    return found


def _between(plan: Plan, sets: AddressSetIndex, source: End, destination: End, protocol: str, port: int) -> Iterator[Connection]:
    if source.host and source.host == destination.host:
        nothing = Decision(Verdict.UNRESTRICTED)
        yield Connection(
            source.text, source.text, (), (), protocol, port, Verdict.UNRESTRICTED, nothing, nothing, _with_itself(source.host)
        )
        return
    front = destination.host.part.front if destination.host else None
    own_port = inner_port(front, port) if front and protocol in WITH_PORTS else port
    family = FAMILY.get(protocol)
    pairs = [(own, other) for own in source.peers for other in destination.peers if _may_meet(own, other, family)]
    if not pairs or own_port is None:
        verdict = Verdict.REFUSED if pairs else Verdict.UNKNOWN
        why = _no_pair(source, destination, protocol) if not pairs else f"port {port} in front of {destination.text} does not lead to it"
        yield Connection(source.text, destination.text, (), (), protocol, port, verdict, NOT_IN_PLAN, NOT_IN_PLAN, why)
        return
    groups: dict[tuple[Decision, Decision], list[tuple[Peer, Peer]]] = {}
    for whole, other in pairs:
        for own in _pieces(plan, whole, destination, protocol, own_port):
            egress = decide(source.host.part, EGRESS, protocol, port, other, sets) if source.host else NOT_IN_PLAN
            ingress = _incoming(destination.host, protocol, own_port, own, sets) if destination.host else NOT_IN_PLAN
            groups.setdefault((egress, ingress), []).append((own, other))
    for (egress, ingress), members in groups.items():
        sources, destinations = (tuple(dict.fromkeys(_shown(pair[end]) for pair in members)) for end in (0, 1))
        verdict = _together(egress, ingress)
        yield Connection(source.text, destination.text, sources, destinations, protocol, port, verdict, egress, ingress)


def _pieces(plan: Plan, peer: Peer, destination: End, protocol: str, port: int) -> list[Peer]:
    """A network in the parts that the responder's rules tell apart; whatever else a peer is, as it is."""
    if peer.name or destination.host is None or netaddr.IPNetwork(peer.network).size == 1:
        return [peer]
    pieces = [netaddr.IPSet([peer.network])]
    for rule in destination.host.part.rules:
        if rule.direction == INGRESS and rule.concerns(protocol, port):
            for name in rule.peers.address_sets:
                known = netaddr.IPSet(plan.address_sets[name])
                pieces = [part for piece in pieces for part in (piece & known, piece - known) if part]
    return [Peer(str(cidr)) for piece in pieces for cidr in piece.iter_cidrs()]


def _incoming(host: HostPlan, protocol: str, port: int, peer: Peer, sets: AddressSetIndex) -> Decision:
    """What a responder decides, by its own port. Named networks keep their addresses; others are seen as what stands in front."""
    decided = decide(host.part, INGRESS, protocol, port, peer, sets)
    if host.part.front is None or not host.part.front.sources or decided.verdict is Verdict.ALLOWED:
        return decided
    decisions = [decide(host.part, INGRESS, protocol, port, Peer(source), sets) for source in host.part.front.sources]
    return next((decision for decision in decisions if decision.verdict.refuses), decisions[0])


def inner_port(front: PlanFront, port: int) -> int | None:
    """The host's own port behind a port in front; None: the port in front leads elsewhere."""
    own = next((own for own, outside in front.ports if outside == port), None)
    return own if own is not None or any(moved == port for moved, _outside in front.ports) else port


def _with_itself(host: HostPlan) -> str:
    apart = host.part.containers_apart
    if apart is None:
        return "the connection stays on the host, and no rule of the plan is about connections of a host with itself"
    allowed = ", ".join(f"{flow.protocol} {', '.join(flow.ports)} ({flow.flow})" for flow in apart) or "nothing"
    return f"the connection stays on the host: processes are not restricted; between its containers passes only {allowed}"


def _together(egress: Decision, ingress: Decision) -> Verdict:
    ends = {egress.verdict, ingress.verdict}
    if any(verdict.refuses for verdict in ends):
        return Verdict.REFUSED
    for verdict in (Verdict.PROXIED, Verdict.ALLOWED, Verdict.UNRESTRICTED):
        if verdict in ends:
            return verdict
    return Verdict.UNKNOWN


def _may_meet(own: Peer, other: Peer, family: int | None = None) -> bool:
    """Whether two ends have one address family, and that of the protocol if it has one."""
    versions = {ipaddress.ip_network(one.network).version for one in (own, other) if not one.name}
    return len(versions) < 2 and (family is None or versions <= {family})


def _no_pair(source: End, destination: End, protocol: str) -> str:
    unknown = [end.text for end in (source, destination) if not end.peers]
    if unknown:
        return f"the plan has no address of {' and '.join(unknown)}"
    alone = f", and {protocol} is for IPv{FAMILY[protocol]} alone" if protocol in FAMILY else ""
    return f"{source.text} and {destination.text} have no address of the same family{alone}"


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
    asked = netaddr.IPSet(party.networks)
    for name, host in sorted(plan.hosts.items()):
        if party.hosts and name not in party.hosts:
            continue
        for rule in host.part.rules:
            if (protocol and rule.protocol != protocol) or (port is not None and not _is_about(host, rule, port)):
                continue
            is_own = party.hosts and rule.direction == own
            if is_own or (not party.hosts and rule.direction == others and _concerns(rule, party, asked, plan)):
                yield Opening(name, rule)


def _is_about(host: HostPlan, rule: PlanRule, port: int) -> bool:
    return holds(outside_ports(host, rule), port) if rule.protocol in WITH_PORTS else rule.concerns(rule.protocol, port)


def _concerns(rule: PlanRule, party: Party, asked: netaddr.IPSet, plan: Plan) -> bool:
    """Whether a rule's peers are the party, or at least a part of its networks."""
    if party.name:
        return party.name in rule.peers.names or ANY in rule.peers.address_sets
    return any(not asked.isdisjoint(netaddr.IPSet(plan.address_sets[name])) for name in rule.peers.address_sets)


def outside_ports(host: HostPlan, rule: PlanRule) -> tuple[str, ...]:
    """The ports of a rule as partners see them."""
    return host.part.front.outside(rule.ports, rule.protocol) if host.part.front and rule.direction == INGRESS else rule.ports


def ports_between(plan: Plan, sets: AddressSetIndex, initiator: Party, responder: Party) -> list[tuple[str, str, list[Connection]]]:
    """All ports that a rule of either end opens between the two, as (protocol, port or range, connections), each range decided as one."""
    found: list[tuple[str, str, list[Connection]]] = []
    for protocol in PROTOCOLS:
        rules = [
            (plan.hosts[name], rule)
            for party, direction in ((initiator, EGRESS), (as_responder(responder, plan), INGRESS))
            for name in party.hosts
            for rule in plan.hosts[name].part.rules
            if (rule.direction, rule.protocol) == (direction, protocol)
        ]
        if protocol not in WITH_PORTS:
            numbers = {number for _host, rule in rules for number in samples(protocol, (), rule.types)}
            asked = [(number, number_shown(protocol, number)) for number in sorted(numbers)]
            found += list(_allowed(plan, sets, initiator, responder, protocol, asked))
            continue
        ports = [port for host, rule in rules for port in outside_ports(host, rule)]
        if protocol == TCP:
            proxies = [plan.hosts[name].part.proxy for name in initiator.hosts]
            ports += [port for proxy in proxies for flow in (proxy.flows if proxy else ()) for port in flow.ports]
        asked = [(low, str(low) if low == high else f"{low}-{high}") for low, high in _atoms(ports)]
        found += list(_allowed(plan, sets, initiator, responder, protocol, asked))
    return found


def _allowed(
    plan: Plan, sets: AddressSetIndex, initiator: Party, responder: Party, protocol: str, asked: Iterable[tuple[int, str]]
) -> Iterator[tuple[str, str, list[Connection]]]:
    """What of some ports or types, each with how it is shown, is allowed between the two."""
    for number, shown in asked:
        decided = connections(plan, sets, initiator, responder, protocol, number)
        if any(one.verdict in (Verdict.ALLOWED, Verdict.PROXIED) for one in decided):
            yield protocol, shown, decided


def _atoms(ports: Iterable[str]) -> list[tuple[int, int]]:
    """Ports and ranges cut where one of them begins or ends: in each piece the same rules hold."""
    spans = list(map(bounds, ports))
    cuts = sorted({low for low, _high in spans} | {high + 1 for _low, high in spans})
    return [(low, end - 1) for low, end in zip(cuts, cuts[1:], strict=False) if any(first <= low <= last for first, last in spans)]
