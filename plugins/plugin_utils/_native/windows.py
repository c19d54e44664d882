# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""The rules of Windows Firewall that a host will hold, for those who read a plan."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ...module_utils._plan.model import HostPart, PlanRule
from .._common.plan_marker import MARK
from .._windows.native import translate
from .._windows.rules import rule_name


def rules_of(host: str, part: HostPart, address_sets: Mapping[str, Sequence[str]], full: bool) -> str:
    """The file of a host; without ``full``, rules name their address sets and how many networks these hold.

    Raises:
        Inexpressible: Windows Firewall cannot hold these rules.
    """
    native = json.loads(translate(part, address_sets))
    by_name = {rule_name(rule.id): rule for rule in part.rules}
    for rule in native["rules"]:
        planned = by_name.get(rule["DisplayName"])
        if planned and rule.get("RemoteAddress", ["Any"]) != ["Any"] and not full:
            rule["RemoteAddress"] = _counted(planned, address_sets)
    if not full:  # the parts of a rule differ by their addresses alone
        native["rules"] = [rule for place, rule in enumerate(native["rules"]) if rule not in native["rules"][:place]]
    return json.dumps({"_comment": f"{MARK}; do not edit", "host": host, **native}, indent=2, ensure_ascii=False) + "\n"


def _counted(rule: PlanRule, address_sets: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"<{name}:{len(address_sets[name])}>" for name in rule.peers.address_sets]
