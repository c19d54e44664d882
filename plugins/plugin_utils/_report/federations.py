# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The federations of a plan: which groups of hosts open which flows to whom."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from ...module_utils._plan.model import PlanRule
from ...module_utils._plan.words import DIRECTIONS, EGRESS, INGRESS
from .._common.address_set_names import network_of
from .._plan.reader import Plan
from .model import FederationView, FlowView, HostView, RuleView, State, together

ANYBODY = "anybody"
EVERY_HOST = "every host"
FORWARD_PROXY = "forward proxy"
_NAMES = 3


class Edge(t.NamedTuple):
    """An arrow: flows from one node to another. ``flows`` are (ports, state)."""

    start: str
    end: str
    ports: tuple[str, ...]
    state: State


class Graph(t.NamedTuple):
    """What is drawn of a federation. ``groups`` are its own hosts by their node roles; ``outside`` is everybody else."""

    groups: Mapping[str, int]
    outside: tuple[str, ...]
    edges: tuple[Edge, ...]


class _Flow(t.NamedTuple):
    rules: list[tuple[str, PlanRule, RuleView]]
    starts: dict[str, None]
    ends: dict[str, None]


def federations(plan: Plan, hosts: Sequence[HostView], draw: t.Callable[[Graph, str], tuple[str, str]]) -> Iterator[FederationView]:
    """Every federation of the plan, with its drawing.

    Args:
        plan: The plan.
        hosts: Its hosts, with the state of each rule.
        draw: Gives the SVG of a graph, or an empty text and why there is none.
    """
    members = _members(plan)
    fronts = frozenset(name for host in plan.hosts.values() if host.part.front for name in host.part.front.names)
    found: dict[str, dict[str, list[tuple[str, PlanRule, RuleView]]]] = defaultdict(lambda: defaultdict(list))
    for host in hosts:
        for rule, view in zip(plan.hosts[host.name].part.rules, host.rules, strict=True):
            found[view.federation][view.flow].append((host.name, rule, view))
    for name in sorted(found, key=lambda name: (name.startswith("baseline."), name)):
        roles = members.get(name, {})
        flows = {label: _ends(rules, roles, fronts) for label, rules in sorted(found[name].items())}
        views = tuple(_view(label, flow) for label, flow in flows.items())
        graph = _graph(flows, roles)
        svg, why = draw(graph, f"Drawing of {name}: the table below has the same flows") if roles else ("", "")
        shown = tuple(f"{role} ({len(hosts)})" for role, hosts in sorted(roles.items()))
        count = len(set().union(*roles.values())) or len({host for rules in found[name].values() for host, _rule, _view in rules})
        yield FederationView(name, count, shown, views, together(view.state for view in views), svg, why)


def _members(plan: Plan) -> dict[str, dict[str, set[str]]]:
    """Federation -> node role -> its hosts."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name, host in plan.hosts.items():
        for one in host.part.memberships:
            for role in one.roles:
                found[f"{one.matrix}.{one.federation}"][role].add(name)
    return found


def roles_of(hosts: Collection[str], roles: Mapping[str, Collection[str]]) -> list[str]:
    """The node roles that explain why just these hosts have a rule: those of which most hosts have it, and as few roles as that takes."""
    left, found = set(hosts), list[str]()
    while left:
        fits = {role: (sum(host in hosts for host in own) / len(own), len(left.intersection(own))) for role, own in sorted(roles.items())}
        role = max((role for role in fits if fits[role][1]), key=lambda role: fits[role], default=EVERY_HOST)
        found.append(role)
        left -= set(roles.get(role, left))
    return found


def _ends(rules: list[tuple[str, PlanRule, RuleView]], roles: Mapping[str, Collection[str]], fronts: frozenset[str]) -> _Flow:
    """Who opens a flow, and to whom: groups of hosts that have the rule, and who is outside the plan."""
    have = {direction: {host for host, rule, _view in rules if rule.direction == direction} for direction in DIRECTIONS}
    within = {direction: dict.fromkeys(roles_of(hosts, roles)) for direction, hosts in have.items()}
    outside: dict[str, dict[str, None]] = {EGRESS: {}, INGRESS: {}}
    for _host, rule, _view in rules:
        reverse = INGRESS if rule.direction == EGRESS else EGRESS
        if rule.via_proxy:
            outside[reverse][FORWARD_PROXY] = None
            continue
        sets = [name for name in rule.peers.address_sets if not within[reverse] or is_outside(name)]
        names = [*map(set_in_words, sets), *(name for name in rule.peers.names if name not in fronts)]
        if names:
            more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
            outside[reverse][", ".join(names[:_NAMES]) + more] = None
    return _Flow(rules, within[EGRESS] | outside[EGRESS], within[INGRESS] | outside[INGRESS])


def is_outside(address_set: str) -> bool:
    """Whether an address set is about others than the hosts of a federation."""
    return address_set == "any" or bool(network_of(address_set))


def set_in_words(address_set: str) -> str:
    """The name of an address set, as people call it."""
    network = network_of(address_set)
    return ANYBODY if address_set == "any" else f"network {network}" if network else address_set


def _view(label: str, flow: _Flow) -> FlowView:
    views = [view for _host, _rule, view in flow.rules]
    ports = "; ".join(dict.fromkeys(view.ports for view in views))
    return FlowView(
        label.rpartition(".")[2],
        ports,
        "; ".join(flow.starts) or "nobody in the plan",
        "; ".join(flow.ends) or "nobody in the plan",
        views[0].purpose,
        together(view.state for view in views),
    )


def _graph(flows: Mapping[str, _Flow], roles: Mapping[str, Collection[str]]) -> Graph:
    edges: dict[tuple[str, str], tuple[dict[str, None], list[State]]] = {}
    for label, flow in flows.items():
        state = together(view.state for _host, _rule, view in flow.rules)
        for start in flow.starts:
            for end in flow.ends:
                ports, states = edges.setdefault((start, end), ({}, []))
                for _host, _rule, view in flow.rules:
                    ports[f"{label.rpartition('.')[2]} {view.ports}"] = None
                states.append(state)
    groups = {role: len(hosts) for role, hosts in sorted(roles.items())}
    outside = dict.fromkeys(end for pair in edges for end in pair if end not in groups)
    drawn = tuple(Edge(start, end, tuple(ports), together(states)) for (start, end), (ports, states) in edges.items())
    return Graph(groups, tuple(outside), drawn)
