# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.utils.path import unfrackpath

from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._operator.limits import out_of_range
from ..plugin_utils._plan.reader import PlanUnreadable, read_address_sets, read_host
from ..plugin_utils._windows.steps import Limits, PolicyUnfit, windows_policy


class ActionModule(ControllerAction):
    """Says on the controller what the firewall of a Windows host has to become."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "plan": {"type": "path"},
        "found": {"type": "dict", "required": True},
        "management_port": {"type": "int"},
        "allow_shrink": {"type": "bool", "default": False},
        "shrink_share": {"type": "float", "default": 0.3333333333333333},
        "shrink_least": {"type": "int", "default": 3},
    }

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        name = variables["inventory_hostname"]
        beyond = out_of_range({f"firewall_{option}": options[option] for option in ("shrink_share", "shrink_least")})
        if beyond:
            raise AnsibleActionFail("; ".join(one.removeprefix("firewall_") for one in beyond))
        try:
            plan = pathlib.Path(unfrackpath(options["plan"], follow=False)) if options["plan"] else None
            return windows_policy(
                read_host(plan, name).part if plan else None,
                read_address_sets(plan) if plan else {},
                options["found"],
                options["management_port"],
                Limits(options["allow_shrink"], options["shrink_share"], options["shrink_least"], self._task.check_mode),
            )
        except (PlanUnreadable, PolicyUnfit) as error:
            raise AnsibleActionFail(f"host {name}: {error}") from error
