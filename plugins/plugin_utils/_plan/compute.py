# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""From the inventory's variables to the plan: the rules of every host, and the address sets that they share."""

from __future__ import annotations

import collections
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...module_utils._plan.model import HostPart, Peers
from ...module_utils._plan.words import WINDOWS
from .._common.problems import Locate, PlanRefused, Problems, natural
from .._inspection.sites import export_sites
from .._inventory.findings import REPLACED, WIDE_ADDRESSES, Findings, shown
from .._inventory.hosts import ADDRESSES, Host, Profile, read_inventory
from .._inventory.replaced import Lost, Replaced, lost
from .._inventory.wide_addresses import wide_addresses
from .._matrix.catalogue import Catalogue
from .._matrix.model import BASELINE
from .._native.previews import previews
from .._rules.address_sets import AddressSets
from .._rules.check_networks import check_needed_networks
from .._rules.check_partners import check_partners
from .._rules.check_ports import check_one_service, check_port_claims
from .._rules.check_roles import check_roles_exist
from .._rules.check_way_out import check_proxy_only
from .._rules.families_apart import families_apart
from .._rules.federations import Federation, form_federations
from .._rules.front_findings import front_findings, management_port
from .._rules.fronts import check_fronts
from .._rules.host_part import plan_host
from .._rules.jmespath_filter import Selection
from .._rules.plan import Entry
from .._rules.shared_addresses import shared_addresses
from .._rules.similar_federations import similar_federations
from .._rules.without_effect import without_effect
from .._windows.rules import Inexpressible, translate
from .computed import ComputedPlan
from .identity import FORMAT
from .known_problems import with_known_problems
from .shape import SELECTION

NOTHING: Mapping[str, Sequence[Replaced]] = types.MappingProxyType({})


def compute_plan(
    variables: Mapping[str, Mapping[str, object]],
    catalogue: Catalogue,
    locate: Locate = lambda value: None,
    select: str | None = None,
    native_full: bool = False,
    replaced: Mapping[str, Sequence[Replaced]] = NOTHING,
) -> ComputedPlan:
    """Compute the plan.

    Args:
        variables: The ``connectivity_*`` variables, and ``ansible_host``, of every host of the inventory.
        catalogue: Where matrices come from.
        locate: Tells where in the user's files a value stands; asked for messages only.
        select: A JMESPath expression that narrows every host's rules.
        native_full: Whether previews of native rules hold the networks of their address sets.
        replaced: Host -> values of its variables that others replace.

    Raises:
        PlanRefused: with all mistakes of the user.
    """
    problems = Problems(locate)
    selection = Selection(select) if select else None
    inventory = read_inventory(variables, catalogue, problems)
    federations = form_federations(inventory, problems)
    systems = [federation for federation in federations.values() if federation.matrix.name != BASELINE]
    groups = _alike(inventory.hosts)
    check_partners(systems, inventory.doubts, problems)
    check_fronts(inventory.hosts, federations.values(), problems)
    for hosts in groups:
        check_roles_exist(hosts, federations, problems)
        check_needed_networks(hosts, federations, problems)
        check_port_claims(hosts, federations, problems)
        check_one_service(hosts, federations, problems)
        check_proxy_only(hosts, federations, problems)
    lost_by_host = {name: list(lost(values, variables.get(name, {}))) for name, values in replaced.items()}
    _name_losses(inventory.hosts, lost_by_host, problems)
    problems.stop()

    sets = AddressSets()
    findings = Findings()
    similar = similar_federations(systems)
    shared = shared_addresses(inventory.hosts)
    fronts = front_findings(inventory.hosts, systems)
    judged_groups = [(hosts, plan_host(hosts[0], federations, sets, selection)) for hosts in groups]
    planned: list[tuple[Sequence[Host], HostPart]] = [(hosts, part) for hosts, (part, _warnings, _found) in judged_groups]
    proxied = {host.name: {flow.flow for flow in part.proxy.flows} for hosts, part in planned if part.proxy for host in hosts}
    apart = families_apart(systems, proxied)
    idle = without_effect(planned, federations)
    for hosts, (part, warnings, found) in judged_groups:
        for warning in warnings:
            problems.warn(warning, [host.name for host in hosts])
        for host in hosts:
            own = [*wide_addresses(host.addresses or ()), *(one.finding for one in lost_by_host.get(host.name, ()))]
            findings.add(
                host.name,
                [
                    *found,
                    *own,
                    *similar.get(host.name, ()),
                    *shared.get(host.name, ()),
                    *apart.get(host.name, ()),
                    *fronts.get(host.name, ()),
                    *idle.get(host.name, ()),
                    *management_port(host, part),
                ],
                host.accepted,
            )
        if hosts[0].profile.platform == WINDOWS:
            _check_windows(hosts, part, sets, problems)
    if problems.has_errors:  # so that what other firewalls cannot carry is named at the same time
        previews([(hosts, part) for hosts, part in planned if part.platform != WINDOWS], sets.cidrs, problems, native_full)
    problems.stop()
    if selection and not any(part.rules for _hosts, part in planned):
        raise PlanRefused([selection.matched_nothing()])
    matrices = {federation.matrix.name: federation.matrix for federation in federations.values()}
    judged = with_known_problems(findings.as_plan(), matrices, {federation.label for federation in systems})
    warnings = sorted([*problems.warnings, *(shown(entry) for entry in judged if entry["accepted"] is None)], key=natural)
    index = {
        "format": FORMAT,
        "address_sets": sets.only(_sets_used([part for _hosts, part in planned])),
        "federations": {federation.label: _federation(federation) for federation in systems},
        "hosts": {host.name: _host(host) for host in inventory.hosts},
        "sites": _sites(inventory.hosts),
        "findings": judged,
        "warnings": warnings,
        **({SELECTION: select} if select else {}),
    }
    exports = export_sites(index, planned, problems)
    native = previews(planned, sets.cidrs, problems, native_full)
    problems.stop()
    return ComputedPlan(index, planned, exports, native, _located(warnings, judged, inventory.hosts, lost_by_host, locate), matrices)


def _located(
    warnings: Iterable[str], judged: Sequence[Entry], hosts: Iterable[Host], lost_by_host: Mapping[str, Sequence[Lost]], locate: Locate
) -> list[str]:
    """The warnings with the places of what some of them are about, which a plan does not have."""
    by_name = {host.name: host.variables for host in hosts}
    texts: dict[str, str] = {}
    for entry in judged:
        said: set[str | None] = set()
        text = shown(entry)
        if entry["id"] == WIDE_ADDRESSES:
            said = {locate(by_name[name].get(ADDRESSES, by_name[name].get("ansible_host"))) for name in entry["hosts"]}
        elif entry["id"] == REPLACED:
            gone = [one for name in entry["hosts"] for one in lost_by_host.get(name, ()) if one.finding.text == entry["text"]]
            said = {locate(one.replaced.written) for one in gone}
            text = _naming(text, _listed({locate(one.replaced.by_written) for one in gone}))
        places = _listed(said)
        texts[shown(entry)] = f"{places}: {text}" if places else text
    return [texts.get(warning, warning) for warning in warnings]


def _name_losses(hosts: Iterable[Host], lost_by_host: Mapping[str, Sequence[Lost]], problems: Problems) -> None:
    """Where there are errors, name also what one variable loses because another replaces it: that may be their cause."""
    if not problems.has_errors:
        return
    for host in hosts:
        for one in lost_by_host.get(host.name, ()):
            if not any(acceptance.fits(one.finding) for acceptance in host.accepted):
                text = _naming(one.finding.text, problems.place(one.replaced.by_written) or "")
                problems.error(f"{one.finding.lint}: {one.finding.about}: {text}", [host.name], [one.replaced.written])


def _naming(text: str, by: str) -> str:
    """The text about a replaced value, with the place of the value that replaces it."""
    for advice in (", because of the order", "; write each as"):
        if by and advice in text:
            return text.replace(advice, f" ({by}){advice}", 1)
    return text


def _listed(places: Iterable[str | None]) -> str:
    return ", ".join(sorted((place for place in places if place), key=natural))


def _alike(hosts: Iterable[Host]) -> list[list[Host]]:
    """Hosts grouped by equal profiles. Whoever is alone at one end of a flow is alone in its group, too."""
    groups: dict[Profile, list[Host]] = collections.defaultdict(list)
    for host in hosts:
        groups[host.profile].append(host)
    return list(groups.values())


def _check_windows(hosts: Iterable[Host], part: HostPart, sets: AddressSets, problems: Problems) -> None:
    try:
        translate(part, sets.cidrs)
    except Inexpressible as refused:
        for message in refused.messages:
            problems.error(message, [host.name for host in hosts])


def _sets_used(parts: Iterable[HostPart]) -> set[str]:
    return {name for part in parts for peers in _peers(part) for name in peers.address_sets}


def _peers(part: HostPart) -> Iterator[Peers]:
    yield from (rule.peers for rule in part.rules)
    yield from (exclusion.peers for exclusion in part.inspection_exclusions)
    yield from (flow.peers for flow in (part.proxy.flows if part.proxy else ()))


def _host(host: Host) -> Entry:
    return {"managed": host.profile.managed, "addresses": list(host.addresses or ()), "contact": host.contact}


def _sites(hosts: Iterable[Host]) -> Entry:
    found: dict[str, list[Host]] = collections.defaultdict(list)
    for host in hosts:
        if host.profile.managed:
            found[host.site].append(host)
    return {
        site: {
            "hosts": [host.name for host in found[site]],
            "inspection_products": sorted({product for host in found[site] for product in host.products}),
        }
        for site in sorted(found)
    }


def _federation(federation: Federation) -> Entry:
    return {
        "matrix": federation.matrix.name,
        "federation": federation.name,
        "options": dict(federation.agreements),
        "roles": {role: [member.host.name for member in federation.with_roles([role])] for role in federation.matrix.roles},
    }
