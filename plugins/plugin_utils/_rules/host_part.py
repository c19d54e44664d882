# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What the plan says about one host, besides its name and addresses."""

from __future__ import annotations

from collections.abc import Mapping

from .._inventory.findings import Finding
from .._inventory.hosts import DIRECTIONS, Host
from .._matrix.model import BASELINE
from .address_sets import AddressSets
from .federations import Federation
from .host_flows import HostFlows
from .jmespath_filter import Selection
from .lints import Scene, lint
from .plan import Entry
from .proxy_entry import proxy_entry, proxy_rules
from .proxy_routes import route
from .proxy_warnings import proxy_warnings


def plan_host(
    host: Host, federations: Mapping[tuple[str, str], Federation], sets: AddressSets, selection: Selection | None
) -> tuple[Entry, list[str], list[Finding]]:
    """The host's part of the plan (docs/architecture.md, "The plan directory"), warnings about it, and what lints find.

    Raises:
        PlanRefused: if the selection gives no rules.
    """
    profile = host.profile
    flows = HostFlows(host, federations, sets)
    computed = flows.rules()
    rules = [rule.as_plan() for rule in computed]
    direct = computed
    proxy, warnings = None, []
    proxies: dict[str, str] = {}
    if profile.proxy:
        routed = route(computed, profile.proxy, flows.tunnel_networks, sets)
        direct = routed.direct
        rules = [*proxy_rules(routed.proxied, profile.proxy, sets), *(rule.as_plan() for rule in direct)]
        proxy = proxy_entry(routed, profile.proxy)
        proxies = {use.rule.id: proxy[use.key] for use in routed.proxied}
        warnings = proxy_warnings(routed, profile.proxy)
    rules.sort(key=lambda rule: (rule["matrix"] != BASELINE, rule["id"]))
    if selection:
        rules = selection.of(rules)
    kept = {name for rule in rules for name in (rule["id"], *rule.get("flows", ()))}
    excluded = [rule for rule in computed if rule.flow.inspection == "exclude" and not kept.isdisjoint((rule.id, rule.flow_label))]
    denied = profile.denied | profile.demanded
    entry = {
        "managed": profile.managed,
        "platform": profile.platform,
        "memberships": [_membership(host, federations[member.matrix.name, member.federation]) for member in profile.memberships],
        "defaults": {direction: "deny" if direction in denied else "unchanged" for direction in DIRECTIONS},
        "rules": rules,
        "listeners": flows.listeners(),
        "proxy": proxy,
        "inspection_exclusions": [rule.exclusion(proxies.get(rule.id)) for rule in sorted(excluded, key=lambda rule: rule.id)],
    }
    return entry, [*flows.warnings, *warnings], lint(Scene(profile, [rule for rule in direct if rule.id in kept], sets.cidrs, denied))


def _membership(host: Host, federation: Federation) -> Entry:
    member = federation.members[host.name]
    return {
        "matrix": federation.matrix.name,
        "federation": federation.name,
        "roles": sorted(member.membership.roles),
        "options": dict(member.options),
        "optional_flows": sorted(member.membership.optional_flows),
        "version": member.membership.version and str(member.membership.version),
        "federation_scope": "any" if member.membership.any_partner else "members",
    }
