# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.federated.connectivity.plugins.plugin_utils._plan_reader import PlanUnreadable, read_address_sets, read_host
from ansible_collections.federated.connectivity.plugins.plugin_utils._windows_policy import PolicyUnfit, windows_policy


class ActionModule(ActionBase):
    """Says on the controller what the firewall of a Windows host has to become."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(  # type: ignore[no-untyped-call]
            {"plan": {"type": "path"}, "found": {"type": "dict", "required": True}, "management_port": {"type": "int"}}
        )
        name = (task_vars or {})["inventory_hostname"]
        try:
            plan = pathlib.Path(self._loader.path_dwim(options["plan"])) if options["plan"] else None
            policy = windows_policy(
                read_host(plan, name) if plan else None,
                read_address_sets(plan) if plan else {},
                options["found"],
                options["management_port"],
            )
        except (PlanUnreadable, PolicyUnfit) as error:
            raise AnsibleActionFail(f"host {name}: {error}") from error
        return result | {"changed": False} | policy
