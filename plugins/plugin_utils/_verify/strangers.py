# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Finds the hosts that serve as outsiders: without them, nobody proves that ports are closed to strangers."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

STRANGERS = "connectivity_strangers"
"""The group that is asked for where the user names no other."""
_ALIKE = 0.85


class GroupMissing(Exception):
    """The inventory lacks the group, and somebody meant it to be there."""


def strangers_of(group: str, groups: Mapping[str, Collection[str]]) -> Collection[str]:
    """The hosts of the group of strangers; none if nobody asked for strangers.

    Args:
        group: Its name.
        groups: The groups of the inventory and their hosts.

    Raises:
        GroupMissing: the group is not there, but one that has nearly its name, or the user chose the name.
    """
    if group in groups:
        return groups[group]
    names = {_plain(name): name for name in sorted(groups)}
    close = difflib.get_close_matches(_plain(group), list(names), 1, _ALIKE)
    if not close and group == STRANGERS:
        return ()
    meant = f" (did you mean {names[close[0]]}?)" if close else ""
    raise GroupMissing(
        f"the inventory has no group {group}{meant}. Without it no stranger tries the ports. Rename the group, or set verify_strangers to "
        "the group of hosts that serve as outsiders"
    )


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")
