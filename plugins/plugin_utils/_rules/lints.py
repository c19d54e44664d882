# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Judges what a host's rules do (docs/lints.md). A lint is a function from a context to findings."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Collection, Iterator, Mapping, Sequence

from ...module_utils._plan import ports as port_ranges
from ...module_utils._plan.protocols import WITH_TYPES, traffic
from ...module_utils._plan.words import AH, EGRESS, ESP, INGRESS
from .._common.addresses import IP
from .._inventory.findings import SCOPE_ANY, Finding
from .._inventory.hosts import Profile
from .._matrix.model import BASELINE, Options, fit
from .address_sets import ANY
from .host_flows import Rule
from .listeners import Undefined

MANY_PORTS = 1024
WIDEST_SITE = {4: 8, 6: 24}
"""The shortest prefix that one site may have: the largest private network of RFC 1918; more than any registry gives to one organisation."""


_NOT_IN_THE_CLEAR = (ESP, AH, *WITH_TYPES)
"""Protocols that protect what they carry by themselves, or carry nothing of a system."""


@dataclasses.dataclass(frozen=True)
class LintContext:
    """What lints look at.

    Attributes:
        profile: What decides the host's rules: hosts with equal profiles are judged together.
        rules: The host's rules that are in the plan; what the forward proxy stands for is not among them.
        cidrs: The content of the address sets.
        denied: The directions in which the host refuses what no rule allows.
        undefined: Listeners whose only users would come from a network that the host does not define.
        options: The options that count for the host, by federation.
    """

    profile: Profile
    rules: Sequence[Rule]
    cidrs: Mapping[str, Sequence[str]]
    denied: Collection[str]
    undefined: Sequence[Undefined]
    options: Mapping[str, Options] = dataclasses.field(default_factory=dict)

    def systems(self) -> list[Rule]:
        """The rules of real systems: the baseline's are the host's own business, and the plan warns of them itself."""
        return [rule for rule in self.rules if rule.federation.matrix.name != BASELINE]

    def peers(self, rule: Rule) -> list[IP]:
        return [ipaddress.ip_network(cidr) for name in rule.peers.address_sets for cidr in self.cidrs[name]]


def lint(context: LintContext) -> list[Finding]:
    """Everything that the lints find, each finding once; a partner's host is not judged."""
    if not context.profile.managed:
        return []
    return list(dict.fromkeys(finding for check in LINTS for finding in check(context)))


def _federation_scope_any(context: LintContext) -> Iterator[Finding]:
    for membership in context.profile.memberships:
        if membership.any_partner:
            text = "federation_scope is any, so its flows between hosts are open to everybody; name the partners as soon as they are known"
            yield Finding(SCOPE_ANY, membership.label, text, membership.any_until)


def _anybody_admitted(context: LintContext) -> Iterator[Finding]:
    for rule in context.systems():
        if rule.direction == INGRESS and _is_open(rule) and rule.flow.exposure != "internet" and not _has_unknown_partners(context, rule):
            text = (
                f"{_ports(rule)} is open to everybody; let it come from roles or a named network in the matrix, or say exposure: internet"
            )
            yield Finding("anybody-admitted", rule.flow_label, text)


def _anybody_reached(context: LintContext) -> Iterator[Finding]:
    """Only where egress is denied: elsewhere everything is reached anyway."""
    for rule in context.systems():
        if rule.direction == EGRESS and _is_open(rule) and EGRESS in context.denied and not _has_unknown_partners(context, rule):
            over = "drop install from connectivity_phases when it is over" if rule.needed == ("install",) else "use a forward proxy"
            fix = f"name the services in a copy of the matrix, or {over}"
            yield Finding("anybody-reached", rule.flow_label, f"egress is denied, but {_ports(rule)} may reach every address; {fix}")


def _site_port_exposed(context: LintContext) -> Iterator[Finding]:
    for rule in context.systems():
        if rule.direction != INGRESS or rule.flow.exposure != "site" or _is_open(rule):
            continue
        wide = sorted({str(peer) for peer in context.peers(rule) if peer.prefixlen < WIDEST_SITE[peer.version]})
        if wide:
            text = f"{_ports(rule)} is meant for one site, but open to {', '.join(wide)}; name the site's own networks"
            yield Finding("site-port-exposed", rule.flow_label, text)


def _plaintext_between_sites(context: LintContext) -> Iterator[Finding]:
    """What the system's own hosts say to each other; a flow with exposure site and a federation on private addresses stay inside."""
    for rule in context.systems():
        between_sites = rule.flow.exposure in ("partners", "internet") and rule.flow.between_roles
        if (
            rule.flow.tls == "none"
            and rule.flow.protocol not in _NOT_IN_THE_CLEAR
            and between_sites
            and (_is_open(rule) or not rule.federation.is_private)
        ):
            text = f"{_ports(rule)} carries {rule.flow.application} without TLS between sites; choose an option with TLS, or use a tunnel"
            yield Finding("plaintext-between-sites", rule.flow_label, text)


def _plaintext_at_site(context: LintContext) -> Iterator[Finding]:
    """What the operator of a port can protect, and does not; the option says so."""
    for rule in context.systems():
        flow, options = rule.flow, context.options.get(rule.federation.label, {})
        if rule.direction == INGRESS and fit(flow.without_tls, options):
            chosen = " and ".join(f"{name} is {options[name]}" for name in flow.without_tls)
            text = f"{_ports(rule)} carries {flow.application} without TLS, because the option {chosen}; choose another value"
            yield Finding("plaintext-at-site", rule.flow_label, text)


def _uncertain_flow(context: LintContext) -> Iterator[Finding]:
    for rule in context.systems():
        flow = rule.flow
        if flow.confidence == "low" or (flow.disputed and flow.confidence != "high"):
            why = "is inferred, not documented" if flow.confidence == "low" else "is disputed between the system's own documents"
            yield Finding("uncertain-flow", rule.flow_label, f"the flow {why}; read its citations and notes in the matrix, and try it")


def _many_ports(context: LintContext) -> Iterator[Finding]:
    for rule in context.systems():
        count = port_ranges.count(rule.ports)
        if rule.direction == INGRESS and count > MANY_PORTS:
            yield Finding("many-ports", rule.flow_label, f"{_ports(rule)} opens {count} ports; narrow the range to those in use")


def _undefined_network(context: LintContext) -> Iterator[Finding]:
    for one in context.undefined:
        text = (
            f"connectivity_networks does not define {one.network}, so nobody may use {one.traffic} for this flow; "
            f"define it, or say {one.network}: [] if nobody is to use it"
        )
        yield Finding("undefined-network", one.flow_label, text)


LINTS = (
    _federation_scope_any,
    _anybody_admitted,
    _anybody_reached,
    _site_port_exposed,
    _plaintext_between_sites,
    _plaintext_at_site,
    _uncertain_flow,
    _many_ports,
    _undefined_network,
)


def _is_open(rule: Rule) -> bool:
    return ANY in rule.peers.address_sets


def _has_unknown_partners(context: LintContext, rule: Rule) -> bool:
    """Whether everybody is let in because of federation_scope, which is a finding of its own."""
    return rule.flow.between_roles and any(own.any_partner for own in context.profile.memberships if own.label == rule.federation.label)


def _ports(rule: Rule) -> str:
    return traffic(rule.flow.protocol, rule.ports, rule.flow.types)
