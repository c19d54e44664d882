# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The plan as pass 1 leaves it: what the files of its directory are written from."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Mapping, Sequence

from ...module_utils._plan.model import HostPart, HostPlan
from .._inventory.hosts import Host

Entry = dict[str, t.Any]
"""A part of the index as the plan shows it (docs/reference/plan.md)."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """The plan (docs/reference/plan.md).

    Attributes:
        index: The content of ``plan.json``.
        hosts: Groups of hosts whose files differ in ``host`` and ``addresses`` alone, each with the part that they share.
        exports: Files for the products that inspect traffic, as path inside the plan's directory -> text.
        native: Files that show what firewalls will hold, as path inside the plan's directory -> text.
        warnings: The warnings of the index; where one is about what stands in the user's files, it says where, which a plan does not.
    """

    index: Entry
    hosts: Sequence[tuple[Sequence[Host], HostPart]]
    exports: Mapping[str, str]
    native: Mapping[str, str]
    warnings: Sequence[str] = ()

    def host(self, name: str) -> Entry:
        """The content of one host's file."""
        for hosts, part in self.hosts:
            for host in hosts:
                if host.name == name:
                    return HostPlan(name, tuple(host.addresses or ()), part).to_json()
        raise KeyError(name)

    def count(self, managed: bool) -> int:
        """How many hosts are managed, or are not."""
        return sum(len(hosts) for hosts, part in self.hosts if part.managed is managed)

    def summary(self) -> list[str]:
        """One line for each federation, one for the whole."""
        lines = [
            f"{label}: {', '.join(f'{len(hosts)} {role}' for role, hosts in federation['roles'].items() if hosts)}"
            for label, federation in self.index["federations"].items()
        ]
        rules = sum(len(hosts) * len(part.rules) for hosts, part in self.hosts if part.managed)
        return [*lines, f"{rules} rules for {self.count(True)} managed hosts; partners that are not managed: {self.count(False)}"]
