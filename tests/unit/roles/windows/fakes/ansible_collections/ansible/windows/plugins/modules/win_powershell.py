# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does not run PowerShell: knows the role's scripts by their first words, and does on the data what they do on Windows."""

from __future__ import annotations

import json
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.ansible.windows.plugins.module_utils import fake_host

OPTIONS = {
    "script": {"type": "str", "required": True},
    "parameters": {"type": "dict"},
    "error_action": {"type": "str"},
    "depth": {"type": "int"},
}
DIRECTORY = "C:\\Program Files\\federated.connectivity"
PARTS = ("rules", "configured")


def state(host: dict[str, t.Any], group: str, **_others: t.Any) -> dict[str, t.Any]:
    effective = {"inbound": {"NotConfigured": "Block"}, "outbound": {"NotConfigured": "Allow"}}
    return {
        "profiles": [
            {
                "name": name,
                "enabled": "True",
                **{direction: effective[direction].get(value, value) for direction, value in defaults.items()},
                "local_rules": "True",
                "inbound_rules": "True",
            }
            for name, defaults in host["configured"].items()
        ],
        "others": host["others"],
        "ours": [name for name, rule in host["rules"].items() if rule["group"] == group],
        "taken": [name for name, rule in host["rules"].items() if rule["group"] != group and name.startswith(group + " ")],
        "configured": host["configured"],
        "remembered": _remembered(host),
        "pending": bool(host["tasks"]),
        "directory": DIRECTORY,
    }


def _remembered(host: dict[str, t.Any]) -> dict[str, t.Any]:
    text = host["files"].get(f"{DIRECTORY}\\defaults.json", {})
    return json.loads(text) if isinstance(text, str) else text


def save(host: dict[str, t.Any], **_others: t.Any) -> dict[str, t.Any]:
    host["before"] = {part: host[part] for part in PARTS} | {"defaults": host["files"].get(f"{DIRECTORY}\\defaults.json")}
    return {}


def settle(host: dict[str, t.Any], keep: bool, **_others: t.Any) -> dict[str, t.Any]:
    before = host.pop("before")
    if not keep:
        host.update({part: before[part] for part in PARTS})
        host["files"] = {f"{DIRECTORY}\\defaults.json": before["defaults"]} if before["defaults"] else {}
    host["files"].pop(f"{DIRECTORY}\\restore.ps1", None)
    host["tasks"] = {}
    return {"outcome": "kept" if keep else "restored: the rules and defaults of this collection"}


SCRIPTS = {"# What is in force": state, "# Writes down": save, "# Ends a trial": settle}


def change(module: AnsibleModule, host: dict[str, t.Any]) -> dict[str, t.Any]:
    (script,) = (known for words, known in SCRIPTS.items() if module.params["script"].startswith(words))
    parameters = {name.lower(): value for name, value in module.params["parameters"].items()}
    return {"result": script(host, **parameters)}


if __name__ == "__main__":
    fake_host.run(OPTIONS, change)
