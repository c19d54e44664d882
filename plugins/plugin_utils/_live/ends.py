# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Which hosts an answer about the plan is about, and by which of their rules."""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Iterable, Mapping

from .._plan.reader import Plan


class Ends(t.NamedTuple):
    """The hosts of the plan at the ends of an answer.

    Attributes:
        hosts: Those to ask for their own state -> the ids of their rules that decide.
        partners: Hosts that a partner configures.
        missing: Managed hosts that are not part of the run.
    """

    hosts: dict[str, list[str]]
    partners: list[str]
    missing: list[str]


def ends_of(connections: Iterable[Mapping[str, t.Any]], parties: Iterable[str], plan: Plan, present: Collection[str]) -> Ends:
    """The hosts at the ends.

    Args:
        connections: The answer as data.
        parties: The hosts that the question names.
        plan: The plan.
        present: The hosts of the run.
    """
    rules: dict[str, dict[str, None]] = {host: {} for host in parties}
    for connection in connections:
        for end in connection.get("ends", [{**connection, "rules": [connection]}]):
            rules.setdefault(end["host"], {}).update(dict.fromkeys(rule["id"] for rule in end["rules"]))
    known = {host: list(own) for host, own in rules.items() if host in plan.hosts}
    managed = {host: own for host, own in known.items() if plan.hosts[host].part.managed}
    return Ends(
        {host: own for host, own in managed.items() if host in present},
        [host for host in known if host not in managed],
        [host for host in managed if host not in present],
    )
