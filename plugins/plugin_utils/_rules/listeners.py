# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What listens on a host, whether or not anybody may use it.

Who may connect is decided by the host's flows. A listener that no flow of the host opens to anybody is closed to everybody: an ingress
rule without peers. One that its software keeps to loopback addresses is verified instead. Closures never open anything, and never
concern a port that the host's other rules or its administration use.
"""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Iterable, Iterator, Mapping

from ...module_utils._plan.model import Peers, PlanListener
from ...module_utils._plan.ports import Ports, without
from ...module_utils._plan.words import INGRESS, LOOPBACK, PUBLISHED
from .._inventory.hosts import Host
from .._matrix.model import ALL_ADDRESSES, IN_USE, INITIATOR, RESPONDER, Flow
from .federations import Federation, Member
from .host_flows import Places, Rule, places_of

SHARED_PORTS = ("22", "80", "443")
"""Ports that other services of a host often have: they are closed only where a matrix says that its software listens there."""


class Undefined(t.NamedTuple):
    """A flow that comes from a named network, which the host does not define."""

    flow_label: str
    network: str
    traffic: str


class HostListeners(t.NamedTuple):
    """The listeners of one host that no rule of its flows is about.

    Attributes:
        closures: Ingress rules without peers.
        on_loopback: The services that must listen on loopback addresses alone, whatever the phase and whoever opened the flow.
        undefined: Conditional flows that nobody may use because their network is not defined.
    """

    closures: tuple[Rule, ...]
    on_loopback: tuple[PlanListener, ...]
    undefined: tuple[Undefined, ...]


def host_listeners(host: Host, federations: Mapping[tuple[str, str], Federation], rules: Collection[Rule]) -> HostListeners:
    """The listeners of one host.

    Args:
        host: The host. A partner's host is not closed by us: its networks and its other services are unknown.
        federations: All federations.
        rules: The rules of the host's flows.
    """
    places = places_of(host, federations)
    listening = tuple(_listening(places, {(rule.federation.label, rule.flow.id) for rule in rules if rule.direction == INGRESS}))
    managed = host.profile.managed
    admitted = _admitted(rules)
    verified = (one.for_plan() for one in listening if one.is_verified and (managed or one.flow.is_listener))
    on_loopback = tuple(_without_admitted(verified, admitted))
    if not managed:
        return HostListeners((), on_loopback, ())
    networks, phases = dict(host.profile.networks), host.profile.phases
    undefined = (one.undefined() for one in listening if one.lacks_network(networks) and not phases.isdisjoint(one.flow.phases))
    return HostListeners(tuple(_closures(listening, _taken(places, rules), admitted)), on_loopback, tuple(undefined))


def _admitted(rules: Iterable[Rule]) -> Mapping[str, Ports]:
    """The ports that rules of any system admit to somebody, by protocol. Nothing may ask to close them, or to bind them to loopback."""
    found: dict[str, Ports] = {}
    for rule in rules:
        if rule.direction == INGRESS and rule.peers != Peers():
            found[rule.flow.protocol] = (*found.get(rule.flow.protocol, ()), *rule.ports)
    return found


def _without_admitted(listeners: Iterable[PlanListener], admitted: Mapping[str, Ports]) -> Iterator[PlanListener]:
    """Of a dynamic listener the whole range stays: whoever looks at it knows that others may listen on its ports."""
    for one in listeners:
        ports = one.ports if one.dynamic else without(one.ports, admitted.get(one.protocol, ()))
        if ports:
            yield one._replace(ports=ports)


class _Listening(t.NamedTuple):
    """A flow whose responder the host is, as far as nobody may use it: without a rule, or kept to loopback addresses."""

    federation: Federation
    flow: Flow
    member: Member

    @property
    def ports(self) -> Ports:
        ports = self.flow.ports_with(self.member.options)
        return ports if self.flow.listens is not None else without(ports, SHARED_PORTS)

    @property
    def binds(self) -> str:
        return self.flow.listens_with(self.member.options)

    @property
    def is_verified(self) -> bool:
        """Whether its address is looked at: nobody can close one of many ports that is chosen at run time without closing the others."""
        return self.flow.is_listener or self.binds == LOOPBACK or (self.flow.dynamic and self.binds != IN_USE)

    @property
    def is_closed(self) -> bool:
        opens = self.member.opens(self.flow) or self.member.membership.opening(self.flow.id) is not None  # also one that has ended
        is_opened = self.flow.necessity == "optional" and opens
        listens = self.binds == ALL_ADDRESSES or (self.binds == IN_USE and is_opened) or (self.is_verified and self._accepts_nothing)
        return listens and not self.flow.dynamic and self.flow.closed_to_others

    @property
    def _accepts_nothing(self) -> bool:
        """Whether the host's node roles that listen here accept no connection in any state that their matrix calls usual."""
        matrix, responder = self.federation.matrix, self.flow.ends[RESPONDER]
        return all(matrix.accepts_nothing(role) for role in self.member.membership.roles.intersection(responder.values))

    def for_plan(self) -> PlanListener:
        matrix, flow = self.federation.matrix, self.flow
        ports = flow.ports_with(self.member.options)
        return PlanListener(matrix.name, self.federation.name, flow.id, flow.protocol, ports, LOOPBACK, flow.dynamic)

    def lacks_network(self, networks: Mapping[str, object]) -> bool:
        initiator = self.flow.ends[INITIATOR]
        defined = initiator.kind != "network" or initiator.values[0] in networks
        return not defined and initiator.values[0] not in self.federation.matrix.essential_networks and self.flow.necessity != "optional"

    def undefined(self) -> Undefined:
        label, network = f"{self.federation.label}.{self.flow.id}", self.flow.ends[INITIATOR].values[0]
        return Undefined(label, network, self.flow.traffic(self.member.options))


def _listening(places: Places, served: Collection[tuple[str, str]]) -> Iterator[_Listening]:
    for federation, member in places:
        for flow in federation.flows:
            is_responder = member.has_roles(flow, RESPONDER) and flow.fits(RESPONDER, member.options)
            if is_responder and flow.inside is None and (federation.label, flow.id) not in served:
                yield _Listening(federation, flow, member)


class _Taken(t.NamedTuple):
    """Ports that are decided about already. Where a container has them, the same rule closes them on the host, too."""

    protocol: str
    ports: Ports
    placement: str


def _taken(places: Places, rules: Iterable[Rule]) -> list[_Taken]:
    """The ports that rules close to others, and those that belong to the host itself (SSH), which no closure may touch."""
    closed = [
        _Taken(rule.flow.protocol, rule.ports, rule.placement) for rule in rules if rule.direction == INGRESS and rule.flow.closed_to_others
    ]
    return closed + [
        _Taken(flow.protocol, flow.ports_with(member.options), PUBLISHED)
        for federation, member in places
        for flow in federation.flows
        if not flow.closed_to_others and not flow.dynamic and member.has_roles(flow, RESPONDER)
    ]


def _closures(listening: Iterable[_Listening], taken: list[_Taken], admitted: Mapping[str, Ports]) -> Iterator[Rule]:
    for one in listening:
        if not one.is_closed:
            continue
        protocol, placement = one.flow.protocol, one.flow.placement(RESPONDER, one.member.options)
        known = [other for other in taken if other.protocol == protocol and other.placement in (placement, PUBLISHED)]
        ports = without(one.ports, [*admitted.get(protocol, ()), *(port for other in known for port in other.ports)])
        if ports:
            taken.append(_Taken(protocol, ports, placement))
            yield Rule(one.federation, one.flow, INGRESS, ports, Peers(), placement)
