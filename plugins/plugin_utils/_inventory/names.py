# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Finds variables whose names are nearly ours: a misspelt variable would have no effect, and nobody would see it."""

from __future__ import annotations

import difflib
import functools

from .._operator.role_options import PREFIX, all_options, prefixes

OF_PLAYBOOKS = (
    "connectivity_allow_shrink",
    "connectivity_expected_certificates",
    "connectivity_matrix",
    "connectivity_native",
    "connectivity_perspective",
    "connectivity_plan",
    "connectivity_reviewed_plan",
    "connectivity_select",
    "connectivity_serial",
    "connectivity_strangers",
    "connectivity_table",
)
"""What playbooks and tasks read under our prefix, besides what decides a host's rules."""
ALIKE_AFTER_PREFIX = 0.75
ALIKE_IN_ROLES = 0.85
"""Other people's inventories have variables such as ``firewall_ports``: only a name that is very close to an option is an error."""


@functools.lru_cache(maxsize=4096)
def meant_name(name: str, variables: tuple[str, ...]) -> str | None:
    """Which name of ours is probably meant by one that is not ours; None: the name is ours, or has nothing to do with us.

    Args:
        name: A variable of the operator's.
        variables: The variables that decide a host's rules.
    """
    known = {*variables, *OF_PLAYBOOKS, *all_options()}
    if name in known:
        return None
    for prefix, alike in ((PREFIX, ALIKE_AFTER_PREFIX), *((prefix, ALIKE_IN_ROLES) for prefix in prefixes())):
        if name.startswith(prefix):
            rests = sorted(other.removeprefix(prefix) for other in known if other.startswith(prefix))
            close = difflib.get_close_matches(name.removeprefix(prefix)[:100], rests, 1, alike)
            return prefix + close[0] if close else None
    return None
