# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The known problems of a flow beside a finding about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from .._matrix.model import Matrix
from .._rules.plan import Entry
from .traps import traps_of_flow

KEY = "known_problems"


def with_known_problems(findings: Iterable[Entry], matrices: Mapping[str, Matrix], federations: Collection[str]) -> list[Entry]:
    """Findings of the plan, those about a flow with the known problems of its system that name the flow; without any there is no key."""
    traps = {name: matrix.traps for name, matrix in matrices.items()}
    found: list[Entry] = []
    for entry in findings:
        is_flow = entry["about"].rpartition(".")[0] in federations
        known = list(traps_of_flow(traps, entry["about"])) if is_flow else []
        found.append({**entry, KEY: known} if known else entry)
    return found
