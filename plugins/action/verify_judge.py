# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import time
import typing as t
from collections.abc import Mapping

from ansible import context

from ..plugin_utils._common.days import utc_time
from ..plugin_utils._common.report_file import ReportUnwritable, write_report
from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._operator.results import NotOfThisRun, of_this_run
from ..plugin_utils._plan.reader import AddressSetIndex, PlanUnreadable, read_address_sets, read_contacts, read_digest
from ..plugin_utils._plan.traps import read_traps
from ..plugin_utils._verify.model import Choice
from ..plugin_utils._verify.observations import NOTHING, Observation
from ..plugin_utils._verify.report import Beside, counts, host_counts, host_lines, report, short_lines, summary
from ..plugin_utils._verify.rulings import FAILED
from ..plugin_utils._verify.verdict import judge, nothing_tried

COMPARISONS = {"in_force", "listeners"}
"""Tags of the steps that try no flow."""
STEPS = ("in_force", "loopback", "listening", "stopped", "probed")


class ActionModule(ControllerAction):
    """Judges on the controller what the hosts of the play have seen."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "chosen": {"type": "dict", "required": True},
        "registered": {"type": "dict", "required": True, "options": {step: {"type": "str", "required": True} for step in STEPS}},
        "partners": {"type": "bool", "default": False},
        "report": {"type": "path"},
        "run": {"type": "dict"},
    }
    MISTAKES = (NotOfThisRun, PlanUnreadable, ReportUnwritable)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        chosen = of_this_run(options["chosen"], "chosen")
        if options["run"] is not None:
            of_this_run(options["run"], "run")
        choices = {name: Choice.from_data(data) for name, data in chosen["hosts"].items()}
        observations = {name: _observation(name, chosen["token"], options["registered"], variables) for name in choices}
        plan = pathlib.Path(chosen["plan"])
        membership = AddressSetIndex(read_address_sets(plan))
        beside = Beside(read_traps(plan), read_contacts(plan))
        tags = set(context.CLIARGS.get("tags", ()))
        judged = judge(choices, observations, membership, options["partners"])
        findings = nothing_tried(judged, choices, observations, asked_for_flows=not tags or not tags <= COMPARISONS)
        if options["report"]:
            said = {"time": utc_time(time.time()), "plan_digest": read_digest(plan)}
            write_report(pathlib.Path(options["report"]), report(findings, choices) | said)
        return {
            "hosts": {
                name: {
                    "lines": host_lines(found, choices[name], beside),
                    "short": short_lines(found, choices[name], beside),
                    "counts": host_counts(found),
                    "failures": [str(finding) for finding in found if finding.state == FAILED],
                }
                for name, found in findings.items()
            },
            "counts": counts(findings),
            "summary": summary(findings, beside),
        }


def _observation(name: str, token: str, registered: dict[str, str], task_vars: t.Any) -> Observation:
    """What the steps returned on a host; what an earlier batch of the play left behind does not count."""
    variables = task_vars["hostvars"][name]
    seen = {step: variables.get(registered[step], NOTHING) for step in STEPS}
    current = {step: NOTHING if _is_stale(result, token) else result for step, result in seen.items()}
    return Observation(**current, lost=name not in task_vars["ansible_play_batch"])


def _is_stale(result: object, token: str) -> bool:
    return isinstance(result, Mapping) and result.get("token", token) != token
