# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The rules of one host: every flow in which it is the initiator or the responder, seen from its side."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...module_utils._plan.model import Document, Exclusion, Json, Peers, PlanRule
from ...module_utils._plan.protocols import FAMILY
from ...module_utils._plan.words import EGRESS, INGRESS
from .._inventory.hosts import Host
from .._matrix.model import ENDS, INITIATOR, RESPONDER, Flow, Ports
from .address_sets import AddressSets
from .check_networks import demanding
from .federations import Federation, Member
from .fronts import admitted, reached


@dataclasses.dataclass(frozen=True)
class Rule:
    """What a host's firewall does because of one flow.

    Attributes:
        ports_in_id: Other responders of the flow have other ports.
        proxy_mechanisms: What has to know the forward proxy, where an egress rule's flow is to use it.
        phases: When the host needs it, in order, where its own opening of the flow says so; empty: as the flow says.
        until: The last day of the exception that opens it, YYYY-MM-DD; empty: it has no end.
        mirrored: The way back of a flow that goes both ways. It closes nothing.
    """

    federation: Federation
    flow: Flow
    direction: str
    ports: Ports
    peers: Peers
    placement: str
    ports_in_id: bool = False
    proxy_mechanisms: tuple[str, ...] = ()
    until: str = ""
    phases: tuple[str, ...] = ()
    mirrored: bool = False

    @property
    def flow_label(self) -> str:
        return f"{self.federation.label}.{self.flow.id}"

    @property
    def id(self) -> str:
        return ".".join((self.flow_label, self.direction, *(["_".join(self.ports)] if self.ports_in_id else [])))

    @property
    def needed(self) -> tuple[str, ...]:
        """The phases in which the host needs it, in order."""
        return self.phases or self.flow.phases

    def _connection(self) -> Json:
        """What the plan's rule and the exclusion from inspection say in the same words."""
        return {
            "matrix": self.federation.matrix.name,
            "federation": self.federation.name,
            "flow": self.flow.id,
            "direction": self.direction,
            "protocol": self.flow.protocol,
            "ports": self.ports,
            "peers": self.peers,
            "application": self.flow.application,
            "tls": self.flow.tls,
            "purpose": self.flow.purpose,
        }

    def to_plan(self) -> PlanRule:
        return PlanRule(
            id=self.id,
            placement=self.placement,
            closed_to_others=self.direction == INGRESS and self.flow.closed_to_others and not self.mirrored,
            inspection=self.flow.inspection,
            necessity=self.flow.necessity,
            phases=self.needed,
            until=self.until,
            types=self.flow.types,
            **self._connection(),
        )

    def exclusion(self, via_proxy: str | None) -> Exclusion:
        """What those who run TLS inspection have to leave alone; ``via_proxy`` is the forward proxy that it goes through."""
        return Exclusion(
            rule=self.id,
            reason=self.flow.inspection_reason,
            middleboxes=self._middleboxes(),
            documents=tuple(Document(one.title, one.url, tuple(one.sections)) for one in self.flow.documents),
            via_proxy=via_proxy,
            **self._connection(),
        )

    def _middleboxes(self) -> Json:
        by_nature: Json = {"http": "2"} if self.flow.application == "grpc" else {}
        return {**by_nature, **self.flow.middleboxes, **({"long_lived": True} if self.flow.long_lived else {})}


def both_ways(rule: Rule) -> Iterator[Rule]:
    """The rule, and its way back: a tunnel that has been silent for a while may speak up again at either end."""
    yield rule
    if rule.peers != Peers():
        yield dataclasses.replace(rule, direction=INGRESS if rule.direction == EGRESS else EGRESS, mirrored=True)


def joined(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules, with one for both where a flow and the way back of the same flow have the same direction."""
    found: dict[str, Rule] = {}
    for rule in rules:
        known = found.get(rule.id)
        if known is None:
            found[rule.id] = rule
            continue
        sets = tuple(dict.fromkeys((*known.peers.address_sets, *rule.peers.address_sets)))
        names = tuple(dict.fromkeys((*known.peers.names, *rule.peers.names)))
        until = _last((known.until or None, rule.until or None))
        found[rule.id] = dataclasses.replace(known, peers=Peers(sets, names), mirrored=known.mirrored and rule.mirrored, until=until)
    return tuple(found.values())


class HostFlows(t.NamedTuple):
    """The flows of one host, resolved against its federations.

    Attributes:
        rules: The rules of the host's phases.
        tunnel_networks: The networks inside of the tunnels that end on the host.
        warnings: What the user should know about the rules.
    """

    rules: tuple[Rule, ...]
    tunnel_networks: tuple[str, ...]
    warnings: tuple[str, ...]


Places = Sequence[tuple[Federation, Member]]
"""Where a host is a member of what."""


def places_of(host: Host, federations: Mapping[tuple[str, str], Federation]) -> Places:
    """The federations of a host, the baseline's first, each with the host's place in it."""
    own = (host.profile.baseline,) if host.profile.baseline else ()
    found = (federations[one.matrix.name, one.federation] for one in (*own, *host.profile.memberships))
    return [(federation, federation.members[host.name]) for federation in found]


def host_flows(host: Host, federations: Mapping[tuple[str, str], Federation], sets: AddressSets) -> HostFlows:
    """Resolve the flows of one host; the address sets that its rules need are added to ``sets``."""
    places = places_of(host, federations)
    resolver = _Resolver(host, sets)
    rules = joined(rule for federation, member in places for rule in resolver.rules(federation, member))
    return HostFlows(rules, _tunnel_networks(places), (*resolver.warnings(), *_without_family(rules, sets)))


class _Resolver:
    """Gives flows their peers, and remembers the essential networks that the host does not define."""

    def __init__(self, host: Host, sets: AddressSets) -> None:
        self._host = host
        self._sets = sets
        self._networks = dict(host.profile.networks)
        self._opened: set[str] = set()
        self._refused: set[str] = set()

    def rules(self, federation: Federation, member: Member) -> Iterator[Rule]:
        for flow in federation.flows:
            for end in ENDS if flow.makes_rules else ():
                phases = member.phases(flow, end)
                if self._host.profile.phases.isdisjoint(phases) or not member.takes_part(flow, end):
                    continue
                mechanisms = flow.mechanisms(member.options) if end == INITIATOR else ()
                until = (member.opened_until(flow) or "") if flow.opener == end else ""
                for rule in self._at_end(federation, member, flow, end):
                    found = dataclasses.replace(rule, proxy_mechanisms=mechanisms, phases=phases, until=_first(rule.until, until))
                    yield from both_ways(found) if flow.goes_both_ways else (found,)

    def _at_end(self, federation: Federation, member: Member, flow: Flow, end: str) -> Iterator[Rule]:
        direction = EGRESS if end == INITIATOR else INGRESS
        ports = flow.ports_with(member.options)
        placement = flow.placement(end, member.options)
        other = flow.ends[RESPONDER if end == INITIATOR else INITIATOR]
        if other.kind == "roles":
            yield from self._between_roles(federation, member, flow, direction, placement)
            return
        if other.kind == "names":
            peers: Peers | None = Peers(names=other.values)
        elif other.kind == "any":
            peers = self._anybody()
        else:
            peers = self._network(federation, other.values[0], direction)
        is_closure = direction == INGRESS and flow.closed_to_others
        if peers is not None and (peers != Peers() or is_closure):
            yield Rule(federation, flow, direction, ports, peers, placement)

    def _between_roles(self, federation: Federation, member: Member, flow: Flow, direction: str, placement: str) -> Iterator[Rule]:
        other = RESPONDER if direction == EGRESS else INITIATOR
        partners = federation.participants(flow, other)
        anybody = member.membership.any_partner and _may_have_strangers(federation, flow, other, _others(partners, member))
        until = (member.membership.any_until or "") if anybody else ""
        if direction == INGRESS:
            if anybody or _others(partners, member):
                known = Peers() if anybody else Peers((self._sets.members(federation, flow, INITIATOR, partners),))
                peers = admitted(member.host, self._anybody() if anybody else known, self._sets)
                yield Rule(federation, flow, INGRESS, flow.ports_with(member.options), peers, placement, until=until)
            return
        groups = dict(federation.responders_by_ports(flow))
        if anybody:
            groups.setdefault(flow.ports_with(federation.options), ())
        for ports, group in groups.items():
            if anybody or _others(group, member):
                peers = self._anybody() if anybody else reached(federation, flow, group, ports, member, self._sets)
                ends = [partner.opened_until(flow) for partner in group if partner is not member] if flow.opener == RESPONDER else []
                opened = "" if anybody else _last(ends)
                yield Rule(federation, flow, EGRESS, ports, peers, placement, ports_in_id=len(groups) > 1, until=_first(until, opened))

    def _anybody(self) -> Peers:
        return Peers((self._sets.anybody(),))

    def _network(self, federation: Federation, name: str, direction: str) -> Peers | None:
        """The host's named network; None if it makes no rule."""
        cidrs = self._networks.get(name)
        if cidrs:
            return Peers((self._sets.network(name, cidrs),))
        if name in federation.matrix.essential_networks:
            return self._undefined_essential(name, direction)
        return None if cidrs is None else Peers()

    def _undefined_essential(self, name: str, direction: str) -> Peers | None:
        """Deny must not take away administration, names and time by accident; a role that demands deny opens no way by itself."""
        profile = self._host.profile
        if direction == INGRESS and INGRESS in profile.demanded:
            return None  # the plan is refused where the network is not defined; here it is empty
        if direction == EGRESS and EGRESS in profile.demanded:
            self._refused.add(name)
            return None
        if direction in profile.denied | profile.demanded:
            self._opened.add(name)
            return self._anybody()
        return None

    def warnings(self) -> Iterator[str]:
        """What the user should know about the rules so far."""
        if self._opened:
            yield f"{_undefined(self._opened)}: under default deny they are open to any address until you define them"
        if self._refused:
            yield f"{_undefined(self._refused)}: {demanding(self._host.profile, EGRESS)} demands deny, so their flows are refused"


def _without_family(rules: Iterable[Rule], sets: AddressSets) -> Iterator[str]:
    """Rules of a protocol of one address family whose peers have addresses of the other one alone."""
    for rule in rules:
        family = FAMILY.get(rule.flow.protocol)
        cidrs = [cidr for name in rule.peers.address_sets for cidr in sets.cidrs[name]]
        if family and cidrs and not rule.peers.names and all((":" in cidr) != (family == 6) for cidr in cidrs):
            text = f"{rule.flow.protocol} is for IPv{family} alone, and none of its peers has an IPv{family} address"
            yield f"{rule.flow_label}: {text}, so {rule.direction} opens nothing for them"


def _tunnel_networks(places: Places) -> tuple[str, ...]:
    taking_part = (flow for federation, member in places for flow in federation.flows if any(member.takes_part(flow, end) for end in ENDS))
    return tuple(sorted({network for flow in taking_part for network in flow.tunnel_networks}))


def _first(*days: str) -> str:
    """The first of these days; empty ones have no end."""
    return min(filter(None, days), default="")


def _last(days: Iterable[str | None]) -> str:
    """The last of these days; empty if one of them has no end."""
    found = list(days)
    return "" if None in found else max(filter(None, found), default="")


def _others(partners: tuple[Member, ...], member: Member) -> bool:
    """Whether a set of partners holds more than the host itself."""
    return any(partner is not member for partner in partners[:2])


def _may_have_strangers(federation: Federation, flow: Flow, end: str, has_others: bool) -> bool:
    """Whether partners that nobody knows yet may be at an end: partners who set no option, where the flow needs any or has some."""
    return flow.opener != end and flow.fits(end, federation.options) and (has_others or flow.necessity == "mandatory")


def _undefined(networks: set[str]) -> str:
    return f"connectivity_networks does not define {', '.join(sorted(networks))}"
