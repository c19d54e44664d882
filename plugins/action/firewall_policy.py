# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import time
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.path import unfrackpath

from ansible_collections.federated.connectivity.plugins.plugin_utils._plan_reader import PlanUnreadable, read_policy

RESTORE_SECONDS = 60
RETRY_SECONDS = 1


class ActionModule(ActionBase):
    """Reads the host's part of the plan on the controller, lets the module of the same name do the rest, and confirms what it changed."""

    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        arguments = dict(self._task.args)
        plan = arguments.pop("plan", None)
        if arguments.get("state", "present") == "present":
            if (plan is None) == ("policy" not in arguments):
                raise AnsibleError("firewall_policy takes either plan, the directory of a plan, or policy, one host's part of it")
            if plan is not None:
                try:
                    arguments["policy"] = read_policy(pathlib.Path(unfrackpath(plan, follow=False)), variables["inventory_hostname"])
                except PlanUnreadable as error:
                    raise AnsibleError(str(error)) from error
        result.update(self._execute_module("federated.connectivity.firewall_policy", module_args=arguments, task_vars=variables))
        trial = result.pop("on_trial", None)
        if trial:
            confirmed = self._confirm(trial["token"], trial["seconds"] + RESTORE_SECONDS, variables)
            if confirmed.get("failed"):
                restored = confirmed.get("outcome") == "restored"
                result.update(confirmed, changed=not restored, changes=[] if restored else result["changes"])
        return result

    def _confirm(self, token: str, seconds: int, variables: dict[str, t.Any]) -> dict[str, t.Any]:
        """Confirm a change over a new connection, or learn over one how the host took it back.

        Returns:
            What firewall_confirm returned.

        Raises:
            AnsibleConnectionFailure: the host cannot be reached, not even when it should have taken the change back.
        """
        end = time.monotonic() + seconds
        while True:
            try:
                if hasattr(self._connection, "reset"):
                    self._connection.reset()
                confirmed: dict[str, t.Any] = self._execute_module(
                    "federated.connectivity.firewall_confirm", module_args={"token": token}, task_vars=variables
                )
                if "outcome" in confirmed or time.monotonic() > end:
                    return confirmed
            except AnsibleConnectionFailure as error:
                if time.monotonic() > end:
                    raise AnsibleConnectionFailure(
                        f"after the change no new connection came about, nor one when the host should have taken it back: {error}"
                    ) from error
            time.sleep(RETRY_SECONDS)
