# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Finds federations of partners alone whose names resemble one of ours: probably a typing error, which shuts these partners out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from .._inventory.findings import SIMILAR_FEDERATION, Finding
from .federations import Federation

ALIKE = 0.8


def similar_federations(federations: Iterable[Federation]) -> dict[str, list[Finding]]:
    """Host -> findings about the federations that it is in."""
    found: dict[str, list[Finding]] = {}
    ours: list[Federation] = []
    others: list[Federation] = []
    for federation in federations:
        managed = any(member.host.profile.managed for member in federation.members.values())
        (ours if managed else others).append(federation)
    for other in others:
        meant = next((own.label for own in ours if own.matrix is other.matrix and _alike(own.name, other.name)), None)
        if meant:
            text = f"no managed host is in this federation, but its name resembles {meant}; correct the name if that is meant"
            for host in other.members:
                found.setdefault(host, []).append(Finding(SIMILAR_FEDERATION, other.label, text))
    return found


def _alike(one: str, other: str) -> bool:
    """Whether one name is probably meant to be the other; names that are numbered are different names."""
    if one.lower() == other.lower():
        return True
    if re.sub(r"\d+", "", one) == re.sub(r"\d+", "", other):
        return False
    return difflib.SequenceMatcher(None, one.lower(), other.lower()).ratio() >= ALIKE
