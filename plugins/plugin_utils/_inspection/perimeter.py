# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the hosts of each site have in common: entries of their parts of the plan, and the flows that cross the site's perimeter."""

from __future__ import annotations

import collections
import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ...module_utils._plan.model import HostPart, Peers
from ...module_utils._plan.words import EGRESS, INGRESS
from .._common.address_set_names import is_of_front, network_of
from .._common.addresses import ANYBODY, merge, without
from .._inventory.hosts import Host

Planned = Sequence[tuple[Sequence[Host], HostPart]]
E = t.TypeVar("E")


class Crossing(t.NamedTuple):
    """A flow that crosses the perimeter of a site.

    Attributes:
        flow: ``<matrix>.<federation>.<flow>``.
        direction: INGRESS or EGRESS, as the site sees it.
        protocol: ``tcp`` or ``udp``.
        ports: The responder's.
        networks: The merged networks outside; empty where names alone are there.
        names: Host names outside.
        via_proxy: The forward proxy that it leaves through; otherwise empty.
        tls: The matrix's word for how the connection is protected; empty behind a forward proxy.
        purpose: What it is for.
    """

    flow: str
    direction: str
    protocol: str
    ports: tuple[str, ...]
    networks: tuple[str, ...]
    names: tuple[str, ...]
    via_proxy: str
    tls: str
    purpose: str
    types: tuple[str, ...] = ()


def peer_networks(peers: Peers, address_sets: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The merged CIDRs of a rule's peers."""
    sets = [address_sets[name] for name in peers.address_sets]
    return tuple(sets[0]) if len(sets) == 1 else merge(cidr for cidrs in sets for cidr in cidrs)


def by_site(planned: Planned, entries: Callable[[HostPart], Iterable[E]]) -> dict[str, list[tuple[E, tuple[Host, ...]]]]:
    """Each site's entries, each once, with the managed hosts that have it, by name. Sites are sorted."""
    found: dict[str, dict[str, tuple[E, list[Host]]]] = collections.defaultdict(dict)
    for hosts, part in planned:
        shown = {repr(entry): entry for entry in entries(part)} if part.managed else {}
        for host in hosts if part.managed else ():
            of_site = found[host.site]
            for key, entry in shown.items():
                of_site.setdefault(key, (entry, []))[1].append(host)
    return {
        site: [(entry, tuple(sorted(hosts, key=lambda host: host.name))) for entry, hosts in of_site.values()]
        for site, of_site in sorted(found.items())
    }


def crossings(planned: Planned, address_sets: Mapping[str, Sequence[str]]) -> dict[str, list[tuple[Crossing, tuple[Host, ...]]]]:
    """Every flow that crosses the perimeter of each site, with the site's hosts that have it.

    Flows between hosts of one site do not cross it, and neither do those with named networks. A host with a front is known by its names
    as well. What goes through a forward proxy crosses the perimeter as the flow that it is. A front is inside, too: what comes in crosses
    the perimeter with the partners' own addresses and the port in front, whatever the host itself sees.
    """
    inside: dict[str, list[str]] = collections.defaultdict(list)
    names: dict[str, set[str]] = collections.defaultdict(set)
    for hosts, part in planned:
        for host in hosts if part.managed else ():
            inside[host.site] += host.addresses or ()
            names[host.site].update(host.profile.front.names if host.profile.front else ())
    found: dict[str, list[tuple[Crossing, tuple[Host, ...]]]] = {}
    partners = hidden_partners(planned, address_sets)
    for site, entries in by_site(planned, lambda part: _flows(part, address_sets, partners.get(id(part), {}))).items():
        own = merge(inside[site])
        others = ((flow._replace(names=tuple(name for name in flow.names if name not in names[site])), hosts) for flow, hosts in entries)
        outside = ((flow if _is_to_anybody(flow) else flow._replace(networks=without(flow.networks, own)), hosts) for flow, hosts in others)
        found[site] = sorted(
            ((flow, hosts) for flow, hosts in outside if flow.networks or flow.names),
            key=lambda entry: (entry[0].flow, entry[0].direction, entry[0].ports, entry[1][0].name),
        )
    return found


def hidden_partners(planned: Planned, address_sets: Mapping[str, Sequence[str]]) -> dict[int, dict[str, list[str]]]:
    """By the identity of a host's part, if its front hides the sources: flow -> the addresses of those who open it to the host."""
    hidden = [(hosts, part) for hosts, part in planned if _hides_sources(part)]
    openers = _openers(planned) if hidden else {}
    return {id(part): _partners(hosts, part, openers, address_sets) for hosts, part in hidden}


def _hides_sources(part: HostPart) -> bool:
    return bool(part.managed and part.front and part.front.sources)


Openers = Mapping[str, Sequence[tuple[Sequence[Host], Peers]]]
"""Flow -> the hosts that open it, each group with the peers that its rule or its forward proxy names."""


def _openers(planned: Planned) -> Openers:
    found: dict[str, list[tuple[Sequence[Host], Peers]]] = collections.defaultdict(list)
    for hosts, part in planned:
        for rule in part.rules:
            if rule.direction == EGRESS and not rule.via_proxy:
                found[rule.label].append((hosts, rule.peers))
        for flow in part.proxy.flows if part.proxy else ():
            found[flow.flow].append((hosts, flow.peers))
    return found


def _partners(hosts: Iterable[Host], part: HostPart, openers: Openers, address_sets: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Flow -> the addresses of those who open it to hosts whose front hides them, as their own rules say."""
    names = set(part.front.names) if part.front else set[str]()
    own = merge(address for host in hosts for address in host.addresses or ())
    scopes = {(member.matrix, member.federation) for member in part.memberships if member.federation_scope == "any"}
    means: dict[Peers, bool] = {}
    found: dict[str, list[str]] = {}
    for rule in part.rules:
        if rule.direction != INGRESS or rule.label in found:
            continue
        found[rule.label] = list(ANYBODY) if (rule.matrix, rule.federation) in scopes else []
        for others, peers in openers.get(rule.label, ()):
            if peers not in means:
                means[peers] = bool(names.intersection(peers.names)) or without(own, peer_networks(peers, address_sets)) != own
            if means[peers]:
                found[rule.label].extend(address for host in others for address in host.addresses or ())
    return {label: addresses for label, addresses in found.items() if addresses}


def _flows(part: HostPart, address_sets: Mapping[str, Sequence[str]], partners: Mapping[str, Sequence[str]]) -> Iterator[Crossing]:
    """The flows of a host, with all their peers that are not in a named network."""
    for rule in part.rules:
        if not rule.via_proxy:
            networks, names = _outside(rule.peers, address_sets)
            is_front = any(is_of_front(name) for name in rule.peers.address_sets)
            if is_front and rule.direction == INGRESS and rule.label in partners:
                networks = merge(partners[rule.label])
            ports = part.front.outside(rule.ports, rule.protocol) if part.front and rule.direction == INGRESS else rule.ports
            yield Crossing(rule.label, rule.direction, rule.protocol, ports, networks, names, "", rule.tls, rule.purpose, rule.types)
    for flow in part.proxy.flows if part.proxy else ():
        networks, names = _outside(flow.peers, address_sets)
        proxy = part.proxy.url(flow.proxy) if part.proxy else None
        yield Crossing(flow.flow, EGRESS, "tcp", flow.ports, networks, names, proxy or "", "", flow.purpose)


def _outside(peers: Peers, address_sets: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    sets = tuple(name for name in peers.address_sets if not (network_of(name) or is_of_front(name)))  # these stand inside the site
    return peer_networks(Peers(sets), address_sets), peers.names


def _is_to_anybody(flow: Crossing) -> bool:
    return not set(ANYBODY).isdisjoint(flow.networks)
