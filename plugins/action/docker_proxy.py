# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

from ansible.errors import AnsibleError
from ansible.utils.path import unfrackpath

from ..plugin_utils._docker_proxy_options import credentials, options
from ..plugin_utils._host_answers.action import HostAction
from ..plugin_utils._plan.reader import PlanUnreadable, read_host


class ActionModule(HostAction):
    """Reads on the controller what the plan wants of the host's Docker, and adds the credentials that only the inventory holds."""

    MODULE = "docker_proxy"

    def ask(self, module: str, arguments: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        plan = arguments.pop("plan", None) or None
        forward_proxy = arguments.pop("forward_proxy", None) or {}
        if arguments.get("state", "present") == "present":
            given = [option for option in ("daemon", "client") if arguments.get(option) is not None]
            if plan is None and not given:
                raise AnsibleError(
                    "docker_proxy needs plan, the directory of a plan, or daemon or client. "
                    "To take away every proxy that this module has configured, use state: absent"
                )
            if plan is not None and given:
                raise AnsibleError("docker_proxy takes either plan, the directory of a plan, or daemon and client")
        if plan is not None and arguments.get("state", "present") == "present":
            try:
                planned = read_host(pathlib.Path(unfrackpath(plan, follow=False)), variables["inventory_hostname"])
                arguments.update(options(planned.part.proxy), credentials=credentials(forward_proxy))
            except (PlanUnreadable, ValueError) as error:
                raise AnsibleError(str(error)) from error
            if "client" in arguments and not arguments.get("client_users") and not self._on_windows():
                self._display.warning(
                    f"host {variables['inventory_hostname']}: containers need the forward proxy, and get it from the ~/.docker/config.json "
                    "of whoever starts them; name those users in docker_proxy_client_users"
                )
        return super().ask(module, arguments, variables)

    def _on_windows(self) -> bool:
        """Whether Ansible runs docker_proxy.ps1 on the host, which writes no files of users."""
        return bool(getattr(getattr(self._connection, "_shell", None), "_IS_WINDOWS", False))
