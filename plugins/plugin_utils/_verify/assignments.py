# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Chooses what to prove of a plan: which connections have to come about, and which must not.

A flow is proven from its initiator to its responder, where both are in the plan, and a closed port from a host that is not
among its peers. How much is tried is bounded per rule, and what was left out is told.
"""

from __future__ import annotations

import ipaddress
import typing as t
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence

from ...module_utils._plan.model import HostPart, HostPlan, Peers, PlanListener, PlanRule
from ...module_utils._plan.ports import bounds, holds, without
from ...module_utils._plan.protocols import TRIED
from ...module_utils._plan.words import EGRESS, INGRESS
from .._plan.reader import AddressSetIndex, Plan
from .fronts import HIDES_SOURCES, Fronts, own_port
from .model import BLOCKED, OPEN, Choice, LeftOut, Listener, Proof, Untried


def choose(plan: Plan, present: Collection[str], strangers: Mapping[str, Sequence[str]], maximum: int) -> dict[str, Choice]:
    """Choose for every host of a run what it tries.

    Args:
        plan: The plan.
        present: The hosts of the run. Those of them that the plan manages, and strangers, take part.
        strangers: Hosts that need not be in the plan -> their addresses, as far as these are known. Where these are among
            a rule's peers, say in a named network, they try its flow; everywhere else they are outsiders.
        maximum: How many peers, and how many outsiders, a rule is tried with at most; at least 1.

    Returns:
        Inventory name -> choice.
    """
    return _Chooser(plan, present, strangers, maximum).choose()


def ports_to_prove(ports: Iterable[str]) -> list[int]:
    """The ports that stand for a list of ports and ranges: each port, and both ends of each range."""
    return sorted({end for port in ports for end in bounds(port)})


class Group:
    """Hosts of which some are chosen, at a cost that does not grow with their number."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)
        self._members = frozenset(self._names)

    def count(self, without: str) -> int:
        """How many there are beside one."""
        return len(self._names) - (without in self._members)

    def spread(self, maximum: int, seed: str, without: str) -> list[str]:
        """At most ``maximum`` hosts beside one, evenly spaced from a start that depends on the seed: many seeds reach all."""
        size, wanted = len(self._names), maximum + (without in self._members)
        start = zlib.crc32(seed.encode())
        places = range(size) if size <= wanted else [(start + step * size // wanted) % size for step in range(wanted)]
        return [name for name in (self._names[place] for place in places) if name != without][:maximum]


class _Chooser:
    def __init__(self, plan: Plan, present: Collection[str], strangers: Mapping[str, Sequence[str]], maximum: int) -> None:
        self._hosts = plan.hosts
        self._membership = AddressSetIndex(plan.address_sets)
        self._maximum = maximum
        present = frozenset(present)
        self._managed = [name for name in sorted(plan.hosts) if plan.hosts[name].part.managed and name in present]
        self._strangers = {name: strangers[name] for name in sorted(strangers) if name in present}
        self._choices = {name: Choice(managed=False) for name in self._strangers} | {name: Choice(managed=True) for name in self._managed}
        self._ingress = _by_flow(plan.hosts, INGRESS)
        self._fronts = Fronts(plan.hosts)
        self._addresses = {name: _single(host.addresses) for name, host in plan.hosts.items()}
        self._candidates: dict[tuple[t.Any, ...], Group] = {}
        self._outsiders: dict[tuple[str, ...], tuple[Group, Group]] = {}

    def choose(self) -> dict[str, Choice]:
        for name in self._managed:
            for rule in self._hosts[name].part.rules:
                if rule.protocol not in TRIED:
                    self._note_protocol(name, rule)
                elif rule.direction == EGRESS:
                    self._prove_flow(name, rule)
                else:
                    self._choices[name].listen.update((rule.protocol, port) for port in ports_to_prove(rule.ports))
                    if rule.closed_to_others:
                        self._prove_network(name, rule)
                        self._prove_closure(name, rule)
            self._choices[name].listeners = [_listener(entry, self._hosts[name].part) for entry in self._hosts[name].part.listeners]
        self._note_untried_ingress()
        return dict(sorted(self._choices.items()))

    def _prove_flow(self, initiator: str, rule: PlanRule) -> None:
        choice, before = self._choices[initiator], len(self._choices[initiator].proofs)
        outside = [name for name in rule.peers.names if name not in self._fronts.names]
        for destination in [*outside, *(self._single_addresses(rule) if rule.via_proxy else ())]:
            for port in ports_to_prove(rule.ports):
                choice.proofs.append(Proof(rule.label, rule.id, OPEN, initiator, "", False, rule.protocol, port, destination))
        candidates = self._responders(rule)
        chosen = candidates.spread(self._maximum, f"{initiator} {rule.id}", without=initiator)
        self._note_left_out(initiator, rule, OPEN, candidates.count(without=initiator) - len(chosen))
        for responder in sorted(chosen):
            choice.proofs.extend(self._flow_proofs(initiator, responder, rule))
        if len(choice.proofs) == before:
            connection = f"{initiator} -> {_peers(rule)} {_ports(rule)}"
            choice.untried.append(Untried(rule.label, rule.id, connection, "no host of the plan answers to it"))

    def _flow_proofs(self, initiator: str, responder: str, rule: PlanRule) -> list[Proof]:
        ours, sets = self._hosts[initiator].addresses, rule.peers.address_sets
        families = {version for _address, version in self._addresses[initiator]}
        fits = self._hosts[responder].part.managed
        front = self._fronts.of(responder)
        destinations = [
            *(name for name in front.names if name in rule.peers.names),
            *(
                address
                for address, version in self._addresses[responder]
                if version in families and self._membership.holds(sets, address) and address not in ours
            ),
        ]
        return [
            Proof(rule.label, rule.id, OPEN, initiator, responder, fits, rule.protocol, port, destination, own_port=own_port(front, port))
            for twin in self._ingress[_key(rule)][responder]
            if front.sources or any(self._membership.holds(twin.peers.address_sets, own) for own in ours)
            for destination in destinations
            for port in ports_to_prove(set(rule.ports) & set(front.outside(twin.ports)))
        ]

    def _responders(self, rule: PlanRule) -> Group:
        """The hosts among a rule's peers that have the other end of its flow; remembered, since hosts share rules."""
        sets, ports = tuple(rule.peers.address_sets), set(rule.ports)
        names = frozenset(rule.peers.names)
        key = (*_key(rule), sets, frozenset(ports), names)
        if key not in self._candidates:
            self._candidates[key] = Group(
                name
                for name, twins in self._ingress.get(_key(rule), {}).items()
                if any(ports & set(self._fronts.of(name).outside(twin.ports)) for twin in twins)
                and (
                    not names.isdisjoint(self._fronts.of(name).names)
                    or any(self._membership.holds(sets, address) for address, _version in self._addresses[name])
                )
            )
        return self._candidates[key]

    def _single_addresses(self, rule: PlanRule) -> list[str]:
        sets = [self._membership.members(name) for name in rule.peers.address_sets]
        return [address for members in sets for address, _version in _single(members)]

    def _prove_network(self, responder: str, rule: PlanRule) -> None:
        """A stranger whose address is among the peers, say in a named network, stands for them."""
        sets = rule.peers.address_sets
        among = {
            name: {version for address, version in _single(addresses) if self._membership.holds(sets, address)}
            for name, addresses in self._strangers.items()
            if name not in self._hosts
        }
        visitors = Group(name for name, families in among.items() if families)
        front = self._fronts.of(responder)
        for initiator in visitors.spread(self._maximum, f"{responder} {rule.id}", without=responder):
            self._choices[initiator].proofs.extend(
                Proof(rule.label, rule.id, OPEN, initiator, responder, True, rule.protocol, port, address, own_port=own_port(front, port))
                for port in ports_to_prove(front.outside(rule.ports))
                for address, version in self._addresses[responder]
                if version in among[initiator]
            )

    def _prove_closure(self, responder: str, rule: PlanRule) -> None:
        seed = f"{responder} {rule.id}"
        front = self._fronts.of(responder)
        if front.sources:
            connection = f"others -> {responder} {_ports(rule)}"
            self._choices[responder].untried.append(Untried(rule.label, rule.id, connection, HIDES_SOURCES))
            return
        for port in ports_to_prove(rule.ports):
            admitting = (other for other in self._hosts[responder].part.rules if _admits(other, rule.protocol, port))
            allowed = tuple(sorted({name for other in admitting for name in other.peers.address_sets}))
            strangers, others = self._not_among(allowed)
            chosen = strangers.spread(self._maximum, seed, without=responder)
            chosen += others.spread(self._maximum - len(chosen), seed, without=responder)
            left = strangers.count(without=responder) + others.count(without=responder) - len(chosen)
            self._note_left_out(responder, rule, BLOCKED, left)
            for initiator in chosen:
                self._choices[initiator].proofs.extend(
                    Proof(rule.label, rule.id, BLOCKED, initiator, responder, True, rule.protocol, outside, address, allowed, own)
                    for address, _version in self._addresses[responder]
                    for outside in ports_to_prove(front.outside([str(port)]))
                    for own in [own_port(front, outside)]
                )

    def _not_among(self, allowed: tuple[str, ...]) -> tuple[Group, Group]:
        """The strangers, and the managed hosts, that no address set in ``allowed`` holds."""
        if allowed not in self._outsiders:
            planned = {name: self._hosts[name].addresses for name in self._strangers if name in self._hosts}
            strangers = {name: (*found, *planned.get(name, ())) for name, found in self._strangers.items()}
            others = {name: self._hosts[name].addresses for name in self._managed if name not in strangers}
            self._outsiders[allowed] = (self._without(strangers, allowed), self._without(others, allowed))
        return self._outsiders[allowed]

    def _without(self, hosts: Mapping[str, Iterable[str]], allowed: tuple[str, ...]) -> Group:
        holds = self._membership.holds
        return Group(name for name, addresses in hosts.items() if not any(holds(allowed, address) for address in addresses))

    def _note_protocol(self, host: str, rule: PlanRule) -> None:
        """A flow whose packets verification neither sends nor answers."""
        if rule.peers != Peers():
            ends = (host, _peers(rule)) if rule.direction == EGRESS else (_peers(rule), host)
            why = f"verification does not try {rule.protocol}, only tcp and udp"
            self._choices[host].untried.append(Untried(rule.label, rule.id, f"{ends[0]} -> {ends[1]} {_ports(rule)}", why))

    def _note_left_out(self, host: str, rule: PlanRule, expect: str, hosts: int) -> None:
        entry = LeftOut(rule.label, rule.id, expect, hosts)
        if hosts and entry not in self._choices[host].left_out:
            self._choices[host].left_out.append(entry)

    def _note_untried_ingress(self) -> None:
        """Flows whose initiators are networks or partners: nobody here can open a connection on their behalf."""
        tried = {(proof.flow, proof.responder) for choice in self._choices.values() for proof in choice.proofs if proof.expect == OPEN}
        for name in self._managed:
            for rule in self._hosts[name].part.rules:
                is_noted = rule.protocol not in TRIED
                is_wanted = rule.direction == INGRESS and rule.closed_to_others and rule.peers != Peers() and not is_noted
                if is_wanted and (rule.label, name) not in tried:
                    connection = f"{_peers(rule)} -> {name} {_ports(rule)}"
                    self._choices[name].untried.append(Untried(rule.label, rule.id, connection, "no host of this run is its initiator"))


def _listener(entry: PlanListener, part: HostPart) -> Listener:
    concerned = [rule for rule in part.rules if (rule.direction, rule.protocol) == (INGRESS, entry.protocol)]
    ports = tuple(sorted({port for rule in concerned for port in rule.ports}))
    closed = [port for rule in concerned if rule.closed_to_others and rule.peers == Peers() for port in rule.ports]
    is_closed = not without(entry.ports, closed)
    denied = part.defaults.denies(INGRESS)
    inside = [flow for flow in part.computations if (flow.flow, flow.protocol) == (entry.label, entry.protocol)]
    container_ports = tuple(port for flow in inside for port in flow.ports)
    return Listener(entry.label, entry.protocol, entry.ports, entry.dynamic, ports, denied, is_closed, container_ports)


def _key(rule: PlanRule) -> tuple[str, str, str, str]:
    return rule.matrix, rule.federation, rule.flow, rule.protocol


def _by_flow(hosts: Mapping[str, HostPlan], direction: str) -> dict[tuple[str, str, str, str], dict[str, list[PlanRule]]]:
    found: dict[tuple[str, str, str, str], dict[str, list[PlanRule]]] = {}
    for name in sorted(hosts):
        for rule in hosts[name].part.rules:
            if rule.direction == direction:
                found.setdefault(_key(rule), {}).setdefault(name, []).append(rule)
    return found


def _admits(rule: PlanRule, protocol: str, port: int) -> bool:
    return rule.direction == INGRESS and rule.protocol == protocol and holds(rule.ports, port)


def _peers(rule: PlanRule) -> str:
    return ", ".join((*rule.peers.address_sets, *rule.peers.names)) or "nobody"


def _ports(rule: PlanRule) -> str:
    return f"{','.join(rule.ports)}/{rule.protocol}" if rule.protocol in TRIED else rule.traffic


def _single(addresses: Iterable[str]) -> list[tuple[str, int]]:
    """The single addresses among CIDRs, bare, each with its family."""
    networks = map(ipaddress.ip_network, addresses)
    return [(str(network.network_address), network.version) for network in networks if network.num_addresses == 1]
