# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""What a new plan would take away from the one that its directory holds."""

from __future__ import annotations

import json
import pathlib
import typing as t
from collections.abc import Iterator, Mapping

from .._common.directory_files import PlanFiles, UnsafePlace
from .._common.problems import PlanRefused, shown_path
from .shape import INDEX, problems, too_deep

INDEX_FILE = "plan.json"


def refuse_shrinking(directory: pathlib.Path, index: Mapping[str, t.Any]) -> list[str]:
    """Stop where hosts or memberships of the previous plan are gone. A directory without a plan, or with a damaged one, has none.

    Returns:
        A warning where the previous plan is damaged, as by a conflict of git: nothing could be compared.

    Raises:
        PlanRefused: naming each.
    """
    before = _read(directory)
    if before is None:
        damaged = f"{shown_path(directory / INDEX_FILE)}, the plan that was there before, is damaged. So nothing was compared"
        return [f"{damaged}, and hosts or memberships may be gone. To compare, restore it from git and plan again"]
    gone = list(lost(before, index))
    if gone:
        advice = (
            f"the plan in {directory} still has them, and it was not changed. If you want to remove them, plan again with "
            "connectivity_allow_shrink: true; if not, correct the inventory"
        )
        raise PlanRefused([*gone, advice])
    return []


def lost(before: Mapping[str, t.Any], after: Mapping[str, t.Any]) -> Iterator[str]:
    """Hosts and memberships of one index that another lacks, in words."""
    hosts, now = before.get("hosts", {}), after["hosts"]
    for name, entry in hosts.items():
        if name not in now:
            yield f"host {name} would be gone from the plan"
        elif entry.get("managed") is True and not now[name]["managed"]:
            yield f"host {name} would no longer be managed"
    kept = set(_memberships(after))
    for label, host, role in _memberships(before):
        if host in now and (label, host, role) not in kept:
            yield f"host {host} would no longer be {role} in {label}"


def _memberships(index: Mapping[str, t.Any]) -> Iterator[tuple[str, str, str]]:
    federations = index.get("federations")
    for label, federation in federations.items() if isinstance(federations, dict) else ():
        roles = federation.get("roles") if isinstance(federation, dict) else None
        for role, hosts in roles.items() if isinstance(roles, dict) else ():
            yield from ((label, host, role) for host in hosts if isinstance(host, str)) if isinstance(hosts, list) else ()


def _read(directory: pathlib.Path) -> Mapping[str, t.Any] | None:
    """The index of the previous plan, empty where there is none; None if it is damaged."""
    try:
        with PlanFiles(directory) as files:
            data = files.read(INDEX_FILE)
    except (UnsafePlace, OSError):
        return {}  # writing the plan says what is wrong with the directory
    if data is None:
        return {}
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return None if too_deep(content) or any(problems(content, INDEX)) else t.cast("Mapping[str, t.Any]", content)
