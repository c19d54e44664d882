# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.ansible.windows.plugins.module_utils import fake_host

TEXT = {"type": "str"}
OPTIONS = {
    **dict.fromkeys(("group", "description", "direction", "action", "protocol", "localport", "remoteport", "localip", "remoteip"), TEXT),
    "name": {"type": "str", "required": True},
    "icmp_type_code": {"type": "list", "elements": "str"},
    "profiles": {"type": "list", "elements": "str"},
    "enabled": {"type": "bool"},
    "state": {"type": "str", "choices": ["absent", "present"]},
}


def change(module: AnsibleModule, host: dict[str, t.Any]) -> dict[str, t.Any]:
    options = dict(module.params)
    name, state = options["name"], options.pop("state")
    if host.get("fails_at") == name and not module.check_mode:
        module.fail_json(msg=f"{name} cannot be written")
    rules = {key.casefold(): key for key in host["rules"]}
    known = rules.get(name.casefold(), name)
    if state == "absent":
        host["rules"].pop(known, None)
    else:
        host["rules"].setdefault(known, {}).update(fake_host.in_windows_words(options))
    return {"diff": {"prepared": f"[{name}]\n"}}


if __name__ == "__main__":
    fake_host.run(OPTIONS, change)
