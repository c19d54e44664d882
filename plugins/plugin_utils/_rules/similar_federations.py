# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Finds federations whose names resemble another one of the same system: probably a typing error, which shuts their hosts out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from .._common.slips import is_slip, letters
from .._inventory.findings import SIMILAR_FEDERATION, Finding
from .federations import Federation

ALIKE = 0.8


def similar_federations(federations: Iterable[Federation]) -> dict[str, list[Finding]]:
    """Host -> findings about the federations that it is in."""
    found: dict[str, list[Finding]] = {}
    all_of_them = list(federations)
    ours = [federation for federation in all_of_them if _is_managed(federation)]
    for one in all_of_them:
        meant = next((other for other in ours if other is not one and other.matrix is one.matrix and _is_meant(one, other)), None)
        if meant:
            for host, finding in _findings(one, meant):
                found.setdefault(host, []).append(finding)
    return found


def _is_managed(federation: Federation) -> bool:
    return any(member.host.profile.managed for member in federation.members.values())


def _is_meant(one: Federation, other: Federation) -> bool:
    """Whether the hosts of one federation are probably meant to be in the other; of two that are ours, those of the smaller one."""
    if not _is_managed(one):
        return _alike(one.name, other.name)
    smaller = (len(one.members), one.name) < (len(other.members), other.name)
    return smaller and is_slip(letters(one.name), letters(other.name))


def _findings(one: Federation, meant: Federation) -> Iterable[tuple[str, Finding]]:
    if _is_managed(one):
        text = f"its name resembles {meant.label}, and hosts of the two do not meet; correct the name if that is meant"
    else:
        text = f"no managed host is in this federation, but its name resembles {meant.label}; correct the name if that is meant"
    return [(host, Finding(SIMILAR_FEDERATION, one.label, text)) for host in one.members]


def _alike(one: str, other: str) -> bool:
    """Whether one name is probably meant to be the other; names that are numbered are different names."""
    if is_slip(letters(one), letters(other)):
        return True
    if re.sub(r"\d+", "", one) == re.sub(r"\d+", "", other):
        return False
    return difflib.SequenceMatcher(None, one.lower(), other.lower()).ratio() >= ALIKE
