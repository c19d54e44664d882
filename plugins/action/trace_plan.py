# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import pathlib
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.utils.path import unfrackpath

from ..module_utils._plan.words import WINDOWS
from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._libraries import LibrariesMissing, require_libraries
from ..plugin_utils._operator.results import record_result
from ..plugin_utils._plan.reader import Plan, PlanUnreadable, read_digest, read_plan
from ..plugin_utils._report.loader import ResultsUnreadable, load_results
from ..plugin_utils._report.results import read_results
from ..plugin_utils._trace.targets import NotTraceable, Target, asked, by_host, unshown


class ActionModule(ControllerAction):
    """Chooses on the controller which connections the hosts of the play trace."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "plan": {"type": "path", "required": True},
        "from": {"type": "str", "default": ""},
        "to": {"type": "str", "default": ""},
        "port": {"type": "int"},
        "results": {"type": "path"},
    }
    MISTAKES = (LibrariesMissing, NotTraceable, PlanUnreadable, ResultsUnreadable)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        require_libraries()
        port = options["port"]
        if port is not None and not 1 <= port <= 65535:
            raise AnsibleActionFail(f"port {port} is not a valid port; give a number from 1 to 65535")
        directory = pathlib.Path(unfrackpath(options["plan"], follow=False))
        plan = read_plan(directory)
        targets = self._targets(directory, plan, options, port)
        chosen = by_host([target for target in targets if _cannot(plan, target, variables) is None])
        untraced = list(dict.fromkeys(filter(None, (_cannot(plan, target, variables) for target in targets))))
        untraced += [
            f"{name}: {count - len(chosen[name])} further connections; a host traces {len(chosen[name])} in one run"
            for name, count in _counted(targets).items()
            if name in chosen and count > len(chosen[name])
        ]
        content = {"hosts": {name: [target._asdict() for target in own] for name, own in chosen.items()}, "untraced": untraced}
        addresses = {name: [address.partition("/")[0] for address in plan.hosts[name].addresses] for name in chosen}
        return record_result({**content, "addresses": addresses, "plan": str(directory)})

    def _targets(self, directory: pathlib.Path, plan: Plan, options: dict[str, t.Any], port: int | None) -> list[Target]:
        if options["from"] or options["to"]:
            return asked(plan, options["from"].strip(), options["to"].strip(), port)
        if not options["results"]:
            raise NotTraceable("say which connection: connectivity_from, connectivity_to and connectivity_port, or connectivity_results")
        results = read_results(load_results(pathlib.Path(os.path.abspath(options["results"]))), read_digest(directory))
        if results.verify is None:
            remarks = "; ".join(results.remarks)
            said = f" ({remarks})" if remarks else ""
            raise NotTraceable(f"{options['results']} has no report of verify about this plan{said}; run verify with verify_report first")
        return unshown(plan, results.verify.hosts)


def _counted(targets: list[Target]) -> dict[str, int]:
    return {name: sum(target.initiator == name for target in targets) for name in dict.fromkeys(target.initiator for target in targets)}


def _cannot(plan: Plan, target: Target, variables: dict[str, t.Any]) -> str | None:
    """Why the initiator of a connection does not trace it; None: it does."""
    part = plan.hosts[target.initiator].part
    if not part.managed:
        return f"{target.initiator} is a partner's host, so its administrator has to trace from there"
    if part.platform == WINDOWS:
        return f"{target.initiator} has Windows, so it was not asked; trace from there with Test-NetConnection -TraceRoute"
    if target.initiator not in variables["ansible_play_batch"]:
        return f"{target.initiator} failed, could not be reached, or is not part of this run"
    return None
