# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the plan and the team's assertions, has them checked, and writes the results. The meaning is in plugin_utils."""

from __future__ import annotations

import os
import pathlib
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.utils.path import unfrackpath

from ..plugin_utils._check.assertions import Assertion, Reader
from ..plugin_utils._check.checks import check
from ..plugin_utils._check.model import Networks, State, counted
from ..plugin_utils._check.report import files, lines, summary
from ..plugin_utils._common.problems import PlanRefused, Problems
from ..plugin_utils._common.report_file import ReportUnwritable, write_report_text
from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._inventory.source_location import locate
from ..plugin_utils._libraries import LibrariesMissing, require_libraries
from ..plugin_utils._plan.reader import PlanUnreadable, read_plan


class ActionModule(ControllerAction):
    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "plan": {"type": "path", "required": True},
        "assertions": {"type": "path"},
        "out": {"type": "path"},
    }
    MISTAKES = (LibrariesMissing, PlanUnreadable, ReportUnwritable)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        require_libraries()
        directory = pathlib.Path(unfrackpath(options["plan"], follow=False))
        networks = Networks(read_plan(directory))
        results = check(networks, self._assertions(options["assertions"], networks) if options["assertions"] else ())
        if options["out"] and not self._task.check_mode:
            for name, text in files(results):
                write_report_text(pathlib.Path(os.path.abspath(options["out"])) / name, text)
        counts = {state.value: count for state, count in counted(results).items()}
        return {
            "changed": False,
            "plan": str(directory),
            "lines": lines(results),
            "summary": summary(results),
            "counts": counts,
            "failed_checks": counts[State.FAILED],
            "results": [{**one._asdict(), "state": one.state.value} for one in results],
        }

    def _assertions(self, file: str, networks: Networks) -> list[Assertion]:
        path = os.path.abspath(file)
        if not os.path.isfile(path):
            raise AnsibleActionFail(f"the assertions cannot be read: there is no file {path}")
        try:
            data = self._loader.load_from_file(path)
        except AnsibleError as error:
            raise AnsibleActionFail(f"the assertions cannot be read: {error}") from error
        problems = Problems(locate)
        found = Reader(networks).read(data, problems)
        try:
            problems.stop()
        except PlanRefused as refused:
            count = "1 error" if len(refused.messages) == 1 else f"{len(refused.messages)} errors"
            message = "\n".join((f"{count} in {file}; nothing was checked:", *(f"- {one}" for one in refused.messages)))
            raise AnsibleActionFail(message) from None
        return found
