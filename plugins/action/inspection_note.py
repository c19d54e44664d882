# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

from ansible.errors import AnsibleError
from ansible.utils.path import unfrackpath

from ..plugin_utils._host_answers.action import HostAction
from ..plugin_utils._plan.reader import PlanUnreadable, read_note


class ActionModule(HostAction):
    """Reads the host's note from the plan on the controller, and lets the module of the same name install it."""

    MODULE = "inspection_note"

    def ask(self, module: str, arguments: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        plan = arguments.pop("plan", None) or None
        if arguments.get("state", "present") == "present":
            if plan is None:
                raise AnsibleError("inspection_note needs plan, the directory of a plan")
            try:
                arguments["note"] = read_note(pathlib.Path(unfrackpath(plan, follow=False)), variables["inventory_hostname"])
            except PlanUnreadable as error:
                raise AnsibleError(str(error)) from error
        return super().ask(module, arguments, variables)
