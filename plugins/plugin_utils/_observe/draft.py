# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The draft of a matrix as a file: what was seen as data, and what a person has to decide as comments."""

from __future__ import annotations

import pathlib
import typing as t
from collections.abc import Mapping, Sequence

from .._common.problems import PlanRefused, shown_path
from .._common.texts import one_line
from .._vendor_table.draft import as_yaml, title
from .._vendor_table.starter import wrong_with
from .flows import Flow, Flows, flows_of
from .roles import Roles, role_name
from .sightings import Member, put_together

QUESTIONS = (
    "purpose, application and tls of every flow, where they were not seen",
    "necessity: a flow that was seen is conditional, a rule wherever both ends exist; say mandatory where nothing works without it",
    "inspection and proxy: nothing that was seen says them",
    "ports that can be changed: make them options",
    "what did not happen while the hosts were watched: installation, updates, failures, a rare job",
)


NOTHING_SEEN = (
    "the chosen software did nothing on the network while it was watched. Check the names (PROCESSES, UNITS, CONTAINERS, PORTS), "
    "run a job of the system, and watch longer (MINUTES)"
)


class Drafted(t.NamedTuple):
    """The text of the file, and what it holds in numbers."""

    text: str
    flows: int
    to_decide: int


def draft_observed(
    members: Sequence[Member], roles: Roles, groups: Mapping[str, str], path: pathlib.Path, watched: str, notes: Sequence[str] = ()
) -> Drafted:
    """Draft the matrix of what was seen.

    Args:
        members: The hosts of the inventory.
        roles: Their node roles.
        groups: Role -> the group of the inventory that it comes from.
        path: The file that the draft is for.
        watched: What was watched and how long, in words.
        notes: What else a reader has to know, such as hosts that did not answer.

    Raises:
        PlanRefused: nothing was seen, or the gate of all matrices refuses the draft.
    """
    seen = put_together(members)
    found = flows_of(seen, roles)
    if not found.flows:
        raise PlanRefused(
            [
                NOTHING_SEEN,
                *notes,
            ]
        )
    text = _text(found, sorted({role for host in seen.hosts for role in roles.get(host, ())}), groups, path, watched, notes)
    wrong = wrong_with(text, path)
    if wrong:
        raise PlanRefused(wrong)
    return Drafted(text, len(found.flows), len(found.decide))


def _text(found: Flows, roles: Sequence[str], groups: Mapping[str, str], path: pathlib.Path, watched: str, notes: Sequence[str]) -> str:
    head: dict[str, t.Any] = {
        "matrix": path.stem,
        "title": title(path.stem),
        "description": "Drafted from what its software did on the network.",
        "documents": {"observation": {"title": "Observation of the running software"}},
        "roles": {role: {"description": one_line(f"A host of the group {groups.get(role, role)}.")} for role in roles},
    }
    if found.networks:
        head["networks"] = {name: {"description": found.networks[name]} for name in sorted(found.networks)}
    return "\n".join(
        [_comments(found, roles, groups, path, watched, notes), as_yaml(head), "flows:\n" + "\n".join(map(_flow, found.flows))]
    )


def _comments(found: Flows, roles: Sequence[str], groups: Mapping[str, str], path: pathlib.Path, watched: str, notes: Sequence[str]) -> str:
    lines = ["Drafted from what software did on the network: a beginning. Read it before you use it.", f"Watched: {watched}.", *notes, ""]
    lines += [
        "To use it, give each group its membership in the inventory, with the path of this file from there and a name of your federation:"
    ]
    for role in roles:
        membership = f"{{matrix: matrices/{path.name}, federation: NAME, roles: [{role}]}}"
        lines.append(f"  group {groups.get(role, role)}: connectivity_memberships: [{membership}]")
    for heading, entries in (("Decide", found.decide), ("Without a flow", found.left_out), ("Fill in", QUESTIONS)):
        lines += ["", f"{heading}:", *(f"  - {entry}" for entry in entries)] if entries else []
    return "".join(f"# {' ' * (len(line) - len(line.lstrip()))}{one_line(line)}".rstrip() + "\n" for line in lines)


def _flow(flow: Flow) -> str:
    comments = "".join(f"  # {one_line(line)}\n" for line in flow.comments)
    return comments + "".join(f"  {line}" for line in as_yaml({flow.id: flow.data}).splitlines(keepends=True))


def groups_of_roles(groups: Sequence[str]) -> dict[str, str]:
    """Role -> the group of the inventory that has its name."""
    return {role_name(group): group for group in sorted(groups, reverse=True)}


def written(path: pathlib.Path, drafted: Drafted) -> str:
    """What was written, on one line."""
    return f"{shown_path(path)}: {drafted.flows} flows drafted, {drafted.to_decide} to decide"
