# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Rules that another rule of the same host makes needless, or opens further, and what no rule is about."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterator

from ...module_utils._plan.model import Peers, PlanRule
from ...module_utils._plan.ports import without
from ...module_utils._plan.words import EGRESS, INGRESS, PUBLISHED
from .._common.problems import listed
from .model import Networks, Result, State

RULES = "rules"
DEFAULT = "default"


def check_rules(networks: Networks) -> Iterator[Result]:
    """A note for each pair of rules of which one holds the other, and for hosts that leave other ports as they are."""
    hosts: dict[tuple[PlanRule, ...], list[str]] = collections.defaultdict(list)
    for name, host in sorted(networks.plan.hosts.items()):
        if host.part.managed:
            hosts[host.part.rules].append(name)
    notes: dict[tuple[str, str], list[str]] = collections.defaultdict(list)
    for rules, names in hosts.items():
        for label, text in _pairs(rules, networks):
            notes[label, text] += names
    for (label, text), names in sorted(notes.items()):
        yield Result(RULES, label, State.NOTE, f"{text} (on {listed(names)})")
    if not notes:
        yield Result(RULES, "all hosts", State.PASSED)
    left = [name for name, host in networks.plan.hosts.items() if host.part.managed and not host.part.defaults.denies(INGRESS)]
    if left:
        text = "ports without a rule are left to the other rules of the host; connectivity_defaults: {ingress: deny} closes them"
        yield Result(DEFAULT, listed(left), State.NOTE, text)
    else:
        yield Result(DEFAULT, "all hosts", State.PASSED)


def _pairs(rules: tuple[PlanRule, ...], networks: Networks) -> Iterator[tuple[str, str]]:
    for first, second in itertools.combinations(rules, 2):
        if (first.direction, first.protocol) != (second.direction, second.protocol):
            continue
        if _is_within(first, second, networks) and _is_within(second, first, networks):
            yield first.label, f"is the same rule as {second.label}: both need it, and one opens it"
        elif _is_within(first, second, networks):
            yield _shadowed(first, second, networks)
        elif _is_within(second, first, networks):
            yield _shadowed(second, first, networks)


def _shadowed(inner: PlanRule, outer: PlanRule, networks: Networks) -> tuple[str, str]:
    is_wider = not networks.of(outer.peers).issubset(networks.of(inner.peers)) or bool(set(outer.peers.names) - set(inner.peers.names))
    is_closed = inner.direction == INGRESS and inner.closed_to_others
    more = "; so more hosts reach these ports than the flow needs" if is_wider and is_closed else ""
    return inner.label, f"{outer.label} allows its ports and peers too ({inner.traffic}){more}"


def _is_within(inner: PlanRule, outer: PlanRule, networks: Networks) -> bool:
    """Whether a rule that admits somebody admits nothing that the other one does not admit."""
    if inner.direction == EGRESS and inner.placement == PUBLISHED != outer.placement:
        return False  # only the inner one is for containers as well
    if set(inner.types) - set(outer.types):
        return False
    if inner.peers == Peers() or without(inner.ports, outer.ports) or set(inner.peers.names) - set(outer.peers.names):
        return False
    return bool(networks.of(inner.peers).issubset(networks.of(outer.peers)))
