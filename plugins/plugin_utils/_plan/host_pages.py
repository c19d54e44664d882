# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The page of each host for people: what its file says, with the notes and known problems of its systems. Hosts that are alike share it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...module_utils._plan.model import HostPart, Peers, PlanListener, PlanRule
from ...module_utils._plan.words import INGRESS
from .._common.markdown import code, table, text
from .._common.plan_marker import MARK
from .._common.texts import one_line
from .._matrix.middleboxes import LONG_LIVED
from .._matrix.model import Matrix
from .._matrix.page import TLS
from .computed import ComputedPlan
from .traps import flows_of, traps_of

DIRECTORY = "hosts"
FILES = (f"{DIRECTORY}/*.md",)

DEFAULTS = {"deny": "refused", "unchanged": "unchanged"}
_AT_RUN_TIME = {
    False: (
        "No rule closes a port that is chosen at run time, because nobody knows which one of the range it is. Verification reports what "
        "listens there on other addresses than loopback. To close all of them, refuse incoming connections "
        "(`connectivity_defaults: {ingress: deny}`)."
    ),
    True: "A port that is chosen at run time has no rule of its own. It is closed because this host refuses incoming connections.",
}
_NAME, _ADDRESSES = "\0", "\1"
"""Stand in the text of hosts that are alike for what differs; users' texts there are printable."""


def host_pages(plan: ComputedPlan) -> Iterator[tuple[str, str]]:
    """The pages as (path inside the plan's directory, text)."""
    for hosts, part in plan.hosts:
        shared = "\n".join(_page(part, plan.matrices)).rstrip("\n") + "\n"
        before, between, after = _cut(shared)
        for host in hosts:
            addresses = ", ".join(host.addresses or ()) or "not known"
            yield f"{DIRECTORY}/{host.name}.md", f"{before}{text(one_line(host.name))}{between}{addresses}{after}"


def _cut(shared: str) -> tuple[str, str, str]:
    before, _name, rest = shared.partition(_NAME)
    between, _addresses, after = rest.partition(_ADDRESSES)
    return before, between, after


def _page(part: HostPart, matrices: Mapping[str, Matrix]) -> Iterator[str]:
    yield from (f"# {_NAME}", "", f"The host's file of the plan for people, {MARK}; do not edit.", "")
    whose = "is ours to configure" if part.managed else "belongs to a partner, who configures it"
    yield from (
        f"- addresses: {_ADDRESSES}",
        f"- this host {whose}",
        f"- connections that no rule is about: incoming {DEFAULTS[part.defaults.ingress]}, outgoing {DEFAULTS[part.defaults.egress]}",
    )
    for membership in part.memberships:
        title = text(matrices[membership.matrix].title)
        roles = ", ".join(map(code, membership.roles))
        yield f"- {title}: federation {code(membership.federation)}, node roles {roles or 'none'}"
    yield ""
    yield from _rules(part.rules)
    if part.listeners:
        yield from ("## Ports for the host itself", "", "Only loopback addresses may serve them:", "")
        yield from table(("flow", "port"), ((code(one.label), _where(one)) for one in part.listeners))
        if any(one.dynamic for one in part.listeners):
            yield from (_AT_RUN_TIME[part.defaults.denies(INGRESS)], "")
    yield from _long_lived(part, matrices)
    yield from _notes(part, matrices)
    traps = list(traps_of(part, matrices))
    if traps:
        yield from ("## Known problems", "", *(f"- {text(matrices[name].title)}: {text(trap.text)}" for name, trap in traps), "")


def _where(listener: PlanListener) -> str:
    ports = f"{listener.protocol} {', '.join(map(code, listener.ports))}"
    return f"{ports} (one or more, chosen at run time)" if listener.dynamic else ports


def _rules(rules: Sequence[PlanRule]) -> Iterator[str]:
    yield from ("## Rules", "")
    if not rules:
        yield from ("This host has no rules.", "")
        return
    yield from table(
        ("flow", "direction", "peers", "port", "closed to others", "TLS", "purpose"),
        (
            (
                code(rule.label) + (f", until {rule.until}" if rule.until else ""),
                "incoming" if rule.direction == INGRESS else "outgoing",
                _peers(rule.peers),
                " ".join(filter(None, (rule.protocol, ", ".join(map(code, (*rule.ports, *rule.types)))))) + _of_container(rule),
                "yes" if rule.closed_to_others else "",
                TLS.get(rule.tls, text(rule.tls)),
                text(rule.purpose),
            )
            for rule in rules
        ),
    )


def _of_container(rule: PlanRule) -> str:
    if rule.placement != "published":
        return ""
    return " (published by a container)" if rule.direction == INGRESS else " (from containers)"


def _peers(peers: Peers) -> str:
    named = [*("anybody" if name == "any" else code(name) for name in peers.address_sets), *map(code, peers.names)]
    return ", ".join(named) or "nobody"


def _notes(part: HostPart, matrices: Mapping[str, Matrix]) -> Iterator[str]:
    found = [
        (code(f"{name}: {flow}"), text(matrices[name].flows[flow].notes))
        for name, flow in dict.fromkeys(flows_of(part))
        if name in matrices and flow in matrices[name].flows and matrices[name].flows[flow].notes
    ]
    if found:
        yield from ("## Notes of the systems", "", *(f"- {flow}: {notes}" for flow, notes in found), "")


def _long_lived(part: HostPart, matrices: Mapping[str, Matrix]) -> Iterator[str]:
    """The flows whose connections stay open: what firewalls, proxies and gateways on the way have to leave alone."""
    found = [
        code(f"{name}: {flow}")
        for name, flow in dict.fromkeys(flows_of(part))
        if name in matrices and flow in matrices[name].flows and matrices[name].flows[flow].long_lived
    ]
    if found:
        demand = f"{LONG_LIVED}. Nothing on the way may end, split or rewrite it."
        yield from (
            "## For those who run devices on the way",
            "",
            f"For each of these flows {demand}",
            "",
            *(f"- {flow}" for flow in found),
            "",
        )
