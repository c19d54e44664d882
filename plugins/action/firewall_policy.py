# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import time
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.utils.path import unfrackpath

from ..plugin_utils._common.shapes import printable_lines
from ..plugin_utils._host_answers.action import HostAction
from ..plugin_utils._plan.reader import PlanUnreadable, read_policy
from ..plugin_utils._plan.windows_policy import NotForWindows, for_windows

ERROR_MAXIMUM = 4000
RESTORE_SECONDS = 60
RETRY_SECONDS = 1
CONFIRM_SECONDS = 60  # the module's default
MANAGEMENT_PORTS = {"ssh": 22, "winrm": 5986, "psrp": 5986}  # of Ansible's connection plugins


class ActionModule(HostAction):
    """Reads the host's part of the plan on the controller, lets the module of the same name do the rest, and confirms what it changed."""

    MODULE = "firewall_policy"

    def ask(self, module: str, arguments: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        plan = arguments.pop("plan", None) or None
        show_diff = boolean(arguments.pop("show_diff", True))
        if arguments.get("state", "present") == "present":
            if (plan is None) == ("policy" not in arguments):
                raise AnsibleError("firewall_policy takes either plan, the directory of a plan, or policy, one host's part of it")
            if plan is not None:
                try:
                    arguments["policy"] = read_policy(pathlib.Path(unfrackpath(plan, follow=False)), variables["inventory_hostname"])
                except PlanUnreadable as error:
                    raise AnsibleError(str(error)) from error
        allowed: list[str] = []
        if self._on_windows() and arguments.get("policy") is not None:
            try:
                arguments["policy"], allowed = for_windows(arguments["policy"], self._management_port())
            except NotForWindows as error:
                return {"failed": True, "changed": False, "msg": "\n".join(error.messages), "errors": list(error.messages)}
        result = super().ask(module, arguments, variables)
        if allowed and not result.get("failed"):
            result["allowed"] = allowed
        if not show_diff and "diff" in result:
            result["differences"] = result.pop("diff")
        trial = result.pop("on_trial", None)
        if trial and not result.get("failed"):
            if self._task.check_mode or trial["seconds"] > _seconds(arguments):
                return self.refuse(f"it waits {trial['seconds']} s to be confirmed, and nobody asked for that")
            confirmed = self._confirm(trial["token"], trial["seconds"] + RESTORE_SECONDS, variables)
            if confirmed.get("failed"):
                restored = confirmed.get("outcome") == "restored"
                result.update(confirmed, changed=not restored, changes=[] if restored else result.get("changes", []))
        return result

    def _on_windows(self) -> bool:
        """Whether Ansible runs PowerShell modules on the host, and so firewall_policy.ps1 instead of firewall_policy.py."""
        return bool(getattr(getattr(self._connection, "_shell", None), "_IS_WINDOWS", False))

    def _management_port(self) -> int:
        """The TCP port by which Ansible reaches the host; 0 where that is not known."""
        connection = str(getattr(self._connection, "transport", "")).rpartition(".")[2]
        try:
            port = self._connection.get_option("port")
        except KeyError:
            port = None
        return int(port) if port else MANAGEMENT_PORTS.get(connection, 0)

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
                confirmed = super().ask("firewall_confirm", {"token": token}, variables)
                if "outcome" in confirmed or time.monotonic() > end:
                    return confirmed
            except AnsibleConnectionFailure as error:
                if time.monotonic() > end:
                    raise AnsibleConnectionFailure(
                        "after the change no new connection came about, nor one when the host should have taken it back: "
                        + printable_lines(str(error), ERROR_MAXIMUM)
                    ) from None
            time.sleep(RETRY_SECONDS)


def _seconds(arguments: dict[str, t.Any]) -> int:
    """How long the host was asked to wait; the module itself refuses what is not a number."""
    try:
        return int(arguments.get("confirm_timeout", CONFIRM_SECONDS))
    except (TypeError, ValueError):
        return 0
