# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Finds options and networks that somebody sets and that change nothing.

What a rule of the plan comes from has an effect, and needs no proof. Everything else is tried: the hosts that it might concern are planned
again without it, and with each other value. It has no effect if everything stays the same each time: rules, listeners, findings, errors.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ...module_utils._plan.model import HostPart
from ...module_utils._plan.words import EGRESS, INGRESS
from .._common.problems import PlanRefused, Problems
from .._inventory.findings import WITHOUT_EFFECT, Finding
from .._inventory.hosts import NETWORKS, Host
from .._matrix.model import BASELINE, ENDS, FEDERATION, INITIATOR, RESPONDER, Flow, Matrix
from .address_sets import AddressSets
from .check_networks import check_needed_networks
from .check_partners import check_partners
from .check_ports import check_one_service, check_port_claims
from .check_roles import check_roles_exist
from .check_way_out import check_proxy_only
from .dependence import readings
from .federations import Federation
from .front_findings import front_findings
from .fronts import check_fronts
from .host_part import plan_host
from .reasons import reasons_against

Federations = Mapping[tuple[str, str], Federation]
Planned = Sequence[tuple[Sequence[Host], HostPart]]
"""Groups of hosts with equal profiles, each with what was planned for it."""
Seen = Mapping[str, frozenset[tuple[str, str]]]
"""Host -> flows, each with the end where the host is."""

_END = {EGRESS: INITIATOR, INGRESS: RESPONDER}
_OTHER_NETWORK = ("192.0.2.255/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128")


def without_effect(planned: Planned, federations: Federations) -> dict[str, list[Finding]]:
    """Host -> findings about what it sets without any effect."""
    found: dict[str, list[Finding]] = {}
    seen = _seen(planned)
    for key, federation in federations.items():
        if federation.matrix.name != BASELINE and any(_is_set(federation, name) for name in federation.matrix.options):
            for hosts, finding in _of_options(key, _Trial(planned, federations, federation.members), seen):
                for host in hosts:
                    found.setdefault(host, []).append(finding)
    for hosts, finding in _of_networks(planned, federations, seen):
        for host in hosts:
            found.setdefault(host, []).append(finding)
    return found


def _seen(planned: Planned) -> Seen:
    """Host -> the flows that anything of its plan comes from, each with the end where the host is."""
    found: dict[str, frozenset[tuple[str, str]]] = {}
    for hosts, part in planned:
        labels = {
            (label, _END[rule.direction]) for rule in part.rules for label in (f"{rule.matrix}.{rule.federation}.{rule.flow}", *rule.flows)
        }
        found.update(dict.fromkeys((host.name for host in hosts), frozenset(labels)))
    return found


def _is_seen(federation: Federation, name: str, decided: Iterable[Flow], hosts: Iterable[str], seen: Seen) -> bool:
    """Whether a rule of those who set an option, or of anybody if it is the federation's, depends on it."""
    of_all = federation.matrix.options[name].owner == FEDERATION
    there = frozenset().union(*(seen[host] for host in (federation.members if of_all else hosts)))
    ends = (
        (f"{federation.label}.{flow.id}", end)
        for flow in decided
        for end in (ENDS if of_all and flow.ends_with(name) else flow.ends_with(name))
    )
    return any(each in there for each in ends)


def _is_set(federation: Federation, option: str) -> bool:
    return bool(_setting(federation, option))


def _setting(federation: Federation, option: str) -> dict[str, str | int]:
    """Host -> the value that it sets, as far as it is not the one that counts anyway."""
    usual = {federation.matrix.options[option].default} | {
        containment.usual for containment in federation.matrix.containments.values() if containment.bridge == option
    }
    said = ((name, dict(member.membership.options).get(option)) for name, member in federation.members.items())
    return {name: value for name, value in said if value is not None and value not in usual}


def _of_options(key: tuple[str, str], trial: _Trial, seen: Seen) -> Iterator[tuple[list[str], Finding]]:
    """Options one by one. What is already known to have no effect is taken away, so that all of it can be removed at once."""
    given = trial.federations[key]
    matrix, reduced = given.matrix, given
    for name in sorted(matrix.options):
        said = _setting(given, name)
        hosts = [host for host in said if given.members[host].host.profile.managed]
        decided = [flow for flow in matrix.flows.values() if flow.mentions(name)]
        if not hosts or _is_seen(given, name, decided, said, seen):
            continue
        bases = [given] if reduced is given else [given, reduced]
        values = list(_others(matrix, name, set(said.values())))
        if all(trial.is_same(key, base, [base.with_values(name, value, said) for value in values]) for base in bases):
            reduced = reduced.with_values(name, None, said)
            chosen = " or ".join(str(value) for value in sorted(set(said.values()), key=str))
            why = reasons_against(given, decided, name, said)
            text = f"the option {name} is {chosen}, and the plan is the same without it and with any other value, because {why}; remove it"
            yield hosts, Finding(WITHOUT_EFFECT, f"{given.label}.options.{name}", text)


def _others(matrix: Matrix, name: str, said: set[str | int]) -> Iterator[str | int | None]:
    """What else an option may be: None where nobody sets it, each other choice, another port or text."""
    option = matrix.options[name]
    yield None
    if option.choices:
        yield from (choice for choice in option.choices if choice not in said and choice != option.default)
    elif option.pattern is None:
        taken = {str(value) for flow in matrix.flows.values() for value in flow.ports} | {str(value) for value in said}
        yield next((port for port in range(65535, 0, -1) if str(port) not in taken), 1)
    elif option.example not in said:
        yield option.example


def _of_networks(planned: Planned, federations: Federations, seen: Seen) -> Iterator[tuple[list[str], Finding]]:
    """Named networks that a host defines and that no rule of any host comes from."""
    defining: dict[str, list[Sequence[Host]]] = {}
    for hosts, _part in planned:
        for name, cidrs in hosts[0].profile.networks:
            if cidrs:
                defining.setdefault(name, []).append(hosts)
    for name, groups in sorted(defining.items()):
        users = [federation for federation in federations.values() if name in federation.matrix.networks]
        flows = [(federation, flow) for federation in users for flow in federation.matrix.flows.values() if flow.is_with(name)]
        everybody = [host.name for hosts in groups for host in hosts]
        labels = {label for host in everybody for label, _end in seen[host]}
        if not users or any(f"{federation.label}.{flow.id}" in labels for federation, flow in flows):
            continue
        if not _may_use(name, everybody, flows) or _is_same_without(name, everybody, planned, federations):
            joined = [one for one in users if not one.members.keys().isdisjoint(everybody)]
            why = [f"in {one.label} {reasons_against(one, [flow for user, flow in flows if user is one])}" for one in joined]
            why = why or [f"no host that defines it is in {' or '.join(one.label for one in users)}"]
            text = f"{NETWORKS} defines {name}, and no rule comes from it, because {'; '.join(why)}; remove it"
            yield [host.name for hosts in groups for host in hosts if host.profile.managed], Finding(WITHOUT_EFFECT, name, text)


def _may_use(name: str, hosts: Sequence[str], flows: Iterable[tuple[Federation, Flow]]) -> bool:
    """Whether one of these hosts could be at the other end of a flow with a named network."""
    return any(
        flow.fits(FEDERATION, federation.options) and federation.members[host].has_roles(flow, end)
        for federation, flow in flows
        for host in federation.members.keys() & set(hosts)
        for end in ENDS
    )


def _is_same_without(name: str, hosts: Sequence[str], planned: Planned, federations: Federations) -> bool:
    trial = _Trial(planned, federations, hosts)
    given = trial.outcome(federations)
    changed = [functools.partial(_with_network, name=name, cidrs=cidrs) for cidrs in _CIDRS]
    return all(trial.outcome(federations, change) == given for change in changed)


_CIDRS: tuple[tuple[str, ...] | None, ...] = (None, (), _OTHER_NETWORK)


def _with_network(host: Host, name: str, cidrs: tuple[str, ...] | None) -> Host:
    if name not in dict(host.profile.networks):
        return host
    networks = {**dict(host.profile.networks), name: cidrs}
    given = tuple(sorted((each, value) for each, value in networks.items() if value is not None))
    return dataclasses.replace(host, profile=dataclasses.replace(host.profile, networks=given))


class _Trial:
    """Plans some hosts again, to see whether anything becomes another thing."""

    def __init__(self, planned: Planned, federations: Federations, names: Iterable[str]) -> None:
        self.federations = federations
        concerned = frozenset(names)
        self._groups = [hosts for hosts, _part in planned if any(host.name in concerned for host in hosts)]
        self._known: dict[Federation, object] = {}

    def is_same(self, key: tuple[str, str], base: Federation, others: Iterable[Federation]) -> bool:
        """Whether the hosts have the same plan with each of these in the place of a federation."""
        others = [other for other in others if readings(other) != readings(base)]
        if not others:
            return True
        given = self._known.get(base)
        if given is None:
            given = self._known[base] = self.outcome({**self.federations, key: base})
        return all(self.outcome({**self.federations, key: other}) == given for other in others)

    def outcome(self, federations: Federations, changed: Callable[[Host], Host] = lambda host: host) -> object:
        """Everything that is planned, found or refused about the hosts, in a form that can be compared."""
        problems = Problems(lambda value: None)
        groups = [[changed(hosts[0]), *hosts[1:]] for hosts in self._groups]
        every = [host for hosts in groups for host in hosts]
        own = {name: each for name, each in federations.items() if any(host.name in each.members for host in every)}
        systems = [each for each in own.values() if each.matrix.name != BASELINE]
        check_partners(systems, frozenset(), problems)
        check_fronts(every, own.values(), problems)
        sets = AddressSets()
        parts: list[object] = []
        for hosts in groups:
            for check in (check_roles_exist, check_needed_networks, check_port_claims, check_one_service, check_proxy_only):
                check(hosts, federations, problems)
            part, warnings, findings = plan_host(hosts[0], federations, sets, None)
            parts.append((part._replace(memberships=()), warnings, findings))
        try:
            problems.stop()
            errors: tuple[str, ...] = ()
        except PlanRefused as refused:
            errors = refused.messages
        fronts = front_findings(every, systems)
        return parts, sets.cidrs, errors, problems.warnings, fronts
