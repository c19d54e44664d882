# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import secrets
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.utils.path import unfrackpath

from ..plugin_utils._common.days import utc_today
from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._inventory.expected_certificates import ExpectationsRefused, expectations_of
from ..plugin_utils._operator.results import NotOfThisRun, of_this_run, record_result
from ..plugin_utils._operator.variables import OperatorVariables, ValueUnreadable
from ..plugin_utils._plan.exceptions import ending
from ..plugin_utils._plan.reader import PlanUnreadable, read_plan
from ..plugin_utils._tls_audit.flows import tls_flows


class ActionModule(ControllerAction):
    """Chooses on the controller which TLS connections the hosts of the play look at."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "plan": {"type": "path", "required": True},
        "peers_maximum": {"type": "int", "default": 100},
        "run": {"type": "dict"},
    }
    MISTAKES = (ExpectationsRefused, NotOfThisRun, PlanUnreadable, ValueUnreadable)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        if options["run"] is not None:
            of_this_run(options["run"], "run")
        if options["peers_maximum"] < 1:
            raise AnsibleActionFail(f"peers_maximum is {options['peers_maximum']}; give 1 or more")
        plan = unfrackpath(options["plan"], follow=False)
        content = read_plan(pathlib.Path(plan))
        looks = tls_flows(content, variables["ansible_play_batch"], options["peers_maximum"])
        expectations_of(looks, OperatorVariables(variables, self._task, self._loader))  # mistakes are told before any host is contacted
        if not looks:
            raise AnsibleActionFail(f"{plan}: no host of this play is managed there; check --limit and connectivity_memberships")
        ends = ending(content.findings, utc_today())
        result = record_result(
            {
                "hosts": {name: own.to_data() for name, own in looks.items()},
                "plan": plan,
                "token": secrets.token_hex(8),
                **ends._asdict(),
            }
        )
        return {**result, "warnings": ends.warnings}
