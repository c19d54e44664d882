# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: no other code may rely on it.

"""Windows Firewall: one host's rules of the plan as the JSON of its rules and defaults."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ...module_utils._plan.model import HostPart
from .rules import translate as translate_rules
from .steps import arguments


def translate(part: HostPart, address_sets: Mapping[str, Sequence[str]]) -> str:
    """Each rule as the arguments of community.windows.win_firewall_rule, and which rules of the plan need none.

    Raises:
        Inexpressible: naming each rule that Windows Firewall cannot hold.
    """
    translation = translate_rules(part, address_sets)
    native = {
        "defaults": part.defaults.to_json(),
        "rules": [arguments(rule) for rule in translation.rules],
        "closed_without_a_rule": translation.closed,
        "names_without_a_rule": translation.unwritten,
    }
    return json.dumps(native, indent=2, ensure_ascii=False) + "\n"
