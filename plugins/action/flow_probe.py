# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail

from ..plugin_utils._host_answers.action import HostAction
from ..plugin_utils._host_answers.run_marks import is_token, listener_in, password_of

ASKED = ("protocol", "destination", "port")


class ActionModule(HostAction):
    """Lets the host try connections, and takes its answer for the probes that it was asked for alone."""

    MODULE = "flow_probe"

    def ask(self, module: str, arguments: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        token = str(arguments.get("token", ""))
        if not is_token(token):
            raise AnsibleActionFail(f"token {token!r}: give 1 to 64 printable ASCII characters")
        password = password_of(token)
        result = super().ask(module, {**arguments, "token": password}, variables)
        if result.get("failed"):
            return result
        if result.get("token") != password:
            return self.refuse("it does not have the token of this run")
        wanted = [tuple(str(probe[key]) for key in ASKED) for probe in arguments.get("probes", ())]
        if [tuple(str(outcome[key]) for key in ASKED) for outcome in result["outcomes"]] != wanted:
            return self.refuse("its outcomes are not those of the probes that it was asked for")
        for outcome in result["outcomes"]:
            outcome["answered_by"] = listener_in(token, outcome["answered_by"])
        return result | {"token": token}
