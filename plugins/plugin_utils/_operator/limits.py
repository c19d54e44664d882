# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The limits of role options that are numbers. An argument spec cannot say them."""

from __future__ import annotations

import math
import typing as t
from collections.abc import Mapping

_SECONDS = ("a number of seconds above 0", lambda number: 0 < number < math.inf)
_COUNT = ("1 or more", lambda number: number >= 1)
LIMITS: dict[str, tuple[str, t.Callable[[float], bool]]] = {
    "audit_peers_maximum": _COUNT,
    "audit_seconds": _SECONDS,
    "audit_timeout": _SECONDS,
    "firewall_confirm_timeout": ("a number of seconds, or 0 to turn it off", lambda number: number >= 0),
    "firewall_shrink_least": _COUNT,
    "firewall_shrink_share": ("a share from 0 to 1, such as 0.5", lambda number: 0 <= number <= 1),
    "verify_listener_seconds": _SECONDS,
    "verify_peers_maximum": _COUNT,
    "verify_timeout": _SECONDS,
}


def out_of_range(values: Mapping[str, t.Any]) -> list[str]:
    """A message for each option whose value is outside of its limits."""
    return [
        f"{name} is {values[name]}; give {meaning}"
        for name, (meaning, fits) in LIMITS.items()
        if values.get(name) is not None and not fits(values[name])
    ]
