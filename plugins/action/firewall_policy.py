# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pathlib
import time
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

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
                arguments["policy"] = read_policy(pathlib.Path(self._loader.path_dwim(plan)), variables["inventory_hostname"])
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


def read_policy(plan: pathlib.Path, host: str) -> dict[str, t.Any]:
    """One host's file of a plan directory, with the address sets that its rules name.

    Raises:
        AnsibleError: there is no such plan, the host is not in it, or it is not ours to configure.
    """
    if not (plan / "plan.json").is_file():
        raise AnsibleError(f"{plan} holds no plan.json; make the plan with federated.connectivity.required_rules first")
    file = plan / "hosts" / f"{host}.json"
    if not file.is_file():
        raise AnsibleError(f"host {host} is not in the plan {plan}; give it connectivity_memberships and make the plan again")
    policy = _read(file)
    if not policy.get("managed"):
        raise AnsibleError(f"host {host} is a partner's: connectivity_managed is false, so its firewall is not ours to configure")
    named = {name for rule in policy["rules"] for name in rule["peers"]["address_sets"]}
    sets = _read(plan / "plan.json")["address_sets"]
    return {**policy, "address_sets": {name: cidrs for name, cidrs in sets.items() if name in named}}


def _read(file: pathlib.Path) -> dict[str, t.Any]:
    try:
        return t.cast("dict[str, t.Any]", json.loads(file.read_text(encoding="utf-8")))
    except ValueError as error:
        raise AnsibleError(f"{file} is not JSON: {error}; make the plan again") from error
