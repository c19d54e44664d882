# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the options of the task and the hosts of the run, and has the plan checked. The meaning is in plugin_utils."""

from __future__ import annotations

import pathlib
import time
import typing as t
from collections.abc import Iterable, Mapping

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.utils.path import unfrackpath

from ..plugin_utils._common.days import utc_today
from ..plugin_utils._common.problems import PlanRefused, Problems
from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._inventory.hosts import MANAGED, MEMBERSHIPS, platform_of
from ..plugin_utils._inventory.names import parts_of
from ..plugin_utils._libraries import LibrariesMissing, require_libraries
from ..plugin_utils._operator.results import record_result
from ..plugin_utils._operator.variables import OperatorVariables, ValueUnreadable, differing
from ..plugin_utils._plan.age import made, old
from ..plugin_utils._plan.exceptions import ending
from ..plugin_utils._plan.reader import PlanUnreadable, read_findings
from ..plugin_utils._plan.review import review

OF_THE_RUN = ("connectivity_reviewed_plan", "connectivity_reviewed_plan_days", "connectivity_select")


class ActionModule(ControllerAction):
    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "wanted": {"type": "bool", "default": True},
        "plan": {"type": "path", "required": True},
        "days": {"type": "int", "default": 30},
    }
    MISTAKES = (LibrariesMissing, PlanUnreadable)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        require_libraries()
        directory = pathlib.Path(unfrackpath(options["plan"], follow=False))
        problems = Problems(lambda value: None)
        said = OperatorVariables(variables, self._task, self._loader)
        wanted = dict(_managed(said, variables["ansible_play_hosts_all"], problems))
        if options["days"] < 0:
            problems.error(f"connectivity_reviewed_plan_days is {options['days']}; give a number of days, or 0 for no warning")
        if not variables["groups"]["all"]:
            problems.error("the inventory has no host; give one with -i. For a question about the plan alone, -i localhost, is enough")
        found = review(directory, wanted, problems)
        try:
            problems.stop()
        except PlanRefused as refused:
            raise AnsibleActionFail(_refusal(directory, refused.messages)) from None
        then, now = made(directory), time.time()
        ends = ending(read_findings(directory), utc_today())
        result = record_result(
            {
                "changed": False,
                "plan": str(directory),
                "managed": found.managed,
                "unmanaged": found.unmanaged,
                "days": then.days(now) if then else None,
                "summary": f"{directory}, {then or 'of unknown age'}: {found.managed} managed hosts, partners that are not managed: "
                f"{found.unmanaged}; {len(wanted)} managed hosts in this run{ends.sum}",
                **ends._asdict(),
            }
        )
        warning = old(then, now, options["days"]) if then else ""
        result["warnings"] = [*ends.warnings, *found.warnings, *([warning] if warning else [])]
        return result


def _managed(said: OperatorVariables, hosts: Iterable[str], problems: Problems) -> Iterable[tuple[str, str]]:
    """The hosts that are ours to configure, and their platforms; options of the run that differ between hosts are errors."""
    values: dict[str, Mapping[str, t.Any]] = {}
    for host in hosts:
        own = said[host]
        try:
            has_memberships = any(own.get(part) is not None for part in parts_of(MEMBERSHIPS, own))
            if has_memberships and boolean(own.get(MANAGED, True), strict=False):
                yield host, platform_of(own)
            values[host] = {name: own[name] for name in OF_THE_RUN if name in own}
        except ValueUnreadable as error:
            problems.error(str(error))
    for contradiction in differing(OF_THE_RUN, values):
        problems.error(contradiction)


def _refusal(directory: pathlib.Path, messages: tuple[str, ...]) -> str:
    count = "1 error" if len(messages) == 1 else f"{len(messages)} errors"
    return "\n".join((f"{count} in the reviewed plan {directory}; nothing of it was applied:", *(f"- {message}" for message in messages)))
