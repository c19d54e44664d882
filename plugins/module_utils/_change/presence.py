# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Whether a rule of the plan stands in the files of a host and in its kernel."""

from __future__ import annotations

import typing as t

PRESENT, PARTLY, MISSING = "present", "partly", "missing"
STATES = (PRESENT, PARTLY, MISSING)

Pieces = t.Mapping[str, t.AbstractSet[str]]
"""Rule id -> the pieces of configuration that the rule comes to: its lines, and the address sets that these name."""


class Presence(t.NamedTuple):
    """One rule in one place that holds configuration.

    Attributes:
        rule: Its id.
        place: The place, as :attr:`.change.Change.name` has it.
        disk: Whether all, some or none of it stands in the files that are loaded at boot.
        kernel: The same for what filters now.
    """

    rule: str
    place: str
    disk: str
    kernel: str


def presences(place: str, disk: t.Tuple[Pieces, Pieces], kernel: t.Tuple[Pieces, Pieces]) -> t.List[Presence]:
    """Each rule of a place; ``disk`` and ``kernel`` are pieces as they should be, and as they are."""
    rules = sorted({*disk[0], *kernel[0]})
    return [Presence(rule, place, _state(rule, *disk), _state(rule, *kernel)) for rule in rules]


def _state(rule: str, wanted: Pieces, there: Pieces) -> str:
    all_of_it, found = wanted.get(rule, frozenset()), there.get(rule, frozenset())
    if all_of_it <= found:
        return PRESENT
    return PARTLY if all_of_it & found else MISSING
