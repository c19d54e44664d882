# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.ansible.windows.plugins.module_utils import fake_host

OPTIONS = {"src": {"type": "str"}, "content": {"type": "raw"}, "dest": {"type": "str", "required": True}}


def change(module: AnsibleModule, host: dict[str, t.Any]) -> dict[str, t.Any]:
    host["files"][module.params["dest"]] = module.params["content"] or module.params["src"]
    return {}


if __name__ == "__main__":
    fake_host.run(OPTIONS, change)
