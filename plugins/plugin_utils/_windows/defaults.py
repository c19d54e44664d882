# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The defaults of a Windows host's profiles: denied as the plan says, and as they were before where it says so no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .state import State

_WORDS = {"Block": "block", "Allow": "allow", "NotConfigured": "not_configured"}


def defaults_to_set(denied: Iterable[str], state: State) -> tuple[list[dict[str, str]], Mapping[str, Mapping[str, str]]]:
    """The profiles whose defaults have to change, and what the host has to remember of how they were before.

    Args:
        denied: ``ingress`` and ``egress``, as far as they are denied by default.
        state: What is in force.

    Returns:
        For each profile that changes ``profile``, ``inbound_action`` and ``outbound_action`` in the words of
        ansible.windows.win_firewall; then profile -> direction -> default before ours, empty where nothing is ours.
    """
    wanted = {direction for name, direction in (("ingress", "inbound"), ("egress", "outbound")) if name in denied}
    changes: list[dict[str, str]] = []
    remembered: dict[str, dict[str, str]] = {}
    for profile, current in sorted(state.configured.items()):
        before = state.remembered.get(profile, {})
        target = {direction: "Block" if direction in wanted else before.get(direction, current[direction]) for direction in current}
        kept = {direction: before.get(direction, current[direction]) for direction in sorted(wanted)}
        if kept:
            remembered[profile] = kept
        if target != dict(current):
            changes.append({"profile": profile, **{f"{direction}_action": _WORDS[value] for direction, value in sorted(target.items())}})
    return changes, remembered
