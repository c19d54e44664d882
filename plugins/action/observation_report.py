# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the inventory and what the hosts of the play saw, and drafts a matrix or compares with a plan. The meaning is in plugin_utils."""

from __future__ import annotations

import os
import pathlib
import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils._observe.choice import NotChosen, read_choice
from ..module_utils._plan.words import WINDOWS
from ..plugin_utils._common.problems import PlanRefused, Problems, listed
from ..plugin_utils._common.shapes import Unusable
from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._host_answers.results import judge_answer
from ..plugin_utils._inventory.hosts import MANAGED, platform_of
from ..plugin_utils._inventory.source_location import locate
from ..plugin_utils._libraries import LibrariesMissing, require_libraries
from ..plugin_utils._observe.compare import compare
from ..plugin_utils._observe.draft import draft_observed, groups_of_roles, written
from ..plugin_utils._observe.inventory import read_members
from ..plugin_utils._observe.roles import roles_of
from ..plugin_utils._observe.sightings import Answer, put_together
from ..plugin_utils._operator.variables import OperatorVariables, ValueUnreadable
from ..plugin_utils._plan.reader import PlanUnreadable, read_plan
from ..plugin_utils._vendor_table.starter import check_directory, matrix_name, write_new

_WATCHED = "observation_info"
_FROM_PARTNERS = "what it does is known from its partners alone"
_NAMES: dict[str, t.Any] = {"type": "list", "elements": "str", "default": []}


class ActionModule(ControllerAction):
    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "registered": {"type": "str", "default": ""},
        "path": {"type": "path"},
        "compare": {"type": "path"},
        "roles": _NAMES,
        "processes": _NAMES,
        "units": _NAMES,
        "containers": _NAMES,
        "ports": _NAMES,
        "seconds": {"type": "int", "default": 300},
    }
    MISTAKES = (LibrariesMissing, NotChosen, OSError, PlanRefused, PlanUnreadable, ValueUnreadable)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        require_libraries()
        read_choice(options["processes"], options["units"], options["containers"], options["ports"], options["seconds"])
        if not options["path"] and not options["compare"]:
            raise AnsibleActionFail(
                "say where the draft goes (OUTPUT or SYSTEM, connectivity_matrix), or which plan to compare with "
                "(COMPARE, connectivity_observe_compare)"
            )
        if not variables["groups"]["all"]:
            raise AnsibleActionFail("the inventory has no host to watch; give one with -i")
        path = pathlib.Path(os.path.abspath(options["path"])) if options["path"] else None
        plan = read_plan(pathlib.Path(os.path.abspath(options["compare"]))) if options["compare"] else None
        if path:
            matrix_name(path)
        said = OperatorVariables(variables, self._task, self._loader)
        answers, notes = _answers(options["registered"], variables, said)
        members = read_members({host: said[host] for host in said}, answers, Problems(locate))
        if not options["registered"]:
            if path:
                check_directory(path)
                ours = [host for host in variables["ansible_play_hosts_all"] if boolean(said[host].get(MANAGED, True), strict=False)]
                roles_of(ours, variables["groups"], options["roles"])
            return {"lines": [], "summary": "", "lacking": []}
        if not answers:
            raise AnsibleActionFail("\n".join(("no host was watched:", *(f"- {note}" for note in notes))))
        found: dict[str, t.Any] = {"lines": [], "summary": "", "lacking": []}
        if plan:
            compared = compare(members, plan)
            found = {"lines": compared.lines, "summary": compared.summary, "lacking": compared.lacking}
        if path:
            drafted = draft_observed(
                members,
                roles_of(put_together(members).hosts, variables["groups"], options["roles"]),
                groups_of_roles([*(options["roles"] or variables["groups"])]),
                path,
                _watched(options, answers),
                notes,
            )
            if not self._task.check_mode:
                write_new(path, drafted.text)
            summary = "; ".join(filter(None, (found["summary"], written(path, drafted))))
            found |= {"changed": True, "path": str(path), "flows": drafted.flows, "summary": summary}
            if self._task.diff:
                found["diff"] = {"before_header": str(path), "after_header": str(path), "before": "", "after": drafted.text}
        return {**found, "warnings": notes}


def _answers(registered: str, variables: Mapping[str, t.Any], said: OperatorVariables) -> tuple[dict[str, Answer], list[str]]:
    """What each host saw, judged again, and what a reader has to know about it."""
    answers: dict[str, Answer] = {}
    notes: list[str] = []
    for host in sorted(variables["ansible_play_hosts_all"]) if registered else ():
        found = variables["hostvars"][host].get(registered) if host in variables["ansible_play_batch"] else {"failed": True}
        if not isinstance(found, Mapping) or found.get("skipped") is True:
            if platform_of(said[host]) == WINDOWS and boolean(said[host].get(MANAGED, True), strict=False):
                notes.append(f"host {host} has Windows, where this playbook cannot watch software: {_FROM_PARTNERS}")
            continue
        if found.get("failed") or found.get("unreachable"):
            notes.append(f"host {host} did not answer: {_FROM_PARTNERS}")
            continue
        try:
            answer = judge_answer(_WATCHED, found).content
        except Unusable as error:
            notes.append(f"host {host}: its answer to {_WATCHED} is not usable: {error}")
            continue
        answers[host] = answer
        notes += _notes(host, answer)
    return answers, notes


def _notes(host: str, answer: Answer) -> list[str]:
    """What an answer leaves open."""
    notes = []
    if answer["unmatched"]:
        notes.append(f"host {host}: never seen there: {', '.join(answer['unmatched'][:10])}")
    if answer["hidden"]:
        notes.append(f"host {host}: {listed(answer['hidden'])} runs in a container: choose it by the name of the container")
    if answer["cut"]:
        notes.append(f"host {host}: there was more than it could return: choose fewer processes or ports")
    if not answer["tracked"]:
        notes.append(f"host {host}: its kernel does not show tracked connections, so short ones may be missing")
    return notes


def _watched(options: Mapping[str, t.Any], answers: Mapping[str, Answer]) -> str:
    """What was watched and how long."""
    kinds = ("processes", "units", "containers", "ports")
    chosen = "; ".join(f"{kind} {', '.join(options[kind][:20])}" for kind in kinds if options[kind])
    return f"{chosen}, for {options['seconds']} seconds on {listed(answers)}"
