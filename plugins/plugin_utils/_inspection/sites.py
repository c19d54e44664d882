# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What each site's boxes have to leave alone: the exclusions of its hosts put together, and handed to the exporters."""

from __future__ import annotations

import collections
import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...module_utils._plan.model import Exclusion, HostPart, Peers
from ...module_utils._plan.ports import bounds
from ...module_utils._plan.words import EGRESS, INGRESS
from .._common.address_set_names import is_of_front
from .._common.addresses import ANYBODY, merge, without
from .._common.problems import Problems
from .._inspection_exports import EXPORTERS
from .._inspection_exports.exemption import Exemption
from .._inventory.hosts import Host
from .._rules.plan import Entry
from .perimeter import Planned, by_site, hidden_partners, peer_networks

DIRECTORY = "inspection"


class SiteFlow(t.NamedTuple):
    """An entry of ``inspection_exclusions`` and the hosts of one site that have it.

    ``partners`` are the networks that come in at the perimeter, where a front stands behind it; None: those of the entry.
    """

    exclusion: Exclusion
    hosts: tuple[Host, ...]
    partners: tuple[str, ...] | None = None

    @property
    def label(self) -> str:
        return self.exclusion.label

    def is_to_anybody(self, address_sets: Mapping[str, Sequence[str]]) -> bool:
        """Whether the flow leads to everybody of a family."""
        return self.exclusion.direction == EGRESS and not set(ANYBODY).isdisjoint(peer_networks(self.exclusion.peers, address_sets))

    def nameless_hosts(self, address_sets: Mapping[str, Sequence[str]]) -> list[str]:
        """Hosts without addresses, where theirs are what tells the flow from others."""
        if self.exclusion.direction == EGRESS and not self.is_to_anybody(address_sets):
            return []
        return [host.name for host in self.hosts if not host.addresses]

    def exemption(self, address_sets: Mapping[str, Sequence[str]]) -> Exemption | None:
        """What boxes have to leave alone; None if the flow has no partners yet.

        On the way out the destination alone counts, since many boxes see hosts before their addresses are translated; the hosts'
        own addresses count where everybody is the destination. Shared address sets hold the hosts themselves, too; what leads to
        them is for the exclusions of incoming flows, which know its sources.
        """
        peers = self.exclusion.peers
        outwards = self.exclusion.direction == EGRESS
        own = merge(address for host in self.hosts for address in host.addresses or ())
        others = self.partners if self.partners is not None else peer_networks(peers, address_sets)
        to_anybody = self.is_to_anybody(address_sets)
        if outwards and not to_anybody:
            others = without(others, own)
        if not others and not peers.names:
            return None
        others = () if others == ANYBODY else others
        return Exemption(
            flows=(self.label,),
            direction=self.exclusion.direction,
            protocol=self.exclusion.protocol,
            ports=self.exclusion.ports,
            sources=(own if to_anybody else ()) if outwards else others,
            destinations=others if outwards else own,
            names=peers.names if outwards else (),
            idle_timeout=self.exclusion.middleboxes.get("idle_timeout"),
        )


def flows_of(hosts: Sequence[Host], part: HostPart) -> list[SiteFlow]:
    """The excluded flows of hosts that have all of them in common."""
    return [SiteFlow(exclusion, tuple(hosts)) for exclusion in part.inspection_exclusions]


def site_flows(planned: Planned) -> dict[str, list[SiteFlow]]:
    """The excluded flows of every site, ordered by rule."""
    return {
        site: sorted((SiteFlow(*entry) for entry in entries), key=lambda flow: (flow.exclusion.rule, flow.hosts[0].name))
        for site, entries in by_site(planned, lambda part: part.inspection_exclusions).items()
    }


def perimeter_flows(planned: Planned, address_sets: Mapping[str, Sequence[str]]) -> dict[str, list[SiteFlow]]:
    """The excluded flows of every site as its perimeter sees them, ordered by rule.

    A front stands behind the perimeter: what comes in still has the partners' own addresses and the port in front.
    """
    hidden = hidden_partners(planned, address_sets)

    def entries(part: HostPart) -> Iterator[tuple[Exclusion, tuple[str, ...] | None]]:
        for exclusion in part.inspection_exclusions:
            if part.front is None or exclusion.direction != INGRESS:
                yield exclusion, None
                continue
            kept = Peers(tuple(name for name in exclusion.peers.address_sets if not is_of_front(name)))
            networks = [*peer_networks(kept, address_sets), *hidden.get(id(part), {}).get(exclusion.label, ())]
            ports = part.front.outside(exclusion.ports, exclusion.protocol)
            yield exclusion._replace(ports=ports), merge(networks)

    return {
        site: sorted(
            (SiteFlow(exclusion, hosts, partners) for (exclusion, partners), hosts in found),
            key=lambda flow: (flow.exclusion.rule, flow.hosts[0].name),
        )
        for site, found in by_site(planned, entries).items()
    }


def export_sites(index: Entry, planned: Planned, problems: Problems) -> dict[str, str]:
    """The files for the products that sites name, as path inside the plan's directory -> text; what cannot be said is a problem."""
    exports: dict[str, str] = {}
    for site, flows in perimeter_flows(planned, index["address_sets"]).items():
        products = index["sites"][site]["inspection_products"]
        if not products:
            continue
        for flow in flows:
            for host in flow.nameless_hosts(index["address_sets"]):
                problems.error(f"{flow.label}: what inspects its traffic cannot tell it apart; give it connectivity_addresses", [host])
        exemptions = merge_exemptions(filter(None, (flow.exemption(index["address_sets"]) for flow in flows)))
        for product in products:
            exporter = EXPORTERS[product]
            refusals = list(exporter.refusals(exemptions))
            for refusal in refusals:
                problems.error(f"connectivity_inspection_products: {exporter.TITLE}, site {site}: {refusal}")
            if not refusals:
                exports[f"{DIRECTORY}/exports/{product}/{site}.{exporter.EXTENSION}"] = exporter.export(site, exemptions)
    return exports


def merge_exemptions(exemptions: Iterable[Exemption]) -> list[Exemption]:
    """One exemption for all that differ in flows and ports alone."""
    alike: dict[Exemption, list[Exemption]] = collections.defaultdict(list)
    for exemption in exemptions:
        alike[exemption._replace(flows=(), ports=(), idle_timeout=None)].append(exemption)
    return [
        key._replace(
            flows=tuple(sorted({flow for one in group for flow in one.flows})),
            ports=tuple(sorted({port for one in group for port in one.ports}, key=bounds)),
            idle_timeout=max((one.idle_timeout for one in group if one.idle_timeout), default=None),
        )
        for key, group in alike.items()
    ]
