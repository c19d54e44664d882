# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.ansible.windows.plugins.module_utils import fake_host

OPTIONS = {
    **{name: {"type": "str"} for name in ("description", "username", "run_level")},
    **{name: {"type": "bool"} for name in ("disallow_start_if_on_batteries", "stop_if_going_on_batteries")},
    **{name: {"type": "list", "elements": "dict"} for name in ("actions", "triggers")},
    "name": {"type": "str", "required": True},
    "multiple_instances": {"type": "int"},
    "state": {"type": "str", "choices": ["present"]},
}


def change(module: AnsibleModule, host: dict[str, t.Any]) -> dict[str, t.Any]:
    host["tasks"][module.params["name"]] = {"triggers": module.params["triggers"], "actions": module.params["actions"]}
    host["armed"] = host["tasks"][module.params["name"]]
    return {}


if __name__ == "__main__":
    fake_host.run(OPTIONS, change)
