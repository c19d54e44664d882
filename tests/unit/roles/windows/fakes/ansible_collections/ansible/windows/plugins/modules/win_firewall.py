# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.ansible.windows.plugins.module_utils import fake_host

OPTIONS = {
    "profiles": {"type": "list", "elements": "str", "required": True},
    "state": {"type": "str", "choices": ["enabled"], "required": True},
    "inbound_action": {"type": "str", "choices": ["allow", "block", "not_configured"]},
    "outbound_action": {"type": "str", "choices": ["allow", "block", "not_configured"]},
}
WORDS = {"allow": "Allow", "block": "Block", "not_configured": "NotConfigured"}


def change(module: AnsibleModule, host: dict[str, t.Any]) -> dict[str, t.Any]:
    for profile in module.params["profiles"]:
        for direction in ("inbound", "outbound"):
            host["configured"][profile][direction] = WORDS[module.params[f"{direction}_action"]]
    return {}


if __name__ == "__main__":
    fake_host.run(OPTIONS, change)
