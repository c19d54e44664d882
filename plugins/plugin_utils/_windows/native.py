# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Windows Firewall: one host's rules of the plan as the JSON of its rules and defaults."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ...module_utils._plan.model import HostPart
from .wanted import SINGLE, wanted


def translate(part: HostPart, address_sets: Mapping[str, Sequence[str]]) -> str:
    """Each rule as the parameters of New-NetFirewallRule, and which rules of the plan need none.

    Raises:
        Inexpressible: naming each rule that Windows Firewall cannot hold.
    """
    native = wanted(part, address_sets)
    rules = [*native["rules"], *native["named"]]
    shown = {
        "defaults": part.defaults.to_json(),
        "rules": [{key: texts[0] if key in SINGLE else texts for key, texts in rule.items()} for rule in rules],
        "closed_without_a_rule": native["closed_without_rule"],
        "names_without_a_rule": native["names"],
    }
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
