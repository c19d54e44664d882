# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the plan and the results of runs, has federations drawn, and writes the report. The meaning is in plugin_utils."""

from __future__ import annotations

import os
import pathlib
import time
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.utils.path import unfrackpath

from ..plugin_utils._common.days import utc_today
from ..plugin_utils._common.report_file import ReportUnwritable, write_report_text
from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._plan.exceptions import ending
from ..plugin_utils._plan.reader import PlanUnreadable, read_digest, read_plan
from ..plugin_utils._report.build import build
from ..plugin_utils._report.graphviz import Graphviz
from ..plugin_utils._report.loader import ResultsUnreadable, load_results
from ..plugin_utils._report.markdown_page import markdown
from ..plugin_utils._report.page import page, shown_size
from ..plugin_utils._report.results import NOTHING, read_results

HTML, MARKDOWN = "report.html", "report.md"


class ActionModule(ControllerAction):
    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "plan": {"type": "path", "required": True},
        "results": {"type": "path"},
        "out": {"type": "path", "required": True},
        "title": {"type": "str", "default": ""},
    }
    MISTAKES = (PlanUnreadable, ReportUnwritable, ResultsUnreadable)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        if not options["out"]:
            where = "option out of the module, connectivity_out of the playbook"
            raise AnsibleActionFail(f"give the directory for report.html and report.md: {where}")
        directory = pathlib.Path(unfrackpath(options["plan"], follow=False))
        out = pathlib.Path(os.path.abspath(options["out"]))
        plan = read_plan(directory)
        results = NOTHING
        if options["results"]:
            files = load_results(pathlib.Path(os.path.abspath(options["results"])))
            results = read_results(files, read_digest(directory))
        draw = Graphviz().draw
        report = build(plan, results, draw, options["title"] or directory.name, int(time.time()), ending(plan.findings, utc_today()))
        written = {HTML: page(report), MARKDOWN: markdown(report)}
        if not self._task.check_mode:
            for name, text in written.items():
                write_report_text(out / name, text)
        sizes = ", ".join(f"{name} ({shown_size(len(text.encode()))})" for name, text in written.items())
        warnings = [*report.remarks, *sorted({one.why_no_drawing for one in report.federations if one.why_no_drawing})]
        return {
            "changed": False,
            "files": [str(out / name) for name in written],
            "status": str(report.status),
            "headline": report.headline,
            "problems": [one._asdict() for one in report.problems],
            "summary": f"{report.headline}. {report.explanation} Written: {sizes} in {out}",
            **({"warnings": warnings} if warnings else {}),
        }
