# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t
from collections.abc import Iterable, Mapping

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.utils.path import unfrackpath

from ..module_utils._plan.words import PROTOCOLS, TCP
from ..plugin_utils._common.problems import PlanRefused, Problems
from ..plugin_utils._controller_action import ControllerAction
from ..plugin_utils._inventory.hosts import MEMBERSHIPS, PLATFORM, may_be_ours, platform_of, refuse_misnomers
from ..plugin_utils._inventory.source_location import locate
from ..plugin_utils._operator.limits import out_of_range
from ..plugin_utils._operator.results import record_result
from ..plugin_utils._operator.role_options import option_specs
from ..plugin_utils._operator.variables import OperatorVariables, ValueUnreadable, chosen, differing
from ..plugin_utils._plan.reader import PlanUnreadable, read_host, read_note, read_policy

OF_THE_PLAYBOOKS = {
    "connectivity_allow_shrink": {"type": "bool", "default": False},
    "connectivity_assertions": {"type": "path"},
    "connectivity_forward_proxy": {"type": "raw"},
    "connectivity_from": {"type": "str", "default": ""},
    "connectivity_install_traceroute": {"type": "bool", "default": False},
    "connectivity_live": {"type": "bool", "default": False},
    "connectivity_managed": {"type": "bool", "default": True},
    "connectivity_matrix": {"type": "path"},
    "connectivity_memberships": {"type": "raw"},
    "connectivity_native": {"type": "str", "choices": ["sets", "full"], "default": "sets"},
    "connectivity_observe_compare": {"type": "path"},
    "connectivity_observe_containers": {"type": "list", "elements": "str", "default": []},
    "connectivity_observe_minutes": {"type": "float", "default": 5},
    "connectivity_observe_ports": {"type": "list", "elements": "str", "default": []},
    "connectivity_observe_processes": {"type": "list", "elements": "str", "default": []},
    "connectivity_observe_roles": {"type": "list", "elements": "str", "default": []},
    "connectivity_observe_tls": {"type": "bool", "default": False},
    "connectivity_observe_units": {"type": "list", "elements": "str", "default": []},
    "connectivity_out": {"type": "path"},
    "connectivity_plan": {"type": "path"},
    "connectivity_platform": {"type": "str", "default": "linux"},
    "connectivity_port": {"type": "str"},
    "connectivity_protocol": {"type": "str", "choices": list(PROTOCOLS), "default": TCP},
    "connectivity_results": {"type": "path"},
    "connectivity_reviewed_plan": {"type": "path"},
    "connectivity_reviewed_plan_days": {"type": "int", "default": 30},
    "connectivity_select": {"type": "str"},
    "connectivity_to": {"type": "str", "default": ""},
    "connectivity_whole_plan": {"type": "bool", "default": False},
}

READ_BY = {"firewall": read_policy, "docker_proxy": read_host, "dpi_exclusion": read_note}
"""What roles read of a plan for each host. Other roles read all of it, before their first step on a host."""


class ActionModule(ControllerAction):
    """Reads options as the operator set them, whatever a managed host has returned."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "names": {"type": "list", "elements": "str"},
        "once": {"type": "bool", "default": False},
        "compare": {"type": "list", "elements": "str"},
    }
    MISTAKES = (ValueUnreadable,)

    def compute(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        role = getattr(self._task, "_role", None)
        specs = {**OF_THE_PLAYBOOKS, **(option_specs(_name(role)) if role else {})}
        names = options["names"] or ([*option_specs(_name(role))] if role else [])
        unknown = [name for name in names if name not in specs]
        if unknown or not names:
            raise AnsibleActionFail(f"{', '.join(unknown) or 'nothing'} is not an option here; names may hold {', '.join(specs)}")
        host = variables["inventory_hostname"]
        said = OperatorVariables(variables, self._task, self._loader)
        if role or said[host].get("connectivity_reviewed_plan"):  # without a reviewed plan, planning checks the names of all hosts
            _refuse_misnomers(said, [host] if role else said)
        values = _values(said[host], names)
        _refuse_empty(values)
        if options["once"]:
            compared = names if options["compare"] is None else [name for name in options["compare"] if values.get(name)]
            others = variables["ansible_play_hosts_all"] if compared else ()
            contradictions = differing(compared, {other: _values(said[other], compared) for other in others})
            if contradictions:
                raise AnsibleActionFail("\n".join(contradictions))
        else:
            set_aside = said.set_aside(host)
            if set_aside:
                lines = "\n".join(f"- {one}" for one in set_aside)
                raise AnsibleActionFail(
                    f"host {host} is not changed, because it may have tried to configure this collection:\n{lines}\n"
                    "Set these variables in the inventory, in the play, or as extra variables; then look at what set them on this host. "
                    "Facts of a task with run_once or delegate_facts reach other hosts as well, and a fact cache keeps them (--flush-cache)"
                )
        result = ArgumentSpecValidator({name: specs[name] for name in names}).validate(values)
        if result.error_messages:
            raise AnsibleActionFail(f"host {host}: {'; '.join(result.error_messages)}")
        values = result.validated_parameters
        beyond = out_of_range(values)
        if beyond:
            raise AnsibleActionFail("\n".join(f"host {host}: {one}" for one in beyond))
        if values.get("connectivity_whole_plan"):
            _refuse_selection(values.get("connectivity_select"))
        if role:
            _check_role(_name(role), host, values, said[host])
        return record_result({name: None if values.get(name) == "" else values.get(name) for name in names})


def _refuse_misnomers(said: OperatorVariables, hosts: Iterable[str]) -> None:
    problems = Problems(locate)
    for host in hosts:
        refuse_misnomers(host, chosen(said.raw(host), may_be_ours), problems)
    try:
        problems.stop()
    except PlanRefused as refused:
        raise AnsibleActionFail("\n".join(("nothing was changed:", *(f"- {message}" for message in refused.messages)))) from None


def _refuse_empty(values: Mapping[str, t.Any]) -> None:
    """Stop where the directory of a plan is given and empty, as by a shell variable that is not set: it would count as not given.

    Raises:
        AnsibleActionFail: naming the option.
    """
    for name in ("connectivity_plan", "connectivity_reviewed_plan"):
        if name in values and (values[name] is None or not str(values[name]).strip()):
            raise AnsibleActionFail(f"{name} is empty; give the directory of a plan, or leave {name} out")


def _refuse_selection(select: str | None) -> None:
    """Stop where the plan is for more than looking, before it is made.

    Raises:
        AnsibleActionFail: naming the selection.
    """
    if select is not None:
        raise AnsibleActionFail(
            f"connectivity_select is {select}, but a selection is for looking at a plan: it leaves rules out. Nothing was planned and no "
            "host was changed. Remove it from the inventory and from the extra variables; to look at some rules, use the playbook plan"
        )


def _check_role(role: str, host: str, values: Mapping[str, t.Any], own: Mapping[str, t.Any]) -> None:
    """A role that applies or proves a plan needs one that fits, and all of it, before its first step. A role that removes needs none.

    Raises:
        AnsibleActionFail: it has none, or one that cannot be applied to the host, or a selection narrows it.
    """
    plan = f"{role}_plan"
    if plan not in option_specs(role) or own.get(f"{role}_state") == "absent":
        return
    wrong = []
    if (plan in values and not values[plan]) or (plan not in values and not own.get(plan)):
        wrong.append(f"{plan} is missing; give the directory of a plan, as federated.connectivity.required_rules writes it")
    if values.get(plan) and role in READ_BY:
        try:
            READ_BY[role](pathlib.Path(unfrackpath(values[plan], follow=False)), host)
        except PlanUnreadable as error:
            wrong.append(str(error))
    if own.get("connectivity_select"):
        wrong.append(
            f"connectivity_select is {own['connectivity_select']!r}, but a selection is for looking at a plan, not for the role {role}: "
            "it would leave rules out. Remove it from the inventory and from the extra variables"
        )
    if wrong:
        raise AnsibleActionFail("\n".join((f"host {host}: nothing was changed:", *(f"- {one}" for one in wrong))))


def _name(role: t.Any) -> str:
    name: str = role.get_name(include_role_fqcn=False)
    return name


def _values(own: Mapping[str, t.Any], names: list[str]) -> dict[str, t.Any]:
    values = {name: own[name] for name in names if name in own}
    if PLATFORM in names:
        values[PLATFORM] = platform_of(own)
    if MEMBERSHIPS in names and any(name.startswith(f"{MEMBERSHIPS}_") for name in own):
        values.setdefault(MEMBERSHIPS, [])  # all of them together are more than this; it says only that there are some
    return values
