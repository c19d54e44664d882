# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""A policy as the module firewall_policy takes it, in Windows' words: translated on the controller, because the host knows no plans."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ...module_utils._plan.model import HostPart
from .._windows.rules import Inexpressible
from .._windows.wanted import allowed, wanted
from .reader import faults
from .shape import HOST, SETS

_ADDRESS_SETS = "address_sets"


class NotForWindows(Exception):
    """The policy is not usable, or Windows Firewall cannot hold it; one message for each reason."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = tuple(messages)


def for_windows(policy: object, management_port: int) -> tuple[dict[str, t.Any], list[str]]:
    """Translate a policy.

    Args:
        policy: One host's file of the plan, with ``address_sets``.
        management_port: The TCP port by which Ansible reaches the host; 0 where that is not known.

    Returns:
        What firewall_policy.ps1 takes as its option ``policy``, and what the host then allows, one line for each rule.

    Raises:
        NotForWindows: with every reason.
    """
    if not isinstance(policy, Mapping):
        raise NotForWindows(["policy is not a mapping; give one host's file of the plan with address_sets"])
    content = {key: value for key, value in policy.items() if key != _ADDRESS_SETS}
    sets = {_ADDRESS_SETS: policy.get(_ADDRESS_SETS, {})}
    wrong = [f"policy: {problem}" for problem in (*faults(content, HOST, ("rules",)), *faults(sets, SETS))]
    if not wrong:
        part, address_sets = HostPart.from_json({"managed": True, **content}), sets[_ADDRESS_SETS]
        unknown = {name for rule in part.rules for name in rule.peers.address_sets if name not in address_sets}
        wrong = [f"policy: the address set {name} is missing in address_sets" for name in sorted(unknown)]
    if wrong:
        raise NotForWindows(wrong)
    try:
        return {**wanted(part, address_sets), "management_port": management_port}, list(allowed(part, address_sets))
    except Inexpressible as refused:
        raise NotForWindows(refused.messages) from refused
