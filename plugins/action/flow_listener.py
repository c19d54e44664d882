# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail

from ..plugin_utils._host_answers.action import HostAction
from ..plugin_utils._host_answers.run_marks import is_token, password_of, words_of


class ActionModule(HostAction):
    """Lets the host listen with words of its own, and takes its answer for the ports that it was asked for alone."""

    MODULE = "flow_listener"

    def ask(self, module: str, arguments: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        token = str(arguments.get("token", ""))
        if arguments.get("state", "started") == "stopped" or not token or "name" not in arguments:
            return super().ask(module, arguments, variables)
        if not is_token(token):
            raise AnsibleActionFail(f"token {token!r}: give 1 to 64 printable ASCII characters")
        told = {"token": password_of(token), "name": words_of(token, str(arguments["name"]))}
        result = super().ask(module, arguments | told, variables)
        if result.get("failed"):
            return result
        if result.get("token") != told["token"]:
            return self.refuse("it does not have the token of this run")
        wanted = {(port["protocol"], int(port["port"])) for port in arguments.get("ports", ())}
        seen = [(port["protocol"], port["port"], port["family"]) for port in result.get("ports", ())]
        if len(set(seen)) != len(seen) or {port[:2] for port in seen} != wanted:
            return self.refuse("its ports are not those that it was asked for")
        return result | {"token": token}
