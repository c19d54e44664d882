# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.federated.connectivity.plugins.plugin_utils._choice import Choice
from ansible_collections.federated.connectivity.plugins.plugin_utils._plan_reader import Membership, PlanUnreadable, read_address_sets
from ansible_collections.federated.connectivity.plugins.plugin_utils._verdict import FAILED, NOTHING, Observation, judge
from ansible_collections.federated.connectivity.plugins.plugin_utils._verdict_report import counts, host_lines, summary, write_report

STEPS = ("in_force", "loopback", "listening", "stopped", "probed")


class ActionModule(ActionBase):
    """Judges on the controller what the hosts of the play have seen."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: t.Any = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(  # type: ignore[no-untyped-call]
            {
                "chosen": {"type": "dict", "required": True},
                "registered": {"type": "dict", "required": True, "options": {step: {"type": "str", "required": True} for step in STEPS}},
                "partners": {"type": "bool", "default": False},
                "report": {"type": "path"},
            }
        )
        chosen = options["chosen"]
        choices = {name: Choice.from_data(data) for name, data in chosen["hosts"].items()}
        observations = {name: _observation(name, chosen["token"], options["registered"], task_vars) for name in choices}
        try:
            membership = Membership(read_address_sets(pathlib.Path(chosen["plan"])))
            findings = judge(choices, observations, membership, options["partners"])
            if options["report"]:
                write_report(pathlib.Path(options["report"]), findings, choices)
        except PlanUnreadable as error:
            raise AnsibleActionFail(str(error)) from error
        except OSError as error:
            raise AnsibleActionFail(f"the report could not be written: {error}") from error
        return result | {
            "changed": False,
            "hosts": {
                name: {
                    "lines": host_lines(found, choices[name]),
                    "failures": [str(finding) for finding in found if finding.state == FAILED],
                }
                for name, found in findings.items()
            },
            "counts": counts(findings),
            "summary": summary(findings),
        }


def _observation(name: str, token: str, registered: dict[str, str], task_vars: t.Any) -> Observation:
    """What the steps returned on a host; what an earlier batch of the play left behind does not count."""
    variables = task_vars["hostvars"][name]
    seen = {step: variables.get(registered[step], NOTHING) for step in STEPS}
    current = {step: result if result.get("token", token) == token else NOTHING for step, result in seen.items()}
    return Observation(**current, lost=name not in task_vars["ansible_play_batch"])
