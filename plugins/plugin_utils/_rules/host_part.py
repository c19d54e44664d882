# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the plan says about one host, besides its name and addresses."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ...module_utils._plan.front import PlanFront
from ...module_utils._plan.membership import PlanMembership
from ...module_utils._plan.model import Defaults, HostPart, PlanProxy, PlanRule
from ...module_utils._plan.words import DENY, EGRESS, INGRESS, UNCHANGED
from .._inventory.findings import Finding
from .._inventory.hosts import Host
from .._matrix.model import BASELINE
from .address_sets import AddressSets
from .check_ports import shared_ports
from .contained import computations, contained_bridges, containment_findings
from .containers_apart import containers_apart
from .dated_openings import dated_openings
from .federations import Federation
from .host_flows import HostFlows, Rule, host_flows, places_of
from .jmespath_filter import Selection
from .lints import LintContext, lint
from .listeners import host_listeners
from .proxy_entry import proxy_entry, proxy_rules
from .proxy_routes import Routed, route
from .proxy_warnings import proxy_warnings


class Planned(t.NamedTuple):
    """A host's part of the plan, warnings about it, and what lints find."""

    part: HostPart
    warnings: Sequence[str]
    findings: Sequence[Finding]


def plan_host(host: Host, federations: Mapping[tuple[str, str], Federation], sets: AddressSets, selection: Selection | None) -> Planned:
    """Plan one host.

    Raises:
        PlanRefused: if the selection gives no rules.
    """
    profile = host.profile
    flows = host_flows(host, federations, sets)
    ways = _ways(host, flows, sets)
    listeners = host_listeners(host, federations, flows.rules)
    rules = [*ways.rules, *(rule.to_plan() for rule in listeners.closures)]
    rules.sort(key=lambda rule: (rule.matrix != BASELINE, rule.id))
    if selection:
        rules = selection.of(rules)
    kept = {name for rule in rules for name in (rule.id, *rule.flows)}
    excluded = [rule for rule in flows.rules if rule.flow.inspection == "exclude" and not kept.isdisjoint((rule.id, rule.flow_label))]
    denied = profile.denied | profile.demanded
    part = HostPart(
        profile.managed,
        profile.platform,
        tuple(_membership(host, federations[member.matrix.name, member.federation]) for member in profile.memberships),
        Defaults(*(DENY if direction in denied else UNCHANGED for direction in (INGRESS, EGRESS))),
        tuple(rules),
        listeners.on_loopback,
        ways.proxy,
        tuple(rule.exclusion(ways.urls.get(rule.id)) for rule in sorted(excluded, key=lambda rule: rule.id)),
        profile.firewall,
        profile.log_refused,
        profile.connection_limit,
        containers_apart(host, federations),
        contained_bridges(host, federations),
        profile.front if profile.front != PlanFront() else None,
        computations(host, federations),
    )
    direct = [rule for rule in ways.direct if rule.id in kept]
    options = {federation.label: member.options for federation, member in places_of(host, federations)}
    judged = lint(LintContext(profile, direct, sets.cidrs, denied, listeners.undefined, options))
    found = [*judged, *dated_openings(host, federations), *shared_ports(host, federations), *containment_findings(host, federations)]
    return Planned(part, [*flows.warnings, *ways.warnings], found)


class _Ways(t.NamedTuple):
    """How a host's flows leave it: all directly, or some through its forward proxy.

    Attributes:
        rules: What the firewall carries out.
        direct: Those of the host's rules that it carries out as they are.
        urls: The proxy's URL for each rule that the proxy stands for, by its id.
    """

    rules: list[PlanRule]
    direct: Sequence[Rule]
    proxy: PlanProxy | None
    urls: Mapping[str, str | None]
    warnings: Sequence[str]


def _ways(host: Host, flows: HostFlows, sets: AddressSets) -> _Ways:
    settings = host.profile.proxy
    if not settings:
        return _Ways([rule.to_plan() for rule in flows.rules], flows.rules, None, {}, ())
    routed: Routed = route(flows.rules, settings, flows.tunnel_networks, sets)
    rules = [*proxy_rules(routed.proxied, settings, sets), *(rule.to_plan() for rule in routed.direct)]
    proxy = proxy_entry(routed, settings)
    urls = {use.rule.id: proxy.url(use.key) for use in routed.proxied}
    return _Ways(rules, routed.direct, proxy, urls, proxy_warnings(routed, settings))


def _membership(host: Host, federation: Federation) -> PlanMembership:
    member = federation.members[host.name]
    return PlanMembership(
        federation.matrix.name,
        federation.name,
        tuple(sorted(member.membership.roles)),
        dict(member.options),
        tuple(sorted(member.membership.optional_flows)),
        str(member.membership.version) if member.membership.version else None,
        "any" if member.membership.any_partner else "members",
        member.membership.any_until,
        {opening.flow: opening.limits() for opening in member.membership.openings if opening.ends},
    )
