# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import secrets
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.federated.connectivity.plugins.plugin_utils._expected_certificates import ExpectationsRefused, expectations_of
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan_reader import PlanUnreadable, read_plan
from ansible_collections.federated.connectivity.plugins.plugin_utils._tls_flows import tls_flows


class ActionModule(ActionBase):
    """Chooses on the controller which TLS connections the hosts of the play look at."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: t.Any = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(  # type: ignore[no-untyped-call]
            {"plan": {"type": "path", "required": True}, "peers_maximum": {"type": "int", "default": 100}}
        )
        if options["peers_maximum"] < 1:
            raise AnsibleActionFail(f"peers_maximum is {options['peers_maximum']}; give 1 or more")
        plan = self._loader.path_dwim(options["plan"])
        try:
            looks = tls_flows(read_plan(pathlib.Path(plan)), task_vars["ansible_play_batch"], options["peers_maximum"])
            expectations_of(looks, task_vars["hostvars"])  # mistakes are told before any host is contacted
        except (PlanUnreadable, ExpectationsRefused) as error:
            raise AnsibleActionFail(str(error)) from error
        if not looks:
            raise AnsibleActionFail(f"{plan}: no host of this play is managed there; check --limit and connectivity_memberships")
        hosts = {name: own.to_data() for name, own in looks.items()}
        return result | {"changed": False, "hosts": hosts, "plan": plan, "token": secrets.token_hex(8)}
