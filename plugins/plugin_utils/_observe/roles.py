# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Node roles from the groups of the inventory, and which role a host has at one end of a connection."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from .._common.problems import PlanRefused, listed, unknown
from .._vendor_table.unclear import identifier

NOT_ROLES = ("all", "ungrouped")
OURS = "connectivity_"
"""What the groups begin with that our own playbooks make."""

Roles = Mapping[str, tuple[str, ...]]
"""Host -> its node roles."""


def roles_of(hosts: Collection[str], groups: Mapping[str, Collection[str]], wanted: Collection[str] = ()) -> dict[str, tuple[str, ...]]:
    """The node roles of hosts.

    Args:
        hosts: The hosts that need one.
        groups: Group -> its hosts.
        wanted: The groups that are roles. Without them each host has the smallest of its groups.

    Raises:
        PlanRefused: a host has no role, or more than one could be meant.
    """
    known = {name: frozenset(members) for name, members in groups.items() if name not in NOT_ROLES and not name.startswith(OURS)}
    errors = [unknown("group", name, "the inventory", sorted(known)) for name in wanted if name not in known]
    _refuse_alike(set(wanted) & set(known) or set(known), errors)
    found: dict[str, tuple[str, ...]] = {}
    for host in sorted(hosts):
        own = {name for name in wanted or known if host in known.get(name, ())}
        if not wanted:
            own = {name for name in own if not any(known[other] < known[name] for other in own)}
        if not own:
            errors.append(f"host {host} has no role: put it into a group of the inventory, and name the groups that are roles (ROLES=a,b)")
        elif len(own) > 1 and not wanted:
            errors.append(f"host {host} is in the groups {listed(own)}: name those that are roles of the system (ROLES={min(own)})")
        found[host] = tuple(sorted(map(role_name, own)))
    if errors:
        raise PlanRefused(errors)
    return found


def role_name(group: str) -> str:
    """A group's name as the name of a role."""
    return identifier(group, "role")


def _refuse_alike(groups: Iterable[str], errors: list[str]) -> None:
    names: dict[str, list[str]] = {}
    for group in sorted(groups):
        names.setdefault(role_name(group), []).append(group)
    errors += [f"the groups {listed(alike)} would be one role, {role}: rename one" for role, alike in names.items() if len(alike) > 1]


def cover(hosts: Iterable[str], roles: Roles) -> dict[str, str]:
    """The fewest roles that all of these hosts have between them: host -> the role that it has here."""
    asked = frozenset(hosts)
    found: dict[str, str] = {}
    while left := asked - found.keys():
        held = {role: {host for host in roles if role in roles[host]} for host in left for role in roles[host]}
        best = min(held, key=lambda role: (-len(held[role] & left), len(held[role] - asked), role))
        found.update((host, best) for host in held[best] & left)
    return found
