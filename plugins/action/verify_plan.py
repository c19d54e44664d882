# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import pathlib
import secrets
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.utils.path import unfrackpath

from ..plugin_utils._common.days import utc_today
from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._operator.results import NotOfThisRun, of_this_run, record_result
from ..plugin_utils._operator.variables import OperatorVariables, ValueUnreadable
from ..plugin_utils._plan.exceptions import ending
from ..plugin_utils._plan.reader import PlanUnreadable, read_plan
from ..plugin_utils._verify.assignments import choose
from ..plugin_utils._verify.strangers import STRANGERS, GroupMissing, strangers_of


class ActionModule(ControllerAction):
    """Chooses on the controller what the hosts of the play have to prove."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "plan": {"type": "path", "required": True},
        "strangers": {"type": "str", "default": STRANGERS},
        "peers_maximum": {"type": "int", "default": 5},
        "run": {"type": "dict"},
    }
    MISTAKES = (GroupMissing, NotOfThisRun, PlanUnreadable, ValueUnreadable)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        if options["run"] is not None:
            of_this_run(options["run"], "run")
        if options["peers_maximum"] < 1:
            raise AnsibleActionFail(f"peers_maximum is {options['peers_maximum']}; give 1 or more")
        plan = unfrackpath(options["plan"], follow=False)
        lost = set(variables["ansible_play_hosts_all"]) - set(variables["ansible_play_hosts"])
        present = lost.union(variables["ansible_play_batch"])
        strangers = present.intersection(strangers_of(options["strangers"], variables["groups"]))
        content = read_plan(pathlib.Path(plan))
        said = OperatorVariables(variables, self._task, self._loader)
        known = {name: _addresses(said[name]) for name in strangers}
        choices = choose(content, present, known, options["peers_maximum"])
        if not any(content.hosts[name].part.managed for name in variables["ansible_play_hosts_all"] if name in content.hosts):
            raise AnsibleActionFail(f"{plan}: no host of this play is managed there; check --limit and connectivity_memberships")
        ends = ending(content.findings, utc_today())
        result = record_result(
            {
                "hosts": {name: choice.to_data() for name, choice in choices.items()},
                "plan": plan,
                "token": secrets.token_hex(8),
                **ends._asdict(),
            }
        )
        return {**result, "warnings": ends.warnings}


def _addresses(variables: t.Any) -> list[str]:
    """The addresses of a host that need not be in the plan, as far as its variables tell."""
    found = []
    for value in variables.get("connectivity_addresses") or [variables.get("ansible_host")]:
        try:
            found.append(str(ipaddress.ip_network(str(value))))
        except ValueError:
            continue
    return found
