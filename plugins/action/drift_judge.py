# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what the hosts of the play answered and what an earlier run found, and writes the reports. The meaning is in plugin_utils."""

from __future__ import annotations

import os
import pathlib
import time
import typing as t

from ..plugin_utils._common.bounded_file import NotAPlainFile, read_named
from ..plugin_utils._common.report_file import LARGEST, ReportUnwritable, write_report_text
from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._drift.answers import answer_of
from ..plugin_utils._drift.drift import Drift, State, drift_of
from ..plugin_utils._drift.report import JSON, files, lines, read_earlier, summary
from ..plugin_utils._operator.results import NotOfThisRun, of_this_run
from ..plugin_utils._plan.reader import PlanUnreadable, read_digest


class ActionModule(ControllerAction):
    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "chosen": {"type": "dict", "required": True},
        "registered": {"type": "str", "required": True},
        "out": {"type": "path"},
    }
    MISTAKES = (NotOfThisRun, PlanUnreadable, ReportUnwritable)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        chosen = of_this_run(options["chosen"], "chosen")
        hosts = sorted(name for name, choice in chosen["hosts"].items() if choice["managed"])
        out = pathlib.Path(os.path.abspath(options["out"])) if options["out"] else None
        earlier, now = _earlier(out / JSON) if out else {}, int(time.time())
        drifts = [drift_of(host, answer_of(host, options["registered"], variables), now, earlier) for host in hosts]
        if out:
            for name, text in files(drifts, now, read_digest(pathlib.Path(chosen["plan"]))):
                write_report_text(out / name, text)
        return {
            "lines": list(lines(drifts)),
            "summary": summary(drifts),
            "differing": [drift.host for drift in drifts if drift.state is State.DIFFERS],
            "not_compared": [drift.host for drift in drifts if drift.state is State.NOT_COMPARED],
        }


def _earlier(file: pathlib.Path) -> dict[str, Drift]:
    try:
        return read_earlier(read_named(file, LARGEST).decode(errors="replace"))
    except (OSError, NotAPlainFile):
        return {}
