# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import time
import typing as t

from ..plugin_utils._common.days import utc_time
from ..plugin_utils._common.report_file import ReportUnwritable, write_report
from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._inventory.expected_certificates import ExpectationsRefused, expectations_of
from ..plugin_utils._operator.results import NotOfThisRun, of_this_run
from ..plugin_utils._operator.variables import OperatorVariables, ValueUnreadable
from ..plugin_utils._plan.reader import PlanUnreadable, read_contacts, read_digest
from ..plugin_utils._plan.traps import read_traps
from ..plugin_utils._tls_audit.flows import Looks
from ..plugin_utils._tls_audit.observations import read_sights
from ..plugin_utils._tls_audit.report import counts, failures, lines, report, summary, without_a_look
from ..plugin_utils._tls_audit.verdict import judge_paths
from ..plugin_utils._verify.report import Beside


class ActionModule(ControllerAction):
    """Judges on the controller what the hosts of the play have seen of TLS servers."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "chosen": {"type": "dict", "required": True},
        "registered": {"type": "str", "required": True},
        "strict": {"type": "bool", "default": False},
        "report": {"type": "path"},
        "run": {"type": "dict"},
    }
    MISTAKES = (ExpectationsRefused, NotOfThisRun, PlanUnreadable, ReportUnwritable, ValueUnreadable)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        chosen, strict = of_this_run(options["chosen"], "chosen"), options["strict"]
        if options["run"] is not None:
            of_this_run(options["run"], "run")
        looks = {name: Looks.from_data(data) for name, data in chosen["hosts"].items()}
        expectations = expectations_of(looks, OperatorVariables(variables, self._task, self._loader))
        answers = {name: variables["hostvars"][name].get(options["registered"], {}) for name in looks}
        read = {name: read_sights(chosen["hosts"][name]["endpoints"], answers[name], chosen["token"]) for name in looks}
        sights = {name: sight for name, sight in read.items() if sight is not None}
        judgements = judge_paths(looks, sights, expectations)
        blind = without_a_look(judgements)
        plan = pathlib.Path(chosen["plan"])
        beside = Beside(read_traps(plan), read_contacts(plan))
        if options["report"]:
            said = {"time": utc_time(time.time()), "plan_digest": read_digest(plan)}
            write_report(pathlib.Path(options["report"]), report(judgements, looks, sights, strict) | said)
        return {
            "hosts": {
                name: {
                    "lines": lines(found, looks[name], strict, beside),
                    "failures": [*failures(name, found, strict, sights), *blind.get(name, ())],
                }
                for name, found in judgements.items()
            },
            "counts": counts(judgements, strict, sights),
            "summary": summary(judgements, strict, sights, beside),
        }
