# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The known problems of a plan's systems: which of them concern a host, and the plan's file that has them for checks."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable, Iterator, Mapping

from ...module_utils._plan.model import HostPart
from .._common.plan_marker import MARK
from .._common.texts import joined_lines
from .._matrix.model import Matrix, Trap
from .reader import PlanUnreadable, faults, opened
from .shape import TRAPS

FILE = "traps.json"
FORMAT = 1

Traps = Mapping[str, Iterable[Trap]]
"""Matrix -> its known problems."""


def traps_file(matrices: Mapping[str, Matrix]) -> str:
    """The text of the plan's file."""
    traps = {
        name: [{"trap": trap.text, "flows": list(trap.flows)} for trap in matrix.traps]
        for name, matrix in sorted(matrices.items())
        if matrix.traps
    }
    return json.dumps({"format": FORMAT, "made_by": MARK, "traps": traps}, indent=2) + "\n"


def read_traps(directory: pathlib.Path) -> dict[str, tuple[Trap, ...]]:
    """Read the known problems of a plan's systems; a plan of an earlier version has none.

    Raises:
        PlanUnreadable: naming the file that is damaged.
    """
    with opened(directory) as plan:
        if not plan.has(FILE):
            return {}
        content = plan.load(FILE)
        for fault in faults(content, TRAPS, ("traps",), complete=True):
            raise PlanUnreadable(f"{directory / FILE}: {fault}; compute the plan again")
        return {
            name: tuple(Trap(joined_lines(entry["trap"]), tuple(entry.get("flows", ()))) for entry in entries)
            for name, entries in content["traps"].items()
        }


def traps_of_flow(traps: Traps, label: str) -> Iterator[str]:
    """The known problems that name a flow, by its label ``<matrix>.<federation>.<flow>``."""
    matrix, flow = matrix_and_flow(label)
    yield from (trap.text for trap in traps.get(matrix, ()) if flow in trap.flows)


def traps_of(part: HostPart, matrices: Mapping[str, Matrix]) -> Iterator[tuple[str, Trap]]:
    """The known problems that concern a host: those of its flows, and those of its systems as a whole, as (matrix, problem)."""
    own = set(flows_of(part))
    systems = dict.fromkeys(membership.matrix for membership in part.memberships)
    systems |= dict.fromkeys(sorted(name for name, _flow in own if name in matrices and name not in systems))
    for name in systems:
        for trap in matrices[name].traps:
            if not trap.flows or any((name, flow) in own for flow in trap.flows):
                yield name, trap


def flows_of(part: HostPart) -> Iterator[tuple[str, str]]:
    """The flows that a host's rules and listeners are about, also behind its forward proxy, as (matrix, flow)."""
    for rule in part.rules:
        yield from map(matrix_and_flow, rule.flows or (rule.label,))
    for listener in part.listeners:
        yield listener.matrix, listener.flow


def matrix_and_flow(label: str) -> tuple[str, str]:
    """The matrix and the flow of a label. Federations may have dots in their names; matrices and flows have none."""
    matrix, _dot, rest = label.partition(".")
    return matrix, rest.rpartition(".")[2]
